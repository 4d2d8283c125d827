"""The fold: the facts of one case become the clocks of one commitment (SPEC §6).

This is the form that reads as the rule is written, and the one that is called while a case is served;
:mod:`~steelyard.engine.records.fold_many` does the same for millions of cases at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Literal

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records import fold_terms
from steelyard.engine.records.fold_clock import ClockFold
from steelyard.engine.records.fold_segments import Segment
from steelyard.engine.records.fold_terms import Terms, WorkingTimes
from steelyard.engine.records.fold_values import Fact, Known, as_text, instant
from steelyard.engine.worktime.units import SECOND

_NO_KINDS: Final[frozenset[str]] = frozenset()

__all__ = ["Clock", "Fact", "Segment", "Subject", "WorkingTimes", "fold", "trace"]

State = Literal["running", "paused", "met", "missed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clock is about, and what is known of it before its first fact.

    ``types`` are the types of the columns that predicates may name (``priority``, ``attr.amount``); a column without
    one is text.
    """

    id: str
    about: Literal["case", "contact", "posting", "duty"] = "case"
    types: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clock:
    """One row of ``clocks``. Instants are in microseconds UTC, ``_s`` in whole seconds of the clock's own time.

    ``aimed`` is None without an aim and while the aim can still be kept; ``actor`` did the fact that stopped it;
    ``warn_at`` is None without a warning and while it cannot be known.
    """

    about: str
    id: str
    commitment: str
    n: int
    key: str | None
    started_at: int
    due_at: int | None
    stopped_at: int | None
    judged_at: int | None
    elapsed_s: int
    paused_s: int
    budget_s: int
    state: State
    staff: str | None
    unit: str | None
    exception: str | None
    provisional: bool
    aimed: bool | None
    actor: str | None
    warn_at: int | None


def fold(
    commitment: Commitment, facts: Iterable[Fact], times: WorkingTimes, as_of: int, *, subject: Subject
) -> list[Clock]:
    """The clocks of ``commitment`` by key and n, as ``facts`` (in any order, all about ``subject``) leave them."""
    lanes = _lanes(commitment, facts, times, as_of, subject)
    return [_outcome(clock, lane, subject) for lane in lanes for clock in lane.clocks]


def trace(
    commitment: Commitment, facts: Iterable[Fact], times: WorkingTimes, as_of: int, *, subject: Subject
) -> list[Segment]:
    """How the same clocks ran: each stretch with the seconds it took, and why the due is what it is."""
    lanes = _lanes(commitment, facts, times, as_of, subject)
    return [segment for lane in lanes for clock in lane.clocks for segment in clock.segments]


def _lanes(
    commitment: Commitment, facts: Iterable[Fact], times: WorkingTimes, as_of: int, subject: Subject
) -> list[_Lane]:
    """One lane, or with ``each`` one for every value in the starting facts; folded up to ``as_of``."""
    seen = sorted((fact for fact in facts if fact.occurred_at < as_of), key=attrgetter("order"))
    lanes = [_Lane(commitment, key, seen, as_of) for key in _keys(commitment, seen)]
    for lane in lanes:
        lane.read(Known(subject.about, subject.id, subject.types, subject.attributes), times)
    return lanes


def _keys(commitment: Commitment, facts: Sequence[Fact]) -> list[str | None]:
    each = commitment.each
    if each is None:
        return [None]
    found = {key for fact in facts if fact.kind in commitment.starts and (key := fact.key(each)) is not None}
    return [*sorted(found)]


