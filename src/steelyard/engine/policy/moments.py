"""Kinds of value that commitments and calendars have: openings of a day, moments of an escalation, ``until``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import duration, names
from steelyard.engine.policy.document import Broken, Document, Entries, Node
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.kinds import Kind, ScalarKind, Schema
from steelyard.engine.policy.model import Hours
from steelyard.engine.policy.shapes import ListOf
from steelyard.engine.words import N_

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPENING: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])-([0-9]{1,2}):([0-5][0-9])")
_DAYS: Final = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")
_DAY: Final = 86_400
_LATEST: Final = 2 * _DAY


@dataclass(frozen=True, slots=True)
class Opening(ScalarKind):
    """One opening of a day, ``08:30-12:00``; a shift over midnight closes after 24:00, as ``22:00-30:00`` does."""

    def scalar(self, text: str, path: str, document: Document) -> Hours | None:
        match = _OPENING.fullmatch(text)
        if not match:
            document.refuse("hours", path, N_("{text} is not an opening such as 08:30-12:00"), text=text[:60])
            return None
        opens, closes = (int(match[i]) * 3_600 + int(match[i + 1]) * 60 for i in (1, 3))
        if opens >= _DAY or closes > _LATEST or closes <= opens:
            remedy = N_("a shift over midnight is written 22:00-30:00")
            document.refuse("hours", path, N_("{text} does not open before it closes"), remedy=remedy, text=text)
            return None
        return Hours(opens, closes)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_OPENING.pattern}$"}


@dataclass(frozen=True, slots=True)
class Openings(Kind):
    """The openings of one day, in the order of the clock; they may touch but not overlap."""

    def read(self, node: Node, document: Document) -> tuple[Hours, ...] | None:
        read = ListOf(Opening()).read(node, document)
        if read is None:
            return None
        placed = [(hours, f"{node.path}[{index}]") for index, hours in enumerate(read) if isinstance(hours, Hours)]
        in_order = sorted(placed, key=lambda one: (one[0].opens, one[0].closes))
        for (earlier, first), (later, second) in pairwise(in_order):
            if later.opens < earlier.closes:
                document.refuse(
                    "hours",
                    max(first, second),
                    N_("it overlaps {other}"),
                    other=_written(earlier, later, first, second),
                )
        return tuple(hours for hours, _ in in_order)

    def schema(self) -> Schema:
        return ListOf(Opening()).schema()


def _written(earlier: Hours, later: Hours, first: str, second: str) -> str:
    """The opening that stands first in the document, as a person writes it."""
    hours = earlier if first < second else later
    opens, closes = (f"{moment // 3_600:02}:{moment % 3_600 // 60:02}" for moment in (hours.opens, hours.closes))
    return f"{opens}-{closes}"


@dataclass(frozen=True, slots=True)
class Week(Kind):
    """The openings by weekday: ``mon-fri: [...]``, ``sat: [...]``; gives seven entries, Monday first."""

    def read(self, node: Node, document: Document) -> tuple[tuple[Hours, ...], ...] | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Entries):
            document.refuse("type", node.path, N_("a mapping is asked for here"))
            return None
        week: dict[int, tuple[Hours, ...]] = {}
        for name, below in node.entries.items():
            hours = Openings().read(below, document)
            for day in _days(name, below.path, document):
                if day in week:
                    document.refuse("hours", below.path, N_("{day} has hours already"), key=True, day=WEEKDAYS[day])
                week[day] = hours or ()
        return tuple(week.get(day, ()) for day in range(7))

    def schema(self) -> Schema:
        days = "|".join(WEEKDAYS)
        return {
            "type": "object",
            "patternProperties": {f"^({days})(-({days}))?$": Openings().schema()},
            "additionalProperties": False,
        }


def _days(name: str, path: str, document: Document) -> range:
    match = _DAYS.fullmatch(name)
    first, last = (match[1], match[2] or match[1]) if match else ("", "")
    if first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(first) > WEEKDAYS.index(last):
        remedy = N_("write mon, sat or mon-fri")
        document.refuse(
            "unknown-key", path, N_("{name} is no day or span of days"), remedy=remedy, key=True, name=name[:60]
        )
        return range(0)
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody is told: at the warning, at the due, or ``after`` the due."""

    at: Literal["warn", "due"]
    after: Duration | None


@dataclass(frozen=True, slots=True)
class EscalationMoment(ScalarKind):
    """``warn``, ``due`` or ``due+1h``."""

    def scalar(self, text: str, path: str, document: Document) -> Moment | None:
        if text == "warn":
            return Moment("warn", None)
        if text == "due":
            return Moment("due", None)
        if text.startswith("due+"):
            try:
                return Moment("due", duration.parse(text.removeprefix("due+")))
            except SteelyardError as error:
                document.refuse_as(path, error)
                return None
        document.refuse("choice", path, N_("{text} is neither warn nor due nor due+1h"), text=text[:60])
        return None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^(warn|due(\+.+)?)$"}


@dataclass(frozen=True, slots=True)
class Until(ScalarKind):
    """``booked.window_to``: a kind of fact and a name in its data or attributes."""

    def scalar(self, text: str, path: str, document: Document) -> tuple[str, str] | None:
        kind, _, name = text.rpartition(".")
        if not names.FACT.matches(kind) or not names.ATTRIBUTE.matches(name):
            remedy = N_("write a kind of fact and a name in its data, such as booked.window_to")
            document.refuse(
                "until", path, N_("{text} does not say where the instant stands"), remedy=remedy, text=text[:60]
            )
            return None
        return kind, name

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^[a-z].*\.[a-z][a-z0-9_-]*$"}
