"""The hours of each date: a calendar and its holiday table, before anything is added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steelyard.engine.worktime.holidays import HolidayTable
from steelyard.engine.worktime.units import DAY, SECOND, Days, Micros, day_of

if TYPE_CHECKING:
    from steelyard.engine.policy.model import Calendar, Hours

_CLOSED = 7
"""The pattern of a date without hours; 0 to 6 are the weekdays, Monday first, and opened days follow."""


class DayHours:
    """Which hours hold on which local date: closed before open before published days before weekday (SPEC §5).

    A make-up day of a calendar without ``makeup_as`` keeps the hours of its own weekday.
    """

    def __init__(self, calendar: Calendar, table: HolidayTable | None) -> None:
        self._patterns: list[Sequence[Hours]] = [*calendar.weekly, ()]
        self._special: dict[int, int] = {}
        for day, kind in (table.by_day if table else {}).items():
            if kind == "off":
                self._special[day] = _CLOSED
            elif calendar.makeup_as is not None:
                self._special[day] = calendar.makeup_as
        for on, hours in calendar.open.items():
            self._special[day_of(on)] = len(self._patterns)
            self._patterns.append(hours)
        for on in calendar.closed:
            self._special[day_of(on)] = _CLOSED

    def last_opening_day(self) -> int | None:
        """The last date with hours; None where weekdays have hours and so the calendar opens for ever.

        Without any hours at all it is before all dates.
        """
        if any(self._patterns[:_CLOSED]):
            return None
        return max((day for day, pattern in self._special.items() if self._patterns[pattern]), default=-(2**62))

    def reach(self) -> int:
        """How many days after its date the latest closing can lie, with room for a clock set forward."""
        latest = max((hours.closes for pattern in self._patterns for hours in pattern), default=0)
        return latest * SECOND // DAY + 2

    def walls(self, first: int, last: int) -> tuple[Micros, Micros]:
        """Opening and closing wall times of all hours of the dates ``first`` to ``last``, in no order."""
        days = np.arange(first, last + 1, dtype=np.int64)
        pattern = self._pattern_of(days)
        opens, closes = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for number in np.unique(pattern):
            midnights = days[pattern == number] * DAY
            for hours in self._patterns[number]:
                opens.append(midnights + hours.opens * SECOND)
                closes.append(midnights + hours.closes * SECOND)
        return np.concatenate(opens), np.concatenate(closes)

    def _pattern_of(self, days: Days) -> Days:
        pattern = (days + 3) % 7
        first, last = int(days[0]), int(days[-1])
        for day, special in self._special.items():
            if first <= day <= last:
                pattern[day - first] = special
        return pattern
