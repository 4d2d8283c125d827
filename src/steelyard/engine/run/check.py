"""Check: a policy's own tests, run by the same fold and the same weighing that the figures are made with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from steelyard.engine.errors import Place, Problem, SteelyardError
from steelyard.engine.policy import model
from steelyard.engine.records import fold
from steelyard.engine.records.cases import COMMON
from steelyard.engine.records.fold_values import Fact
from steelyard.engine.run import calendars
from steelyard.engine.weigh import testing
from steelyard.engine.words import N_
from steelyard.engine.worktime import zones
from steelyard.engine.worktime.units import instant_of
from steelyard.engine.worktime.work import Work

_INSTANTS = ("started_at", "due_at", "stopped_at", "judged_at", "warn_at")


def check(policy: model.Policy) -> list[Problem]:
    """What the tests of ``policy`` find wrong, each at the place of the expectation that failed."""
    times = calendars.working_times(policy, calendars.tables_of([policy]))
    problems: list[Problem] = []
    for test in policy.tests:
        if isinstance(test, model.ClockTest):
            problems += _clock_test(policy, test, times)
        else:
            problems += testing.run_score_test(policy, test)
    return problems


def _clock_test(policy: model.Policy, test: model.ClockTest, times: Mapping[str, Work]) -> list[Problem]:
    try:
        facts = [_fact(number, fact, policy.timezone) for number, fact in enumerate(test.facts)]
        as_of = _micros(test.as_of, policy.timezone)
    except ValueError as error:
        return [_problem(policy, test.path, N_("{test}: {written} is no instant"), test=test.id, written=str(error))]
    subject = fold.Subject(test.id, "case", {**COMMON, **{f"attr.{a.name}": a.type for a in policy.attributes}})
    problems: list[Problem] = []
    for number, wanted in enumerate(test.expect):
        path = f"{test.path}.expect[{number}]"
        commitment = next((c for c in policy.commitments if c.id == wanted.get("commitment")), None)
        if commitment is None:
            problems.append(
                _problem(policy, path, N_("{test}: no commitment {id}"), test=test.id, id=wanted.get("commitment"))
            )
            continue
        about = fold.Subject(subject.id, commitment.about, subject.types)
        try:
            clocks = fold.fold(commitment, facts, times, as_of, subject=about)
        except SteelyardError as error:
            problems += [problem.at(_place(policy, path)) for problem in error.problems]
            continue
        problems += _compare(policy, test, path, wanted, clocks)
    return problems


def _compare(
    policy: model.Policy, test: model.ClockTest, path: str, wanted: Mapping[str, str | None], clocks: list[fold.Clock]
) -> list[Problem]:
    """The row that ``wanted`` means (by key and n, where it gives them) against what it expects."""
    chosen = [
        clock
        for clock in clocks
        if ("key" not in wanted or clock.key == wanted["key"]) and ("n" not in wanted or str(clock.n) == wanted["n"])
    ]
    if wanted.get("state") == "none":
        return [] if not chosen else [_problem(policy, path, N_("{test}: expected no clock"), test=test.id)]
    if not chosen:
        return [_problem(policy, path, N_("{test}: there is no such clock"), test=test.id)]
    problems = []
    for name, expected in wanted.items():
        if name in ("commitment", "key", "n"):
            continue
        got = getattr(chosen[0], name, None)
        if not _same(name, expected, got, policy.timezone):
            shown = _shown(name, got, expected)
            reason = N_("{test}: expected {expected}, got {got}")
            problems.append(
                _problem(policy, f"{path}.{name}", reason, test=test.id, expected=expected or "null", got=shown)
            )
    return problems


def _same(name: str, expected: str | None, got: object, zone: str) -> bool:
    if expected is None or got is None:
        return expected is None and got is None
    if name in _INSTANTS:
        try:
            return _micros(expected, zone) == got
        except ValueError:
            return False
    return str(got).lower() == str(expected).lower()


def _shown(name: str, got: object, expected: str | None) -> str:
    """The value found, an instant in the offset of the one expected."""
    if got is None:
        return "null"
    if name not in _INSTANTS or not isinstance(got, int):
        return str(got)
    zone: tzinfo = UTC
    with suppress(ValueError):
        zone = datetime.fromisoformat(expected or "").tzinfo or UTC
    moment = datetime.fromtimestamp(got // 1_000_000, UTC).astimezone(zone).replace(microsecond=got % 1_000_000)
    return moment.isoformat(timespec="minutes" if got % 60_000_000 == 0 else "auto")


def _fact(number: int, written: Mapping[str, object], zone: str) -> Fact:
    attributes, data = written.get("attributes") or {}, written.get("data") or {}
    return Fact(
        fact_id=f"{number:09d}",
        kind=str(written["kind"]),
        occurred_at=_micros(str(written["at"]), zone),
        seq=number,
        staff=_text(written.get("staff")),
        unit=_text(written.get("unit")),
        actor=_text(written.get("actor") or written.get("staff")),
        attributes=attributes,  # type: ignore[arg-type]
        data=data,  # type: ignore[arg-type]
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _micros(text: str, zone: str) -> int:
    """An instant, or a date or wall time of ``zone``, in microseconds UTC; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return zones.zone(zone).to_instant(instant_of(moment.replace(tzinfo=UTC)))
    return instant_of(moment)


def _problem(policy: model.Policy, path: str, reason: str, **params: object) -> Problem:
    return Problem(code="test", reason=reason, params=params, place=_place(policy, path))


def _place(policy: model.Policy, path: str) -> Place:
    line, column = policy.places.get(path, (None, None))
    return Place(policy.file, line, column, path)
