"""The facts as a relation: before an instant, up to a position, with corrections, reading no more than needed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import FACT_SCHEMA, Ledger, writing
from tests.engine.ledger.made import EVENTS, WHEN, facts, imported, lines

MONTHS = [("a", "new", f"2026-0{month}-15 10:00") for month in range(1, 7)]


def asked(store: Ledger, **asked_for: object) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        store.relation(con, **asked_for)  # type: ignore[arg-type]  # passed on
        return con.execute("SELECT about_id, kind, occurred_at FROM facts ORDER BY occurred_at").fetchall()


def test_the_view_has_the_columns_of_a_fact(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(("id", "state", "at"), *MONTHS))
    with duckdb.connect() as con:
        ledger.open_ledger(tmp_path / "ledger").relation(con, name="odd name")
        arrow = con.sql('SELECT * FROM "odd name"').to_arrow_table()
    assert arrow.schema.equals(FACT_SCHEMA)


def test_months_that_cannot_matter_are_not_opened(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(("id", "state", "at"), *MONTHS))
    store = ledger.open_ledger(tmp_path / "ledger")
    assert len(asked(store)) == 6
    for path in (tmp_path / "ledger" / "facts").glob("month=2026-0[456]/*"):
        path.unlink()
    assert len(asked(store, as_of=datetime(2026, 4, 1))) == 3
    assert asked(store, as_of=datetime(2026, 1, 1)) == []


def test_facts_at_the_as_of_do_not_exist_yet(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(("id", "state", "at"), *MONTHS))
    store = ledger.open_ledger(tmp_path / "ledger")
    assert len(asked(store, as_of=datetime(2026, 1, 15, 9))) == 0
    assert len(asked(store, as_of=datetime(2026, 1, 15, 9, 0, 0, 1))) == 1


def test_an_earlier_position_shows_the_ledger_as_it_was(tmp_path: Path) -> None:
    opened = {
        "fact_id": "1",
        "kind": "opened",
        "occurred_at": datetime(2026, 1, 1),
        "about_id": "a",
        "attributes": {"p": 1},
    }
    before = ledger.append(tmp_path, [opened], "app", recorded_at=WHEN).position
    correction = {"fact_id": "1", "field": "attributes.p", "was": 1, "is": 2, "because": "typo"}
    corrected = {"kind": "corrected", "occurred_at": datetime(2026, 1, 3), "about_id": "a", "data": correction}
    ledger.append(tmp_path, [corrected], "app", recorded_at=WHEN)
    strike = {"kind": "corrected", "occurred_at": datetime(2026, 1, 4), "about_id": "a"}
    ledger.append(
        tmp_path, [{**strike, "data": {"fact_id": "1", "field": "occurred_at", "is": None}}], "app", recorded_at=WHEN
    )
    store = ledger.open_ledger(tmp_path)

    def attributes(position: int | None) -> list[object]:
        with duckdb.connect() as con:
            store.relation(con, position=position)
            return [json.loads(row[0])["attributes"]["p"] for row in con.execute("SELECT data FROM facts").fetchall()]

    assert attributes(before) == [1]
    assert attributes(before + 1) == [2]
    assert attributes(None) == []
    assert store.head(before) != store.head()
    assert store.head(0) == "0" * 64


def test_a_correction_moves_a_fact_across_the_as_of(tmp_path: Path) -> None:
    opened = {"fact_id": "1", "kind": "opened", "occurred_at": datetime(2026, 3, 1), "about_id": "a"}
    correction = {"fact_id": "1", "field": "occurred_at", "was": "2026-03-01T00:00:00Z", "is": "2026-01-01T00:00:00Z"}
    corrected = {"kind": "corrected", "occurred_at": datetime(2026, 4, 1), "about_id": "a", "data": correction}
    ledger.append(tmp_path, [opened, corrected], "app")
    assert asked(ledger.open_ledger(tmp_path), as_of=datetime(2026, 2, 1)) == [("a", "opened", datetime(2026, 1, 1))]


def test_without_corrections_the_view_is_a_plain_scan(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(("id", "state", "at"), *MONTHS))
    with duckdb.connect() as con:
        ledger.open_ledger(tmp_path / "ledger").relation(con)
        plan = con.execute("EXPLAIN SELECT * FROM facts").fetchall()[0][1]
    assert "JOIN" not in plan


def test_facts_lie_in_the_order_of_what_they_are_about(tmp_path: Path) -> None:
    ids = [f"c{number % 7}" for number in range(50)]
    imported(
        tmp_path,
        EVENTS,
        lines(("id", "state", "at"), *[(id_, "go", f"2026-01-{day % 28 + 1:02} 10:00") for day, id_ in enumerate(ids)]),
    )
    (path,) = (tmp_path / "ledger" / "facts").rglob("*.parquet")
    with duckdb.connect() as con:
        found = con.execute(f"SELECT about_id, occurred_at, seq FROM read_parquet('{path}')").fetchall()
    assert found == sorted(found)


def test_a_large_month_lies_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FACTS_A_FILE", 10)
    rows = [(f"c{number % 13}", "go", f"2026-01-{number % 28 + 1:02} 10:00") for number in range(60)]
    assert imported(tmp_path, EVENTS, lines(("id", "state", "at"), *rows)).loaded == 60
    paths = list((tmp_path / "ledger" / "facts").rglob("*.parquet"))
    assert len(paths) > 3
    with duckdb.connect() as con:
        homes = con.execute(
            "SELECT about_id, count(DISTINCT filename) FROM read_parquet(?, filename = true) GROUP BY ALL",
            [list(map(str, paths))],
        ).fetchall()
    assert {count for _, count in homes} == {1}
    assert ledger.verify(tmp_path / "ledger") == []


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's [1] *?"
    (folder / "x").mkdir(parents=True)
    imported(folder, EVENTS, lines(("id", "state", "at"), *MONTHS), name="a[1]*'.csv")
    assert len(facts(folder)) == 6
    assert ledger.verify(folder / "ledger") == []


def test_a_folder_without_a_ledger_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SteelyardError) as caught:
            ledger.open_ledger(folder)
        assert caught.value.problems[0].code == "no-ledger"


fields = st.sampled_from(["occurred_at", "staff", "unit", "attributes.p", "attributes.q", "data.wait_s"])
values = {
    "occurred_at": st.sampled_from([None, "2026-01-09T00:00:00Z"]),
    "staff": st.sampled_from([None, "ann", "eve"]),
    "unit": st.sampled_from([None, "north"]),
    "attributes.p": st.sampled_from([None, 1, "x", True]),
    "attributes.q": st.sampled_from([None, ["a"], 'quo"te']),
    "data.wait_s": st.sampled_from([None, 7]),
}
changes = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), fields).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), values[pair[1]])
    ),
    max_size=6,
)


@settings(max_examples=8)
@given(made=changes)
def test_the_latest_correction_of_each_field_holds(
    made: list[tuple[str, str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    expected: dict[str, dict[str, object]] = {}
    for id_ in ("1", "2"):
        fact = {"fact_id": id_, "kind": "opened", "occurred_at": datetime(2026, 1, 1), "about_id": "c", "staff": "bob"}
        ledger.append(folder / "ledger", [{**fact, "attributes": {"p": 0, "other": None}}], "app")
        expected[id_] = {
            "occurred_at": "2026-01-01T00:00:00Z",
            "staff": "bob",
            "unit": None,
            "data": {"attributes": {"p": 0, "other": None}},
        }
    for id_, name, value in made:
        data = {"fact_id": id_, "field": name, "was": None, "is": value, "because": "test"}
        ledger.append(
            folder / "ledger",
            [{"kind": "corrected", "occurred_at": datetime(2026, 1, 2), "about_id": "c", "data": data}],
            "app",
        )
        where, _, member = name.partition(".")
        if not member:
            expected[id_][name] = value
        else:
            held = expected[id_]["data"]
            assert isinstance(held, dict)
            (held["attributes"] if where == "attributes" else held)[member] = value
    found = {
        str(row[0]): {
            "occurred_at": f"{row[1]:%Y-%m-%dT%H:%M:%SZ}",
            "staff": row[2],
            "unit": row[3],
            "data": json.loads(str(row[4])),
        }
        for row in facts(folder, "fact_id, occurred_at, staff, unit, data")
    }
    assert found == {id_: fact for id_, fact in expected.items() if fact["occurred_at"] is not None}
