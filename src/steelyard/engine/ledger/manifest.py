"""What a ledger's folder holds: its files, its chain of batches, where its facts came from.

A manifest is replaced whole or not at all, so that it always describes one state of the ledger. ``seal`` is the
SHA-256 of everything else in it: kept elsewhere (in a mail, in a register), it proves the whole folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.words import N_

FORMAT: Final = "steelyard-ledger/1"
NAME: Final = "manifest.json"
GENESIS: Final = "0" * 64
"""The head of a ledger without facts: what the first batch is chained to."""


@dataclass(frozen=True, slots=True)
class FactFile:
    """One Parquet file of facts: its bytes by SHA-256, and what must be known to pass it over unread."""

    path: str
    facts: int
    bytes: int
    sha256: str
    first_at: str
    last_at: str
    first_position: int
    last_position: int
    corrected: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions ``first`` to ``last``; ``head`` is SHA-256 of the head before and the digests of its facts."""

    first: int
    last: int
    head: str


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what was read, what became of it, and where its rejects are listed.

    ``feeds`` are the records its facts make (case, contact, response …): ``covers`` speaks for those. ``next_seq`` is
    where the next import of the source goes on counting.
    """

    number: int
    source: str
    feeds: tuple[str, ...]
    file: str
    recorded_at: str
    mapping: str
    covers: tuple[str, str] | None
    zone: str | None
    rows_read: int
    loaded: int
    present: int
    changed: int
    ignored: int
    rejected: int
    facts: Mapping[str, int]
    first_position: int
    last_position: int
    next_seq: int = 0
    unmapped: tuple[str, ...] = ()
    rejects: str | None = None
    rejects_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of a ledger."""

    position: int = 0
    head: str = GENESIS
    batches: tuple[Batch, ...] = ()
    files: tuple[FactFile, ...] = ()
    imports: tuple[Import, ...] = ()

    def knows(self, source: str) -> bool:
        """Whether facts of ``source`` are there already."""
        return any(entry.source == source and entry.facts for entry in self.imports)

    def next_seq(self, source: str) -> int:
        """The number from which on the facts of ``source`` are numbered: those of its next file come after."""
        return max((entry.next_seq for entry in self.imports if entry.source == source), default=0)

    def covers(self, about: str) -> list[tuple[date, date]]:
        """The spans, half-open, for which the sources of facts about ``about`` are complete; they may overlap."""
        spans = {entry.covers for entry in self.imports if about in entry.feeds and entry.covers is not None}
        return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in sorted(spans)]

    def head_at(self, position: int | None) -> str:
        """The head after the last batch that ends at or before ``position``."""
        if position is None or position >= self.position:
            return self.head
        return next((batch.head for batch in reversed(self.batches) if batch.last <= position), GENESIS)

    def extended(self, batches: Sequence[Batch], files: Sequence[FactFile], entry: Import) -> Manifest:
        """The manifest after one more import."""
        return Manifest(
            position=entry.last_position,
            head=batches[-1].head if batches else self.head,
            batches=(*self.batches, *batches),
            files=(*self.files, *files),
            imports=(*self.imports, entry),
        )

    def as_json(self) -> dict[str, object]:
        """The manifest as it is written, with its seal."""
        body: dict[str, object] = {"format": FORMAT, **asdict(self)}
        return {**body, "seal": seal_of(body)}


def seal_of(body: Mapping[str, object]) -> str:
    """SHA-256 of a manifest's members but ``seal``, as JSON with sorted keys."""
    text = json.dumps(
        {k: v for k, v in body.items() if k != "seal"}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the ledger in ``folder``; raises SteelyardError ``no-ledger`` or ``manifest``."""
    return parse_manifest(read_body(folder), folder)


def read_body(folder: Path) -> dict[str, Any]:  # JSON, not looked at yet
    """The manifest's JSON object; raises SteelyardError ``no-ledger`` or ``manifest``."""
    path = folder / NAME
    try:
        body = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise refuse(
            "no-ledger",
            N_("there is no ledger here"),
            remedy=N_("ledger import makes one; or is the folder another?"),
            place=Place(str(folder)),
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise _unreadable(path, f"format {body.get('format') if isinstance(body, dict) else type(body).__name__}")
    return body


def parse_manifest(body: Mapping[str, Any], folder: Path) -> Manifest:  # JSON, checked member by member
    """The manifest in a JSON object; raises SteelyardError ``manifest`` where it is none."""
    try:
        return Manifest(
            position=_checked(body["position"], int),
            head=_checked(body["head"], str),
            batches=tuple(_entry(Batch, item) for item in body["batches"]),
            files=tuple(_entry(FactFile, item) for item in body["files"]),
            imports=tuple(_import(item) for item in body["imports"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(folder / NAME, f"{type(error).__name__} {error}") from None


def write_manifest(folder: Path, manifest: Manifest, scratch: Path) -> None:
    """Replace the manifest of ``folder`` in one step; the new one is on the disk before it takes its name."""
    draft = scratch / NAME
    with draft.open("w", encoding="utf-8") as file:
        json.dump(manifest.as_json(), file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_Entry = TypeVar("_Entry", Batch, FactFile, Import)
_TYPES: Final[Mapping[str, type]] = {"int": int, "str": str}


def _entry(type_: type[_Entry], item: Mapping[str, Any]) -> _Entry:  # JSON, checked here
    for one in fields(type_):
        if one.type in _TYPES:
            _checked(item[one.name], _TYPES[str(one.type)])
    return type_(**item)


def _import(item: Mapping[str, Any]) -> Import:  # JSON, checked here
    found = _entry(Import, item)
    covers = None if found.covers is None else (found.covers[0], found.covers[1])
    for day in covers or ():
        date.fromisoformat(day)
    return replace(
        found, covers=covers, feeds=tuple(found.feeds), unmapped=tuple(found.unmapped), facts=dict(found.facts)
    )


_Simple = TypeVar("_Simple", int, str)


def _checked(value: object, type_: type[_Simple]) -> _Simple:
    if not isinstance(value, type_):
        raise TypeError(f"{value!r} is not {type_.__name__}")
    return value


def instant_text(moment: datetime) -> str:
    """An instant (UTC without zone) as ISO 8601 with microseconds and ``Z``."""
    return moment.isoformat(timespec="microseconds") + "Z"


def _unreadable(path: Path, why: str) -> SteelyardError:
    return refuse(
        "manifest",
        N_("the manifest cannot be read: {why}"),
        remedy=N_("restore it from a backup; ledger verify tells more"),
        place=Place(str(path)),
        why=why,
    )
