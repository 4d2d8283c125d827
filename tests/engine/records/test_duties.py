"""Duties and programme lines: one occurrence a subject and span, judged like any clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from steelyard.engine.policy import columns, duration, predicate
from steelyard.engine.policy.model import Duty, Lifecycle, Policy
from steelyard.engine.records import clocks, duties, duties_spans
from steelyard.engine.records.fold import Clock, Fact
from steelyard.engine.worktime import compile as worktime
from steelyard.engine.worktime.elapsed import Elapsed
from tests.engine.records import ledger, vectors

OFFICE = worktime.compile(
    vectors.calendar("office", {"hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]}}), "Asia/Shanghai"
)
NIGHT = worktime.compile(vectors.calendar("night", {"hours": {"mon-fri": ["22:00-30:00"]}}), "Asia/Shanghai")


def duty(every: str, subjects: str, for_: str | None = None, **more: Any) -> Duty:
    """A duty as the loader makes it."""
    scope = predicate.Scope("duty", columns.of_duty(())[subjects])  # type: ignore[index]
    given = {"id": "look", "clause": None, "who": "lead", "produces": "inspection.done", **more}
    return Duty(
        every=duration.parse(every, calendar_units=True),
        for_=predicate.parse(for_, scope) if for_ else None,
        subjects=subjects,  # type: ignore[arg-type]
        **given,
    )


def done(at: str, staff: str | None = None, unit: str | None = None, actor: str = "q", **data: object) -> Fact:
    """An inspection."""
    return Fact(f"f{at}{staff}", "inspection.done", vectors.micros(at), 1, staff, unit, actor, data=data)


def build(
    con: duckdb.DuckDBPyConnection, line: Duty, as_of: str, calendars: Mapping[str, Any], effective: str = "2026-03-01"
) -> list[Clock]:
    """The occurrences of one duty of a policy in force from a local date."""
    policy = Policy("p", "1", {}, "Asia/Shanghai", Lifecycle(), duties=(line,))
    start = ledger.moment(vectors.micros(f"{effective}T00:00:00+08:00"))
    clocks.create_table(con)
    duties.build_duties(
        con,
        [policy],
        in_force=[(start, datetime(9999, 12, 31))],
        as_of=ledger.moment(vectors.micros(as_of)),
        times=[calendars],
    )
    return ledger.clocks(con)


def connect(
    facts: Sequence[Fact], as_of: str, *, first: str = "2026-03-02T09:30:00+08:00"
) -> duckdb.DuckDBPyConnection:
    """A ledger that begins at ``first``; unit desk is led by lee, and ann and ben are agents, ben since 3 March."""
    opened = Fact("f0", "opened", vectors.micros(first), 0)
    con = ledger.connect({("case", "x"): [opened], ("inspection", "i"): facts}, vectors.micros(as_of))
    con.execute(
        """
        INSERT INTO postings VALUES
          ('lee', 'desk', 'lead', '2026-01-01', NULL), ('ann', 'desk', 'agent', '2026-01-01', NULL),
          ('ben', 'desk', 'agent', '2026-03-02 16:00', NULL);
        INSERT INTO units VALUES ('desk', NULL, 'desk', 'Desk', '2026-01-01', NULL),
          ('shop', NULL, 'store', 'Shop', '2026-01-01', NULL)
        """
    )
    return con


def shown(found: list[Clock]) -> list[tuple[Any, ...]]:
    """What is compared: id, key, n, state, elapsed, staff and unit."""
    return [(c.id, c.key, c.n, c.state, c.elapsed_s, c.staff, c.unit) for c in found]


def test_a_daily_round_is_due_at_the_closing_of_each_working_day() -> None:
    as_of = "2026-03-09T12:00:00+08:00"
    facts = [
        done("2026-03-02T10:00:00+08:00", unit="desk", staff="kim"),
        done("2026-03-02T11:00:00+08:00", unit="desk"),
        done("2026-03-03T08:00:00+08:00", unit="desk"),
        done("2026-03-04T18:00:00+08:00", unit="desk"),
        done("2026-03-05T18:00:01+08:00", unit="desk"),
        done("2026-03-06T10:00:00+08:00", unit="shop"),
    ]
    found = build(connect(facts, as_of), duty("1wd", "unit", "kind = 'desk'"), as_of, {"office": OFFICE})
    hour = 3600
    assert shown(found) == [
        ("desk", "2026-03-02", 1, "met", 1 * hour, "kim", "desk"),
        ("desk", "2026-03-03", 2, "met", 0, None, "desk"),
        ("desk", "2026-03-04", 3, "met", 8 * hour, None, "desk"),
        ("desk", "2026-03-05", 4, "missed", 8 * hour, "lee", "desk"),
        ("desk", "2026-03-06", 5, "missed", 11 * hour, "lee", "desk"),
        ("desk", "2026-03-09", 6, "running", 3 * hour, "lee", "desk"),
    ]
    first, late = found[0], found[3]
    assert (first.started_at, first.due_at) == (
        vectors.micros("2026-03-02T09:00:00+08:00"),
        vectors.micros("2026-03-02T18:00:00+08:00"),
    )
    assert (first.budget_s, first.paused_s, first.actor) == (8 * hour, 0, "q")
    assert late.stopped_at == vectors.micros("2026-03-05T18:00:01+08:00")
    assert late.judged_at == late.due_at


def test_a_duty_is_done_to_those_posted_when_its_span_opens() -> None:
    as_of = "2026-03-10T00:00:00+08:00"
    facts = [done("2026-03-04T10:00:00+08:00", staff="ann", unit="desk")]
    found = build(connect(facts, as_of), duty("1w", "posting", "role = 'agent'"), as_of, {"office": OFFICE})
    assert [(c.id, c.key, c.n, c.state) for c in found] == [
        ("ann", "2026-W10", 1, "met"),
        ("ann", "2026-W11", 2, "running"),
        ("ben", "2026-W11", 1, "running"),
    ]


def test_an_optional_duty_not_done_is_cancelled_never_missed() -> None:
    as_of = "2026-03-04T00:00:00+08:00"
    line = duty("1wd", "unit", "kind = 'desk'", optional=True)
    facts = [done("2026-03-03T19:00:00+08:00", unit="desk")]
    found = build(connect(facts, as_of), line, as_of, {"office": OFFICE})
    assert [(c.key, c.state, c.elapsed_s, c.stopped_at, c.judged_at) for c in found] == [
        ("2026-03-02", "cancelled", 8 * 3600, None, None),
        ("2026-03-03", "cancelled", 8 * 3600, None, None),
    ]


def test_a_line_with_a_form_is_not_done_by_another_form() -> None:
    as_of = "2026-03-03T00:00:00+08:00"
    facts = [
        done("2026-03-02T10:00:00+08:00", unit="desk", form="other"),
        done("2026-03-02T11:00:00+08:00", unit="desk", form="round"),
    ]
    line = duty("1wd", "unit", "kind = 'desk'", form="round")
    assert build(connect(facts, as_of), line, as_of, {"office": OFFICE})[0].elapsed_s == 2 * 3600


def test_a_customer_is_followed_up_through_a_case_too() -> None:
    as_of = "2026-04-02T00:00:00+08:00"
    con = ledger.connect(
        {
            ("customer", "k1"): [_fact("a", "customer.noted", "2026-01-05T08:00:00+08:00", {"tier": "key"})],
            ("customer", "k2"): [_fact("b", "customer.noted", "2026-01-05T08:00:00+08:00", {"tier": "key"})],
            ("customer", "k3"): [_fact("c", "customer.noted", "2026-01-05T08:00:00+08:00", {"tier": "small"})],
            ("case", "x"): [
                _fact("d", "opened", "2025-12-20T10:00:00+08:00", {"customer": "k1"}),
                _fact("e", "followed_up", "2026-02-02T10:00:00+08:00", {}),
            ],
        },
        vectors.micros(as_of),
    )
    line = duty("1mo", "customer", "tier = 'key'", produces="followed_up")
    found = build(con, line, as_of, {}, effective="2026-01-01")
    assert [(c.id, c.key, c.state) for c in found] == [
        *[("k1", key, state) for key, state in _MONTHS_OF_K1],
        *[("k2", key, state) for key, state in _MONTHS_OF_K2],
    ]


_MONTHS_OF_K1 = [("2026-02", "met"), ("2026-03", "missed"), ("2026-04", "running")]
_MONTHS_OF_K2 = [("2026-02", "missed"), ("2026-03", "missed"), ("2026-04", "running")]


def _fact(id_: str, kind: str, at: str, attributes: Mapping[str, object]) -> Fact:
    return Fact(id_, kind, vectors.micros(at), 1, attributes=attributes)


@pytest.mark.parametrize(
    ("every", "keys"),
    [
        ("1d", ["2026-12-31", "2027-01-01", "2027-01-02"]),
        ("1w", ["2027-W01"]),
        ("1mo", ["2027-01"]),
        ("1q", ["2027-Q1"]),
        ("6mo", ["2027-H1"]),
        ("1y", ["2027"]),
    ],
)
def test_spans_are_named_as_periods_are(every: str, keys: list[str]) -> None:
    first = {"1d": date(2026, 12, 31)}.get(every, date(2026, 12, 30))
    last = {"1d": date(2027, 1, 2)}.get(every, date(2027, 1, 6))
    found = duties_spans.spans(duration.parse(every, calendar_units=True), Elapsed(), "Asia/Shanghai", first, last)
    assert [span.key for span in found] == keys


def test_a_shift_over_midnight_belongs_to_the_day_it_opens() -> None:
    found = list(duties_spans.spans(duration.parse("1wd"), NIGHT, "Asia/Shanghai", date(2026, 3, 2), date(2026, 3, 7)))
    assert [span.key for span in found] == [f"2026-03-0{day}" for day in range(2, 7)]
    assert found[0].due == vectors.micros("2026-03-03T06:00:00+08:00")
    assert all(earlier.ends == later.begins for earlier, later in pairwise(found))
