"""Calendars written as in a policy, and instants written as people read them, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime.units import instant_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Written = Mapping[str, object]


def at(text: str) -> int:
    """The instant written as ISO 8601 with an offset or ``Z``."""
    return instant_of(datetime.fromisoformat(text))


def hours(*texts: str) -> tuple[Hours, ...]:
    """Openings such as ``08:30-12:00`` or ``22:00-30:00``."""
    return tuple(Hours(*(_seconds(end) for end in text.split("-"))) for text in texts)


def _seconds(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 3600 + int(minute) * 60


def calendar(
    weekly: Mapping[str, Sequence[str]],
    *,
    name: str = "office",
    holidays: str | None = None,
    makeup_as: str | None = None,
    opened: Mapping[str, Sequence[str]] | None = None,
    closed: Sequence[str] = (),
) -> Calendar:
    """A calendar from hours by weekday or range of weekdays (``mon-fri``)."""
    week: list[tuple[Hours, ...]] = [()] * 7
    for days, texts in weekly.items():
        first, _, last = days.partition("-")
        for i in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            week[i] = hours(*texts)
    return Calendar(
        id=name,
        weekly=tuple(week),
        holidays=holidays,
        makeup_as=None if makeup_as is None else WEEKDAYS.index(makeup_as),
        open={date.fromisoformat(on): hours(*texts) for on, texts in (opened or {}).items()},
        closed=frozenset(date.fromisoformat(on) for on in closed),
    )


OFFICE = calendar({"mon-fri": ["08:30-12:00", "13:30-18:00"]}, holidays="CN", makeup_as="mon")
NIGHT = calendar({"mon-fri": ["22:00-30:00"]}, name="night", holidays="CN", makeup_as="mon")
