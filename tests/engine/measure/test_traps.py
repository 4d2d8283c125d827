"""The silent traps of counting in SQL: none raises an error, each once gave wrong figures somewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import duckdb

from steelyard.engine.measure import statements
from steelyard.engine.measure.backends.duckdb import DuckDB
from steelyard.engine.measure.counting import Counter
from steelyard.engine.measure.figures import Count
from steelyard.engine.measure.periods import Atom
from steelyard.engine.policy import columns, model, predicate

ATOM = Atom(datetime(2026, 1, 1), datetime(2027, 1, 1), ("2026",))
SCOPE = predicate.Scope("case", columns.BASES["case"].columns())
DDL = (
    "opened_at TIMESTAMP, staff VARCHAR, unit VARCHAR, kind VARCHAR, reopens BIGINT, rating DECIMAL(28,10), "
    "exception VARCHAR"
)


def counted(measure: model.Measure, rows: Sequence[Sequence[object]]) -> dict[str, Count]:
    """The counts by person; a row is staff, kind, reopens, rating."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE basis_case ({DDL})")
    con.executemany("INSERT INTO basis_case VALUES ('2026-05-01', ?, 'east', ?, ?, ?, NULL)", list(rows))
    found = Counter(DuckDB(con), [ATOM], ["staff"], has_tree=False).count([measure])
    return {subject: count for (of, subject, *_), count in found.counts["m"].items() if of == "staff"}


def measure(kind: str, **more: object) -> model.Measure:
    return model.Measure("m", kind, "case", **more)  # type: ignore[arg-type]


def where(text: str) -> predicate.Predicate:
    return predicate.parse(text, SCOPE)


def value(text: str) -> predicate.Expression:
    return predicate.parse_value(text, SCOPE)


def test_a_group_in_which_everything_is_null_counts_nought_and_not_null() -> None:
    found = counted(measure("proportion", numerator=where("kind = 'request'")), [["ann", None, None, None]])
    assert found == {"ann": Count(rows=1, counted=1, total=0)}


def test_not_of_an_unknown_is_no_hit() -> None:
    found = counted(measure("proportion", numerator=where("NOT (kind = 'request')")), [["ann", None, 1, 1]])
    assert found["ann"].total == 0


def test_an_unknown_exclusion_excludes_nothing() -> None:
    found = counted(measure("count", exclude=where("reopens > 0")), [["ann", "request", None, None]])
    assert (found["ann"].excluded, found["ann"].counted) == (0, 1)


def test_sums_beyond_the_exact_whole_numbers_of_a_double_are_exact() -> None:
    big = 2**53
    found = counted(measure("sum", value=value("reopens")), [["ann", "x", big, None], ["ann", "x", 1, None]])
    assert found["ann"].total == big + 1


def test_tenths_add_up_to_one() -> None:
    found = counted(measure("mean", value=value("rating")), [["ann", "x", 0, "0.1"] for _ in range(10)])
    assert (found["ann"].total, found["ann"].counted) == (Fraction(1), 10)


def test_a_percentile_is_a_value_that_was_measured_also_where_doubles_would_round_the_rank_up() -> None:
    rows = [["ann", "x", number, None] for number in range(1, 101)]
    for p in (7, 14, 28, 29, 55, 56, 57, 58):
        found = counted(measure("percentile", value=value("reopens"), p=p), rows)
        assert found["ann"].rank == p


def test_rows_of_nobody_make_no_subject() -> None:
    assert counted(measure("count"), [[None, "x", 1, None]]) == {}


def test_the_statements_keep_to_the_portable_constructs() -> None:
    """No function that engines disagree about: no LEAST or GREATEST, no joins on order, no free percentiles."""
    tests = statements.conditions(
        measure("proportion", numerator=where("reopens > 0"), exclude=where("kind = 'test'")), "duckdb"
    )
    aggregates = statements.Aggregates()
    statements.tally(measure("proportion"), tests, aggregates, provisional=False)
    sql = statements.cells("basis_case", "opened_at", [ATOM], {"subject_staff": "staff"}, aggregates)
    words = set(re.findall(r"[A-Z_]{3,}", re.sub(r"'[^']*'", "", sql)))
    assert words <= {
        *("SELECT", "FROM", "WHERE", "GROUP", "AND", "NOT", "CASE", "WHEN", "THEN", "ELSE", "END", "NULL"),
        *("SUM", "COUNT", "COALESCE", "CAST", "TIMESTAMP", "FALSE", "TRUE"),
    }
