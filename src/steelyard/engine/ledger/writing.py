"""Adding facts to a ledger's folder: all of them or none, by one writer at a time.

New files are written to a scratch folder inside the ledger, made durable, and moved to their names; the manifest
that lists them is replaced last. Until then nobody reads them. What a writer that died leaves behind is named in its
scratch folder and cleared away by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.ledger import database as databases
from steelyard.engine.ledger.manifest import NAME, FactFile, Manifest, read_manifest, sync_folder, write_manifest
from steelyard.engine.ledger.sealing import MARK
from steelyard.engine.ledger.sql import literal
from steelyard.engine.words import N_

FACTS: Final = "facts"
REJECTS: Final = "rejects.csv"
LOCK: Final = ".lock"
SCRATCH: Final = ".writing-"
_MOVES: Final = "moves"
FACTS_A_FILE: Final = 4_000_000
AT_ONCE: Final = 2
_PARQUET: Final = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, WRITE_BLOOM_FILTER false, "
    "ROW_GROUP_SIZE 65536"
)


@dataclass(slots=True)
class Writer:
    """One change of a ledger in the making: the state before, a scratch folder, a database of its own."""

    folder: Path
    before: Manifest
    scratch: Path
    con: duckdb.DuckDBPyConnection
    moves: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, name: str) -> Path:
        """A file in the scratch folder that will be ``name`` in the ledger when the change is committed."""
        draft = self.scratch / f"new-{len(self.moves)}"
        self.moves.append((draft, name))
        return draft

    def commit(self, after: Manifest) -> None:
        """Move the new files to their names and replace the manifest; from then on they are part of the ledger."""
        for draft, _ in self.moves:
            _sync(draft)
        record = self.scratch / _MOVES
        record.write_text("".join(f"{name}\n" for _, name in self.moves), encoding="utf-8")
        _sync(record)
        sync_folder(self.scratch)
        try:
            parents = {(self.folder / name).parent for _, name in self.moves}
            for parent in parents:
                parent.mkdir(parents=True, exist_ok=True)
            for draft, name in self.moves:
                draft.replace(self.folder / name)
            for parent in parents:
                sync_folder(parent)
                sync_folder(parent.parent)
            write_manifest(self.folder, after, self.scratch)
        except BaseException:
            _clear(self.folder, self.scratch, _listed(self.folder, self.before))
            raise


@contextmanager
def writer(folder: Path, *, large: bool = False) -> Iterator[Writer]:
    """Lock the ledger in ``folder`` (made if it is not there) and clear what a dead writer left.

    ``large`` says that the work may not fit into memory.

    Raises SteelyardError ``locked``, ``no-ledger`` for a folder that holds something else, and ``disk`` when the disk
    is full or refuses; the ledger is then as it was before.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            before = _state(folder)
            _clear_leftovers(folder, before)
            with _scratch(folder) as scratch, databases.database(scratch / "spill", large=large) as con:
                yield Writer(folder, before, scratch, con)
    except duckdb.OutOfMemoryException as error:
        raise _memory(folder) from error
    except (OSError, duckdb.IOException) as error:
        raise _disk(folder, error) from error
    finally:
        if made and not (folder / NAME).exists():
            shutil.rmtree(folder, ignore_errors=True)


