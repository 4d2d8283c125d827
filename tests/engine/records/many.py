"""Runs the batch fold on plain facts, so that it can be held against the scalar fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records import fold_lanes, fold_terms
from steelyard.engine.records.fold import Clock, Fact, Subject, WorkingTimes
from steelyard.engine.records.fold_lanes import NEVER, Lanes
from steelyard.engine.records.fold_many import STATES, fold_many
from steelyard.engine.records.fold_terms import Terms
from steelyard.engine.records.fold_values import Known, instant


def fold_all(
    commitment: Commitment,
    histories: Mapping[str, Sequence[Fact]],
    times: WorkingTimes,
    as_of: int,
    types: Mapping[str, str],
) -> list[Clock]:
    """The clocks of every history by id, key and n, by one call of the batch fold."""
    reader = _Reader(commitment, times, as_of, types)
    for id_ in sorted(histories):
        reader.read(id_, histories[id_])
    return reader.clocks()


class _Reader:
    def __init__(self, commitment: Commitment, times: WorkingTimes, as_of: int, types: Mapping[str, str]) -> None:
        self.commitment, self.times, self.as_of, self.types = commitment, times, as_of, types
        self.table: list[Terms] = []
        self.facts: list[Fact] = []
        self.rows: list[tuple[int, int, int, int]] = []
        self.lanes: list[tuple[str, str | None]] = []
        self.offsets = [0]

    def read(self, id_: str, facts: Sequence[Fact]) -> None:
        seen = sorted((fact for fact in facts if fact.occurred_at < self.as_of), key=attrgetter("order"))
        each, starts = self.commitment.each, self.commitment.starts
        keys: list[str | None] = [None]
        if each is not None:
            found = {fact.key(each) for fact in seen if fact.kind in starts}
            keys = [*sorted(key for key in found if key is not None)]
        for key in keys:
            self._lane(id_, key, seen)

    def _lane(self, id_: str, key: str | None, facts: Sequence[Fact]) -> None:
        c = self.commitment
        known = Known(c.about, id_, self.types, {})
        promised = NEVER
        for fact in facts:
            own = c.each is None or fact.key(c.each) == key
            bits = fold_lanes.OWN if own else 0
            bits |= fold_lanes.START if fact.kind in c.starts and own else 0
            bits |= fold_lanes.STOP if fact.kind in c.stops and own else 0
            bits |= fold_lanes.CANCEL if fact.kind == "cancelled" else 0
            bits |= fold_lanes.REOPEN if fact.kind == "reopened" else 0
            if c.pauses:
                bits |= fold_lanes.FROM if fact.kind in c.pauses.from_ else 0
                bits |= fold_lanes.TO if fact.kind in c.pauses.to or fact.kind == "reopened" else 0
            bits |= fold_lanes.CHANGED if known.learn(fact) else 0
            if c.until and fact.kind == c.until[0]:
                bits |= fold_lanes.NAMED
                at = instant(fact.named(c.until[1]))
                promised = NEVER if at is None else at
            terms = fold_terms.read(c, known.row, self.times)
            if terms is not None and terms not in self.table:
                self.table.append(terms)
            self.facts.append(fact)
            self.rows.append((fact.occurred_at, bits, -1 if terms is None else self.table.index(terms), promised))
        self.lanes.append((id_, key))
        self.offsets.append(len(self.facts))

    def clocks(self) -> list[Clock]:
        columns = np.array(self.rows, dtype=np.int64).reshape(-1, 4)
        lanes = Lanes(
            offsets=np.array(self.offsets, dtype=np.int64),
            at=columns[:, 0].copy(),
            bits=columns[:, 1].astype(np.uint16),
            terms=columns[:, 2].astype(np.int32),
            promised=columns[:, 3].copy() if self.commitment.until else None,
        )
        found = fold_many(self.commitment, lanes, self.table, self.as_of)
        return [self._clock(found, i) for i in range(len(found.lane))]

    def _clock(self, found: object, i: int) -> Clock:
        def at(name: str) -> int | None:
            value = int(getattr(found, name)[i])
            return None if value == NEVER else value

        def fact(name: str) -> Fact | None:
            place = int(getattr(found, name)[i])
            return None if place < 0 else self.facts[place]

        lane = int(found.lane[i])
        id_, key = self.lanes[lane]
        holder, stop = fact("holder"), fact("stop")
        started, n, aimed = at("started_at"), at("n"), at("aimed")
        elapsed, paused, budget = at("elapsed_s"), at("paused_s"), at("budget_s")
        assert None not in (started, n, elapsed, paused, budget)
        return Clock(
            about=self.commitment.about,
            id=id_,
            commitment=self.commitment.id,
            n=n or 0,
            key=key,
            started_at=started or 0,
            due_at=at("due_at"),
            stopped_at=at("stopped_at"),
            judged_at=at("judged_at"),
            elapsed_s=elapsed or 0,
            paused_s=paused or 0,
            budget_s=budget or 0,
            state=STATES[int(found.state[i])],
            staff=holder.staff if holder else None,
            unit=holder.unit if holder else None,
            exception=self._exception(self.facts[self.offsets[lane] : self.offsets[lane + 1]]),
            provisional=bool(found.provisional[i]),
            aimed=None if aimed == -1 else bool(aimed),
            actor=stop.actor if stop else None,
            warn_at=at("warn_at"),
        )

    def _exception(self, facts: Sequence[Fact]) -> str | None:
        named = [
            fact.data.get("reason")
            for fact in facts
            if fact.kind == "excepted" and fact.data.get("commitment") in (None, self.commitment.id)
        ]
        given = [str(reason) for reason in named if reason is not None]
        return given[-1] if given else None


def subject(id_: str, types: Mapping[str, str]) -> Subject:
    """A case with nothing known before its first fact."""
    return Subject(id_, types=types)
