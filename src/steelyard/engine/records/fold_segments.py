"""How a clock ran, told in stretches: what it did, the time that took, and why the due is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from steelyard.engine.records.fold_terms import Terms
from steelyard.engine.words import N_

Phase = Literal["running", "paused", "stopped", "cancelled"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a clock's life: what it did from ``start`` to ``end``, the seconds that took, and why.

    ``why`` is a message id; of its ``params`` those ending in ``_at`` are instants in microseconds, spans are written
    as in a policy. ``due_at`` is the due as it stands from ``start`` on, None while it is not known.
    """

    key: str | None
    n: int
    phase: Phase
    start: int
    end: int
    seconds: int
    due_at: int | None
    why: str
    params: Mapping[str, object]


def written(seconds: int) -> str:
    """A span as a policy writes it: ``1h30m``; hours are the largest unit, for a day of work has no length."""
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def started(terms: Terms) -> str:
    """What is said of a start under ``terms``."""
    return _STARTED[_sort(terms)]


def changed(terms: Terms, *, paused: bool) -> str:
    """What is said when ``terms`` take the place of others."""
    return (_CHANGED_PAUSED if paused else _CHANGED)[_sort(terms)]


def _sort(terms: Terms) -> int:
    """Which words tell of the target: hours by the clock on the wall, of work, working days, a promised instant."""
    if terms.within is None:
        return 3
    return 2 if terms.within.is_working_days else 1 if terms.time_id else 0


_STARTED: Final = (
    N_("{kind} starts the clock: {target} by the clock on the wall end at {due_at}"),
    N_("{kind} starts the clock: {target} of working time on calendar {calendar} end at {due_at}"),
    N_("{kind} starts the clock: {target}, which is {budget} of working time on calendar {calendar}, end at {due_at}"),
    N_("{kind} starts the clock: the promised instant, with its grace, is {due_at}"),
)
_CHANGED: Final = (
    N_("{kind} changes the target to {target} by the clock on the wall: {consumed} are used, so it is due {due_at}"),
    N_("{kind} changes the target to {target} on calendar {calendar}: {consumed} are used, so it is due {due_at}"),
    N_("{kind} changes the target to {target}, {budget} on calendar {calendar}: {consumed} are used, due {due_at}"),
    N_("{kind} changes what was promised: the instant, with its grace, is now {due_at}"),
)
_CHANGED_PAUSED: Final = (
    N_("{kind} changes the target to {target} by the clock on the wall: {left} are left when it runs again"),
    N_("{kind} changes the target to {target} on calendar {calendar}: {left} are left when it runs again"),
    N_("{kind} changes the target to {target}, {budget} on calendar {calendar}: {left} are left when it runs again"),
    N_("{kind} changes what was promised: {left} are left when the clock runs again"),
)