def write_facts(change: Writer, number: int) -> list[FactFile]:
    """Write the table ``sealed``, which is in that order, into a file a month.

    A month of many facts goes into several files: those about one thing always into the same.
    """
    months = change.con.execute(
        "SELECT date_trunc('month', occurred_at) AS month, count(*) FROM sealed GROUP BY month ORDER BY month"
    ).fetchall()
    files = [
        (f"{FACTS}/month={month:%Y-%m}/{number:06}-{part}.parquet", _of_file(month, count // FACTS_A_FILE + 1, part))
        for month, count in months
        for part in range(count // FACTS_A_FILE + 1)
    ]
    drafts = [change.add(target) for target, _ in files]
    # One sorted month keeps one processor busy: another is written meanwhile.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        written = list(
            pool.map(lambda file, draft: _write_file(change.con.cursor(), file[0], file[1], draft), files, drafts)
        )
    # A part of a large month may get nothing.
    empty = {file.path for file in written if not file.facts}
    change.moves = [(draft, name) for draft, name in change.moves if name not in empty]
    return [file for file in written if file.facts]


def _of_file(month: date, parts: int, part: int) -> str:
    """The condition of the facts of one file."""
    among = f" AND hash(about_id) % {parts} = {part}" if parts > 1 else ""
    return f"occurred_at >= TIMESTAMP '{month}' AND occurred_at < TIMESTAMP '{month}' + INTERVAL 1 MONTH{among}"


def _write_file(con: duckdb.DuckDBPyConnection, target: str, where: str, draft: Path) -> FactFile:
    with con:
        con.execute(
            f"""
            COPY (
              SELECT CAST(fact_id AS VARCHAR) AS fact_id, kind, occurred_at, seq, recorded_at, about_type, about_id,
                staff, unit, actor, data, source, position, unhex(left(digest, {MARK})) AS digest
              FROM sealed WHERE {where}
            ) TO {literal(str(draft))} ({_PARQUET})
            """
        )
        row = con.execute(
            f"""
            SELECT count(*), CAST(min(occurred_at) AS VARCHAR), CAST(max(occurred_at) AS VARCHAR),
              min(position), max(position), count(*) FILTER (kind = 'corrected')
            FROM sealed WHERE {where}
            """
        ).fetchone()
    assert row is not None
    return FactFile(target, row[0], draft.stat().st_size, sha256_of(draft), *row[1:])


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state(folder: Path) -> Manifest:
    """The manifest, or the empty one of a folder in which nothing else is."""
    if (folder / NAME).exists():
        return read_manifest(folder)
    strange = [
        entry.name
        for entry in folder.iterdir()
        if entry.name not in (LOCK, FACTS) and not entry.name.startswith(SCRATCH)
    ]
    if strange:
        raise refuse(
            "no-ledger",
            N_("this folder is no ledger: it holds {name}"),
            remedy=N_("name a new folder, or an empty one"),
            place=Place(str(folder)),
            name=sorted(strange)[0],
        )
    return Manifest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            raise refuse(
                "locked",
                N_("another import is writing this ledger"),
                remedy=N_("wait until it is done"),
                place=Place(str(folder)),
            ) from None
        yield


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _clear_leftovers(folder: Path, before: Manifest) -> None:
    for scratch in folder.glob(f"{SCRATCH}*"):
        _clear(folder, scratch, _listed(folder, before))
        shutil.rmtree(scratch, ignore_errors=True)


def _clear(folder: Path, scratch: Path, listed: set[Path]) -> None:
    """Remove the files a change had moved already, unless the manifest lists them: then the change was complete."""
    for name in moved(scratch):
        if folder / name not in listed:
            (folder / name).unlink(missing_ok=True)


def moved(scratch: Path) -> list[str]:
    """The names that the change with this scratch folder was about to give."""
    try:
        return (scratch / _MOVES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _listed(folder: Path, manifest: Manifest) -> set[Path]:
    names = [file.path for file in manifest.files] + [entry.rejects for entry in manifest.imports if entry.rejects]
    return {folder / name for name in names}


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _memory(folder: Path) -> SteelyardError:
    return refuse(
        "memory",
        N_("the work does not fit into {limit} of memory"),
        remedy=N_("set STEELYARD_MEMORY to more, such as 6GB"),
        place=Place(str(folder)),
        limit=databases.MEMORY,
    )


def _disk(folder: Path, error: Exception) -> SteelyardError:
    return refuse(
        "disk",
        N_("the ledger cannot be written: {why}"),
        remedy=N_("make room, or look at the folder's permissions; nothing was changed"),
        place=Place(str(folder)),
        why=str(error).splitlines()[0],
    )
