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
def database(spill: Path | None = None, *, large: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB that spills to ``spill``, by default to a temporary folder of its own.

    For ``large`` work its tables are in a file: they leave memory as they grow. That costs a fifth more, and tables in
    memory can leave it too, but only whole.
    """
    with tempfile.TemporaryDirectory(prefix="steelyard-") if spill is None else _kept(spill) as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": str(folder),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        Path(folder).mkdir(parents=True, exist_ok=True)
        home = str(Path(folder) / "work.duckdb") if large else ":memory:"
        with duckdb.connect(home, config=config) as con:
            con.execute("SET enable_progress_bar = false")
            try:
                yield con
            except RuntimeError as error:
                # What a person stopped with Ctrl-C says so, also where it was a query that noticed.
                if "interrupted" in str(error).lower():
                    raise KeyboardInterrupt from None
                raise


@contextmanager
def _kept(folder: Path) -> Iterator[str]:
    yield str(folder)
