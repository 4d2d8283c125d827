"""The database that a piece of work is done in: bounded memory, a place to spill to, nothing fetched from elsewhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

MEMORY: Final = os.environ.get("STEELYARD_MEMORY", "1GB")
"""What the database may hold; beyond it spills to a folder."""


@contextmanager
def database(spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB in a file in ``spill``, by default in a temporary folder of its own.

    Tables of a database in memory could only leave it by being spilled whole; those of a file are written as they grow.
    """
    with tempfile.TemporaryDirectory(prefix="steelyard-") if spill is None else _kept(spill) as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": str(folder),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        Path(folder).mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(Path(folder) / "work.duckdb"), config=config) as con:
            con.execute("SET enable_progress_bar = false")
            yield con


@contextmanager
def _kept(folder: Path) -> Iterator[str]:
    yield str(folder)
