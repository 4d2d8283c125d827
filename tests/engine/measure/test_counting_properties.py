"""Counting in cells and summing them up is the same as looking at every row for every subject and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.measure import periods as periods_
from steelyard.engine.measure.backends.duckdb import DuckDB
from steelyard.engine.measure.counting import Counted, Counter
from steelyard.engine.measure.figures import Count
from steelyard.engine.policy import columns, model, predicate

Row = Mapping[str, object]
SCOPE = predicate.Scope("case", {**columns.BASES["case"].columns(), "attr.csat": "integer"})
PERIODS = ("2026-01", "2026-02", "2026-Q1", "2026-02-14", "2026-W09")
TREE = [  # unit, ancestor, kind, from, to
    ("east", "east", "desk", datetime(2020, 1, 1), datetime(9999, 1, 1)),
    ("west", "west", "desk", datetime(2020, 1, 1), datetime(9999, 1, 1)),
    ("east", "north", "area", datetime(2020, 1, 1), datetime(2026, 2, 10)),
    ("east", "south", "area", datetime(2026, 2, 10), datetime(9999, 1, 1)),
    ("west", "north", "area", datetime(2020, 1, 1), datetime(9999, 1, 1)),
]
TREE_DDL = "unit VARCHAR, ancestor VARCHAR, kind VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP"
DDL = (
    "id VARCHAR, kind VARCHAR, channel VARCHAR, priority BIGINT, staff VARCHAR, unit VARCHAR, exception VARCHAR, "
    "opened_at TIMESTAMP, solved_at TIMESTAMP, reopens BIGINT, rating DECIMAL(28,10), provisional BOOLEAN"
)

moments = st.integers(0, 100 * 24 * 3600 - 1).map(lambda s: datetime(2025, 12, 25) + timedelta(seconds=s))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["request", "complaint", None]),
            "channel": st.sampled_from(["phone", "chat", None]),
            "priority": st.sampled_from([1, 2, None]),
            "staff": st.sampled_from(["ann", "bea", None]),
            "unit": st.sampled_from(["east", "west", "gone", None]),
            "exception": st.sampled_from(["storm", "other", None]),
            "opened_at": moments | st.none(),
            "solved_at": moments | st.none(),
            "reopens": st.integers(0, 2) | st.none(),
            "rating": st.integers(0, 50).map(lambda n: Fraction(n, 10)) | st.none(),
        }
    ),
    max_size=25,
)
conditions = st.sampled_from(
    [
        "kind = 'request'",
        "priority <= 1 OR channel = 'chat'",
        "NOT (channel = 'phone')",
        "solved_at IS NOT NULL",
        "reopens > 0",
    ]
)


@st.composite
def measures(draw: st.DrawFn) -> model.Measure:
    """A measure over cases of any counting kind."""
    kind = draw(st.sampled_from(["proportion", "mean", "sum", "count", "percentile"]))
    optional = st.none() | conditions.map(lambda text: predicate.parse(text, SCOPE))
    valued = kind in ("mean", "sum", "percentile")
    value = predicate.parse_value(draw(st.sampled_from(["rating", "reopens", "rating + 2 * reopens"])), SCOPE)
    return model.Measure(
        "m",
        kind,
        "case",
        population=draw(optional),
        exclude=draw(optional),
        except_=draw(st.sampled_from([frozenset(), frozenset({"storm"})])) if kind == "proportion" else frozenset(),
        numerator=predicate.parse(draw(conditions), SCOPE) if kind == "proportion" else None,
        value=value if valued else None,
        p=draw(st.integers(1, 99)) if kind == "percentile" else None,
        by=draw(st.sampled_from([None, "solved_at"])),
        stratify=draw(st.sampled_from([(), ("channel",), ("priority", "channel")])),
    )


def slowly(measure: model.Measure, table: Sequence[Row]) -> dict[tuple[str, str, str, str], Count]:
    """Every row for every period, subject and stratum, one after another."""
    found: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in table:
        at = row[measure.by or "opened_at"]
        if at is None or not _holds(measure.population, row, True):
            continue
        for name in PERIODS:
            first, end = periods_.parse(name).instants("UTC")
            if first <= at < end:  # type: ignore[operator]
                for of, subject in _subjects(row, at):  # type: ignore[arg-type]
                    for stratum in ("", *(f"{c}={row[c]}" for c in measure.stratify if row[c] is not None)):
                        found.setdefault((of, subject, name, stratum), []).append(row)
    return {place: _count(measure, members) for place, members in found.items()}


def _subjects(row: Row, at: datetime) -> list[tuple[str, str]]:
    subjects = [("organisation", "")]
    subjects += [("staff", str(row["staff"]))] if row["staff"] is not None else []
    subjects += [
        (f"unit:{kind}", ancestor)
        for unit, ancestor, kind, first, last in TREE
        if unit == row["unit"] and first <= at < last
    ]
    return subjects + ([("attribute:channel", str(row["channel"]))] if row["channel"] is not None else [])


def _count(measure: model.Measure, members: Sequence[Row]) -> Count:
    kept = [row for row in members if not _holds(measure.exclude, row, False)]
    excluded = len(members) - len(kept)
    if measure.kind == "proportion":
        hits = [row for row in kept if _holds(measure.numerator, row, False)]
        excepted = [row for row in kept if row not in hits and row["exception"] in measure.except_]
        return Count(len(members), excluded, len(excepted), len(kept) - len(excepted), len(hits))
    if measure.value is None:
        return Count(len(members), excluded, 0, len(kept))
    values = [value for row in kept if (value := measure.value.value(row.get)) is not None]
    if measure.kind == "percentile":
        place = -(-(measure.p or 0) * len(values) // 100) - 1
        rank = Fraction(sorted(values)[place]) if values else None
        return Count(len(members), excluded, 0, len(values), rank=rank)
    return Count(len(members), excluded, 0, len(values), sum(map(Fraction, values), Fraction(0)))


def _holds(test: predicate.Predicate | None, row: Row, absent: bool) -> bool:
    return absent if test is None else test.holds(row.get)


def quickly(measure: model.Measure, table: Sequence[Row]) -> Counted:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE basis_case ({DDL})")
    con.execute(f"CREATE TABLE unit_tree ({TREE_DDL})")
    con.executemany("INSERT INTO unit_tree VALUES (?, ?, ?, ?, ?)", TREE)
    names = ("kind", "channel", "priority", "staff", "unit", "exception", "opened_at", "solved_at", "reopens")
    for number, row in enumerate(table):
        rating = None if row["rating"] is None else float(row["rating"])  # type: ignore[arg-type]
        con.execute(
            "INSERT INTO basis_case VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE)",
            [f"c{number}", *(row[name] for name in names), rating],
        )
    spans = [(name, *periods_.parse(name).instants("UTC")) for name in PERIODS]
    atoms = periods_.atoms(spans, [datetime(2026, 2, 10)])
    ofs = ["staff", "unit:desk", "unit:area", "attribute:channel"]
    return Counter(DuckDB(con), atoms, ofs, has_tree=True).count([measure])


@settings(max_examples=120, deadline=None)
@given(measures(), rows)
def test_counting_in_cells_is_counting_row_by_row(measure: model.Measure, table: Sequence[Row]) -> None:
    wanted, got = slowly(measure, table), quickly(measure, table)
    if measure.kind == "percentile":
        wanted = {place: count._replace(total=0) for place, count in wanted.items()}
    assert got.counts["m"] == wanted
    present = {(of, period) for of, _, period, _ in wanted}
    assert {key: subjects for key, subjects in got.present.items() if subjects} == {
        (of, period): {subject for o, subject, p, _ in wanted if (o, p) == (of, period)} for of, period in present
    }
