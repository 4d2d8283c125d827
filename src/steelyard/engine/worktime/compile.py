"""A calendar compiled into sorted intervals and prefix sums, which grow as far as they are asked (SPEC §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from steelyard.engine.errors import SteelyardError, refuse
from steelyard.engine.words import N_
from steelyard.engine.worktime import holidays, zones
from steelyard.engine.worktime.days import WorkingDays
from steelyard.engine.worktime.holidays import HolidayTable
from steelyard.engine.worktime.hours import DayHours
from steelyard.engine.worktime.spans import Spans
from steelyard.engine.worktime.units import DAY, FIRST_DAY, LAST_DAY, Days, Micros, date_text, day_of, year_of
from steelyard.engine.worktime.work import Flags

if TYPE_CHECKING:
    from steelyard.engine.policy.model import Calendar

_DAYS_AHEAD = 366 * 8
"""A range grows by at least this many days, or doubles."""


def compile(
    calendar: Calendar,
    timezone: str,
    first: date = date(2010, 1, 1),
    last: date = date(2030, 12, 31),
    table: HolidayTable | None = None,
) -> WorkingTime:
    """Compile ``calendar`` in ``timezone``, reading ``first`` to ``last`` at once and other years when asked.

    ``table`` stands for the table that ``calendar.holidays`` names. Raises SteelyardError ``unknown-timezone``
    or ``unknown-holidays``.
    """
    if calendar.holidays is None:
        table = None
    elif table is None:
        table = holidays.table(calendar.holidays)
    return WorkingTime(calendar, zones.zone(timezone), table, day_of(first), day_of(last))


@dataclass(frozen=True)
class Index:
    """Everything compiled for the local dates ``first`` to ``last``, good for instants from ``low`` to ``high``."""

    first: int
    last: int
    low: int
    high: int
    spans: Spans
    days: WorkingDays

    @cached_property
    def worked(self) -> int:
        """The working time before ``high``; what spans know beyond may yet lack the next day's hours."""
        return self.spans.worked(self.high)


