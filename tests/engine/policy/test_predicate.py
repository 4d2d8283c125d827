"""Predicates: what may be written, what is refused and why, and that a row and a database agree."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import expressions as exp

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import predicate
from tests.engine.policy import expressions
from tests.engine.policy.expressions import COLUMNS, SAMPLE_ROW, SQL_TYPES

SCOPE = predicate.Scope("case", COLUMNS, ZoneInfo("Europe/Berlin"))


def _column(name: str) -> exp.Expression:
    return exp.column(name, quoted=True)


@pytest.fixture(scope="module")
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 1})
    columns = ", ".join(f'"{name}" {SQL_TYPES[type_]}' for name, type_ in COLUMNS.items())
    connection.execute(f"CREATE TABLE rows (place BIGINT, {columns})")
    yield connection
    connection.close()


def _fill(table: duckdb.DuckDBPyConnection, rows: list[Mapping[str, object]]) -> None:
    table.execute("DELETE FROM rows")
    marks = ", ".join("?" for _ in range(len(COLUMNS) + 1))
    table.executemany(
        f"INSERT INTO rows VALUES ({marks})", [[i, *(row[name] for name in COLUMNS)] for i, row in enumerate(rows)]
    )


def _asked(table: duckdb.DuckDBPyConnection, expression: exp.Expression) -> list[object]:
    sql = f"SELECT {expression.sql('duckdb')} FROM rows ORDER BY place"
    return [value for (value,) in table.execute(sql).fetchall()]


@settings(max_examples=150, deadline=None)
@given(text=expressions.predicates, rows=st.lists(expressions.rows, min_size=1, max_size=6))
@example(text="lower(attr.word) LIKE 'σας'", rows=[SAMPLE_ROW])
@example(text="NOT kind = 'x' AND NULL", rows=[SAMPLE_ROW, expressions.EMPTY_ROW])
def test_a_row_and_a_database_agree_on_every_predicate(
    table: duckdb.DuckDBPyConnection, text: str, rows: list[Mapping[str, object]]
) -> None:
    asked = predicate.parse(text, SCOPE)
    rows = [*rows, expressions.EMPTY_ROW]
    _fill(table, rows)
    assert [asked.holds(row.__getitem__) for row in rows] == _asked(table, asked.sql(_column))


@settings(max_examples=80, deadline=None)
@given(text=expressions.numbers, rows=st.lists(expressions.rows, min_size=1, max_size=6))
def test_a_row_and_a_database_agree_on_every_number(
    table: duckdb.DuckDBPyConnection, text: str, rows: list[Mapping[str, object]]
) -> None:
    computed = predicate.parse_value(text, SCOPE)
    _fill(table, rows)
    found = [None if value is None else Fraction(value) for value in _asked(table, computed.sql(_column))]
    assert [computed.value(row.__getitem__) for row in rows] == found


@settings(max_examples=150, deadline=None)
@given(text=expressions.predicates, row=expressions.rows)
def test_the_standard_spelling_reads_back_as_the_same_predicate(text: str, row: Mapping[str, object]) -> None:
    asked = predicate.parse(text, SCOPE)
    again = predicate.parse(asked.meaning, SCOPE)
    assert again.meaning == asked.meaning
    assert again.holds(row.__getitem__) == asked.holds(row.__getitem__)


REFUSED = {
    "met = TRUE -- and so on": "comments are not allowed",
    "met /* always */ = TRUE": "comments are not allowed",
    "met = TRUE; DROP TABLE case": "one expression only",
    "kind IN (SELECT kind FROM case)": "a subquery is not allowed",
    "EXISTS (SELECT 1)": "a subquery is not allowed",
    "read_csv('notes.csv') IS NOT NULL": "function read_csv is not allowed",
    "substr(kind, 1, 1) = 'p'": "function substr is not allowed",
    "nvl(kind, 'x') = 'x'": "function nvl is not allowed",
    "CAST(priority AS TEXT) = '1'": "CAST is not allowed",
    "priority::text = '1'": "CAST is not allowed",
    "row_number() OVER (ORDER BY id) = 1": "window functions are not allowed",
    "CASE WHEN met THEN 1 END = 1": "CASE is not allowed",
    "priority = ?": "parameters are not allowed",
    "priority = $1": "parameters are not allowed",
    "priority = :p": "parameters are not allowed",
    "priority = @p": "parameters are not allowed",
    "priority / 2 = 1": "/ is not allowed",
    "kind || 'x' = 'x'": "|| is not allowed",
    "kind[1] = 'x'": "[ is not allowed",
    "{{ kind }} = 'x'": "{ is not allowed",
    "kind = 'x": "a quotation mark ' is not closed",
    "kind = 'a' 'b'": "CONCAT is not allowed",
    "kind LIKE 'a' ESCAPE 'b'": "not a complete expression",
    "kind LIKE attr.word": "the pattern of LIKE is a text in quotes",
    "kind LIKE 'a\\%'": "may not hold a backslash",
    "met IS TRUE": "IS is for NULL only",
    "priority IN ()": "IN needs at least one value",
    "(kind, priority) = (1, 2)": "TUPLE is not allowed",
    "*": "STAR is not allowed",
    "priority = 1e9": "plain digits",
    "priority = 1234567890123456789": "too many digits",
    "priority = 0.12345678901": "too many digits",
    "kind = 'a\x00b'": "control characters are not allowed",
    "": "the expression is empty",
    "   ": "the expression is empty",
    "priority =": "not a complete expression",
    "kind = 'x' 5": "not a complete expression",
    "request.kind = 'x'": "no column request.kind",
    "attr.a.b = 'x'": "is not allowed",
    "Kind = 'x'": "no column Kind",
    "attr.colour = 'red'": "attribute colour of case is not declared",
    "met > 3": "met is boolean and 3 is integer",
    "kind = 3": "kind is text and 3 is integer",
    "kind + 1 = 2": "+ is for numbers, kind is text",
    "tags = 'x'": "has many values",
    "has(kind, 'x')": "has one value, not many",
    "has(tags, kind)": "has takes a many-valued column and a text",
    "met > TRUE": "TRUE and FALSE have no order",
    "priority": "the value of this is integer",
    "priority AND met": "priority is integer, not a condition",
    "due_at > 'soon'": "soon is not an instant",
    "lower(priority) = 'x'": "lower is for text",
    "attr.amount * attr.amount * attr.amount = 1": "more than 20 decimal places",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_is_not_whitelisted_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(SteelyardError) as caught:
        predicate.parse(text, SCOPE)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "met" + ")" * 5_000,
        "NOT " * 1_400 + "met",
        "- " * 1_400 + "1 = 1",
        " AND ".join(["met"] * 3_000),
        " + ".join(["priority"] * 700) + " = 1",
        "coalesce(" * 200 + "met" + ")" * 200,
        "x" * 100_000,
        "'" * 7_999,
    ],
)
def test_hostile_depth_and_length_are_refused(text: str) -> None:
    with pytest.raises(SteelyardError):
        predicate.parse(text, SCOPE)


def test_a_long_chain_of_and_is_not_deep() -> None:
    assert predicate.parse(" AND ".join(["met"] * 300), SCOPE).holds(SAMPLE_ROW.__getitem__)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                *"()*+-.,'\"=<",
                "met",
                "NOT",
                "IN",
                "kind",
                "1",
                "IS",
                "NULL",
                "BETWEEN",
                "AND",
                "has",
                "lower",
                "coalesce",
                "LIKE",
                "attr",
                "from",
                "select",
                "::",
                "tags",
                " ",
            ]
        ),
        max_size=25,
    ).map(" ".join)
)
def test_any_text_is_a_predicate_or_a_refusal(text: str) -> None:
    with contextlib.suppress(SteelyardError):
        predicate.parse(text, SCOPE).holds(SAMPLE_ROW.__getitem__)


@settings(max_examples=100, deadline=None)
@given(st.text("ab%_\n", max_size=7), st.text("ab\n", max_size=8))
def test_like_finds_what_a_plain_search_finds(pattern: str, text: str) -> None:
    asked = predicate.parse(f"kind LIKE '{pattern}'", SCOPE) if "\n" not in pattern else None
    expression = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in pattern)
    if asked:
        assert asked.holds({"kind": text}.get) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_no_pattern_takes_long() -> None:
    asked = predicate.parse(f"kind LIKE '{'%a' * 3000}%b'", SCOPE)
    assert not asked.holds({"kind": "a" * 10_000}.get)


def test_null_is_false_at_the_outermost_level_only() -> None:
    row: dict[str, object] = {"priority": None}
    assert not predicate.parse("priority <= 2", SCOPE).holds(row.__getitem__)
    assert not predicate.parse("NOT (priority <= 2)", SCOPE).holds(row.__getitem__)
    assert predicate.parse("(priority <= 2) IS NULL", SCOPE).holds(row.__getitem__)


def test_has_is_never_null() -> None:
    row: dict[str, object] = {"tags": None}
    assert predicate.parse("NOT has(tags, 'x')", SCOPE).holds(row.__getitem__)


def test_a_wall_time_in_a_fold_is_its_first_occurrence() -> None:
    asked = predicate.parse("due_at = '2026-10-25T02:30'", SCOPE)
    assert asked.meaning == "due_at = '2026-10-25T00:30:00.000000Z'"


def test_a_wall_time_in_a_gap_moves_forward() -> None:
    asked = predicate.parse("due_at = '2026-03-29T02:30'", SCOPE)
    assert asked.meaning == "due_at = '2026-03-29T01:30:00.000000Z'"


def test_a_reserved_word_that_is_a_column_needs_no_quotes() -> None:
    assert predicate.parse("from >= '2026-01-01'", SCOPE).columns == {"from"}


def test_columns_are_named_as_the_policy_names_them() -> None:
    asked = predicate.parse("attr.word = 'x' AND (kind = 'y' OR has(tags, 'z'))", SCOPE)
    assert asked.columns == {"attr.word", "kind", "tags"}


def test_a_loose_predicate_takes_any_column_as_text() -> None:
    asked = predicate.parse_loose("\"case:concept:name\" IS NULL OR 客户 = '0' AND caller_id <> ''")
    assert asked.columns == {"case:concept:name", "客户", "caller_id"}
    assert asked.holds({"case:concept:name": "1", "客户": "0", "caller_id": "9"}.__getitem__)
    assert asked.sql(_column).sql("duckdb").startswith('COALESCE((("case:concept:name" IS NULL)')


def test_loose_columns_are_text_so_numbers_are_quoted() -> None:
    with pytest.raises(SteelyardError, match="they cannot be compared"):
        predicate.parse_loose("priority > 3")


def test_numbers_are_exact() -> None:
    row = {"attr.amount": Decimal("0.1"), "wait_s": 2}
    assert predicate.parse("attr.amount + 0.2 = 0.3", SCOPE).holds(row.__getitem__)
    assert predicate.parse_value("wait_s * 1.5", SCOPE).value(row.__getitem__) == Fraction(3)
