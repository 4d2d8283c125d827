"""The machine of :mod:`~steelyard.engine.records.fold_clock` for all lanes at once.

State is a table of arrays with one entry a lane; step k moves every lane by its k-th fact. The places ``i`` that a
transition takes are picked by masks, in the order of :meth:`~steelyard.engine.records.fold._Lane.read`, which says
what each transition means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.model import Commitment
from steelyard.engine.records.fold_lanes import (
    CANCEL,
    CHANGED,
    FROM,
    NAMED,
    NEVER,
    REOPEN,
    START,
    STOP,
    TO,
    Ids,
    Places,
    Step,
)
from steelyard.engine.records.fold_terms import Terms
from steelyard.engine.worktime.units import SECOND, Micros
from steelyard.engine.worktime.work import Flags, Work

NOT_BEGUN: Final = 0
RUNNING: Final = 1
PAUSED: Final = 2
STOPPED: Final = 3
CANCELLED: Final = 4


class Machine:
    """The state of the latest clock of every lane, by rank."""

    def __init__(self, commitment: Commitment, lane: Places, table: Sequence[Terms]) -> None:
        width = len(lane)
        self.commitment = commitment
        self.lane = lane
        self.table = table
        self.times: list[Work] = []
        self.time_of = np.array([self._time(terms) for terms in table], dtype=np.int16)
        self.limit = commitment.pauses.limit if commitment.pauses else None

        def whole(fill: int) -> Micros:
            return np.full(width, fill, dtype=np.int64)

        self.phase = np.zeros(width, dtype=np.int8)
        self.waiting = np.zeros(width, dtype=np.bool_)
        self.terms: Ids = np.zeros(width, dtype=np.int32)
        self.n = whole(0)
        self.started, self.since = whole(0), whole(0)
        self.due, self.limit_at, self.warn_at = whole(NEVER), whole(NEVER), whole(NEVER)
        self.budget, self.left, self.consumed, self.paused = whole(0), whole(0), whole(0), whole(0)
        self.aim = whole(NEVER)
        self.ended = whole(-1)
        self.ended_at = whole(NEVER)

    def move(self, step: Step) -> Places:
        """Move every lane by its fact of this step; the places where ``reopened`` asks for another clock."""
        at, bits, width = step.at, step.bits, len(step.at)
        phase, waiting = self.phase[:width], self.waiting[:width]
        present = int(np.bitwise_or.reduce(bits))
        there = phase != NOT_BEGUN
        was_stopped = phase == STOPPED

        def among(mask: int, places: Flags) -> Places:
            return np.flatnonzero(places & ((bits & mask) != 0)) if present & mask else _NOWHERE

        if self.limit is not None:
            places = np.flatnonzero(phase == PAUSED)
            self.reach_limits(places, at[places])

        i = among(CHANGED | NAMED, there)
        self._retarget(i[~self._judged(i, at[i])], step)

        waiting |= (bits & FROM) != 0
        waiting &= (bits & TO) == 0

        self._start(among(START, ~there), step)

        i = among(CANCEL, there)
        self._cancel(i[~self._judged(i, at[i])], step)
        i = among(FROM, there)
        self._pause(i[phase[i] == RUNNING], at)
        i = among(TO, there)
        i = i[phase[i] == PAUSED]
        self._resume(i, at[i])
        i = among(STOP, there)
        self._end(i[(phase[i] == RUNNING) | (phase[i] == PAUSED)], step, STOPPED)
        i = among(REOPEN, was_stopped)
        if self.commitment.on_reopen == "resume":
            self._reopen(i[self.in_time(i)], at)
        return i[self._promises(i, step)] if self.commitment.on_reopen == "restart" else _NOWHERE

    def restart(self, i: Places, step: Step) -> None:
        """Begin the next clock where the one before is put away."""
        self._begin(i, step)

    def in_time(self, i: Places) -> Flags:
        """Where the clock was stopped by its due."""
        in_time: Flags = (self.phase[i] == STOPPED) & (self.ended_at[i] <= self.due[i])
        return in_time

    def reach_limits(self, i: Places, at: Micros) -> None:
        """Run again where the limit of a pause is reached."""
        reached = (self.phase[i] == PAUSED) & (self.limit_at[i] <= at)
        i = i[reached]
        self._resume(i, self.limit_at[i])

    def count(self, i: Places, at: Micros) -> None:
        """Add the time since the last count to what the phase counts."""
        spent = self.elapsed(i, self.since[i], at)
        running, paused = self.phase[i] == RUNNING, self.phase[i] == PAUSED
        self.consumed[i] += np.where(running, spent, 0)
        self.paused[i] += np.where(paused, spent, 0)
        self.since[i] = at

    def elapsed(self, i: Places, starts: Micros, ends: Micros) -> Micros:
        """The time of each clock in [start, end)."""
        return _grouped(
            self.time_of[self.terms[i]], lambda time, at: self.times[time].elapsed_many(starts[at], ends[at])
        )

    def _time(self, terms: Terms) -> int:
        if terms.time not in self.times:
            self.times.append(terms.time)
        return self.times.index(terms.time)

    def _judged(self, i: Places, at: Micros) -> Flags:
        judged: Flags = (self.phase[i] >= STOPPED) | (self.due[i] < at)
        return judged

    def _promises(self, i: Places, step: Step) -> Flags:
        promises = step.terms[i] >= 0
        return promises if step.promised is None else promises & (step.promised[i] != NEVER)

    def _start(self, i: Places, step: Step) -> None:
        self._begin(i[self._promises(i, step)], step)

    def _begin(self, i: Places, step: Step) -> None:
        if not len(i):
            return
        at = step.at[i]
        self.phase[i] = RUNNING
        self.terms[i] = step.terms[i]
        self.n[i] += 1
        self.started[i] = self.since[i] = at
        self.consumed[i] = self.paused[i] = 0
        self.limit_at[i] = self.warn_at[i] = self.ended_at[i] = NEVER
        self.ended[i] = -1
        if step.promised is not None:
            due = self._promised_due(i, step.promised[i], at)
        else:
            due = self._target(i, at, Terms.end_many)
        self.budget[i] = self.left[i] = self.elapsed(i, at, due)
        self._plan(i, at, due)
        self._read_aim(i)
        self._pause(i[self.waiting[i]], step.at)

    def _retarget(self, i: Places, step: Step) -> None:
        if not len(i):
            return
        promises = self._promises(i, step)
        self._cancel(i[~promises], step)
        i = i[promises]
        i = i[((step.bits[i] & NAMED) != 0) | (step.terms[i] != self.terms[i])]
        at = step.at[i]
        self.count(i, at)
        same_time = self.time_of[step.terms[i]] == self.time_of[self.terms[i]]
        self.terms[i] = step.terms[i]
        if step.promised is not None:
            named = (step.bits[i] & NAMED) != 0
            due = np.where(named, self._promised_due(i, step.promised[i], at), self.due[i])
            moved = named | (~same_time & (due != NEVER))
            self._replan(i[moved], at[moved], due[moved])
        else:
            before = self.budget[i]
            self.budget[i] = self._target(i, self.started[i], Terms.length_many)
            moved = ~same_time | (self.budget[i] != before)
            moving = i[moved]
            self.left[moving] = np.maximum(self.budget[moving] - self.consumed[moving], 0)
            self._plan(moving, at[moved])
        self._read_aim(i)

    def _pause(self, i: Places, at: Micros) -> None:
        if not len(i):
            return
        self.count(i, at[i])
        self.phase[i] = PAUSED
        limit = self.limit
        if limit is not None:
            starts = at[i]
            self.limit_at[i] = _grouped(
                self.terms[i], lambda terms, here: self.table[terms].end_many(limit, starts[here])
            )
        i = i[self.due[i] >= at[i]]
        self.left[i] = self.elapsed(i, at[i], self.due[i])
        self.due[i] = NEVER
        self.warn_at[i] = np.where(self.warn_at[i] > at[i], NEVER, self.warn_at[i])

    def _resume(self, i: Places, at: Micros) -> None:
        if not len(i):
            return
        self.count(i, at)
        self.phase[i] = RUNNING
        self._plan_unknown(i, at)

    def _end(self, i: Places, step: Step, phase: int) -> None:
        if not len(i):
            return
        at = step.at[i]
        self.count(i, at)
        self.phase[i] = phase
        self.ended[i], self.ended_at[i] = step.fact[i], at
        self._plan_unknown(i, at)
        in_time = self.in_time(i)
        i, at = i[in_time], at[in_time]
        self.left[i] = self.elapsed(i, at, self.due[i])

    def _cancel(self, i: Places, step: Step) -> None:
        self._end(i, step, CANCELLED)

    def _reopen(self, i: Places, at: Micros) -> None:
        self.phase[i] = RUNNING
        self.since[i] = at[i]
        self.ended[i], self.ended_at[i] = -1, NEVER
        self._plan(i, at[i])

    def _target(self, i: Places, starts: Micros, measure: Callable[[Terms, Duration, Micros], Micros]) -> Micros:
        """Where the target of each clock ends, or how long it is, from ``starts``."""

        def of(terms: int, here: Places | slice) -> Micros:
            within = self.table[terms].within
            assert within is not None  # terms without a target are not promised, and `until` is not asked here
            return measure(self.table[terms], within, starts[here])

        return _grouped(self.terms[i], of)

    def _promised_due(self, i: Places, promised: Micros, at: Micros) -> Micros:
        grace = self.commitment.grace
        if grace is not None:
            named = promised
            promised = _grouped(self.terms[i], lambda terms, here: self.table[terms].end_many(grace, named[here]))
        return np.maximum(promised, at)

    def _replan(self, i: Places, at: Micros, due: Micros) -> None:
        self.budget[i] = self.elapsed(i, self.started[i], due)
        self.left[i] = self.elapsed(i, at, due)
        self._plan(i, at, due)

    def _plan_unknown(self, i: Places, at: Micros) -> None:
        """Set the due where the pause had taken it away."""
        unknown = self.due[i] == NEVER
        self._plan(i[unknown], at[unknown])

    def _plan(self, i: Places, at: Micros, due: Micros | None = None) -> None:
        """Set the due, unless paused, and the warning, so that ``left`` ends there."""
        free = self.phase[i] != PAUSED
        if due is None:
            self.due[i[free]] = self._due(i[free], at[free], self.left[i[free]])
        else:
            self.due[i[free]] = due[free]
        if self.commitment.warn is None:
            return
        ahead = self.left[i] - (self.budget[i] - _warned(self.budget[i], self.commitment.warn))
        coming = (ahead > 0) & free
        self.warn_at[i] = np.where(ahead > 0, NEVER, np.minimum(self.warn_at[i], at))
        self.warn_at[i[coming]] = self._due(i[coming], at[coming], ahead[coming])

    def _due(self, i: Places, starts: Micros, amounts: Micros) -> Micros:
        return _grouped(
            self.time_of[self.terms[i]], lambda time, here: self.times[time].due_many(starts[here], amounts[here])
        )

    def _read_aim(self, i: Places) -> None:
        if not self.commitment.aim:
            return
        starts = self.started[i]

        def of(terms: int, here: Places | slice) -> Micros:
            aim = self.table[terms].aim
            return (
                np.full(len(starts[here]), NEVER) if aim is None else self.table[terms].length_many(aim, starts[here])
            )

        self.aim[i] = _grouped(self.terms[i], of)


_NOWHERE: Final = np.empty(0, dtype=np.int64)


def _grouped(ids: npt.NDArray[np.integer], of: Callable[[int, Places | slice], Micros]) -> Micros:
    """``of(id, places)`` for every id that occurs, put together in the order of ``ids``."""
    present = np.flatnonzero(np.bincount(ids))
    if len(present) == 1:
        return of(int(present[0]), slice(None))
    found = np.empty(len(ids), dtype=np.int64)
    for one in present:
        here = np.flatnonzero(ids == one)
        found[here] = of(int(one), here)
    return found


def _warned(budget: Micros, share: Fraction) -> Micros:
    """:func:`~steelyard.engine.worktime.work.warn_amount` of many budgets, in steps that stay within 64 bits."""
    whole, rest = np.divmod(budget, 100 * SECOND * share.denominator)
    part = share.numerator * whole - (-(share.numerator * rest) // (100 * SECOND * share.denominator))
    warned: Micros = np.minimum(part * SECOND, budget)
    return warned