class WorkingTime:
    """The working time of one calendar; see :class:`~steelyard.engine.worktime.work.Work` for its questions.

    An instant outside the years 1 to 9999, or a due beyond them, is refused with SteelyardError ``beyond-time``;
    a due on a calendar that does not open again with ``never-open``.
    """

    def __init__(self, calendar: Calendar, zone: zones.Zone, table: HolidayTable | None, first: int, last: int) -> None:
        self.calendar = calendar
        self.zone = zone
        self.table = table
        self._hours = DayHours(calendar, table)
        self._announced = np.array(sorted(table.announced if table else ()), dtype=np.int64)
        self._index = self._compile(first, last)

    @property
    def version(self) -> str | None:
        """The version of the holiday table, for manifests; None for a calendar without one."""
        return self.table.version if self.table else None

    def index(self, start: int, end: int) -> Index:
        """The compiled arrays, reaching at least from ``start`` to ``end``: for joins in other engines."""
        index = self._index
        if start < index.low or end > index.high:
            index = self._grow(start, end)
        return index

    def elapsed(self, start: int, end: int) -> int:
        """The working time in [start, end)."""
        if end <= start:
            return 0
        spans = self.index(start, end).spans
        return spans.worked(end) - spans.worked(start)

    def due(self, start: int, amount: int) -> int:
        """The earliest instant t with ``elapsed(start, t) == amount``; ``start`` itself for nothing."""
        if amount < 0:
            raise ValueError(f"an amount of time cannot be negative: {amount}")
        if amount == 0:
            return start
        index = self.index(start, start)
        while index.spans.worked(start) + amount > index.worked:
            index = self._later(start)
        return index.spans.reached(index.spans.worked(start) + amount)

    def close(self, start: int, n: int) -> int:
        """The end of the last interval of the nth working day after the local date of ``start``."""
        if _no_days(n):
            return start
        days, i = self._nth_after(start, self.zone.day(start), n)
        return days.closing(i)

    def same_time(self, start: int, n: int) -> int:
        """The wall time of ``start``, moved into hours, on the nth working day after its local date.

        In a gap of that day it is the day's next opening, before the first that opening, after the last
        closing that closing.
        """
        if _no_days(n):
            return start
        opening = self.opening(start)
        day, time = divmod(self.zone.to_wall(opening), DAY)
        days, i = self._nth_after(opening, day, n)
        return days.fitted(i, self.zone.to_instant(int(days.day[i]) * DAY + time))

    def opening(self, start: int) -> int:
        """``start`` within hours, else the next opening; at a closing it is outside."""
        opening = self.index(start, start).spans.opening(start)
        while opening is None:
            opening = self._later(start).spans.opening(start)
        return opening

    def provisional(self, start: int, end: int) -> bool:
        """Whether the local dates of [start, end) touch a year without a published notice."""
        if self.table is None or end <= start:
            return False
        first, last = self.zone.day(start), self.zone.day(end - 1)
        self._check_days(first, last)
        years = range(year_of(first), year_of(last) + 1)
        return any(year not in self.table.announced for year in years)

    def first_opening(self, first: date, last: date) -> int | None:
        """The first opening of the working days from ``first`` to ``last``; None if none of them is one."""
        days, begin, end = self._days_between(first, last)
        return int(days.opens[days.first[begin]]) if begin < end else None

    def last_closing(self, first: date, last: date) -> int | None:
        """The last closing of the working days from ``first`` to ``last``; None if none of them is one."""
        days, begin, end = self._days_between(first, last)
        return days.closing(end - 1) if begin < end else None

    def elapsed_many(self, starts: Micros, ends: Micros) -> Micros:
        """The working time in each [start, end)."""
        spans = self._covering(starts, ends).spans
        worked: Micros = np.maximum(spans.worked_many(ends) - spans.worked_many(starts), 0)
        return worked

    def due_many(self, starts: Micros, amounts: Micros | int) -> Micros:
        """The earliest instants up to which the amounts are worked; each start itself for nothing."""
        amounts = np.broadcast_to(np.asarray(amounts, dtype=np.int64), starts.shape)
        if not len(starts):
            return starts.copy()
        if int(amounts.min()) < 0:
            raise ValueError("an amount of time cannot be negative")
        index = self._covering(starts)
        while True:
            targets = index.spans.worked_many(starts) + amounts
            beyond = (targets > index.worked) & (amounts > 0)
            if not beyond.any():
                break
            index = self._later(int(starts[np.argmax(beyond)]))
        at_once = amounts == 0
        if at_once.all():
            return starts.copy()
        # A start before all intervals with nothing to work has no interval to be reached in.
        reached = index.spans.reached_many(np.where(at_once, 1, targets))
        return np.where(at_once, starts, reached)

    def close_many(self, starts: Micros, n: Days | int) -> Micros:
        """The ends of the last intervals of the nth working days after the local dates of ``starts``."""
        n = np.broadcast_to(np.asarray(n, dtype=np.int64), starts.shape)
        if not len(starts):
            return starts.copy()
        at_once = _no_days_many(n)
        if at_once.all():
            return starts.copy()
        days, i = self._nth_after_many(starts, self.zone.day_many(starts), np.where(at_once, 1, n))
        return np.where(at_once, starts, days.closing_many(i))

    def same_time_many(self, starts: Micros, n: Days | int) -> Micros:
        """The wall times of ``starts``, moved into hours, on the nth working days after their local dates."""
        n = np.broadcast_to(np.asarray(n, dtype=np.int64), starts.shape)
        if not len(starts):
            return starts.copy()
        at_once = _no_days_many(n)
        if at_once.all():
            return starts.copy()
        openings = self.opening_many(starts)
        walls = self.zone.to_wall_many(openings)
        local = walls // DAY
        days, i = self._nth_after_many(openings, local, np.where(at_once, 1, n))
        meant = self.zone.to_instant_many(days.day[i] * DAY + (walls - local * DAY))
        return np.where(at_once, starts, days.fitted_many(i, meant))

    def opening_many(self, starts: Micros) -> Micros:
        """Each start within hours, else the next opening."""
        if not len(starts):
            return starts.copy()
        # If the last of them still finds an opening, so do the others.
        self.opening(int(starts.max()))
        return self._covering(starts).spans.opening_many(starts)

    def provisional_many(self, starts: Micros, ends: Micros) -> Flags:
        """Whether the local dates of each [start, end) touch a year without a published notice."""
        if self.table is None or not len(starts):
            return np.zeros(len(starts), dtype=np.bool_)
        first, last = self._years(starts), self._years(np.maximum(ends - 1, starts))
        announced = np.searchsorted(self._announced, last, side="right") - np.searchsorted(self._announced, first)
        return (ends > starts) & (announced < last - first + 1)

    def _years(self, instants: Micros) -> Days:
        days = self.zone.day_many(instants)
        self._check_days(int(days.min()), int(days.max()))
        return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970

    def _check_days(self, first: int, last: int) -> None:
        if first < FIRST_DAY or last > LAST_DAY:
            raise _beyond_time(self.calendar.id)

    def _covering(self, *instants: Micros) -> Index:
        known = [array for array in instants if len(array)]
        if not known:
            return self._index
        return self.index(min(int(array.min()) for array in known), max(int(array.max()) for array in known))

    def _nth_after(self, start: int, day: int, n: int) -> tuple[WorkingDays, int]:
        days = self.index(start, start).days
        while (i := days.nth_after(day, n)) >= len(days.day):
            days = self._later(start).days
        return days, i

    def _nth_after_many(self, starts: Micros, local: Days, n: Days) -> tuple[WorkingDays, Days]:
        days = self._covering(starts).days
        while (beyond := (i := days.nth_after_many(local, n)) >= len(days.day)).any():
            days = self._later(int(starts[np.argmax(beyond)])).days
        return days, i

    def _days_between(self, first: date, last: date) -> tuple[WorkingDays, int, int]:
        low, high = day_of(first), day_of(last)
        days = self.index(self.zone.to_instant(low * DAY), self.zone.to_instant((high + 1) * DAY)).days
        return days, days.nth_after(low - 1, 1), days.nth_after(high, 1)

    def _grow(self, start: int, end: int) -> Index:
        """Reach to ``start`` and ``end``, further than asked so that growing is rare."""
        index = self._index
        more = max(index.last - index.first, _DAYS_AHEAD)
        first, last = index.first, index.last
        if start < index.low:
            first = max(min(first - more, start // DAY - 2), FIRST_DAY)
        if end > index.high:
            last = min(max(last + more, end // DAY + 2), LAST_DAY)
        grown = self._compile(first, last) if (first, last) != (index.first, index.last) else index
        if start < grown.low or end > grown.high:
            raise _beyond_time(self.calendar.id)
        self._index = grown
        return grown

    def _later(self, start: int) -> Index:
        """Reach further ahead on behalf of ``start``, unless nothing ever opens there or time ends."""
        ends = self._hours.last_opening_day()
        if ends is not None and ends + self._hours.reach() < self._index.last:
            raise _never_open(self.calendar.id, self.zone.day(start))
        if self._index.last >= LAST_DAY:
            raise _beyond_time(self.calendar.id)
        return self._grow(self._index.low, self._index.high + 1)

    def _compile(self, first: int, last: int) -> Index:
        # Shifts that opened before the first date run on into it.
        opens, closes = self._hours.walls(first - self._hours.reach(), last)
        opens, closes = self.zone.to_instant_many(opens), self.zone.to_instant_many(closes)
        # A gap can swallow an interval: one that opens no earlier than it closes does not open.
        lasting = np.flatnonzero(opens < closes)
        order = lasting[np.argsort(opens[lasting], kind="stable")]
        opens, closes = opens[order], closes[order]
        return Index(
            first=first,
            last=last,
            low=self.zone.to_instant(first * DAY),
            high=self.zone.to_instant((last + 1) * DAY),
            spans=Spans.of(opens, closes),
            days=WorkingDays.of(opens, closes, self.zone.day_many(opens)),
        )


def _no_days(n: int) -> bool:
    if n < 0:
        raise ValueError(f"working days cannot be counted backwards: {n}")
    return n == 0


def _no_days_many(n: Days) -> Flags:
    if int(n.min()) < 0:
        raise ValueError("working days cannot be counted backwards")
    none: Flags = n == 0
    return none


def _never_open(calendar: str, day: int) -> SteelyardError:
    return refuse(
        "never-open",
        N_("the calendar {calendar} does not open again after {date}"),
        remedy=N_("give it weekly hours, or open further days"),
        calendar=calendar,
        date=date_text(day),
    )


def _beyond_time(calendar: str) -> SteelyardError:
    return refuse(
        "beyond-time",
        N_("the calendar {calendar} is asked for a time outside the years 1 to 9999"),
        remedy=N_("shorten the time, or correct the date it counts from"),
        calendar=calendar,
    )
