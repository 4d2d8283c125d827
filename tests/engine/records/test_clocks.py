"""The clocks of a ledger, made in batches, against the scalar fold of each history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.engine.policy import columns, predicate
from steelyard.engine.policy.duration import parse
from steelyard.engine.policy.model import Attribute, Branch, Commitment, Lifecycle, Policy
from steelyard.engine.records import clocks
from steelyard.engine.records.fold import Fact, Subject, fold
from tests.engine.records import ledger, vectors
from tests.engine.records.test_fold_many import HOUR, START, TIMES, commitments, histories

ALWAYS = [(datetime(2000, 1, 1), datetime(2100, 1, 1))]
ATTRIBUTES = tuple(
    Attribute(name.removeprefix("attr."), type_, "case")  # type: ignore[arg-type]
    for name, type_ in vectors.TYPES.items()
    if name.startswith("attr.")
)
CONTACT = predicate.Scope("contact", columns.of_commitment("contact", ()))


def policy(*promised: Commitment) -> Policy:
    """A policy with nothing but commitments."""
    return Policy("p", "1", {}, "Asia/Shanghai", Lifecycle(), attributes=ATTRIBUTES, commitments=promised)


@pytest.mark.parametrize("batch", [3, 1_000_000])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(commitments(), min_size=1, max_size=3),
    st.lists(histories(), min_size=1, max_size=8),
    st.integers(1, 150),
)
def test_the_table_holds_the_clocks_of_every_history(
    monkeypatch: pytest.MonkeyPatch, batch: int, written: list[dict[str, Any]], found: list[list[Fact]], hours: int
) -> None:
    as_of = START + hours * HOUR
    promised = [replace(vectors.commitment(each), id=f"c{i}" if i else "c") for i, each in enumerate(written)]
    cases = {("case", f"case-{i}"): facts for i, facts in enumerate(found)}
    con = ledger.connect(cases, as_of)
    monkeypatch.setattr(clocks, "FACTS_A_BATCH", batch)
    clocks.build_clocks(con, [policy(*promised)], in_force=ALWAYS, as_of=ledger.moment(as_of), times=[TIMES])
    alone = [
        clock
        for (_, id_), facts in sorted(cases.items())
        for each in promised
        for clock in fold(each, facts, TIMES, as_of, subject=Subject(id_, types=vectors.TYPES))
    ]
    assert ledger.clocks(con) == alone


def test_contacts_are_folded_with_what_their_data_say_of_them() -> None:
    seconds = 1_000_000
    call = [
        Fact("a", "contact.offered", START, 1, None, "desk", data={"channel": "phone", "queue": "q1"}),
        Fact("b", "contact.answered", START + 31 * seconds, 2, "ann", "desk", "ann"),
    ]
    chat = [
        Fact("c", "contact.offered", START, 1, None, "desk", attributes={"channel": "chat"}),
        Fact("d", "contact.answered", START + 31 * seconds, 2, "ben", "desk", "ben"),
    ]
    pick_up = Commitment(
        id="pick-up",
        about="contact",
        starts=frozenset({"contact.offered"}),
        stops=frozenset({"contact.answered"}),
        applies=predicate.parse("channel IN ('phone', 'chat') AND coalesce(queue, 'q1') = 'q1'", CONTACT),
        within=(Branch(predicate.parse("channel = 'phone'", CONTACT), parse("30s")), Branch(None, parse("1m"))),
    )
    as_of = START + HOUR
    con = ledger.connect({("contact", "call"): call, ("contact", "chat"): chat}, as_of)
    clocks.build_clocks(con, [policy(pick_up)], in_force=ALWAYS, as_of=ledger.moment(as_of), times=[TIMES])
    found = ledger.clocks(con)
    assert [(c.id, c.state, c.budget_s, c.elapsed_s, c.staff) for c in found] == [
        ("call", "missed", 30, 31, None),
        ("chat", "met", 60, 31, "ben"),
    ]
    subject = {"types": CONTACT.columns, "about": "contact"}
    assert found == [
        *fold(pick_up, call, TIMES, as_of, subject=Subject("call", **subject)),
        *fold(pick_up, chat, TIMES, as_of, subject=Subject("chat", **subject)),
    ]


def test_a_posting_starts_its_clock_when_it_begins_and_each_posting_counts() -> None:
    day = 24 * HOUR
    first_week = Commitment(
        id="first-week",
        about="posting",
        starts=frozenset({"posted"}),
        stops=frozenset({"training.completed"}),
        applies=predicate.parse("role = 'agent'", predicate.Scope("posting", columns.of_commitment("posting", ()))),
        within=(Branch(None, parse("5d")),),
    )
    posted = [
        Fact(f"p{i}", "posted", START + at, i, "ann", unit, data={"unit": unit, "role": role})
        for i, (at, unit, role) in enumerate(
            [(0, "desk", "agent"), (20 * day, "back", "lead"), (40 * day, "shop", "agent")]
        )
    ]
    trained = [Fact(f"t{at}", "training.completed", START + at * day, 1, "ann", "desk", "tom") for at in (-1, 3, 50)]
    as_of = START + 60 * day
    con = ledger.connect({("staff", "ann"): [*posted, *trained]}, as_of)
    for fact in posted:
        con.execute(
            "INSERT INTO postings VALUES ('ann', ?, ?, ?, NULL)",
            [fact.unit, fact.data["role"], ledger.moment(fact.occurred_at)],
        )
    clocks.build_clocks(con, [policy(first_week)], in_force=ALWAYS, as_of=ledger.moment(as_of), times=[TIMES])
    assert [(c.about, c.id, c.n, c.state, c.elapsed_s, c.staff, c.unit, c.actor) for c in ledger.clocks(con)] == [
        ("posting", "ann", 1, "met", 3 * 86_400, "ann", "desk", "tom"),
        ("posting", "ann", 3, "missed", 10 * 86_400, "ann", "shop", "tom"),
    ]


def test_each_case_keeps_the_version_it_was_opened_under() -> None:
    within = {"id": "c", "about": "case", "starts": ["opened"], "stops": ["solved"]}
    short, long = (policy(vectors.commitment({**within, "within": span})) for span in ("1h", "2h"))
    facts = {
        ("case", name): [
            Fact(name, "opened", START + at * HOUR, 1),
            Fact(f"{name}2", "solved", START + (at + 2) * HOUR, 2),
        ]
        for name, at in (("before", -5), ("old", 0), ("new", 10))
    }
    as_of = START + 100 * HOUR
    con = ledger.connect(facts, as_of)
    con.execute("UPDATE cases SET version = CASE id WHEN 'old' THEN 0 WHEN 'new' THEN 1 END")
    clocks.build_clocks(con, [short, long], in_force=ALWAYS * 2, as_of=ledger.moment(as_of), times=[TIMES, TIMES])
    assert [(c.id, c.budget_s, c.state) for c in ledger.clocks(con)] == [("new", 7200, "met"), ("old", 3600, "missed")]


def test_a_ledger_without_facts_has_no_clocks() -> None:
    con = ledger.connect({}, START)
    written = {"id": "c", "about": "case", "starts": ["opened"], "stops": ["solved"], "within": "1h"}
    promised = policy(vectors.commitment(written))
    clocks.build_clocks(con, [promised], in_force=ALWAYS, as_of=ledger.moment(START), times=[TIMES])
    assert ledger.clocks(con) == []
