"""The batch fold gives the clocks of the scalar fold, whatever happened."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.engine.records.fold import Fact, Subject, fold
from steelyard.engine.worktime import compile as worktime
from tests.engine.records import many, vectors

HOUR = 3_600_000_000
START = vectors.micros("2026-12-28T01:00:00Z")
KINDS = ["opened", "solved", "waiting", "resumed", "reopened", "cancelled", "classified", "booked", "excepted"]
CALENDARS = {
    "office": {"hours": {"mon-fri": ["08:30-12:00", "13:30-18:00"]}, "holidays": "CN", "makeup_as": "mon"},
    "long": {"hours": {"mon-fri": ["08:00-20:00"], "sat": ["08:00-20:00"]}},
}
TIMES = {name: worktime.compile(vectors.calendar(name, each), "Asia/Shanghai") for name, each in CALENDARS.items()}


def test_every_worked_history_comes_out_to_the_digit() -> None:
    wrong = []
    for vector in vectors.vectors():
        found = many.fold_all(
            vectors.commitment(vector["commitment"]),
            {"x": list(vectors.facts(vector["facts"]))},
            vectors.times(),
            vectors.micros(vector["as_of"]),
            vectors.TYPES,
        )
        if [vectors.row(clock) for clock in found] != vector["expected"]:
            wrong.append((vector["id"], vector["note"], found, vector["expected"]))
    assert not wrong


durations = st.sampled_from(["0s", "1s", "90m", "4h", "8h", "30h"])
targets = st.sampled_from(["0s", "90m", "4h", "8h", "8h", "16h", "30h", "1wd", "2wd", "2wd", "0wd"])
conditions = st.sampled_from(["priority = 1", "priority <= 2", "tier = 'key'", "unit = 'desk'", "has(tags, 'x')"])


@st.composite
def branches(draw: st.DrawFn, values: st.SearchStrategy[str]) -> Any:
    """One value, or a when-list of which nothing may be TRUE."""
    if draw(st.integers(0, 2)) > 0:
        return draw(values)
    entries: list[dict[str, str]] = [
        {"when": draw(conditions), "is": draw(values)} for _ in range(draw(st.integers(1, 2)))
    ]
    return entries + ([{"is": draw(values)}] if draw(st.integers(0, 3)) > 0 else [])


@st.composite
def commitments(draw: st.DrawFn) -> dict[str, Any]:
    """Any commitment, with every key now and then."""
    some = st.sets(st.sampled_from(KINDS[:-1]), min_size=1, max_size=2).map(sorted)
    written: dict[str, Any] = {
        "id": "c",
        "about": "case",
        "starts": ["opened"] if draw(st.integers(0, 3)) > 0 else draw(some),
        "stops": ["solved"] if draw(st.integers(0, 3)) > 0 else draw(some),
        "on_reopen": draw(st.sampled_from(["resume", "ignore", "restart"])),
        "time": draw(st.sampled_from(["elapsed", "working"])),
        "working_days": draw(st.sampled_from(["close", "same_time"])),
        "calendar": draw(branches(st.sampled_from(["office", "long"]))),
    }
    if draw(st.integers(0, 3)) == 0:
        written |= {"until": "booked.window_to", "starts": ["booked"]}
        if draw(st.booleans()):
            written["grace"] = draw(targets)
    else:
        written["within"] = draw(branches(targets))
    if draw(st.integers(0, 3)) > 0:
        written["pauses"] = {"from": ["waiting"], "to": ["resumed"]}
        if draw(st.integers(0, 3)) == 0:
            written["pauses"] = {"from": draw(some), "to": draw(some)}
        if draw(st.booleans()):
            written["pauses"]["limit"] = draw(targets)
    if draw(st.integers(0, 3)) == 0:
        written["applies"] = draw(conditions)
    if draw(st.booleans()):
        written["aim"] = draw(branches(targets))
    if draw(st.booleans()):
        written["warn"] = draw(st.sampled_from(["80%", "33.3%", "100%", "1%"]))
    if draw(st.integers(0, 3)) == 0:
        written["each"] = draw(st.sampled_from(["staff", "unit", "task"]))
    return written


attributes = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.sampled_from([None, 1, 2, 3, "2"]),
        "tier": st.sampled_from([None, "key", "other"]),
        "tags": st.sampled_from([None, [], ["x"], ["x", "y"], "x"]),
        "attr": st.integers(0, 1),
    },
)
data = st.fixed_dictionaries(
    {},
    optional={
        "task": st.sampled_from([None, "t1", "t2", 3]),
        "window_to": st.sampled_from(
            ["2026-12-28T09:00:00Z", "2026-12-29T09:00:00Z", "2027-01-02T03:00:00+08:00", "not an instant", None]
        ),
        "commitment": st.sampled_from([None, "c", "d"]),
        "reason": st.sampled_from(["storm", "strike"]),
    },
)


beginnings = st.sampled_from(["opened", "opened", "opened", "booked", "waiting"])
kinds = st.sampled_from(
    [*KINDS, "booked", "opened", "solved", "waiting", "resumed", "reopened", "reopened", "solved", "classified"]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts of some days, now and then at the same instant, in any order; most begin with an opening."""
    facts = []
    hour = 0
    for i in range(draw(st.integers(1, 14))):
        hour += draw(st.sampled_from([0, 0, 1, 1, 2, 5, 20]))
        facts.append(
            Fact(
                fact_id=f"f{i}",
                kind=draw(beginnings) if i == 0 else draw(kinds),
                occurred_at=START + hour * HOUR + draw(st.sampled_from([0, 0, 1, 1_500_000])),
                seq=draw(st.sampled_from([i, i, i, 0, 1])),
                staff=draw(st.sampled_from([None, "ann", "ben"])),
                unit=draw(st.sampled_from([None, "desk", "desk", "back"])),
                actor=draw(st.sampled_from([None, "ann", "customer"])),
                attributes=draw(attributes),
                data=draw(data),
            )
        )
    return draw(st.permutations(facts))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(commitments(), st.lists(histories(), min_size=1, max_size=4), st.integers(1, 200))
def test_live_and_batch_agree_on_every_history(written: dict[str, Any], found: list[list[Fact]], hours: int) -> None:
    as_of = START + hours * HOUR
    commitment = vectors.commitment(written)
    cases = {f"case-{i}": facts for i, facts in enumerate(found)}
    alone = [
        clock
        for id_, facts in cases.items()
        for clock in fold(commitment, facts, TIMES, as_of, subject=Subject(id_, types=vectors.TYPES))
    ]
    assert many.fold_all(commitment, cases, TIMES, as_of, vectors.TYPES) == alone
