"""How the columns of a source become facts (SPEC §2), read from a ``kind: Mapping`` document and checked."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from steelyard.engine.errors import Place
from steelyard.engine.policy.predicate import Predicate

Format = Literal["csv", "xlsx", "jsonl", "parquet", "xes"]
Rows = Literal["events", "cases", "contacts", "responses", "inspections", "marks", "trainings", "postings", "units"]
Type = Literal["text", "integer", "number", "boolean", "instant"]

FEEDS: Final[Dict[Rows, str]] = {
    "events": "case",
    "cases": "case",
    "contacts": "contact",
    "responses": "response",
    "inspections": "inspection",
    "marks": "mark",
    "trainings": "training",
    "postings": "posting",
    "units": "unit",
}
"""What the facts of a source are about: the records its ``covers`` speak for."""


@dataclass(frozen=True, slots=True)
class Source:
    """How the file is written. ``timestamps`` empty means ISO 8601; ``timezone`` None means offsets are in the data."""

    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    nulls: tuple[str, ...] = ("",)
    timezone: str | None = None
    timestamps: tuple[str, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What stands wherever a column is named: columns (joined), a constant, or the row's line in the file.

    ``map`` translates texts (None: to null); a text not in it becomes ``otherwise``, or without one rejects the row.
    ``path`` is where it stands in the document.
    """

    path: str
    columns: tuple[str, ...] = ()
    join: str = ""
    constant: str | None = None
    map: Dict[str, str | None] | None = None
    has_otherwise: bool = False
    otherwise: str | None = None
    type: Type | None = None
    many: str | None = None

    @property
    def is_line(self) -> bool:
        """Whether it is the row's number of line."""
        return not self.columns and self.constant is None

    @property
    def label(self) -> str:
        """The columns as a reject names them."""
        return ", ".join(self.columns)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact for the value of a column. ``kinds`` maps values to fact kinds, None to no fact; ``"*"`` is any other."""

    value: Value
    at: Value
    kinds: Dict[str, str | None]
    on_change: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping.

    ``id`` is the case of ``events`` and ``cases``, else the row's own id (None: made of the rest). ``block`` holds
    the fields of ``contact``, ``mark`` and so on; ``answers`` those of each question of a response or an inspection.
    ``places`` gives line and column by path, ``hash`` is the SHA-256 of the document.
    """

    name: str
    source: Source
    rows: Rows
    id: Value | None
    covers: tuple[date, date] | None = None
    case: Value | None = None
    events: tuple[Event, ...] = ()
    instants: Dict[str, Value] = field(default_factory=dict)
    staff: Value | None = None
    unit: Value | None = None
    actor: Value | None = None
    kind: Value | None = None
    attributes: Dict[str, Value] = field(default_factory=dict)
    ignore: Predicate | None = None
    block: Dict[str, Value] = field(default_factory=dict)
    answers: tuple[Dict[str, Value], ...] = ()
    file: str | None = None
    hash: str = ""
    places: Dict[str, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: str) -> Place:
        """Where ``path`` stands in the document."""
        line, column = self.places.get(path, (None, None))
        return Place(self.file, line, column, path)

    def values(self) -> tuple[Value, ...]:
        """Every value of the mapping, in the order in which a row's columns are checked."""
        found: list[Value | None] = [self.id, self.case, *self.instants.values()]
        for event in self.events:
            found += [event.at, event.value]
        found += self.block.values()
        for answer in self.answers:
            found += answer.values()
        found += [self.staff, self.unit, self.actor, self.kind, *self.attributes.values()]
        return tuple(value for value in found if value is not None)
