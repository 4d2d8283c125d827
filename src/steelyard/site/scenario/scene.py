"""Where the made-up quarter happens: the people, who is posted where, the hours, and how numbers are drawn."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime import compile as calendars
from steelyard.engine.worktime.compile import WorkingTime

DESK: Final = Path(__file__).resolve().parent / "desk"
"""The folder with what is written down about the desk: staff, postings, units, mappings, policy."""

FIRST: Final = date(2026, 4, 1)
END: Final = date(2026, 7, 1)
"""The quarter, half-open. Nothing after it has happened yet: the exports were made on its last midnight."""

TIMEZONE: Final = "Asia/Shanghai"
_OFFSET: Final = timezone(timedelta(hours=8))  # no summer time there in these years
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_OPEN: Final = (Hours(30600, 43200), Hours(48600, 64800))  # 08:30-12:00 and 13:30-18:00
_OFFICE: Final = Calendar("office", weekly=(*(_OPEN,) * 5, (), ()), holidays="CN", makeup_as=0)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the desk, and what nobody is told about them.

    ``share`` is their part of the group's tickets, ``pace`` the time they take in percent of the usual, ``returned``
    the reopenings in a thousand, ``warmth`` (0 to 2) how customers like them, ``care`` their usual inspection
    score, ``trick`` whether they stop the clock before the due when they know they will not make it.
    """

    id: str
    share: int
    pace: int
    returned: int
    warmth: int
    care: int
    trick: bool


@dataclass(frozen=True, slots=True)
class Posting:
    """A person's place in a group, from one local date up to another, not included."""

    staff: str
    unit: str
    first: date
    end: date


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with (DESK / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def people() -> Mapping[str, Person]:
    """The people of the desk by id."""
    return {
        row["id"]: Person(
            id=row["id"],
            share=int(row["share"]),
            pace=int(row["pace"]),
            returned=int(row["returned"]),
            warmth=int(row["warmth"]),
            care=int(row["care"]),
            trick=row["trick"] == "yes",
        )
        for row in _rows("staff.csv")
    }


@cache
def postings() -> tuple[Posting, ...]:
    """All postings, as they are exported."""
    return tuple(
        Posting(
            row["staff"],
            row["unit"],
            date.fromisoformat(row["from"]),
            date.fromisoformat(row["to"]) if row["to"] else date.max,
        )
        for row in _rows("postings.csv")
    )


@cache
def group_on(unit: str, day: date) -> tuple[Person, ...]:
    """Who is posted in ``unit`` on ``day``."""
    return tuple(people()[posting.staff] for posting in postings() if posting.unit == unit and _holds(posting, day))


@cache
def unit_of(staff: str, day: date) -> str | None:
    """The group of ``staff`` on ``day``; None before they came."""
    return next((posting.unit for posting in postings() if posting.staff == staff and _holds(posting, day)), None)


def _holds(posting: Posting, day: date) -> bool:
    return posting.first <= day < posting.end


@cache
def office() -> WorkingTime:
    """The office hours, with the public holidays and make-up days of that year."""
    return calendars.compile(_OFFICE, TIMEZONE, FIRST, END)


def at(day: date, second: int) -> int:
    """The instant of a second of a local day, in microseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=_OFFSET).timestamp() + second) * SECOND


def day_of(instant: int) -> date:
    """The local date of an instant."""
    return _local(instant).date()


def written(instant: int) -> str:
    """An instant as the exports have it: local wall time to the second."""
    return _local(instant).strftime("%Y-%m-%d %H:%M:%S")


def _local(instant: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant // SECOND)).astimezone(_OFFSET)


@cache
def days() -> tuple[date, ...]:
    """The days of the quarter."""
    return tuple(FIRST + timedelta(days=n) for n in range((END - FIRST).days))


def is_worked(day: date) -> bool:
    """Whether the office opens on ``day``."""
    return office().elapsed(at(day, 0), at(day, 86400)) > 0


def spread(random: Random, steps: Sequence[int]) -> int:
    """A number between neighbouring ``steps``, each gap equally likely: quantiles instead of a formula with floats."""
    gap = random.randrange(len(steps) - 1)
    return steps[gap] + random.randrange(max(steps[gap + 1] - steps[gap], 1))


def chance(random: Random, thousandths: int) -> bool:
    """TRUE in so many of a thousand cases."""
    return random.randrange(1000) < thousandths


def pick(random: Random, weights: Mapping[str, int]) -> str:
    """A key, each as likely as its weight says."""
    number = random.randrange(sum(weights.values()))
    for key, weight in weights.items():
        number -= weight
        if number < 0:
            return key
    raise AssertionError("the weights are positive")


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` split by ``weights`` into whole parts that add up to it."""
    parts: list[int] = []
    seen = given = 0
    for weight in weights:
        seen += weight
        parts.append(total * seen // sum(weights) - given)
        given += parts[-1]
    return parts
