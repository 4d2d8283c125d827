"""A DuckDB connection to work in: out of core, bounded in memory, gone when the work is done."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from steelyard.engine.errors import refuse
from steelyard.engine.words import N_

MEMORY_LIMIT = os.environ.get("STEELYARD_MEMORY", "3GB")
"""What DuckDB may hold before it spills to disk."""


@contextmanager
def workspace(beside: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose tables live in a temporary file ``beside`` a folder (else in the system's place)."""
    folder = Path(tempfile.mkdtemp(prefix=".steelyard-", dir=beside))
    try:
        with connect(folder / "work.duckdb") as con:
            con.execute("SET temp_directory = ?", [str(folder / "spill")])
            con.execute("SET preserve_insertion_order = false")
            yield con
    except duckdb.OutOfMemoryException as error:
        raise refuse(
            "memory",
            N_("the work does not fit into {limit} of memory"),
            remedy=N_("set STEELYARD_MEMORY to more, such as 6GB"),
            limit=MEMORY_LIMIT,
        ) from error
    except (duckdb.IOException, duckdb.TransactionException, OSError) as error:
        cause = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise refuse(
            "disk", N_("the disk refuses: {cause}"), remedy=N_("free some space and run it again"), cause=cause
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connect(file: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to ``file`` (else in memory) that is bounded, fetches nothing and prints nothing."""
    con = duckdb.connect(str(file) if file else ":memory:")
    con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET enable_progress_bar = false")
    return con


def quoted(path: Path) -> str:
    """A path for an SQL string."""
    return str(path).replace("'", "''")


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of ``target`` only when everything has been written.

    Raises:
        SteelyardError: ``not-ours`` when ``target`` holds something that no run has made.
    """
    if target.exists() and (
        not target.is_dir() or (any(target.iterdir()) and not (target / "manifest.json").is_file())
    ):
        raise refuse(
            "not-ours",
            N_("{target} is there already and is no result of a run"),
            remedy=N_("name another folder"),
            target=target,
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield draft
        draft.chmod(0o755)
        if target.exists():
            before = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
            os.replace(target, before / "old")
            os.replace(draft, target)
            shutil.rmtree(before, ignore_errors=True)
        else:
            os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
