"""One clock while its facts are read: a machine with the phases running, paused, stopped and cancelled.

Every instant and amount is in microseconds, amounts in the clock's own time. ``left`` is what remains until the
due; it is kept while the due cannot be known: in a pause, and between a stop in time and a reopening.
"""

from __future__ import annotations

from dataclasses import replace

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records import fold_segments
from steelyard.engine.records.fold_segments import Phase, Segment, written
from steelyard.engine.records.fold_terms import Terms
from steelyard.engine.records.fold_values import Fact
from steelyard.engine.words import N_
from steelyard.engine.worktime.units import SECOND
from steelyard.engine.worktime.work import warn_amount


class ClockFold:
    """Clock ``n`` of one lane (a case, or one key of it), begun by ``fact`` under ``terms``.

    ``promised`` is the instant that ``until`` names, None with ``within``. A waiting case pauses it at once.
    """

    def __init__(
        self,
        commitment: Commitment,
        key: str | None,
        n: int,
        fact: Fact,
        terms: Terms,
        promised: int | None,
        waiting: bool,
    ) -> None:
        at = fact.occurred_at
        self.commitment, self.key, self.n = commitment, key, n
        self.terms = terms
        self.phase: Phase = "running"
        self.started_at = self.since = at
        self.consumed = self.paused = 0
        self.limit_at: int | None = None
        self.warn_at: int | None = None
        self.ended_by: Fact | None = None
        self.segments: list[Segment] = []
        self.due: int | None = self._promised_due(promised, at) if terms.within is None else terms.end(terms.within, at)
        self.budget = self.left = terms.time.elapsed(at, self.due)
        self._plan(at, self.due)
        self._read_aim()
        self._open = self._opening(at, fold_segments.started(self.terms), fact)
        if waiting:
            self.pause(fact)

    def is_judged(self, at: int) -> bool:
        """Whether the outcome stands at ``at``: a due has passed only after its instant."""
        return self.phase in ("stopped", "cancelled") or (self.due is not None and self.due < at)

    def is_in_time(self) -> bool:
        """Whether the stop came by the due."""
        return self.ended_by is not None and self.due is not None and self.ended_by.occurred_at <= self.due

    def reach_limit(self, at: int) -> None:
        """Run again at the limit of the pause, if that is reached by ``at``."""
        if self.phase == "paused" and self.limit_at is not None and self.limit_at <= at:
            self._resume(self.limit_at, N_("the pause reaches its limit: what is left ends at {due_at}"), None)

    def retarget(self, fact: Fact, terms: Terms | None, promised: int | None) -> None:
        """Take the terms as they stand after ``fact``; ``promised`` where this fact names a new instant.

        The time consumed stays as it was counted. A budget and a time that come out the same change nothing.
        """
        if terms is None:
            self.cancel(fact)
            return
        at, before = fact.occurred_at, (self.terms.time_id, self.budget)
        self._count(at)
        is_same_time = terms.time_id == self.terms.time_id
        self.terms = terms
        if promised is not None:
            self._replan(at, self._promised_due(promised, at))
        elif terms.within is None:
            if not is_same_time and self.due is not None:
                self._replan(at, self.due)
        else:
            self.budget = terms.length(terms.within, self.started_at)
            if not is_same_time or self.budget != before[1]:
                self.left = max(0, self.budget - self.consumed)
                self._plan(at)
        self._read_aim()
        if (terms.time_id, self.budget) != before or promised is not None:
            self._mark(at, fold_segments.changed(terms, paused=self.phase == "paused"), fact)

    def pause(self, fact: Fact) -> None:
        """Pause if running. A due already passed is not moved."""
        if self.phase != "running":
            return
        at = fact.occurred_at
        self._count(at)
        self.phase = "paused"
        limit = self.commitment.pauses.limit if self.commitment.pauses else None
        self.limit_at = None if limit is None else self.terms.end(limit, at)
        if self.due is None or self.due < at:
            self._mark(at, N_("{kind} pauses the clock; the due {due_at} has passed and stays"), fact)
            return
        self.left = self.terms.time.elapsed(at, self.due)
        self.due = None
        if self.warn_at is not None and self.warn_at > at:
            self.warn_at = None
        self._mark(at, N_("{kind} pauses the clock with {left} left"), fact)

    def resume(self, fact: Fact) -> None:
        """Run again if paused."""
        if self.phase == "paused":
            passed = self.due is not None
            why = N_("{kind} lets the clock run again; the due {due_at} has passed and stays")
            self._resume(
                fact.occurred_at,
                why if passed else N_("{kind} lets the clock run again: {left} left end at {due_at}"),
                fact,
            )

    def stop(self, fact: Fact) -> None:
        """Stop if running or paused; the pause ends with it."""
        if self.phase not in ("running", "paused"):
            return
        at = fact.occurred_at
        self._end(fact, "stopped")
        if self.is_in_time() and self.due is not None:
            self.left = self.terms.time.elapsed(at, self.due)
            self._mark(at, N_("{kind} stops the clock with {left} left"), fact)
        else:
            self._mark(at, N_("{kind} stops the clock after its due {due_at}"), fact)

    def cancel(self, fact: Fact) -> None:
        """Cancel while unjudged."""
        if not self.is_judged(fact.occurred_at):
            self._end(fact, "cancelled")
            self._mark(fact.occurred_at, N_("{kind} ends what was promised: the clock is cancelled"), fact)

    def reopen(self, fact: Fact) -> None:
        """Withdraw an outcome that was met: what was left counts from here."""
        if self.phase == "stopped" and self.is_in_time():
            at = fact.occurred_at
            self.phase, self.since, self.ended_by = "running", at, None
            self._plan(at)
            self._mark(at, N_("{kind} takes the case up again: {left} left end at {due_at}"), fact)

    def finish(self, at: int) -> None:
        """Count up to the as-of; facts at or after it do not exist."""
        self.reach_limit(at)
        self._count(at)
        self._mark(at, "", None)

    def _resume(self, at: int, why: str, fact: Fact | None) -> None:
        self._count(at)
        self.phase = "running"
        if self.due is None:
            self._plan(at)
        self._mark(at, why, fact)

    def _end(self, fact: Fact, phase: Phase) -> None:
        at = fact.occurred_at
        self._count(at)
        self.phase, self.ended_by = phase, fact
        if self.due is None:
            self._plan(at)

    def _count(self, at: int) -> None:
        """Add the time since the last count to what the phase counts."""
        if self.phase == "running":
            self.consumed += self.terms.time.elapsed(self.since, at)
        elif self.phase == "paused":
            self.paused += self.terms.time.elapsed(self.since, at)
        self.since = at

    def _promised_due(self, promised: int | None, at: int) -> int:
        assert promised is not None  # whoever starts or retargets a clock with `until` has read its instant
        grace = self.commitment.grace
        return max(promised if grace is None else self.terms.end(grace, promised), at)

    def _replan(self, at: int, due: int) -> None:
        """Move the due to an instant that is given, not worked out."""
        self.budget = self.terms.time.elapsed(self.started_at, due)
        self.left = self.terms.time.elapsed(at, due)
        self._plan(at, due)

    def _plan(self, at: int, due: int | None = None) -> None:
        """Set the due, unless paused, and the warning, so that ``left`` ends there."""
        if self.phase != "paused":
            self.due = self.terms.time.due(at, self.left) if due is None else due
        share = self.commitment.warn
        if share is None:
            return
        ahead = self.left - (self.budget - warn_amount(self.budget, share))
        if ahead > 0:
            self.warn_at = None if self.phase == "paused" else self.terms.time.due(at, ahead)
        elif self.warn_at is None or self.warn_at > at:
            self.warn_at = at

    def _read_aim(self) -> None:
        aim = self.terms.aim
        self.aim = None if aim is None else self.terms.length(aim, self.started_at)

    def _opening(self, at: int, why: str, fact: Fact | None) -> Segment:
        """A segment that begins at ``at``; its ``seconds`` are the microseconds counted before it until it ends."""
        within = self.terms.within
        params = {
            "kind": fact.kind if fact else "",
            "target": within.text if within else "",
            "calendar": self.terms.time_id or "",
            "budget": written(self.budget // SECOND),
            "consumed": written(self.consumed // SECOND),
            "left": written(self.left // SECOND),
            "due_at": self.due,
        }
        return Segment(self.key, self.n, self.phase, at, at, self.consumed + self.paused, self.due, why, params)

    def _mark(self, at: int, why: str, fact: Fact | None) -> None:
        """Close the segment that ends at ``at`` and begin the next."""
        seconds = (self.consumed + self.paused - self._open.seconds) // SECOND
        self.segments.append(replace(self._open, end=at, seconds=seconds))
        self._open = self._opening(at, why, fact)
