"""The scalar fold against the worked histories, and what they leave open."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.engine.records.fold import Clock, Fact, Segment, Subject, fold, trace
from steelyard.engine.words import say
from tests.engine.records import vectors
from tests.engine.records.test_fold_many import HOUR, START, TIMES, commitments, histories

OFFICE: dict[str, Any] = {
    "id": "c",
    "about": "case",
    "starts": ["opened"],
    "stops": ["solved"],
    "within": "8h",
    "time": "working",
    "calendar": "office",
    "pauses": {"from": ["waiting"], "to": ["resumed"]},
}


def test_every_worked_history_comes_out_to_the_digit() -> None:
    wrong = []
    for vector in vectors.vectors():
        clocks = fold(
            vectors.commitment(vector["commitment"]),
            vectors.facts(vector["facts"]),
            vectors.times(),
            vectors.micros(vector["as_of"]),
            subject=Subject("x", types=vectors.TYPES),
        )
        if [vectors.row(clock) for clock in clocks] != vector["expected"]:
            wrong.append((vector["id"], vector["note"], [vectors.row(clock) for clock in clocks], vector["expected"]))
    assert not wrong


def clocks(
    written: dict[str, Any], *facts: tuple[str, str], as_of: str = "2026-03-20T00:00", **more: Any
) -> list[Clock]:
    """The clocks of a case whose facts are given as kind and Shanghai time in March 2026."""
    return fold(
        vectors.commitment({**OFFICE, **written}),
        _facts(facts, more),
        vectors.times(),
        vectors.micros(f"{as_of}+08:00"),
        subject=Subject("x", types=vectors.TYPES),
    )


def _facts(facts: tuple[tuple[str, str], ...], more: dict[str, Any]) -> list[Fact]:
    return [
        Fact(f"f{i}", kind, vectors.micros(f"2026-03-{at}+08:00"), i, "ann", "desk", "ann", **more.get(kind, {}))
        for i, (kind, at) in enumerate(facts)
    ]


def at(written: str) -> int:
    """A Shanghai time in March 2026."""
    return vectors.micros(f"2026-03-{written}+08:00")


def test_reopening_ends_a_wait_and_with_it_the_pause() -> None:
    [clock] = clocks(
        {}, ("opened", "03T09:00"), ("waiting", "03T10:00"), ("reopened", "03T11:00"), ("solved", "03T12:00")
    )
    assert (clock.elapsed_s, clock.paused_s, clock.due_at) == (2 * 3600, 3600, at("04T10:00"))


def test_the_limit_of_a_case_that_waited_before_counts_from_the_start_of_the_clock() -> None:
    paused = {"pauses": {"from": ["waiting"], "to": ["resumed"], "limit": "1h"}, "starts": ["assigned"]}
    [clock] = clocks(paused, ("waiting", "03T09:00"), ("assigned", "03T11:00"), ("solved", "03T15:00"))
    assert (clock.paused_s, clock.elapsed_s) == (3600, 1.5 * 3600)


def test_an_attribute_changed_while_stopped_is_read_at_the_next_change_after_a_reopening() -> None:
    within = {"within": [{"when": "priority = 1", "is": "4h"}, {"is": "8h"}]}
    facts = (("opened", "03T09:00"), ("solved", "03T10:00"), ("classified", "03T11:00"), ("reopened", "04T09:00"))
    [clock] = clocks(within, *facts, classified={"attributes": {"priority": 1}})
    assert clock.due_at == at("04T17:30")
    [clock] = clocks(
        within,
        *facts,
        ("noted", "04T10:00"),
        classified={"attributes": {"priority": 1}},
        noted={"attributes": {"colour": "red"}},
    )
    assert (clock.budget_s, clock.due_at) == (4 * 3600, at("04T12:00"))


def test_the_holder_is_read_by_predicates_only_when_an_attribute_changes() -> None:
    unit = {"applies": "unit = 'desk'"}
    facts = _facts((("opened", "03T09:00"), ("handed_over", "03T10:00"), ("classified", "03T11:00")), {})
    moved = [facts[0], *(Fact(f.fact_id, f.kind, f.occurred_at, f.seq, "ben", "back") for f in facts[1:])]
    now, types = vectors.micros("2026-03-03T12:00+08:00"), Subject("x", types=vectors.TYPES)
    [clock] = fold(vectors.commitment({**OFFICE, **unit}), moved, vectors.times(), now, subject=types)
    assert clock.state == "running"
    moved[2] = Fact("f2", "classified", moved[2].occurred_at, 2, "ben", "back", attributes={"priority": 1})
    [clock] = fold(vectors.commitment({**OFFICE, **unit}), moved, vectors.times(), now, subject=types)
    assert (clock.state, clock.staff) == ("cancelled", "ben")


def test_an_aim_is_kept_missed_or_still_open() -> None:
    aim = {"aim": "2h"}
    kept = clocks(aim, ("opened", "03T09:00"), ("solved", "03T11:00"))
    late = clocks(aim, ("opened", "03T09:00"), ("solved", "03T11:01"))
    still = clocks(aim, ("opened", "03T09:00"), as_of="2026-03-03T11:00")
    gone = clocks(aim, ("opened", "03T09:00"), as_of="2026-03-03T11:01")
    none = clocks({}, ("opened", "03T09:00"), ("solved", "03T11:00"))
    assert [clock.aimed for [clock] in (kept, late, still, gone, none)] == [True, False, None, False, None]


def test_a_warning_moves_with_the_due() -> None:
    warned = {"warn": "50%"}
    running = clocks(warned, ("opened", "03T09:00"), as_of="2026-03-03T10:00")
    paused = clocks(warned, ("opened", "03T09:00"), ("waiting", "03T10:00"), as_of="2026-03-03T11:00")
    later = clocks(
        warned, ("opened", "03T09:00"), ("waiting", "03T10:00"), ("resumed", "03T11:00"), as_of="2026-03-03T12:00"
    )
    after = clocks(
        warned, ("opened", "03T09:00"), ("waiting", "03T16:00"), ("resumed", "03T17:00"), as_of="2026-03-03T18:00"
    )
    assert [clock.warn_at for [clock] in (running, paused, later, after)] == [
        at("03T14:30"),
        None,
        at("03T15:30"),
        at("03T14:30"),
    ]


def test_an_exception_names_the_commitment_or_nothing() -> None:
    late = (("opened", "03T09:00"), ("solved", "05T09:00"), ("excepted", "05T10:00"))
    given_ = {"c": "storm", None: "storm", "other": None}
    for named, expected in given_.items():
        [clock] = clocks({}, *late, excepted={"data": {"commitment": named, "reason": "storm"}})
        assert clock.exception == expected
    [clock] = clocks({}, *late, excepted={"data": {"row": "r1", "reason": "storm"}})
    assert clock.exception is None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(commitments(), histories(), st.integers(0, 150))
def test_a_trace_tells_the_whole_life_of_each_clock(written: dict[str, Any], facts: list[Fact], hours: int) -> None:
    as_of, commitment = START + hours * HOUR, vectors.commitment(written)
    subject = Subject("x", types=vectors.TYPES)
    told: dict[tuple[str | None, int], list[Segment]] = {}
    for segment in trace(commitment, facts, TIMES, as_of, subject=subject):
        told.setdefault((segment.key, segment.n), []).append(segment)
        assert say(segment.why, "en", **segment.params)
    for clock in fold(commitment, facts, TIMES, as_of, subject=subject):
        life = told.pop((clock.key, clock.n))
        assert [life[0].start, *(segment.end for segment in life)] == [segment.start for segment in life] + [as_of]
        for phase, counted in (("running", clock.elapsed_s), ("paused", clock.paused_s)):
            stretches = [segment.seconds for segment in life if segment.phase == phase]
            assert 0 <= counted - sum(stretches) <= len(stretches)
    assert not told
