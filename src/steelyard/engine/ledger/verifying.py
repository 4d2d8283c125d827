"""Proof that a ledger is whole: every file, fact, position and head is recomputed and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from steelyard.engine.errors import Place, Problem, SteelyardError
from steelyard.engine.ledger.database import database
from steelyard.engine.ledger.manifest import GENESIS, NAME, FactFile, Manifest, parse_manifest, read_body, seal_of
from steelyard.engine.ledger.sealing import DIGEST, MARK, chain
from steelyard.engine.ledger.sql import file as as_pattern
from steelyard.engine.ledger.store import Ledger
from steelyard.engine.ledger.writing import FACTS, LOCK, REJECTS, SCRATCH, moved, sha256_of
from steelyard.engine.words import N_

MOST: Final = 100
"""How many facts are named one by one."""


def verify(folder: Path | str, *, head: str | None = None) -> list[Problem]:
    """What was changed in the ledger in ``folder`` since it was sealed: nothing, if the list is empty.

    Any edit, removal, exchange or addition in any file is found, and named with its file and, where it can be, the
    position of the fact. Who rewrites the whole folder consistently is found by ``head``: a head of the chain that was
    kept elsewhere.

    Raises SteelyardError ``no-ledger`` where there is none.
    """
    path = Path(folder)
    try:
        body = read_body(path)
        manifest = parse_manifest(body, path)
    except SteelyardError as error:
        if any(problem.code == "no-ledger" for problem in error.problems):
            raise
        return list(error.problems)
    return list(_problems(path, body, manifest, head))


def _problems(folder: Path, body: dict[str, Any], manifest: Manifest, head: str | None) -> Iterator[Problem]:
    yield from _manifest_itself(folder, body, manifest)
    if head is not None and head not in {GENESIS, *(batch.head for batch in manifest.batches)}:
        reason = N_("the head {head} is not in the chain: facts sealed before it were changed or removed")
        yield Problem("head", reason, {"head": head}, place=Place(str(folder / NAME)))
    yield from _other_files(folder, manifest)
    sound: list[FactFile] = []
    for file in manifest.files:
        found = list(_bytes_of(folder, file))
        yield from found
        if not found or found[0].code == "file-changed":
            sound.append(file)
    yield from _facts(folder, manifest, sound)


def _manifest_itself(folder: Path, body: dict[str, Any], manifest: Manifest) -> Iterator[Problem]:
    place = Place(str(folder / NAME))
    if body.get("seal") != seal_of(body):
        yield Problem("seal", N_("the manifest was changed: its seal does not fit"), place=place)
    last = manifest.batches[-1] if manifest.batches else None
    expected = (last.last, last.head) if last else (0, GENESIS)
    listed = sum(file.facts for file in manifest.files)
    if (manifest.position, manifest.head) != expected or listed != manifest.position:
        reason = N_("position {position} and the head do not agree with the {listed} facts of its files")
        yield Problem("manifest-position", reason, {"position": manifest.position, "listed": listed}, place=place)


def _other_files(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Files that the manifest does not list, unless a writer that died or is at work left them; and the rejects."""
    listed = {file.path for file in manifest.files} | {entry.rejects for entry in manifest.imports if entry.rejects}
    moving = {name for scratch in folder.glob(f"{SCRATCH}*") for name in moved(scratch)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.startswith(SCRATCH) or name in (LOCK, NAME, REJECTS) or name in listed | moving:
            continue
        code = "fact-file-added" if name.startswith(f"{FACTS}/") else "file-added"
        yield Problem(code, N_("the file is not part of the ledger"), {}, N_("take it away"), Place(str(path)))
    for entry in manifest.imports:
        if entry.rejects is not None and not _is(folder / entry.rejects, entry.rejects_sha256):
            yield Problem(
                "rejects-changed", N_("the list of rejects was changed"), place=Place(str(folder / entry.rejects))
            )
    latest = next((entry for entry in reversed(manifest.imports) if entry.rejects_sha256), None)
    if latest is not None and not _is(folder / REJECTS, latest.rejects_sha256):
        yield Problem("rejects-changed", N_("the list of rejects was changed"), place=Place(str(folder / REJECTS)))


def _is(path: Path, sha256: str | None) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def _bytes_of(folder: Path, file: FactFile) -> Iterator[Problem]:
    path = folder / file.path
    place = Place(str(path))
    params = {"first": file.first_position, "last": file.last_position, "facts": file.facts}
    if not path.is_file():
        reason = N_("the file is missing: {facts} facts between positions {first} and {last}")
        yield Problem("file-missing", reason, params, N_("restore it from a backup"), place)
    elif not _is(path, file.sha256):
        if _readable(path):
            yield Problem("file-changed", N_("the file is not the one that was sealed"), params, place=place)
        else:
            reason = N_("the file is damaged: {facts} facts between positions {first} and {last} cannot be read")
            yield Problem("file-damaged", reason, params, N_("restore it from a backup"), place)


def _readable(path: Path) -> bool:
    """Whether every value of the file can be read as a fact."""
    try:
        with database() as con:
            _look_at(con, f"read_parquet([{as_pattern(path)}], hive_partitioning = false, filename = true)")
            con.execute("SELECT count(digest_now), max(position) FROM looked_at").fetchone()
    except duckdb.Error:
        return False
    return True


def _look_at(con: duckdb.DuckDBPyConnection, scan: str) -> None:
    """Make view ``looked_at``: the facts with their digest as it stands beside them and as it is now."""
    con.execute(
        f"""
        CREATE TEMP VIEW looked_at AS
        SELECT filename, position, fact_id, recorded_at, lower(hex(digest)) AS digest, {DIGEST} AS digest_now
        FROM {scan}
        """
    )


def _facts(folder: Path, manifest: Manifest, files: Sequence[FactFile]) -> Iterator[Problem]:
    """Each fact against its own digest, then the chain; where that is broken, which facts are out of place."""
    if not files:
        return
    with database() as con:
        _look_at(con, Ledger(folder, manifest).scan(files, filename=True))
        edited = list(_edited(con))
        yield from edited
        if len(files) < len(manifest.files):
            return
        broken = _broken_span(con, manifest)
        count = con.execute("SELECT count(*) FROM looked_at").fetchone()
        if broken is None and count == (manifest.position,):
            return
        misplaced = [*_added(con, manifest), *_missing(con, folder, manifest), *_exchanged(con, manifest)]
        yield from misplaced
        if broken is not None and not edited and not misplaced:
            params = {"first": broken[0], "last": broken[1]}
            reason = N_("the chain is broken between positions {first} and {last}")
            yield Problem("chain", reason, params, place=Place(str(folder / NAME)))


def _edited(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    rows = con.execute(
        f"""
        SELECT filename, position FROM looked_at WHERE digest IS DISTINCT FROM left(digest_now, {MARK})
        ORDER BY position LIMIT {MOST}
        """
    ).fetchall()
    for filename, position in rows:
        reason = N_("the fact at position {position} was changed")
        yield Problem("fact-changed", reason, {"position": position}, place=Place(filename))


def _broken_span(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> tuple[int, int] | None:
    """The first positions whose facts do not give the heads that the manifest has for them."""
    head, position = GENESIS, 0
    for entry in manifest.imports:
        first, last = entry.first_position, entry.last_position
        own = [batch for batch in manifest.batches if first <= batch.first <= last]
        select = f"SELECT digest_now FROM looked_at WHERE position BETWEEN {first} AND {last} ORDER BY position"
        found = list(chain(con, select, position=position, head=head, ends=[batch.last for batch in own]))
        for batch, now in zip(own, found, strict=False):
            if batch != now:
                return batch.first, batch.last
        if len(own) != len(found):
            return first, last
        if own:
            head, position = own[-1].head, own[-1].last
    return None


def _added(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[Problem]:
    """Positions that were never given, or that stand more than once."""
    rows = con.execute(
        f"""
        SELECT max(filename), position, count(*) FROM looked_at GROUP BY position
        HAVING count(*) > 1 OR position IS NULL OR position < 1 OR position > {manifest.position}
        ORDER BY position LIMIT {MOST}
        """
    ).fetchall()
    for filename, position, count in rows:
        reason = (
            N_("position {position} stands {count} times") if count > 1 else N_("position {position} was never given")
        )
        yield Problem("fact-added", reason, {"position": position, "count": count}, place=Place(filename))


def _missing(con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Gaps in the positions, with the file that holds fewer facts than it should."""
    gaps = con.execute(
        f"""
        SELECT position + 1, next - 1 FROM (
          SELECT position, lead(position, 1, {manifest.position} + 1) OVER (ORDER BY position) AS next
          FROM (SELECT DISTINCT position FROM looked_at WHERE position BETWEEN 1 AND {manifest.position} UNION SELECT 0)
        ) WHERE next > position + 1 ORDER BY position LIMIT {MOST}
        """
    ).fetchall()
    counts = dict(con.execute("SELECT filename, count(*) FROM looked_at GROUP BY filename").fetchall())
    short = [str(folder / file.path) for file in manifest.files if counts.get(str(folder / file.path), 0) < file.facts]
    for first, last in gaps:
        reason = N_("the facts at positions {first} to {last} are missing")
        place = Place(short[0] if len(short) == 1 else str(folder / NAME))
        yield Problem("fact-missing", reason, {"first": first, "last": last}, N_("restore them from a backup"), place)


def _exchanged(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[Problem]:
    """Within an import positions follow (recorded_at, fact_id): facts that changed places stand out."""
    starts = ", ".join(str(entry.first_position) for entry in manifest.imports)
    rows = con.execute(
        f"""
        SELECT filename, position FROM (
          SELECT filename, position, (recorded_at, fact_id) < lag((recorded_at, fact_id)) OVER steps AS wrong
          FROM looked_at WINDOW steps AS (ORDER BY position)
        ) WHERE wrong AND position NOT IN ({starts or "0"}) ORDER BY position LIMIT {MOST}
        """
    ).fetchall()
    for filename, position in rows:
        reason = N_("the fact at position {position} stands where another was")
        yield Problem("fact-moved", reason, {"position": position}, place=Place(filename))
