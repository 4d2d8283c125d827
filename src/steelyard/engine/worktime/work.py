"""What every kind of time can answer, working or elapsed, so that callers need no branches."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from steelyard.engine.worktime.units import SECOND, Days, Micros

Rule = Literal["close", "same_time"]
"""How ``Nwd`` is due: at the close of the Nth working day, or at the same wall time on it."""

Flags = npt.NDArray[np.bool_]


class Work(Protocol):
    """Time that can be measured and laid out; instants and amounts in microseconds.

    An amount is never negative, and of a span that ends before it starts nothing is worked. The ``_many`` forms
    take arrays of one length (or a number for ``n`` and ``amounts``) and agree with the others bit for bit.
    """

    def elapsed(self, start: int, end: int) -> int:
        """The time in [start, end)."""
        ...

    def due(self, start: int, amount: int) -> int:
        """The earliest instant up to which ``amount`` elapses; ``start`` itself for nothing."""
        ...

    def close(self, start: int, n: int) -> int:
        """The end of the last interval of the nth working day after the local date of ``start``."""
        ...

    def same_time(self, start: int, n: int) -> int:
        """The wall time of ``start``, moved into hours, on the nth working day after it."""
        ...

    def provisional(self, start: int, end: int) -> bool:
        """Whether [start, end) touches a year without a published notice."""
        ...

    def elapsed_many(self, starts: Micros, ends: Micros) -> Micros: ...

    def due_many(self, starts: Micros, amounts: Micros | int) -> Micros: ...

    def close_many(self, starts: Micros, n: Days | int) -> Micros: ...

    def same_time_many(self, starts: Micros, n: Days | int) -> Micros: ...

    def provisional_many(self, starts: Micros, ends: Micros) -> Flags: ...


def due_by(work: Work, start: int, *, working_days: int = 0, seconds: int = 0, rule: Rule = "close") -> int:
    """When an amount written in a policy is due: its working days by ``rule``, then its seconds."""
    by_days = work.close if rule == "close" else work.same_time
    return work.due(by_days(start, working_days) if working_days else start, seconds * SECOND)


def due_by_many(
    work: Work, starts: Micros, *, working_days: Days | int = 0, seconds: Days | int = 0, rule: Rule = "close"
) -> Micros:
    """:func:`due_by` of many starts, each with its own amount or all with one."""
    by_days = work.close_many if rule == "close" else work.same_time_many
    moved = by_days(starts, working_days) if np.any(working_days) else starts
    return work.due_many(moved, np.asarray(seconds, dtype=np.int64) * SECOND)


def warn_amount(budget: int, share: Fraction) -> int:
    """How much of ``budget`` is used up at the warning: ``share`` percent, up to the whole second, not past the due."""
    part = share * budget / (100 * SECOND)
    return min(-(-part.numerator // part.denominator) * SECOND, budget)


def warn_at(work: Work, start: int, budget: int, share: Fraction) -> int:
    """The instant of the warning of a clock that was never paused: ``due(start, ⌈share·budget⌉)`` (SPEC §5)."""
    return work.due(start, warn_amount(budget, share))