class _Lane:
    """The facts of a case as one clock after another sees them: of the whole case, or for one key of ``each``."""

    def __init__(self, commitment: Commitment, key: str | None, facts: Sequence[Fact], as_of: int) -> None:
        self.commitment = commitment
        self.key = key
        self.facts = facts
        self.as_of = as_of
        self.clocks: list[ClockFold] = []

    def read(self, known: Known, times: WorkingTimes) -> None:
        """Fold the facts in their order. Only the clock that was there before a fact is moved by it."""
        pauses = self.commitment.pauses
        from_, to = (pauses.from_, pauses.to | {"reopened"}) if pauses else (_NO_KINDS, _NO_KINDS)
        promised: int | None = None
        waiting = False
        for fact in self.facts:
            at, kind, clock = fact.occurred_at, fact.kind, self.clocks[-1] if self.clocks else None
            was_stopped = clock is not None and clock.phase == "stopped"

            if clock:
                clock.reach_limit(at)

            changed = known.learn(fact)
            named = self._names_instant(fact)
            if named:
                promised = self._instant_of(fact)
            if clock and (changed or named) and not clock.is_judged(at):
                clock.retarget(fact, self._terms(known, times, promised), promised if named else None)

            if kind in from_:
                waiting = True
            if kind in to:
                waiting = False

            if clock is None:
                if kind in self.commitment.starts and self._owns(fact):
                    self._start(fact, self._terms(known, times, promised), promised, waiting)
                continue

            if kind == "cancelled":
                clock.cancel(fact)
            if kind in from_:
                clock.pause(fact)
            if kind in to:
                clock.resume(fact)
            if kind in self.commitment.stops and self._owns(fact):
                clock.stop(fact)
            if kind == "reopened" and was_stopped:
                if self.commitment.on_reopen == "resume":
                    clock.reopen(fact)
                elif self.commitment.on_reopen == "restart":
                    self._start(fact, self._terms(known, times, promised), promised, waiting)

        for clock in self.clocks:
            clock.finish(self.as_of)

    def holder(self, at: int) -> Fact | None:
        """The last fact by ``at`` (with ``each``: among those with the key): its staff and unit held the case then."""
        return next((fact for fact in reversed(self.facts) if fact.occurred_at <= at and self._owns(fact)), None)

    def exception(self) -> str | None:
        """The last reason of the ``excepted`` facts that name the commitment, or neither a commitment nor a row."""
        reason = None
        for fact in self.facts:
            named, row = fact.data.get("commitment"), fact.data.get("row")
            if fact.kind == "excepted" and (named == self.commitment.id or (named is None and row is None)):
                reason = as_text(fact.data.get("reason")) or reason
        return reason

    def _start(self, fact: Fact, terms: Terms | None, promised: int | None, waiting: bool) -> None:
        if terms is not None:
            n = len(self.clocks) + 1
            self.clocks.append(ClockFold(self.commitment, self.key, n, fact, terms, promised, waiting))

    def _terms(self, known: Known, times: WorkingTimes, promised: int | None) -> Terms | None:
        if self.commitment.until is not None and promised is None:
            return None
        return fold_terms.read(self.commitment, known.row, times)

    def _owns(self, fact: Fact) -> bool:
        return self.commitment.each is None or fact.key(self.commitment.each) == self.key

    def _names_instant(self, fact: Fact) -> bool:
        return self.commitment.until is not None and fact.kind == self.commitment.until[0]

    def _instant_of(self, fact: Fact) -> int | None:
        return None if self.commitment.until is None else instant(fact.named(self.commitment.until[1]))


def _outcome(clock: ClockFold, lane: _Lane, subject: Subject) -> Clock:
    """The row of a finished clock: what is judged is judged, and whose it is (readings 8, 15 and 16)."""
    as_of, stop = lane.as_of, clock.ended_by if clock.phase == "stopped" else None
    state = _state(clock, as_of)
    holder = {
        "met": clock.ended_by,
        "cancelled": clock.ended_by,
        "missed": lane.holder(clock.due if clock.due is not None else as_of),
    }.get(state) or lane.holder(as_of)
    return Clock(
        about=subject.about,
        id=subject.id,
        commitment=clock.commitment.id,
        n=clock.n,
        key=clock.key,
        started_at=clock.started_at,
        due_at=clock.due,
        stopped_at=stop.occurred_at if stop else None,
        judged_at=stop.occurred_at if stop and state == "met" else clock.due if state == "missed" else None,
        elapsed_s=clock.consumed // SECOND,
        paused_s=clock.paused // SECOND,
        budget_s=clock.budget // SECOND,
        state=state,
        staff=holder.staff if holder else None,
        unit=holder.unit if holder else None,
        exception=lane.exception(),
        provisional=clock.terms.time.provisional(clock.started_at, as_of if clock.due is None else clock.due),
        aimed=_aimed(clock),
        actor=stop.actor if stop else None,
        warn_at=clock.warn_at,
    )


def _state(clock: ClockFold, as_of: int) -> State:
    if clock.phase == "stopped":
        return "met" if clock.is_in_time() else "missed"
    if clock.phase == "cancelled":
        return "cancelled"
    return "missed" if clock.is_judged(as_of) else clock.phase


def _aimed(clock: ClockFold) -> bool | None:
    if clock.aim is None:
        return None
    return False if clock.consumed > clock.aim else True if clock.phase == "stopped" else None
