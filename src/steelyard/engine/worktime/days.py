"""Working days: local dates on which an interval opens, with their own openings and closings."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from steelyard.engine.worktime.units import Days, Micros


@dataclass(frozen=True)
class WorkingDays:
    """Sorted working days and their intervals.

    Day i has the intervals ``first[i]`` to ``first[i + 1] - 1``, disjoint and sorted; a shift over midnight is
    whole, under the day on which it opens, even where it overlaps the next day's hours.
    """

    day: Days
    first: Days
    opens: Micros
    closes: Micros

    @classmethod
    def of(cls, opens: Micros, closes: Micros, days: Days) -> WorkingDays:
        """Group intervals, sorted by opening, by the local date of their opening; within a day overlaps merge."""
        if not len(opens):
            return cls(days, np.zeros(1, dtype=np.int64), opens, closes)
        starts_day = np.concatenate(([True], days[1:] != days[:-1]))
        latest = _latest_within(starts_day, opens, closes)
        apart = starts_day.copy()
        apart[1:] |= opens[1:] > latest[:-1]
        kept = np.flatnonzero(apart)
        ends = np.concatenate((kept[1:] - 1, [len(opens) - 1]))
        first = np.concatenate((np.flatnonzero(starts_day[kept]), [len(kept)]))
        return cls(days[starts_day], first, opens[kept], latest[ends])

    @cached_property
    def _lists(self) -> tuple[list[int], list[int], list[int], list[int]]:
        return self.day.tolist(), self.first.tolist(), self.opens.tolist(), self.closes.tolist()

    def nth_after(self, day: int, n: int) -> int:
        """The index of the nth working day after ``day``; it may lie past the last one known."""
        return bisect_right(self._lists[0], day) + n - 1

    def closing(self, index: int) -> int:
        """The end of the last interval of a working day."""
        _, first, _, closes = self._lists
        return closes[first[index + 1] - 1]

    def fitted(self, index: int, instant: int) -> int:
        """``instant`` within an interval of the day, else the day's next opening, else its last closing."""
        _, first, opens, closes = self._lists
        begin, end = first[index], first[index + 1]
        i = bisect_right(opens, instant, begin, end)
        if i > begin and instant < closes[i - 1]:
            return instant
        return opens[i] if i < end else closes[end - 1]

    def nth_after_many(self, days: Days, n: Days | int) -> Days:
        """The indexes of the nth working days after ``days``; they may lie past the last one known."""
        return np.searchsorted(self.day, days, side="right") + n - 1

    def closing_many(self, index: Days) -> Micros:
        """The ends of the last intervals of working days."""
        return self.closes[self.first[index + 1] - 1]

    def fitted_many(self, index: Days, instants: Micros) -> Micros:
        """Each instant within an interval of its day, else the day's next opening, else its last closing."""
        begin, end = self.first[index], self.first[index + 1]
        i = np.clip(np.searchsorted(self.opens, instants, side="right"), begin, end)
        inside = (i > begin) & (instants < self.closes[np.maximum(i - 1, 0)])
        next_opening = self.opens[np.minimum(i, len(self.opens) - 1)]
        return np.where(inside, instants, np.where(i < end, next_opening, self.closes[end - 1]))


def _latest_within(starts_day: Days, opens: Micros, closes: Micros) -> Micros:
    """The latest closing so far among the intervals of the same day.

    Closings are measured from their day's first opening and each day is lifted above the one before, so that
    a single running maximum never carries over into the next day.
    """
    number = np.cumsum(starts_day) - 1
    base = opens[starts_day][number]
    lift = (int((closes - base).max()) + 1) * number
    return np.maximum.accumulate(closes - base + lift) - lift + base
