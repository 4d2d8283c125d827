"""The fold for millions of cases at once; it gives the clocks of :func:`~steelyard.engine.records.fold.fold`.

A lane is a case, or one key of ``each`` in a case. All lanes move together: step k is the k-th fact of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records.fold_lanes import NEVER, Holders, Lanes, Lockstep, Places
from steelyard.engine.records.fold_machine import CANCELLED, NOT_BEGUN, PAUSED, RUNNING, STOPPED, Machine
from steelyard.engine.records.fold_terms import Terms
from steelyard.engine.worktime.units import SECOND, Micros
from steelyard.engine.worktime.work import Flags

STATES: Final = ("running", "paused", "met", "missed", "cancelled")
"""The names of the codes in ``Clocks.state``."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Finished clocks, an entry each; instants in microseconds, NEVER where empty; ``_s`` in whole seconds.

    ``holder`` and ``stop`` are places of facts in the lanes, -1 where there is none; ``aimed`` is 1, 0 or -1 for
    nothing to say.
    """

    lane: Places
    n: Places
    started_at: Micros
    due_at: Micros
    stopped_at: Micros
    judged_at: Micros
    elapsed_s: Micros
    paused_s: Micros
    budget_s: Micros
    state: npt.NDArray[np.int8]
    holder: Places
    stop: Places
    provisional: Flags
    aimed: npt.NDArray[np.int8]
    warn_at: Micros


def fold_many(commitment: Commitment, lanes: Lanes, table: Sequence[Terms], as_of: int) -> Clocks:
    """The clocks of ``commitment`` for every lane as of ``as_of``, by lane and n; ``table`` are the terms by id."""
    lockstep = Lockstep(lanes)
    machine = Machine(commitment, lockstep.lane, table)
    finish = _Finish(machine, Holders(lanes), as_of)
    finished = []
    for step in lockstep:
        again = machine.move(step)
        if len(again):
            finished.append(finish.rows(again))
            machine.restart(again, step)
    unended = np.flatnonzero((machine.phase == RUNNING) | (machine.phase == PAUSED))
    machine.reach_limits(unended, np.full(len(unended), as_of))
    machine.count(unended, np.full(len(unended), as_of))
    finished.append(finish.rows(np.flatnonzero(machine.phase != NOT_BEGUN)))
    return _joined(finished)


class _Finish:
    """Makes rows of clocks: what is judged is judged, and whose it is (readings 8, 15 and 16)."""

    def __init__(self, machine: Machine, holders: Holders, as_of: int) -> None:
        self.machine = machine
        self.holders = holders
        self.as_of = as_of

    def rows(self, i: Places) -> Clocks:
        """The clocks at the places ``i`` as they stand now."""
        m = self.machine
        due, phase = m.due[i], m.phase[i]
        state = self._state(i)
        stopped = phase == STOPPED
        met, missed = state == STATES.index("met"), state == STATES.index("missed")
        held = self.holders.by(m.lane[i], np.where(missed, due, self.as_of))
        over = m.aim[i] < m.consumed[i]
        return Clocks(
            lane=m.lane[i],
            n=m.n[i],
            started_at=m.started[i],
            due_at=due,
            stopped_at=np.where(stopped, m.ended_at[i], NEVER),
            judged_at=np.where(met, m.ended_at[i], np.where(missed, due, NEVER)),
            elapsed_s=m.consumed[i] // SECOND,
            paused_s=m.paused[i] // SECOND,
            budget_s=m.budget[i] // SECOND,
            state=state,
            holder=np.where(met | (phase == CANCELLED), m.ended[i], held),
            stop=np.where(stopped, m.ended[i], -1),
            provisional=self._provisional(i, np.where(due == NEVER, self.as_of, due)),
            aimed=np.where(m.aim[i] == NEVER, -1, np.where(over, 0, np.where(stopped, 1, -1))).astype(np.int8),
            warn_at=m.warn_at[i],
        )

    def _state(self, i: Places) -> npt.NDArray[np.int8]:
        m = self.machine
        phase = m.phase[i]
        unstopped = np.where(m.due[i] < self.as_of, STATES.index("missed"), phase - RUNNING)
        stopped = np.where(m.ended_at[i] <= m.due[i], STATES.index("met"), STATES.index("missed"))
        ended = np.where(phase == CANCELLED, STATES.index("cancelled"), stopped)
        return np.where(phase >= STOPPED, ended, unstopped).astype(np.int8)

    def _provisional(self, i: Places, ends: Micros) -> Flags:
        m = self.machine
        starts = m.started[i]
        found = np.zeros(len(i), dtype=np.bool_)
        ids = m.time_of[m.terms[i]]
        for time, work in enumerate(m.times):
            here = ids == time
            found[here] = work.provisional_many(starts[here], ends[here])
        return found


def _joined(parts: Sequence[Clocks]) -> Clocks:
    """All parts as one, by lane and n."""
    if len(parts) == 1 and bool((np.diff(parts[0].lane) >= 0).all()):
        return parts[0]
    order = np.lexsort((np.concatenate([part.n for part in parts]), np.concatenate([part.lane for part in parts])))
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])[order] for field in fields(Clocks)
    }
    return Clocks(**columns)
