"""Rows of a source become candidates for facts: read, passed over, rejected, compared with the row before."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Final

import duckdb
from sqlglot import expressions as exp

from steelyard.engine.errors import Problem, SteelyardError
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.reading import Reader
from steelyard.engine.ledger.slots import Shape, Slot, shape
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.terms import Terms
from steelyard.engine.words import N_

KEPT: Final = "NOT skipped AND bad = 0"


@dataclass(frozen=True, slots=True)
class Program:
    """What to do with each row of an open source, as SQL; ``wanted`` are the columns it needs, by index."""

    mapping: model.Mapping
    terms: Terms
    shape: Shape
    wanted: tuple[int, ...]
    skipped: str
    unmapped: tuple[str, ...]


def compile_rows(mapping: model.Mapping, reader: Reader) -> Program:
    """Fit ``mapping`` to the columns of an open source; raises SteelyardError for columns that are not there."""
    named = [name for value in mapping.values() for name in value.columns]
    asked = sorted(mapping.ignore.columns) if mapping.ignore else []
    _refuse_missing(mapping, reader)
    indexes = {name: index for index, name in reversed(list(enumerate(reader.columns)))}
    terms = Terms({name: indexes[name] for name in named}, lists=mapping.source.format in ("jsonl", "parquet"))
    skipped = "FALSE"
    if mapping.ignore is not None:
        condition = mapping.ignore.sql(lambda name: exp.column(f"c{indexes[name]}", table="src"))
        skipped = condition.sql(dialect="duckdb")
    mapped = set(named)
    return Program(
        mapping=mapping,
        terms=terms,
        shape=shape(mapping, terms),
        wanted=tuple(sorted({indexes[name] for name in [*named, *asked]})),
        skipped=skipped,
        unmapped=tuple(name for name in reader.columns if name not in mapped),
    )


def check_rows(con: duckdb.DuckDBPyConnection, program: Program, line: str) -> None:
    """Make ``checked`` from ``src``: what becomes of each row; and view ``contents``: what its facts carry.

    ``checked`` has ``n line skipped bad id`` and by slot ``a<j>`` (instant), ``k<j>`` (kind), ``w<j>`` (the watched
    value), ``y<j>`` (the key where it is not the row's). ``contents`` has ``n about_id staff unit actor data`` and
    ``d<j>`` (the data of a slot where they are not the row's); it is computed when it is asked.
    """
    shape = program.shape
    narrow = [("line", "line"), ("skipped", "skipped"), ("bad", program.terms.bad()), ("id", shape.id)]
    wide = list(shape.content.items())
    for number, slot in enumerate(shape.slots):
        narrow.append((f"a{number}", slot.at))
        if not slot.fixed:
            narrow.append((f"k{number}", slot.kind))
        if slot.watched is not None:
            narrow.append((f"w{number}", slot.watched))
        if slot.key != "id":
            narrow.append((f"y{number}", slot.key))
        if slot.data is not None:
            wide.append((f"d{number}", slot.data))
    con.execute(f"CREATE TABLE checked AS {program.terms.steps(line, program.skipped, narrow)}")
    con.execute(f"CREATE VIEW contents AS {program.terms.steps(line, program.skipped, wide)}")


def data_of(program: Program) -> str:
    """The data of a candidate, as SQL over it and its row in ``contents``."""
    own = [number for number, slot in enumerate(program.shape.slots) if slot.data is not None]
    branches = "".join(f" WHEN {number} THEN d{number}" for number in own)
    return f"CASE slot{branches} ELSE data END" if own else "data"


def find_candidates(
    con: duckdb.DuckDBPyConnection, program: Program, *, first_seq: int = 0, with_blanks: bool = False
) -> None:
    """Make ``candidates`` from the rows of ``checked`` that count.

    Columns: ``fact_id n slot key kind occurred_at seq``, the last from ``first_seq`` on; the rest of a fact is that of
    its row in ``contents``.

    With blanks, a fixed slot of a row that gives no fact is a candidate too, with a NULL instant: a fact that was
    there before is no more.
    """
    mapping, slots = program.mapping, program.shape.slots
    branches = " UNION ALL ".join(_branch(number, slot, blanks=with_blanks) for number, slot in enumerate(slots))
    con.execute(
        f"""
        CREATE TABLE candidates AS
        WITH {_stepped(slots)}, found AS ({branches})
        SELECT *, {first_seq} + n * {len(slots)} + slot AS seq, {_fact_id(mapping, "0")} AS fact_id FROM found
        """
    )
    if mapping.rows == "events" or mapping.events:
        _number_twins(con, mapping)


def _stepped(slots: Sequence[Slot]) -> str:
    """The rows that count, with the watched values of the case's row before as ``p<j>``."""
    kept = f"SELECT * EXCLUDE (line, skipped, bad) FROM checked WHERE {KEPT}"
    watched = [number for number, slot in enumerate(slots) if slot.watched is not None]
    if not watched:
        return f"stepped AS ({kept})"
    before = ", ".join(f"lag(w{number}) OVER previous AS p{number}" for number in watched)
    window = "WINDOW previous AS (PARTITION BY id ORDER BY n)"
    return f"kept AS ({kept}), stepped AS MATERIALIZED (SELECT *, {before} FROM kept {window})"


def _branch(number: int, slot: Slot, *, blanks: bool) -> str:
    kind = slot.kind if slot.fixed else f"k{number}"
    key = "id" if slot.key == "id" else f"y{number}"
    conditions = [] if blanks and slot.fixed and slot.watched is None else [f"a{number} IS NOT NULL"]
    if not slot.fixed:
        conditions.append(f"k{number} IS NOT NULL")
    if slot.watched is not None:
        conditions.append(f"w{number} IS NOT NULL AND w{number} IS DISTINCT FROM p{number}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT n, {number} AS slot, {key} AS key, {kind} AS kind, a{number} AS occurred_at FROM stepped{where}"


def _fact_id(mapping: model.Mapping, ordinal: str) -> str:
    """The id of a fact (SPEC §1): a row of an event log is known by its case and instant, others by their own id."""
    key = "key, epoch_us(occurred_at)" if mapping.rows == "events" else "key"
    return f"uuid8(sha256(concat_ws(chr(31), {literal(mapping.name)}, {key}, kind, {ordinal})))"


def _number_twins(con: duckdb.DuckDBPyConnection, mapping: model.Mapping) -> None:
    """Facts of one row key and kind are numbered in their order; most have no twin and keep the number 0.

    Only facts of the same row are twins where a row has an id of its own: the id's next row speaks of the same fact.
    """
    again = "" if mapping.rows == "events" else ", n"
    con.execute(
        f"""
        CREATE TABLE twins AS
        SELECT *, row_number() OVER (PARTITION BY fact_id{again} ORDER BY n, slot) - 1 AS ordinal FROM candidates
        WHERE fact_id IN (SELECT fact_id FROM candidates GROUP BY fact_id HAVING count(*) > 1)
        """
    )
    con.execute("DELETE FROM candidates WHERE fact_id IN (SELECT fact_id FROM twins)")
    renamed = f"* EXCLUDE (ordinal) REPLACE ({_fact_id(mapping, 'ordinal')} AS fact_id)"
    con.execute(f"INSERT INTO candidates SELECT {renamed} FROM twins")
    con.execute("DROP TABLE twins")


def rejects(program: Program) -> str:
    """The SELECT of every reject, ``line column value reason``, in the order of the source."""
    terms = program.terms
    pick = {"label": "''", "text": "NULL", "reason": "''"}
    if terms.checks:
        numbered = list(enumerate(terms.checks, start=1))
        pick["label"] = (
            "CASE bad " + " ".join(f"WHEN {i} THEN {literal(check.label)}" for i, check in numbered) + " END"
        )
        pick["text"] = "CASE bad " + " ".join(f"WHEN {i} THEN {check.text}" for i, check in numbered) + " END"
        pick["reason"] = (
            "CASE bad " + " ".join(f"WHEN {i} THEN {literal(check.reason)}" for i, check in numbered) + " END"
        )
    texts = "".join(f", {sql} AS {alias}" for sql, alias in terms.texts.items())
    return f"""
        SELECT line, "column", value, reason FROM (
          SELECT line, '' AS "column", value, reason FROM malformed
          UNION ALL
          SELECT line, {pick["label"]}, left({pick["text"]}, 500), {pick["reason"]}
          FROM (SELECT checked.line, checked.bad{texts} FROM checked JOIN src ON src.rowid = checked.n
                WHERE NOT checked.skipped AND checked.bad > 0)
        ) ORDER BY line
    """


def _refuse_missing(mapping: model.Mapping, reader: Reader) -> None:
    """Every named column must be in the source, and only once."""
    places = [(name, value.path) for value in mapping.values() for name in value.columns]
    places += [(name, "spec.ignore.when") for name in sorted(mapping.ignore.columns)] if mapping.ignore else []
    problems = list(_missing(places, mapping, reader))
    if problems:
        raise SteelyardError.of(problems)


def _missing(places: Iterable[tuple[str, str]], mapping: model.Mapping, reader: Reader) -> Iterable[Problem]:
    for name, path in places:
        count = reader.columns.count(name)
        if count == 1:
            continue
        place = mapping.place(next((p for p in (f"{path}.column", f"{path}.columns") if p in mapping.places), path))
        params: Dict[str, object] = {"name": name, "file": reader.file}
        if count > 1:
            yield Problem(
                "column", N_("{file} has several columns {name}"), params, N_("give them different names"), place
            )
            continue
        near = difflib.get_close_matches(name, reader.columns, 1, 0.6)
        if near:
            remedy, params = N_("did you mean {near}?"), {**params, "near": near[0]}
        elif len(reader.columns) == 1:
            remedy, params = (
                N_("it has one column, {only}: is source.delimiter right?"),
                {**params, "only": reader.columns[0][:80]},
            )
        else:
            remedy, params = N_("its columns are: {known}"), {**params, "known": ", ".join(reader.columns[:40])}
        yield Problem("column", N_("{file} has no column {name}"), params, remedy, place)
