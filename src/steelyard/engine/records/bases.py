"""What measures may count: one view a basis, each with the columns of SPEC §3 and nothing else to know.

Beside the basis' own columns a view has ``staff`` and ``unit`` (the holder's) and the same pair for the
``opener``, the ``closer`` and the ``actor``, so that ``attribute_to`` is a choice of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from steelyard.engine.policy import model
from steelyard.engine.records.cases import COMMON
from steelyard.engine.records.expressions import SQL_TYPES, quoted, select_list

SUBJECT_PAIRS: Final = ("opener", "closer", "actor")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a basis is counted: its view, and which records' sources must cover a period for an empty count to be 0."""

    view: str
    feeds: tuple[str, ...]


SOURCES: Final[Mapping[str, Source]] = {
    "case": Source("basis_case", ("case",)),
    "clock": Source("basis_clock", ("case", "contact", "posting")),
    "contact": Source("basis_contact", ("contact",)),
    "response": Source("basis_response", ("response",)),
    "inspection": Source("basis_inspection", ("inspection",)),
    "answer": Source("basis_answer", ("inspection",)),
    "item": Source("basis_item", ("case",)),
    "mark": Source("basis_mark", ("mark",)),
    "training": Source("basis_training", ("training",)),
    "posting": Source("basis_posting", ("posting",)),
}

_TABLES: Final[Mapping[str, str]] = {
    "case": "cases",
    "contact": "contacts",
    "response": "responses",
    "inspection": "inspections",
    "answer": "answers",
    "item": "items",
    "mark": "marks",
    "training": "training",
}


def declared(policies: Sequence[model.Policy], *of: str) -> dict[str, str]:
    """The declared attributes of the things in ``of`` with their types; a later version's type wins."""
    return {a.name: a.type for policy in policies for a in policy.attributes if a.of in of}


def used_columns(policies: Sequence[model.Policy]) -> frozenset[str]:
    """Every column that a measure, a stratum or a subject of ``policies`` names: what is worth folding."""
    used: set[str] = set()
    for policy in policies:
        for measure in policy.measures:
            for part in (measure.population, measure.exclude, measure.numerator, measure.value):
                used |= part.columns if part else set()
            used.update(measure.stratify)
            used.update([measure.by] if measure.by else [])
            used.update(["exception"] if measure.except_ else [])
            used.update(f"{measure.attribute_to}_{what}" for what in ("staff", "unit"))
        used.update(
            card.of.removeprefix("attribute:") for card in policy.scorecards if card.of.startswith("attribute:")
        )
    return frozenset(used)


def build_basis(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make the view of basis ``name`` over the record tables it needs."""
    if name == "clock":
        _clock(con)
    elif name == "posting":
        _posting(con)
    else:
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {SOURCES[name].view} AS SELECT *, FALSE AS provisional FROM {_TABLES[name]}"
        )


def _clock(con: duckdb.DuckDBPyConnection) -> None:
    """Judged clocks with the columns of the case or contact they run on."""
    cases, contacts = _columns_of(con, "cases"), _columns_of(con, "contacts")
    own = _columns_of(con, "clocks")

    def borrowed(name: str, type_: str) -> str:
        sources = [
            f"{table}.{quoted(name)}" for table, has in (("cases", cases), ("contacts", contacts)) if name in has
        ]
        return f"coalesce({', '.join(sources)})" if sources else f"CAST(NULL AS {type_})"

    attributes = sorted(column for column in {**cases, **contacts} if column.startswith("attr."))
    columns = [
        (
            "id",
            "clocks.id || '/' || commitment || coalesce('/' || key, '') || CASE WHEN n > 1 THEN '/' || n ELSE '' END",
        ),
        ("about_id", "clocks.id"),
        *[(name, borrowed(name, SQL_TYPES[type_])) for name, type_ in COMMON.items()],
        ("source", borrowed("source", "VARCHAR")),
        *[(f"{who}_{what}", _attributed(who, what, borrowed)) for who in SUBJECT_PAIRS for what in ("staff", "unit")],
        *[(name, borrowed(name, {**cases, **contacts}[name])) for name in attributes],
        *[(name, f"clocks.{quoted(name)}") for name in own if name not in ("id", "about", "actor")],
        ("about", "clocks.about"),
    ]
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW basis_clock AS
        SELECT {select_list(columns)}
        FROM clocks
        LEFT JOIN cases ON clocks.about = 'case' AND cases.id = clocks.id
        LEFT JOIN contacts ON clocks.about = 'contact' AND contacts.id = clocks.id
        WHERE clocks.judged
        """
    )


def _attributed(who: str, what: str, borrowed: Callable[[str, str], str]) -> str:
    """Opener and closer are those of the case; the actor is who did the stopping act, with the clock's unit."""
    if who != "actor":
        return borrowed(f"{who}_{what}", "VARCHAR")
    return (
        "CASE WHEN clocks.actor NOT IN ('customer', 'system') THEN clocks.actor END"
        if what == "staff"
        else "clocks.unit"
    )


def _posting(con: duckdb.DuckDBPyConnection) -> None:
    columns = [
        ("id", "staff || '/' || unit || '/' || strftime(valid_from, '%Y-%m-%d')"),
        *[(name, f"CAST(NULL AS {SQL_TYPES[type_]})") for name, type_ in COMMON.items()],
        ("staff", "staff"),
        ("unit", "unit"),
        *[(f"{who}_{what}", what) for who in SUBJECT_PAIRS for what in ("staff", "unit")],
        ("exception", "CAST(NULL AS VARCHAR)"),
        ("source", "CAST(NULL AS VARCHAR)"),
        ("role", "role"),
        ("from", "valid_from"),
        ("to", "valid_to"),
        ("provisional", "FALSE"),
    ]
    con.execute(f"CREATE OR REPLACE TEMP VIEW basis_posting AS SELECT {select_list(columns)} FROM postings")


def _columns_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]).fetchall()
    return dict(rows)
