"""Calendar spans of recurring duties: every working day, week, month, quarter …, with the hours to do it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from steelyard.engine.policy.duration import Duration
from steelyard.engine.worktime import zones
from steelyard.engine.worktime.compile import WorkingTime
from steelyard.engine.worktime.units import DAY, SECOND, day_of
from steelyard.engine.worktime.work import Work

_WEEK: Final = 7 * 86_400
_MONTHS_NAMED: Final = {1: "{year}-{month:02}", 3: "{year}-Q{nth}", 6: "{year}-H{nth}", 12: "{year}"}


@dataclass(frozen=True, slots=True)
class Span:
    """One turn of a duty. ``key`` names it (2026-03-02, 2026-W10, 2026-03, 2026-Q1 …).

    It runs from its first opening ``starts`` to its last closing ``due``; what is done from ``begins`` up to, and not
    at, ``ends`` is done in it, opened or not. Spans of one duty do not overlap.
    """

    key: str
    begins: int
    ends: int
    starts: int
    due: int


def spans(every: Duration, work: Work, timezone: str, first: date, last: date) -> Iterator[Span]:
    """The spans that begin on the dates ``first`` to ``last``; one in which nothing opens is passed over.

    A ``work`` without hours is open from midnight to midnight.
    """
    zone = zones.zone(timezone)
    after = 0
    for key, begin, end in _turns(every, first, last):
        begins, ends = (zone.to_instant(day_of(day) * DAY) for day in (begin, end))
        hours = (begins, ends)
        if isinstance(work, WorkingTime):
            opening, closing = work.first_opening(begin, end - _DAY), work.last_closing(begin, end - _DAY)
            if opening is None or closing is None:
                continue
            hours = (opening, closing)
        # A shift over midnight belongs to the day on which it opens.
        begins, after = max(begins, after), max(ends, hours[1] + 1)
        yield Span(key, begins, after, *hours)


def _turns(every: Duration, first: date, last: date) -> Iterator[tuple[str, date, date]]:
    """Name, first date and first date after of each calendar span that begins on ``first`` to ``last``."""
    if every.months:
        yield from _months(every.months, first, last)
    elif every.seconds and every.seconds % _WEEK == 0:
        yield from _weeks(every.seconds // _WEEK, first, last)
    else:
        days = max(1, every.working_days or every.seconds * SECOND // DAY)
        for day in _days(first, last):
            if day_of(day) % days == 0:
                yield day.isoformat(), day, day + days * _DAY


def _months(months: int, first: date, last: date) -> Iterator[tuple[str, date, date]]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        if number % months == 0 and (begin := _month(number)) >= first:
            names = _MONTHS_NAMED.get(months, _MONTHS_NAMED[1])
            nth = (begin.month - 1) // months + 1
            yield names.format(year=begin.year, month=begin.month, nth=nth), begin, _month(number + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _weeks(weeks: int, first: date, last: date) -> Iterator[tuple[str, date, date]]:
    for day in _days(first, last):
        if day.weekday() == 0 and day.toordinal() // 7 % weeks == 0:
            year, week, _ = day.isocalendar()
            yield f"{year}-W{week:02}", day, day + 7 * weeks * _DAY


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * _DAY


_DAY: Final = timedelta(days=1)
