"""A source seen again: what is new, what is there already, what says something else now."""

from __future__ import annotations

from typing import Final

import duckdb

from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.store import Ledger

BECAUSE: Final = "imported-again"
"""The reason in a ``corrected`` fact that an import appends."""


def take_all(con: duckdb.DuckDBPyConnection) -> None:
    """The source is new and names no row twice: every candidate is a new fact (``news``), nothing differs."""
    con.execute("ALTER TABLE candidates RENAME TO news")
    con.execute("CREATE TABLE differences (n BIGINT, fact_id UUID, field VARCHAR, was VARCHAR, now VARCHAR)")


def compare(con: duckdb.DuckDBPyConnection, ledger: Ledger, source: str, data: str) -> None:
    """Make ``news`` (candidates that are new facts) and ``differences`` from ``candidates`` and the ledger.

    ``data`` is the SQL of a candidate's data. ``differences`` has a row for each field of a fact that says something
    else now: ``n fact_id field was now`` (JSON texts). The states of a fact are compared in order: as the ledger has
    it, then row by row.
    """
    _find_states(con, ledger, source, data)
    con.execute(
        """
        CREATE TABLE news AS
        SELECT * FROM candidates WHERE occurred_at IS NOT NULL AND fact_id NOT IN (SELECT fact_id FROM states)
        UNION ALL
        SELECT candidates.* FROM candidates JOIN states USING (fact_id, n, slot)
        WHERE candidates.occurred_at IS NOT NULL AND states.was IS NULL
        """
    )
    con.execute(f"CREATE TABLE differences AS WITH changing AS ({_CHANGING}) {' UNION ALL '.join(_differences())}")
    con.execute("DROP TABLE states")
    con.execute("DROP TABLE candidates")


def _find_states(con: duckdb.DuckDBPyConnection, ledger: Ledger, source: str, data: str) -> None:
    """Make ``states``: what the ledger and the rows say of facts that are there, or that several rows speak of.

    ``was`` and ``was_at`` are what the state before said; a state without ``occurred_at`` says that the fact is none.
    """
    ledger.relation(con, name="known", struck=True)
    con.execute(
        f"""
        CREATE TABLE before AS
        SELECT TRY_CAST(fact_id AS UUID) AS fact_id, occurred_at, {_content("data")} AS content FROM known
        WHERE source = {literal(source)} AND TRY_CAST(fact_id AS UUID) IN (SELECT fact_id FROM candidates)
        """
    )
    con.execute(
        f"""
        CREATE TABLE states AS
        WITH involved AS (
          SELECT fact_id FROM before UNION SELECT fact_id FROM candidates GROUP BY fact_id HAVING count(*) > 1
        ), told AS (
          SELECT fact_id, -1 AS n, 0 AS slot, occurred_at, content FROM before
          UNION ALL
          SELECT fact_id, n, slot, occurred_at, CASE WHEN occurred_at IS NOT NULL THEN {_content(data)} END
          FROM candidates JOIN contents USING (n) WHERE fact_id IN (SELECT fact_id FROM involved)
        )
        SELECT *, lag(occurred_at) OVER earlier AS was_at, last_value(content IGNORE NULLS) OVER earlier AS was
        FROM told
        WINDOW earlier AS (PARTITION BY fact_id ORDER BY n, slot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        """
    )
    con.execute("DROP TABLE before")


def _content(data: str) -> str:
    return f"{{'staff': staff, 'unit': unit, 'actor': actor, 'data': {data}}}"


_CHANGING: Final = """
    SELECT * FROM states
    WHERE n >= 0 AND was IS NOT NULL
      AND (occurred_at IS DISTINCT FROM was_at OR content IS NOT NULL AND content IS DISTINCT FROM was)
"""


def _differences() -> list[str]:
    """One SELECT for each kind of field. JSON members are compared after both were read: 10.50 is 10.5."""
    selects = [
        """
        SELECT n, fact_id, 'occurred_at' AS field, instant_json(was_at) AS was, instant_json(occurred_at) AS now
        FROM changing WHERE occurred_at IS DISTINCT FROM was_at
        """
    ]
    for column in ("staff", "unit", "actor"):
        selects.append(
            f"""
            SELECT n, fact_id, '{column}', CAST(to_json(was.{column}) AS VARCHAR),
              CAST(to_json(content.{column}) AS VARCHAR)
            FROM changing WHERE content IS NOT NULL AND content.{column} IS DISTINCT FROM was.{column}
            """
        )
    for prefix, path, own in (("attributes.", "$.attributes", ""), ("data.", "$", " WHERE key <> 'attributes'")):
        keys = ", ".join(f"coalesce(json_keys({side}.data, '{path}'), [])" for side in ("was", "content"))
        old, new = (f"json_extract({side}, '{path}.\"' || key || '\"')" for side in ("old", "new"))
        selects.append(
            f"""
            SELECT n, fact_id, '{prefix}' || key, CAST({old} AS VARCHAR), CAST({new} AS VARCHAR)
            FROM (
              SELECT n, fact_id, was.data AS old, content.data AS new, unnest(list_distinct(list_concat({keys}))) AS key
              FROM changing WHERE content IS NOT NULL AND content.data IS DISTINCT FROM was.data
            ){own}{" AND" if own else " WHERE"} {old} IS DISTINCT FROM {new}
            """
        )
    return selects


def write_corrections(con: duckdb.DuckDBPyConnection, source: str, recorded_at: str, number: int) -> None:
    """Make ``corrections``: a ``corrected`` fact for each field of a fact that differs.

    Several rows may have changed a field in turn; what counts is what it was before and what it is in the end.
    """
    con.execute(
        f"""
        CREATE TABLE corrections AS
        SELECT uuid8(sha256(concat_ws(chr(31), {literal(source)}, fact_id, field, 'corrected', {number}))) AS fact_id,
          'corrected' AS kind, {recorded_at} AS occurred_at, n AS seq, about_id,
          concat('{{"fact_id":"', fact_id, '","field":', to_json(field), ',"was":', was, ',"is":', now,
            ',"because":"{BECAUSE}"}}') AS data
        FROM (
          SELECT fact_id, field, max(n) AS n, arg_min(coalesce(was, 'null'), n) AS was,
            arg_max(coalesce(now, 'null'), n) AS now
          FROM differences GROUP BY fact_id, field
        ) JOIN (SELECT n, about_id FROM contents) USING (n)
        WHERE was <> now
        """
    )
