"""Working time by walking over the days with the standard library: slow, and obvious."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime.holidays import HolidayTable
from steelyard.engine.worktime.units import datetime_of, day_of, instant_of

Interval = tuple[int, int]

ONE = timedelta(days=1)
# Shifts end at most this many days after the date they are written for, also where clocks skip a whole day.
AROUND = 4


class DayWalk:
    """The same questions as WorkingTime, for calendars that have weekly hours."""

    def __init__(self, calendar: Calendar, timezone: ZoneInfo, table: HolidayTable | None) -> None:
        self.calendar, self.zone, self.table = calendar, timezone, table

    def hours(self, on: date) -> tuple[Hours, ...]:
        published = self.table.by_day.get(day_of(on)) if self.table else None
        if on in self.calendar.closed:
            return ()
        if on in self.calendar.open:
            return self.calendar.open[on]
        if published == "off":
            return ()
        if published == "work" and self.calendar.makeup_as is not None:
            return self.calendar.weekly[self.calendar.makeup_as]
        return self.calendar.weekly[on.weekday()]

    def utc(self, on: date, seconds: float) -> int:
        """Wall time to instant: the first of two, forward out of a gap."""
        wall = datetime(on.year, on.month, on.day) + timedelta(seconds=seconds)
        return instant_of(wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC))

    def wall(self, instant: int) -> datetime:
        return datetime_of(instant).astimezone(self.zone)

    def written(self, first: date, last: date) -> list[Interval]:
        """The intervals written for some dates, sorted, those that last no time left out."""
        found: list[Interval] = []
        on = first
        while on <= last:
            found += [(self.utc(on, span.opens), self.utc(on, span.closes)) for span in self.hours(on)]
            on += ONE
        return sorted(interval for interval in found if interval[0] < interval[1])

    def pieces(self, start: int, days: int) -> Iterator[Interval]:
        """Working time from ``start`` on, in order, nothing twice."""
        on = self.wall(start).date()
        done = start
        for opens, closes in self.written(on - AROUND * ONE, on + days * ONE):
            if closes > done:
                yield max(opens, done), closes
                done = closes

    def elapsed(self, start: int, end: int) -> int:
        days = (end - start) // 86_400_000_000 + AROUND
        return sum(max(min(closes, end) - opens, 0) for opens, closes in self.pieces(start, days))

    def due(self, start: int, amount: int) -> int:
        if amount == 0:
            return start
        for opens, closes in self.pieces(start, 500):
            if closes - opens >= amount:
                return opens + amount
            amount -= closes - opens
        raise AssertionError("the reference looks ahead 500 days only")

    def opened_on(self, on: date) -> list[Interval]:
        around = self.written(on - AROUND * ONE, on + ONE)
        return [interval for interval in around if self.wall(interval[0]).date() == on]

    def nth_working_day(self, on: date, n: int) -> date:
        while n:
            on += ONE
            n -= bool(self.opened_on(on))
        return on

    def close(self, start: int, n: int) -> int:
        if n == 0:
            return start
        day = self.nth_working_day(self.wall(start).date(), n)
        return max(closes for _, closes in self.opened_on(day))

    def same_time(self, start: int, n: int) -> int:
        if n == 0:
            return start
        moved = next(opens for opens, _ in self.pieces(start, 100))
        wall = self.wall(moved)
        day = self.nth_working_day(wall.date(), n)
        since_midnight = wall.replace(tzinfo=None) - datetime(wall.year, wall.month, wall.day)
        meant = self.utc(day, since_midnight / timedelta(seconds=1))
        hours = self.opened_on(day)
        if any(opens <= meant < closes for opens, closes in hours):
            return meant
        return min((opens for opens, _ in hours if opens > meant), default=max(closes for _, closes in hours))

    def provisional(self, start: int, end: int) -> bool:
        if self.table is None or end <= start:
            return False
        years = range(self.wall(start).year, self.wall(end - 1).year + 1)
        return any(year not in self.table.announced for year in years)
