"""Reads clock vectors (``examples/clocks/vectors.json``): commitments, facts and calendars as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from steelyard.engine.policy import duration, predicate
from steelyard.engine.policy.model import Branch, Calendar, Commitment, Hours, Pauses
from steelyard.engine.records.fold import Clock, Fact
from steelyard.engine.worktime import compile as worktime
from tests.shared import shared_path

TYPES = {
    "id": "text",
    "kind": "text",
    "channel": "text",
    "class": "text",
    "priority": "integer",
    "tier": "text",
    "staff": "text",
    "unit": "text",
    "tags": "list",
    "attr.amount": "number",
    "attr.flag": "boolean",
    "attr.note": "text",
}
SCOPE = predicate.Scope(name="case", columns=TYPES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def vectors() -> list[dict[str, Any]]:
    """All vectors, as written."""
    found: list[dict[str, Any]] = _file()["vectors"]
    return found


@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shared_path("examples/clocks/vectors.json").read_text())
    return loaded


@cache
def times() -> dict[str, worktime.WorkingTime]:
    """The calendars of the vectors, compiled."""
    return {
        name: worktime.compile(calendar(name, written), written["timezone"])
        for name, written in _file()["calendars"].items()
    }


def calendar(name: str, written: Mapping[str, Any]) -> Calendar:
    """A calendar as the policy's model has it."""
    weekly: list[tuple[Hours, ...]] = [()] * 7
    for days, hours in written["hours"].items():
        first, _, last = days.partition("-")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            weekly[day] = tuple(map(_hours, hours))
    return Calendar(
        id=name,
        weekly=tuple(weekly),
        holidays=written.get("holidays"),
        makeup_as=_DAYS.index(written["makeup_as"]) if "makeup_as" in written else None,
        closed=frozenset(map(date.fromisoformat, written.get("closed", ()))),
    )


def _hours(written: str) -> Hours:
    opens, closes = (int(text[:2]) * 3600 + int(text[3:]) * 60 for text in written.split("-"))
    return Hours(opens, closes)


def commitment(written: Mapping[str, Any]) -> Commitment:
    """A commitment as the policy's model has it, defaults filled in."""
    within = _branches(written.get("within", []), duration.parse)
    is_days = any(branch.value.is_working_days for branch in within)
    until = written.get("until")
    return Commitment(
        id=written["id"],
        about=written["about"],
        starts=frozenset(written["starts"]),
        stops=frozenset(written["stops"]),
        each=written.get("each"),
        applies=predicate.parse(written["applies"], SCOPE) if "applies" in written else None,
        pauses=_pauses(written["pauses"]) if "pauses" in written else None,
        on_reopen=written.get("on_reopen", "resume"),
        within=within,
        until=tuple(until.split(".", 1)) if until else None,
        grace=duration.parse(written["grace"]) if "grace" in written else None,
        aim=_branches(written.get("aim", []), duration.parse),
        time=written.get("time", "working" if is_days else "elapsed"),
        working_days=written.get("working_days", "close"),
        calendar=_branches(written.get("calendar", []), str),
        warn=Fraction(written["warn"].rstrip("%")) if "warn" in written else None,
    )


def _pauses(written: Mapping[str, Any]) -> Pauses:
    limit = written.get("limit")
    return Pauses(frozenset(written["from"]), frozenset(written["to"]), duration.parse(limit) if limit else None)


def _branches(written: Any, read: Any) -> tuple[Branch[Any], ...]:
    if isinstance(written, str):
        return (Branch(None, read(written)),)
    return tuple(
        Branch(predicate.parse(entry["when"], SCOPE) if "when" in entry else None, read(entry["is"]))
        for entry in written
    )


def facts(written: list[dict[str, Any]]) -> Iterator[Fact]:
    """The facts of a vector."""
    for fact in written:
        yield Fact(
            fact_id=fact["fact_id"],
            kind=fact["kind"],
            occurred_at=micros(fact["occurred_at"]),
            seq=fact["seq"],
            staff=fact["staff"],
            unit=fact["unit"],
            actor=fact.get("actor"),
            attributes=fact.get("attributes", {}),
            data=fact.get("data", {}),
        )


def micros(written: str) -> int:
    """An instant in microseconds."""
    return (datetime.fromisoformat(written) - _EPOCH) // timedelta(microseconds=1)


def row(clock: Clock) -> dict[str, Any]:
    """A clock in the words of a vector's expected row."""

    def text(at: int | None) -> str | None:
        if at is None:
            return None
        moment = _EPOCH + timedelta(microseconds=at)
        return moment.isoformat().replace("+00:00", "Z")

    return {
        "commitment": clock.commitment,
        "n": clock.n,
        "key": clock.key,
        "started_at": text(clock.started_at),
        "due_at": text(clock.due_at),
        "stopped_at": text(clock.stopped_at),
        "judged_at": text(clock.judged_at),
        "elapsed_s": clock.elapsed_s,
        "paused_s": clock.paused_s,
        "budget_s": clock.budget_s,
        "state": clock.state,
        "staff": clock.staff,
        "unit": clock.unit,
        "exception": clock.exception,
        "provisional": clock.provisional,
    }
