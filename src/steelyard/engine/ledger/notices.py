"""What an import accepts but a person should know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import duckdb

from steelyard.engine.errors import Problem, refuse
from steelyard.engine.ledger.rows import Program
from steelyard.engine.ledger.sql import literal
from steelyard.engine.words import N_

_STARTS_AND_STOPS: Final = {
    "events": ("opened", ("solved", "closed")),
    "cases": ("opened", ("solved", "closed")),
    "contacts": ("contact.offered", ("contact.answered", "contact.abandoned", "contact.ended")),
}


def stops_before_start(con: duckdb.DuckDBPyConnection, program: Program) -> Iterator[Problem]:
    """Cases (or contacts) with a stop before their start; needs ``candidates``."""
    if program.mapping.rows not in _STARTS_AND_STOPS:
        return
    start, stops = _STARTS_AND_STOPS[program.mapping.rows]
    stop = ", ".join(literal(kind) for kind in stops)
    row = con.execute(
        f"""
        SELECT count(*) FROM (
          SELECT key FROM candidates WHERE kind IN ({literal(start)}, {stop}) GROUP BY key
          HAVING min(occurred_at) FILTER (kind IN ({stop})) < min(occurred_at) FILTER (kind = {literal(start)})
        )
        """
    ).fetchone()
    if row and row[0]:
        yield Problem(
            "stop-before-start",
            N_("{count} stop before they start: a stop before the start is no stop"),
            {"count": row[0]},
            N_("look at their instants in the source"),
        )


def offsets(con: duckdb.DuckDBPyConnection, program: Program, file: str) -> Iterator[Problem]:
    """Columns in which only some stamps have an offset; refuses a source that has neither offsets nor a zone.

    Needs ``src``. Raises SteelyardError ``timezone``.
    """
    source = program.mapping.source
    texts = {alias: sql for sql, alias in program.terms.texts.items()}
    asked = [alias for alias in program.terms.instants if alias in texts]
    if source.timestamps or not asked:
        return
    counts = ", ".join(f"bool_or(says_offset({alias})), bool_or(says_wall({alias}))" for alias in asked)
    columns = ", ".join(f"{texts[alias]} AS {alias}" for alias in asked)
    row = con.execute(f"SELECT {counts} FROM (SELECT {columns} FROM src)").fetchone()
    assert row is not None
    pairs = list(zip(asked, row[::2], row[1::2], strict=True))
    if source.timezone is None and any(wall for _, _, wall in pairs) and not any(zoned for _, zoned, _ in pairs):
        raise refuse(
            "timezone",
            N_("the stamps of {file} have no offset and the mapping names no zone"),
            remedy=N_("add source.timezone"),
            place=program.mapping.place("spec.source"),
            file=file,
        )
    for alias, zoned, wall in pairs:
        if zoned and wall:
            yield Problem(
                "mixed-offsets",
                N_("only some stamps of {column} have an offset"),
                {"column": program.terms.labels[alias]},
                N_("the others are read in the source's zone") if source.timezone else N_("the others are rejected"),
            )


def rejected(count: int, listed: str) -> Iterator[Problem]:
    """Rows that could not be taken."""
    if count:
        yield Problem(
            "rejects", N_("{count} rows were rejected"), {"count": count, "listed": listed}, N_("{listed} says why")
        )
