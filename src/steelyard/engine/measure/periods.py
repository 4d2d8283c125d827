"""Periods as people write them: ``2016``, ``2016-H1``, ``2016-Q1``, ``2016-03``, ``2016-W09``, ``2016-03-05``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from steelyard.engine.errors import refuse
from steelyard.engine.words import N_

_FORMS = (
    ("year", re.compile(r"(\d{4})")),
    ("half", re.compile(r"(\d{4})-H([12])")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("month", re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    ("week", re.compile(r"(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])")),
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
)
_MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span of local dates with its name and length (day week month quarter half year)."""

    first: date
    end: date
    name: str
    length: str

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """Its first instant and the first one after it, UTC without a zone."""
        return midnight(self.first, zone), midnight(self.end, zone)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local date, UTC without a zone."""
    local = datetime.combine(day, time(), ZoneInfo(zone))
    there_and_back = local.astimezone(UTC).astimezone(ZoneInfo(zone))
    if there_and_back.date() < day:
        # The midnight itself fell into a gap: the first instant that exists is the change to the new offset.
        local += timedelta(hours=1)
    return local.astimezone(UTC).replace(tzinfo=None)


def parse(text: str) -> Period:
    """Read a period.

    Raises:
        SteelyardError: ``period`` when it has none of the six forms or names a date that does not exist.
    """
    for length, form in _FORMS:
        found = form.fullmatch(text)
        if found:
            try:
                first, end = _span(length, [int(part) for part in found.groups()])
                return Period(first, end, text, length)
            except (ValueError, OverflowError):
                break
    raise refuse(
        "period",
        N_("{text} is not a period"),
        remedy=N_("write 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W09 or 2026-03-05"),
        text=text,
    )


def _span(length: str, parts: Sequence[int]) -> tuple[date, date]:
    year = parts[0]
    if length == "day":
        day = date(*parts)
        return day, day + timedelta(days=1)
    if length == "week":
        monday = date.fromisocalendar(year, parts[1], 1)
        return monday, monday + timedelta(days=7)
    months = _MONTHS[length]
    nth = (parts[1] - 1) * months if len(parts) > 1 else 0
    first = date(year, nth + 1, 1)
    after = nth + months
    return first, date(year + after // 12, after % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Atom:
    """A stretch of time that no asked period and no change of the unit tree cuts, and the periods it lies in."""

    start: datetime
    end: datetime
    periods: tuple[str, ...]


def atoms(periods: Iterable[tuple[str, datetime, datetime]], cuts: Iterable[datetime] = ()) -> list[Atom]:
    """Cut the asked ``periods`` (name, start, end) at each other's edges and at ``cuts``; gaps have no atom."""
    asked = list(periods)
    low, high = min(start for _, start, _ in asked), max(end for _, _, end in asked)
    edges = sorted(
        {edge for _, start, end in asked for edge in (start, end)} | {cut for cut in cuts if low < cut < high}
    )
    found = []
    for start, end in pairwise(edges):
        within = tuple(name for name, first, last in asked if first <= start and end <= last)
        if within:
            found.append(Atom(start, end, within))
    return found
