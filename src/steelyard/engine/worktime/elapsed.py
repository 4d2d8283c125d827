"""Time that never stops: the same questions as working time, answered by subtraction."""

from __future__ import annotations

import numpy as np

from steelyard.engine.errors import SteelyardError, refuse
from steelyard.engine.words import N_
from steelyard.engine.worktime.units import Days, Micros
from steelyard.engine.worktime.work import Flags


class Elapsed:
    """Every hour of every day counts. It knows no working days, so ``close`` and ``same_time`` are refused."""

    def elapsed(self, start: int, end: int) -> int:
        """The time in [start, end)."""
        return max(end - start, 0)

    def due(self, start: int, amount: int) -> int:
        """``start`` and ``amount``, which is not negative."""
        if amount < 0:
            raise ValueError(f"an amount of time cannot be negative: {amount}")
        return start + amount

    def close(self, start: int, n: int) -> int:
        """Refused, with SteelyardError ``no-calendar``."""
        raise _no_calendar()

    def same_time(self, start: int, n: int) -> int:
        """Refused, with SteelyardError ``no-calendar``."""
        raise _no_calendar()

    def provisional(self, start: int, end: int) -> bool:
        """Never: no year needs a notice."""
        return False

    def elapsed_many(self, starts: Micros, ends: Micros) -> Micros:
        """The time in each [start, end)."""
        elapsed: Micros = np.maximum(ends - starts, 0)
        return elapsed

    def due_many(self, starts: Micros, amounts: Micros | int) -> Micros:
        """Each start and its amount, none negative."""
        if np.any(np.asarray(amounts) < 0):
            raise ValueError("an amount of time cannot be negative")
        return starts + amounts

    def close_many(self, starts: Micros, n: Days | int) -> Micros:
        """Refused, with SteelyardError ``no-calendar``."""
        raise _no_calendar()

    def same_time_many(self, starts: Micros, n: Days | int) -> Micros:
        """Refused, with SteelyardError ``no-calendar``."""
        raise _no_calendar()

    def provisional_many(self, starts: Micros, ends: Micros) -> Flags:
        """Never."""
        return np.zeros(len(starts), dtype=np.bool_)


def _no_calendar() -> SteelyardError:
    return refuse(
        "no-calendar",
        N_("working days cannot be counted without a calendar"),
        remedy=N_("name a calendar, or give the time in hours"),
    )
