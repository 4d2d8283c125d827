"""Working intervals with prefix sums: how much was worked before an instant, and when an amount is reached."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from steelyard.engine.worktime.units import Micros


@dataclass(frozen=True)
class Spans:
    """Sorted, disjoint working intervals, half-open, in microseconds UTC.

    ``before[i]`` is the working time before interval i; its last entry, one past the intervals, is all of it.
    """

    opens: Micros
    closes: Micros
    before: Micros

    @classmethod
    def of(cls, opens: Micros, closes: Micros) -> Spans:
        """Merge intervals sorted by opening: time covered twice counts once."""
        if not len(opens):
            return cls(opens, closes, np.zeros(1, dtype=np.int64))
        latest = np.maximum.accumulate(closes)
        apart = np.flatnonzero(opens[1:] > latest[:-1])
        merged_opens = opens[np.concatenate(([0], apart + 1))]
        merged_closes = latest[np.concatenate((apart, [len(opens) - 1]))]
        before = np.concatenate(([0], np.cumsum(merged_closes - merged_opens)))
        return cls(merged_opens, merged_closes, before)

    @property
    def total(self) -> int:
        """All working time there is."""
        return int(self.before[-1])

    @cached_property
    def _lists(self) -> tuple[list[int], list[int], list[int]]:
        return self.opens.tolist(), self.closes.tolist(), self.before.tolist()

    def worked(self, instant: int) -> int:
        """Working time before ``instant``."""
        opens, closes, before = self._lists
        i = bisect_right(opens, instant) - 1
        return before[i] + min(instant, closes[i]) - opens[i] if i >= 0 else 0

    def reached(self, amount: int) -> int:
        """The earliest instant before which ``amount`` was worked; ``0 < amount <= total``."""
        opens, _, before = self._lists
        i = bisect_left(before, amount) - 1
        return opens[i] + amount - before[i]

    def opening(self, instant: int) -> int | None:
        """``instant`` itself within an interval, else the next opening; None after the last closing."""
        opens, closes, _ = self._lists
        i = bisect_right(opens, instant)
        if i and instant < closes[i - 1]:
            return instant
        return opens[i] if i < len(opens) else None

    def worked_many(self, instants: Micros) -> Micros:
        """Working time before each of ``instants``."""
        if not len(self.opens):
            return np.zeros(len(instants), dtype=np.int64)
        i = np.searchsorted(self.opens, instants, side="right") - 1
        # Where nothing opened yet the first interval stands in, worked for no time.
        first = np.maximum(i, 0)
        inside = np.minimum(instants, self.closes[first]) - self.opens[first]
        worked: Micros = self.before[first] + np.maximum(inside, 0)
        return worked

    def reached_many(self, amounts: Micros) -> Micros:
        """The earliest instants before which ``amounts`` were worked; each ``0 < amount <= total``."""
        i = np.searchsorted(self.before, amounts, side="left") - 1
        reached: Micros = self.opens[i] + amounts - self.before[i]
        return reached

    def opening_many(self, instants: Micros) -> Micros:
        """Each instant within an interval, else the next opening; no instant may lie after the last closing."""
        i = np.searchsorted(self.opens, instants, side="right")
        inside = (i > 0) & (instants < self.closes[np.maximum(i - 1, 0)])
        return np.where(inside, instants, self.opens[np.minimum(i, len(self.opens) - 1)])
