"""Random predicates as text, and the rows they are asked about."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

COLUMNS = {
    "kind": "text",
    "attr.word": "text",
    "priority": "integer",
    "wait_s": "integer",
    "attr.amount": "number",
    "met": "boolean",
    "attr.flag": "boolean",
    "due_at": "instant",
    "from": "instant",
    "tags": "list",
}
SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(28,10)",
    "boolean": "BOOLEAN",
    "instant": "TIMESTAMP",
    "list": "VARCHAR[]",
}
TEXTS = ["", "a", "A", "request", "Σας", "İx", "it's", "投诉", "50% off", "a_b", "\U00010400", "\uffee"]
INSTANTS = ["2026-03-05", "2026-03-05T18:00+08:00", "2026-03-05T10:00:00.000001Z", "2026-10-25T02:30"]


def _named(type_: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, found in COLUMNS.items() if found == type_])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


literal_texts = st.sampled_from(TEXTS).map(_quoted)
literal_numbers = st.one_of(
    st.integers(0, 9).map(str),
    st.decimals(min_value=0, max_value=1000, places=3).map(lambda number: f"{number:f}"),
)
texts = st.recursive(
    _named("text") | literal_texts | st.just("NULL"),
    lambda below: st.one_of(
        below.map(lambda text: f"lower({text})"),
        st.lists(below, min_size=1, max_size=3).map(lambda items: f"coalesce({', '.join(items)})"),
    ),
    max_leaves=3,
)
numbers = st.recursive(
    _named("integer") | _named("number") | literal_numbers | st.just("NULL"),
    lambda below: st.one_of(
        st.tuples(below, st.sampled_from("+-"), below).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        st.tuples(below, _named("integer") | st.integers(0, 9).map(str)).map(lambda part: f"{part[0]} * {part[1]}"),
        below.map(lambda number: f"-({number})"),
        st.lists(below, min_size=1, max_size=3).map(lambda items: f"coalesce({', '.join(items)})"),
    ),
    max_leaves=4,
)
instants = _named("instant") | st.just("NULL")
moments = instants | st.sampled_from(INSTANTS).map(_quoted)
patterns = st.text("a%_A投ΣΣ", max_size=5).map(_quoted)
order = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])


def _asked(left: st.SearchStrategy[str], right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(right, min_size=1, max_size=4).map(", ".join)
    negated = st.sampled_from(["", "NOT "])
    return st.one_of(
        st.tuples(left, order, right).map(" ".join),
        st.tuples(left, negated, several).map(lambda part: f"{part[0]} {part[1]}IN ({part[2]})"),
        st.tuples(left, negated, right, right).map(lambda part: f"{part[0]} {part[1]}BETWEEN {part[2]} AND {part[3]}"),
        st.tuples(left, negated).map(lambda part: f"{part[0]} IS {part[1]}NULL"),
    )


single = st.one_of(
    _asked(texts, texts),
    _asked(numbers, numbers),
    _asked(instants, moments),
    st.tuples(texts, patterns).map(lambda part: f"{part[0]} LIKE {part[1]}"),
    literal_texts.map(lambda text: f"has(tags, {text})"),
    _named("boolean"),
    st.tuples(_named("boolean"), st.sampled_from(["=", "<>"]), st.sampled_from(["TRUE", "FALSE", "NULL"])).map(
        " ".join
    ),
    st.sampled_from(["TRUE", "FALSE", "NULL"]),
)
predicates = st.recursive(
    single,
    lambda below: st.one_of(
        st.lists(below, min_size=2, max_size=4).map(" AND ".join),
        st.lists(below, min_size=2, max_size=4).map(" OR ".join),
        below.map(lambda text: f"NOT ({text})"),
        below.map(lambda text: f"NOT {text}"),
        below.map(lambda text: f"({text})"),
        st.tuples(below, below).map(lambda part: f"coalesce({part[0]}, {part[1]}) = ({part[1]})"),
    ),
    max_leaves=6,
)

_values = {
    "text": st.none() | st.sampled_from(TEXTS),
    "integer": st.none() | st.integers(-5, 5) | st.integers(-(10**6), 10**6),
    "number": st.none() | st.decimals(min_value=-(10**6), max_value=10**6, places=10),
    "boolean": st.none() | st.booleans(),
    "instant": st.none()
    | st.sampled_from([datetime(2026, 3, 5, 10), datetime(2026, 3, 4, 16), datetime(2026, 3, 5, 10, 0, 0, 1)]),
    "list": st.none() | st.lists(st.sampled_from(TEXTS), max_size=3),
}
rows = st.fixed_dictionaries({name: _values[type_] for name, type_ in COLUMNS.items()})
"""Rows by the policy's column names, with Decimal numbers and naive UTC instants."""

EMPTY_ROW: dict[str, object] = dict.fromkeys(COLUMNS)
SAMPLE_ROW: dict[str, object] = {
    "kind": "request",
    "attr.word": "Σας",
    "priority": 1,
    "wait_s": 30,
    "attr.amount": Decimal("12.5"),
    "met": True,
    "attr.flag": False,
    "due_at": datetime(2026, 3, 5, 10),
    "from": datetime(2026, 3, 4, 16),
    "tags": ["a", "投诉"],
}
