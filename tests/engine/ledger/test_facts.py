"""Facts one by one: appended by a program, looked up by case, counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from steelyard.engine import ledger
from tests.engine.ledger.made import EVENTS, WHEN, counts, facts, imported, lines, refusal

OPENED = {"kind": "opened", "occurred_at": datetime(2026, 1, 5, 9), "about_id": "a"}


def test_facts_are_appended_with_what_they_say(tmp_path: Path) -> None:
    made = [
        {
            **OPENED,
            "staff": "ann",
            "unit": "north",
            "attributes": {"n": Decimal("1.10"), "t": ["x"]},
            "data": {"by": "app"},
        },
        {
            "kind": "contact.offered",
            "occurred_at": "2026-01-05T10:00:00+01:00",
            "about_type": "contact",
            "about_id": "k",
        },
        {
            "kind": "solved",
            "occurred_at": datetime(2026, 1, 6, 8, tzinfo=timezone(timedelta(hours=8))),
            "about_id": "a",
        },
    ]
    report = ledger.append(
        tmp_path / "ledger", made, "app", covers=(date(2026, 1, 1), date(2026, 2, 1)), recorded_at=WHEN
    )
    assert counts(report) == (3, 3, 0, 0, 0, 0)
    assert facts(tmp_path, "about_type, about_id, kind, occurred_at, staff, seq, source, data") == [
        (
            "case",
            "a",
            "opened",
            datetime(2026, 1, 5, 9),
            "ann",
            0,
            "app",
            '{"by":"app","attributes":{"n":1.10,"t":["x"]}}',
        ),
        ("contact", "k", "contact.offered", datetime(2026, 1, 5, 9), None, 1, "app", "{}"),
        ("case", "a", "solved", datetime(2026, 1, 6, 0), None, 2, "app", "{}"),
    ]
    store = ledger.open_ledger(tmp_path / "ledger")
    assert store.covers("case") == store.covers("contact") == [(date(2026, 1, 1), date(2026, 2, 1))]
    assert ledger.verify(tmp_path / "ledger") == []


def test_appending_the_same_again_adds_nothing(tmp_path: Path) -> None:
    assert counts(ledger.append(tmp_path, [OPENED, OPENED], "app")) == (2, 2, 0, 0, 0, 0)
    assert counts(ledger.append(tmp_path, [OPENED, OPENED, {**OPENED, "staff": "ann"}], "app")) == (3, 1, 2, 0, 0, 0)
    assert counts(ledger.append(tmp_path, [{**OPENED, "fact_id": "x"}], "app")) == (1, 1, 0, 0, 0, 0)
    assert counts(ledger.append(tmp_path, [{**OPENED, "fact_id": "x"}], "other")) == (1, 0, 1, 0, 0, 0)


def test_arrow_tables_are_appended(tmp_path: Path) -> None:
    table = pa.table(
        {"kind": ["opened"], "occurred_at": [datetime(2026, 1, 5)], "about_id": ["a"], "data": ['{"x":1}']}
    )
    assert counts(ledger.append(tmp_path / "ledger", table, "app")) == (1, 1, 0, 0, 0, 0)
    assert facts(tmp_path, "kind, data, seq") == [("opened", '{"x":1}', 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"occurred_at": datetime(2026, 1, 5), "about_id": "a"},
        {**OPENED, "kind": ""},
        {**OPENED, "occurred_at": None},
        {**OPENED, "occurred_at": "yesterday"},
        {**OPENED, "occurred_at": 5},
        {**OPENED, "about_id": None},
        {**OPENED, "data": [1]},
        {**OPENED, "data": "no json"},
        {**OPENED, "data": {"n": float("nan")}},
    ],
)
def test_what_is_no_fact_is_refused_with_its_number(wrong: Mapping[str, object], tmp_path: Path) -> None:
    error = refusal(lambda: ledger.append(tmp_path / "ledger", [OPENED, wrong], "app"))
    assert error is not None
    assert (error.problems[0].code, error.problems[0].params["number"]) == ("fact", 2)
    assert not (tmp_path / "ledger").exists()


def test_one_id_for_two_facts_is_refused(tmp_path: Path) -> None:
    error = refusal(lambda: ledger.append(tmp_path, [{**OPENED, "fact_id": "1"}, {**OPENED, "fact_id": "1"}], "app"))
    assert error is not None


def test_many_facts_recorded_at_many_times_keep_their_order(tmp_path: Path) -> None:
    made = [
        {**OPENED, "fact_id": f"{n:04}", "about_id": f"c{n % 10}", "recorded_at": WHEN - timedelta(hours=n)}
        for n in range(500)
    ]
    ledger.append(tmp_path / "ledger", made, "app")
    assert [row[0] for row in facts(tmp_path, "fact_id", order="position")] == [f"{n:04}" for n in reversed(range(500))]
    assert ledger.verify(tmp_path / "ledger") == []


def test_the_facts_of_a_case_come_in_their_order(tmp_path: Path) -> None:
    later = {**OPENED, "kind": "solved", "occurred_at": datetime(2026, 2, 1), "attributes": {"n": Decimal("1.10")}}
    same = {**OPENED, "kind": "classified"}
    ledger.append(
        tmp_path, [later, OPENED, same, {**OPENED, "about_id": "b"}, {**OPENED, "about_type": "contact"}], "app"
    )
    found = ledger.facts_of(tmp_path, "a")
    assert [fact["kind"] for fact in found] == ["opened", "classified", "solved"]
    assert found[2]["data"] == {"attributes": {"n": Decimal("1.10")}}
    assert set(found[0]) == set(ledger.FACT_SCHEMA.names)
    assert ledger.facts_of(tmp_path, "z") == []


def test_a_ledger_is_counted(tmp_path: Path) -> None:
    rows = [("a", "new", "2026-01-05 10:00"), ("b", "new", "2026-02-05 10:00"), ("a", "done", "2026-02-06 10:00")]
    imported(tmp_path, EVENTS + "  covers: [2026-01-01, 2026-03-01]", lines(("id", "state", "at"), *rows))
    found = ledger.stat(tmp_path / "ledger")
    assert {name: found[name] for name in ("facts", "cases", "kinds", "months", "sources", "covers")} == {
        "facts": 3,
        "cases": 2,
        "kinds": {"opened": 2, "solved": 1},
        "months": {"2026-01": 1, "2026-02": 2},
        "sources": {"desk": 3},
        "covers": {"case": "2026-01-01 – 2026-03-01"},
    }
    assert (found["first_at"], found["last_at"]) == (datetime(2026, 1, 5, 9), datetime(2026, 2, 6, 9))


def test_instants_are_recorded_in_utc(tmp_path: Path) -> None:
    ledger.append(tmp_path / "ledger", [OPENED], "app", recorded_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert facts(tmp_path, "recorded_at") == [(datetime(2026, 1, 5, 12),)]
