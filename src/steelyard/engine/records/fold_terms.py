"""The terms of a commitment as they stand at a fact: whether it applies, the target, the time it counts in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.model import Branches, Commitment
from steelyard.engine.policy.predicate import Predicate
from steelyard.engine.policy.tree import Row
from steelyard.engine.worktime.elapsed import Elapsed
from steelyard.engine.worktime.units import SECOND, Micros
from steelyard.engine.worktime.work import Rule, Work

T = TypeVar("T")


WorkingTimes = Mapping[str, Work]
"""The compiled calendars of a policy by id, in the policy's order: the first serves where none is named."""

EVERY_HOUR: Final[Work] = Elapsed()


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised: ``within`` (None where ``until`` promises an instant), the aim, and the time of the clock.

    ``time_id`` is the calendar the clock counts on, None where it counts every hour; ``calendar`` counts the
    working days of limits, graces and aims.
    """

    within: Duration | None
    aim: Duration | None
    time: Work
    time_id: str | None
    calendar: Work
    rule: Rule

    def end(self, duration: Duration, start: int) -> int:
        """Where ``duration`` from ``start`` ends, in the time of the clock."""
        if not duration.is_working_days:
            return self.time.due(start, duration.seconds * SECOND)
        days = duration.working_days
        return self.calendar.close(start, days) if self.rule == "close" else self.calendar.same_time(start, days)

    def length(self, duration: Duration, start: int) -> int:
        """How much of the clock's time ``duration`` from ``start`` is."""
        if not duration.is_working_days:
            return duration.seconds * SECOND
        return self.time.elapsed(start, self.end(duration, start))

    def end_many(self, duration: Duration, starts: Micros) -> Micros:
        """:meth:`end` for many starts."""
        if not duration.is_working_days:
            return self.time.due_many(starts, duration.seconds * SECOND)
        by_days = self.calendar.close_many if self.rule == "close" else self.calendar.same_time_many
        return by_days(starts, duration.working_days)

    def length_many(self, duration: Duration, starts: Micros) -> Micros:
        """:meth:`length` for many starts."""
        if not duration.is_working_days:
            return np.full(len(starts), duration.seconds * SECOND)
        return self.time.elapsed_many(starts, self.end_many(duration, starts))


def read(commitment: Commitment, row: Row, times: WorkingTimes) -> Terms | None:
    """The terms for ``row``, or None where nothing is promised: ``applies`` is not TRUE, or no target or calendar."""
    if commitment.applies is not None and not commitment.applies.holds(row):
        return None
    within = chosen(commitment.within, row)
    if within is None and commitment.until is None:
        return None
    calendar = chosen(commitment.calendar, row) if commitment.calendar else next(iter(times), None)
    aim = chosen(commitment.aim, row)
    return terms(commitment, within, aim, calendar, times)


def terms(
    commitment: Commitment, within: Duration | None, aim: Duration | None, calendar: str | None, times: WorkingTimes
) -> Terms | None:
    """The terms for branches already chosen; None where a calendar is asked for and none is chosen."""
    is_working = commitment.time == "working" or (within is not None and within.is_working_days)
    limit = commitment.pauses.limit if commitment.pauses else None
    in_days = any(span is not None and span.is_working_days for span in (aim, limit, commitment.grace))
    if calendar is None and (is_working or in_days):
        return None
    hours = EVERY_HOUR if calendar is None else times[calendar]
    return Terms(
        within=within,
        aim=aim,
        time=hours if is_working else EVERY_HOUR,
        time_id=calendar if is_working else None,
        calendar=hours,
        rule=commitment.working_days,
    )


def chosen(branches: Branches[T], row: Row) -> T | None:
    """The value of the first branch that is TRUE for ``row``."""
    return next((branch.value for branch in branches if holds(branch.when, row)), None)


def holds(when: Predicate | None, row: Row) -> bool:
    """Whether ``when`` is TRUE for ``row``; without a condition it is."""
    return when is None or when.holds(row)
