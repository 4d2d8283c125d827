"""Facts one by one: those of a case, what a ledger holds in numbers, and facts that a program made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa

from steelyard.engine.errors import refuse
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.database import database
from steelyard.engine.ledger.macros import make_macros
from steelyard.engine.ledger.manifest import Import, instant_text
from steelyard.engine.ledger.report import ImportReport
from steelyard.engine.ledger.schema import INSTANT
from steelyard.engine.ledger.sealing import seal
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.store import COLUMNS, Ledger, open_ledger
from steelyard.engine.ledger.writing import Writer, write_facts, writer
from steelyard.engine.words import N_

_CHUNK: Final = 20_000
_MANY: Final = 1_000_000
_GIVEN: Final = pa.schema(
    [
        ("fact_id", pa.string()),
        ("kind", pa.string()),
        ("occurred_at", INSTANT),
        ("seq", pa.int64()),
        ("recorded_at", INSTANT),
        *((name, pa.string()) for name in ("about_type", "about_id", "staff", "unit", "actor", "data")),
    ]
)
_FEEDS: Final[Mapping[str, str]] = {
    "contact": "contact",
    "survey": "response",
    "inspection": "inspection",
    "mark": "mark",
    "training": "training",
    "posted": "posting",
    "unit": "unit",
}

_Facts: TypeAlias = Iterable[Mapping[str, object]] | pa.Table | pa.RecordBatchReader


def facts_of(ledger: Path | str, case: str) -> list[dict[str, object]]:
    """The facts of ``case`` in (occurred_at, seq, fact_id) order, corrections applied, as rows of the fact's columns.

    Instants are UTC without zone; ``data`` is an object whose broken numbers are exact decimals. An unknown case has
    no facts. Raises SteelyardError ``no-ledger``.
    """
    with database() as con:
        open_ledger(ledger).relation(con)
        rows = con.execute(
            "SELECT * FROM facts WHERE about_type = 'case' AND about_id = ? ORDER BY occurred_at, seq, fact_id", [case]
        ).fetchall()
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    for fact in found:
        fact["data"] = json.loads(fact["data"], parse_float=Decimal) if fact["data"] else {}
    return found


def stat(ledger: Path | str) -> dict[str, object]:
    """How many facts there are, by kind, month and source, their span, and how many cases they are about."""
    store = open_ledger(ledger)
    with database() as con:
        store.relation(con, corrections=False)
        row = con.execute(
            """
            SELECT count(*), count(DISTINCT about_id) FILTER (about_type = 'case'), min(occurred_at), max(occurred_at)
            FROM facts
            """
        ).fetchone()
        by = {
            name: dict(con.execute(f"SELECT {what} AS of, count(*) FROM facts GROUP BY of ORDER BY of").fetchall())
            for name, what in (("kinds", "kind"), ("months", "strftime(occurred_at, '%Y-%m')"), ("sources", "source"))
        }
    assert row is not None
    covers = {
        feed: [f"{first} – {end}" for first, end in store.covers(feed)]
        for feed in sorted({feed for entry in store.manifest.imports for feed in entry.feeds})
    }
    return {
        "facts": row[0],
        "cases": row[1],
        "first_at": row[2],
        "last_at": row[3],
        "position": store.position,
        "head": store.head(),
        **by,
        "covers": {feed: ", ".join(spans) for feed, spans in covers.items() if spans},
    }


def append(
    ledger: Path | str,
    facts: _Facts,
    source: str,
    *,
    covers: tuple[date, date] | None = None,
    feeds: Sequence[str] | None = None,
    recorded_at: datetime | None = None,
) -> ImportReport:
    """Append ``facts`` that a program made, all or none of them.

    A fact needs ``kind``, ``occurred_at`` (an instant in UTC: a datetime, or ISO 8601 text) and ``about_id``; it is
    about a case unless ``about_type`` says otherwise. ``data`` is an object or its JSON, ``attributes`` go into it.
    Where they are missing, ``seq`` is the order given and ``fact_id`` made from the source and all the fact says. A
    fact whose id is there already is left out. Arrow tables have the fact's columns. ``covers`` and ``feeds`` say for
    which days and which records (case, contact …) the source is complete.

    Raises SteelyardError ``fact`` for a fact that is none, and what :func:`import_source` raises for the folder.
    """
    moment = (recorded_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    with writer(Path(ledger), large=not isinstance(facts, Sized) or len(facts) > _MANY) as change:
        make_macros(change.con, model.Source("csv", timezone="UTC"))
        _take(change.con, facts)
        _complete(change.con, source, moment, change.before.next_seq(source))
        return _seal(change, source, moment, covers, feeds)


def _take(
    con: duckdb.DuckDBPyConnection, facts: Iterable[Mapping[str, object]] | pa.Table | pa.RecordBatchReader
) -> None:
    """Make ``given`` from the facts; ``rowid`` is their order."""
    con.register("empty_given", _GIVEN.empty_table())
    con.execute("CREATE TABLE given AS SELECT * FROM empty_given")
    if isinstance(facts, pa.Table | pa.RecordBatchReader):
        tables: Iterable[pa.Table] = [facts]
    else:
        tables = _tables(iter(facts))
    for table in tables:
        con.register("some_given", table)
        known = ", ".join(name for name in _GIVEN.names if name in table.schema.names)
        con.execute(f"INSERT INTO given ({known}) SELECT {known} FROM some_given")
        con.unregister("some_given")


def _tables(facts: Iterator[Mapping[str, object]]) -> Iterator[pa.Table]:
    number = 0
    while chunk := list(islice(facts, _CHUNK)):
        rows = []
        for fact in chunk:
            number += 1
            rows.append(_row(fact, number))
        yield pa.Table.from_pylist(rows, _GIVEN)


def _row(fact: Mapping[str, object], number: int) -> dict[str, object]:
    row = {name: fact.get(name) for name in _GIVEN.names}
    try:
        row["occurred_at"], row["recorded_at"] = _instant(fact.get("occurred_at")), _instant(fact.get("recorded_at"))
        row["data"] = _data(fact)
    except (TypeError, ValueError) as error:
        raise _no_fact(number, str(error)) from None
    return row


def _instant(value: object) -> datetime | None:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment is None or isinstance(moment, datetime):
        return moment.astimezone(UTC).replace(tzinfo=None) if moment is not None and moment.tzinfo else moment
    raise TypeError(f"{value!r} is no instant")


def _data(fact: Mapping[str, object]) -> str:
    data = fact.get("data") or {}
    found = json.loads(data, parse_float=Decimal) if isinstance(data, str) else data
    if not isinstance(found, Mapping):
        raise TypeError("data is no object")
    attributes = fact.get("attributes")
    if isinstance(attributes, Mapping) and attributes:
        found = {**found, "attributes": {**found.get("attributes", {}), **attributes}}
    return _json(found)


def _json(value: object) -> str:
    """``value`` as JSON; decimals keep their digits, instants are ISO 8601 in UTC."""
    match value:
        case Mapping():
            return (
                "{" + ",".join(f"{json.dumps(str(k), ensure_ascii=False)}:{_json(v)}" for k, v in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(_json(item) for item in value) + "]"
        case Decimal():
            return format(value, "f")
        case datetime():
            moment = _instant(value)
            assert moment is not None
            return f'"{moment.isoformat()}Z"'
        case date():
            return f'"{value.isoformat()}"'
        case _:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _complete(con: duckdb.DuckDBPyConnection, source: str, moment: datetime, next_seq: int) -> None:
    """Fill in what the facts did not say, and refuse what is no fact."""
    con.execute(
        f"""
        UPDATE given SET about_type = coalesce(about_type, 'case'), seq = coalesce(seq, {next_seq} + rowid),
          recorded_at = coalesce(recorded_at, TIMESTAMP '{moment.isoformat(sep=" ")}'), data = coalesce(data, '{{}}')
        """
    )
    content = "about_type, about_id, occurred_at, kind, staff, unit, actor, data"
    said = f"CAST(to_json(row({literal(source)}, {content}, ordinal)) AS VARCHAR)"
    con.execute(
        f"""
        UPDATE given SET fact_id = CAST(uuid8(sha256(numbered.said)) AS VARCHAR)
        FROM (
          SELECT place, {said} AS said FROM (
            SELECT *, rowid AS place, row_number() OVER (PARTITION BY {content} ORDER BY seq, rowid) AS ordinal
            FROM given WHERE fact_id IS NULL)
        ) AS numbered WHERE numbered.place = given.rowid
        """
    )
    wrong = con.execute(
        """
        SELECT rowid + 1, CASE WHEN kind IS NULL OR kind = '' THEN 'kind' WHEN occurred_at IS NULL THEN 'occurred_at'
          WHEN about_id IS NULL THEN 'about_id' ELSE 'data' END
        FROM given
        WHERE kind IS NULL OR kind = '' OR occurred_at IS NULL OR about_id IS NULL
          OR json_type(TRY_CAST(data AS JSON)) IS DISTINCT FROM 'OBJECT' LIMIT 1
        """
    ).fetchone()
    if wrong:
        raise _no_fact(wrong[0], wrong[1])
    twice = con.execute("SELECT fact_id FROM given GROUP BY fact_id HAVING count(*) > 1 LIMIT 1").fetchone()
    if twice:
        raise refuse("fact", N_("two facts have the id {fact_id}"), remedy=N_("give each its own"), fact_id=twice[0])


def _seal(
    change: Writer, source: str, moment: datetime, covers: tuple[date, date] | None, feeds: Sequence[str] | None
) -> ImportReport:
    con, before = change.con, change.before
    Ledger(change.folder, before).relation(con, name="known", corrections=False)
    read = _number(con, "SELECT count(*) FROM given")
    con.execute("DELETE FROM given WHERE fact_id IN (SELECT fact_id FROM known)")
    kinds = dict(con.execute("SELECT kind, count(*) FROM given GROUP BY kind ORDER BY kind").fetchall())
    facts = f"SELECT given.*, {literal(source)} AS source, placed.position FROM given JOIN placed USING (fact_id)"
    ids = "SELECT recorded_at, fact_id FROM given"
    batches = seal(con, ids, facts, position=before.position, head=before.head, order="recorded_at, fact_id")
    loaded, number = sum(kinds.values()), len(before.imports) + 1
    entry = Import(
        number=number,
        source=source,
        feeds=tuple(feeds) if feeds is not None else tuple(sorted({_feed(kind) for kind in kinds})),
        file="",
        recorded_at=instant_text(moment),
        mapping="",
        covers=(covers[0].isoformat(), covers[1].isoformat()) if covers else None,
        zone=None,
        rows_read=read,
        loaded=loaded,
        present=read - loaded,
        changed=0,
        ignored=0,
        rejected=0,
        facts=kinds,
        first_position=before.position + 1,
        last_position=before.position + loaded,
        next_seq=before.next_seq(source) + read,
    )
    change.commit(before.extended(batches, write_facts(change, number), entry))
    return ImportReport(source, "", read, loaded, read - loaded, 0, 0, 0, facts=kinds, position=entry.last_position)


def _feed(kind: str) -> str:
    return _FEEDS.get(kind.partition(".")[0], "case")


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _no_fact(number: int, why: str) -> Exception:
    return refuse(
        "fact",
        N_("fact {number} is none: {why}"),
        remedy=N_("a fact has a kind, an instant occurred_at, an about_id, and data that is an object"),
        number=number,
        why=why,
    )
