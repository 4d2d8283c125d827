"""A small ledger in DuckDB for tests: the views and tables that records are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from steelyard.engine.ledger.schema import FACT_SCHEMA
from steelyard.engine.records.fold import Clock, Fact

EPOCH = datetime(1970, 1, 1)


def connect(facts: Mapping[tuple[str, str], Sequence[Fact]], as_of: int) -> duckdb.DuckDBPyConnection:
    """A connection with view ``facts`` (by what they are about: type and id) before ``as_of``."""
    rows = [
        {
            "fact_id": fact.fact_id,
            "kind": fact.kind,
            "occurred_at": moment(fact.occurred_at),
            "seq": fact.seq,
            "about_type": about_type,
            "about_id": about_id,
            "staff": fact.staff,
            "unit": fact.unit,
            "actor": fact.actor,
            "data": json.dumps({**fact.data, "attributes": dict(fact.attributes)}, ensure_ascii=False),
            "source": "test",
        }
        for (about_type, about_id), those in facts.items()
        for fact in those
        if fact.occurred_at < as_of
    ]
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("_facts", pa.Table.from_pylist(rows, schema=FACT_SCHEMA))
    con.execute("CREATE TABLE all_facts AS SELECT * FROM _facts ORDER BY random()")
    con.execute("CREATE TEMP VIEW facts AS SELECT * FROM all_facts")
    con.execute(
        "CREATE TABLE cases AS SELECT DISTINCT about_id AS id, 0 AS version FROM facts WHERE about_type = 'case'"
    )
    con.execute(
        "CREATE TABLE contacts AS SELECT about_id AS id, min(occurred_at) AS offered_at FROM facts "
        "WHERE about_type = 'contact' GROUP BY ALL"
    )
    con.execute(
        "CREATE TABLE postings (staff VARCHAR, unit VARCHAR, role VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP)"
    )
    con.execute(
        "CREATE TABLE units (unit VARCHAR, parent VARCHAR, kind VARCHAR, name VARCHAR, valid_from TIMESTAMP, "
        "valid_to TIMESTAMP)"
    )
    return con


def clocks(con: duckdb.DuckDBPyConnection) -> list[Clock]:
    """The rows of ``clocks`` by about, id, commitment, key and n."""
    names = [field.name for field in fields(Clock)]
    found = con.execute(
        f"SELECT {', '.join(names)} FROM clocks ORDER BY about, id, commitment, key NULLS FIRST, n"
    ).fetchall()
    return [Clock(**{name: _micros(value) for name, value in zip(names, row, strict=True)}) for row in found]


def moment(at: int) -> datetime:
    """An instant as DuckDB holds it."""
    return EPOCH + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    """An instant of DuckDB in microseconds."""
    return (at.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)


def _micros(value: object) -> object:
    if isinstance(value, datetime):
        return micros(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
    return value
