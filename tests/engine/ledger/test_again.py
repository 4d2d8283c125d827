"""A source seen again: nothing twice, changes as corrections, whatever the order of the files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from tests.engine.ledger.made import CASES, EVENTS, counts, facts, imported, lines

HEADER = ("id", "opened", "solved", "who", "priority", "amount")


def corrections(folder: Path) -> list[tuple[str, object, object]]:
    """``(field, was, is)`` of the corrected facts, in no order that matters."""
    with duckdb.connect() as con:
        ledger.open_ledger(folder / "ledger").relation(con, corrections=False)
        found = [
            json.loads(row[0]) for row in con.execute("SELECT data FROM facts WHERE kind = 'corrected'").fetchall()
        ]
    return sorted((fact["field"], fact["was"], fact["is"]) for fact in found)


def test_a_row_changed_since_is_corrected(tmp_path: Path) -> None:
    first = lines(
        HEADER, ("a", "2026-01-01", "2026-01-05", "ann", "1", "1.50"), ("b", "2026-01-01", "", "bob", "2", "7")
    )
    assert counts(imported(tmp_path, CASES, first)) == (2, 2, 0, 0, 0, 0)
    assert counts(imported(tmp_path, CASES, first)) == (2, 0, 2, 0, 0, 0)
    second = lines(
        HEADER, ("a", "2026-01-01", "2026-01-06", "eve", "1", "1.5"), ("b", "2026-01-01", "2026-01-07", "bob", "2", "7")
    )
    report = imported(tmp_path, CASES, second)
    assert counts(report) == (2, 1, 0, 1, 0, 0)
    assert report.facts == {"corrected": 3, "solved": 1}
    assert corrections(tmp_path) == [
        ("occurred_at", "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"),
        ("staff", "ann", "eve"),
        ("staff", "ann", "eve"),
    ]
    assert facts(tmp_path, "about_id, kind, occurred_at, staff", order="about_id, occurred_at") == [
        ("a", "opened", datetime(2026, 1, 1), "eve"),
        ("a", "solved", datetime(2026, 1, 6), "eve"),
        ("b", "opened", datetime(2026, 1, 1), "bob"),
        ("b", "solved", datetime(2026, 1, 7), "bob"),
    ]
    assert counts(imported(tmp_path, CASES, second)) == (2, 0, 2, 0, 0, 0)
    assert ledger.verify(tmp_path / "ledger") == []


def test_attributes_that_changed_are_corrected_one_by_one(tmp_path: Path) -> None:
    imported(tmp_path, CASES, lines(HEADER, ("a", "2026-01-01", "", "ann", "1", "1.50")))
    assert counts(imported(tmp_path, CASES, lines(HEADER, ("a", "2026-01-01", "", "ann", "", "2")))) == (
        1,
        0,
        0,
        1,
        0,
        0,
    )
    assert corrections(tmp_path) == [("attributes.amount", 1.5, 2), ("attributes.priority", 1, None)]
    ((data,),) = facts(tmp_path, "data")
    assert json.loads(str(data)) == {"attributes": {"priority": None, "amount": 2}}
    imported(tmp_path, CASES, lines(HEADER, ("a", "2026-01-01", "", "ann", "1", "1.50")))
    ((data,),) = facts(tmp_path, "data")
    assert json.loads(str(data)) == {"attributes": {"priority": 1, "amount": 1.5}}


def test_an_instant_taken_back_strikes_the_fact_and_may_return(tmp_path: Path) -> None:
    solved = lines(HEADER, ("a", "2026-01-01", "2026-01-05", "ann", "1", ""))
    unsolved = lines(HEADER, ("a", "2026-01-01", "", "ann", "1", ""))
    imported(tmp_path, CASES, solved)
    report = imported(tmp_path, CASES, unsolved)
    assert counts(report) == (1, 0, 0, 1, 0, 0)
    assert corrections(tmp_path) == [("occurred_at", "2026-01-05T00:00:00Z", None)]
    assert [row[1] for row in facts(tmp_path)] == ["opened"]
    assert counts(imported(tmp_path, CASES, unsolved)) == (1, 0, 1, 0, 0, 0)
    assert counts(imported(tmp_path, CASES, solved)) == (1, 0, 0, 1, 0, 0)
    assert [row[1] for row in facts(tmp_path)] == ["opened", "solved"]
    assert counts(imported(tmp_path, CASES, solved)) == (1, 0, 1, 0, 0, 0)


def test_an_id_twice_in_one_file_is_the_same_row_seen_again(tmp_path: Path) -> None:
    text = lines(
        HEADER,
        ("a", "2026-01-01", "2026-01-05", "ann", "1", ""),
        ("b", "2026-01-01", "", "ann", "1", ""),
        ("a", "2026-01-01", "2026-01-05", "ann", "1", ""),
        ("a", "2026-01-01", "", "bob", "1", ""),
        ("a", "2026-01-02", "2026-01-09", "ann", "1", ""),
    )
    assert counts(imported(tmp_path, CASES, text)) == (5, 2, 1, 2, 0, 0)
    assert corrections(tmp_path) == [
        ("occurred_at", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("occurred_at", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00Z"),
    ]
    assert facts(tmp_path, "about_id, kind, occurred_at, staff", order="about_id, occurred_at")[:2] == [
        ("a", "opened", datetime(2026, 1, 2), "ann"),
        ("a", "solved", datetime(2026, 1, 9), "ann"),
    ]


LOG = [
    ("a", "new", "2026-01-30 10:00"),
    ("a", "wait", "2026-01-30 10:00"),
    ("a", "wait", "2026-01-30 10:00"),
    ("b", "new", "2026-01-31 10:00"),
    ("a", "go", "2026-02-01 10:00"),
    ("a", "done", "2026-02-02 10:00"),
    ("b", "done", "2026-02-03 10:00"),
]


def test_facts_of_a_later_file_come_after_those_of_an_earlier_one(tmp_path: Path) -> None:
    for state in ("new", "wait", "done"):
        imported(tmp_path, EVENTS, lines(("id", "state", "at"), ("a", state, "2026-01-30 10:00")))
    assert [row[0] for row in facts(tmp_path, "kind", order="occurred_at, seq")] == ["opened", "waiting", "solved"]


def whole(folder: Path) -> list[tuple[object, ...]]:
    return facts(folder, "fact_id, about_id, kind, occurred_at, data", order="occurred_at, fact_id")


def test_slices_of_a_log_make_the_log(tmp_path: Path) -> None:
    for name, slices in (("whole", [LOG]), ("months", [LOG[:4], LOG[4:]]), ("overlap", [LOG[:5], LOG[3:], LOG])):
        folder = tmp_path / name
        folder.mkdir()
        loaded = [imported(folder, EVENTS, lines(("id", "state", "at"), *rows)).loaded for rows in slices]
        assert sum(loaded) == len(LOG)
    assert whole(tmp_path / "whole") == whole(tmp_path / "months") == whole(tmp_path / "overlap")


rows = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["2026-01-01", "2026-01-02"]),
    st.sampled_from(["", "2026-01-05", "2026-01-06"]),
    st.sampled_from(["", "ann", "bob"]),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "1.0", "1"]),
)


@settings(max_examples=12)
@given(exports=st.lists(st.lists(rows, max_size=4), min_size=1, max_size=3))
def test_the_ledger_says_what_the_last_row_of_each_id_says(
    exports: list[list[tuple[str, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("exports")
    last: dict[str, tuple[str, ...]] = {}
    ever: set[tuple[str, str]] = set()
    for export in exports:
        counts(imported(folder, CASES, lines(HEADER, *export)))
        for row in export:
            last[row[0]] = row
            ever |= {(row[0], kind) for kind, at in (("opened", row[1]), ("solved", row[2])) if at}
    found = {
        (str(about), str(kind)): (str(at)[:10], staff or "", json.loads(str(data))["attributes"])
        for about, kind, at, staff, data in facts(folder, "about_id, kind, occurred_at, staff, data")
    }
    expected = {}
    for id_, row in last.items():
        for kind, at in (("opened", row[1]), ("solved", row[2])):
            if at:
                attributes = {"priority": int(row[4]) if row[4] else None, "amount": float(row[5]) if row[5] else None}
                expected[id_, kind] = (at, row[3], attributes)
    assert found == expected
    assert set(found) <= ever
    assert ledger.verify(folder / "ledger") == []
