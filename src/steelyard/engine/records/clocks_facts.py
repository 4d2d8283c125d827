"""The facts that clocks read, numbered by what they are about and sorted: small columns, made in SQL.

Only what the commitments name is taken out of ``data``; names of people and units become numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records.expressions import ORDER, literal, member, select_list
from steelyard.engine.records.fold_values import CONTACT_COLUMNS

NULL: Final = "\0"
"""Stands for a JSON null, which sets an attribute to nothing; SQL NULL says that the fact does not mention it."""

OWN_COLUMNS: Final = ("staff", "unit")
"""Columns that predicates read from the fact itself."""

InForce = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What some commitments read of the facts.

    ``kinds`` are numbered from 1; every other kind is 0. ``columns`` are named by predicates, ``keys`` by ``each``,
    ``instants`` (kind and name) by ``until``.
    """

    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    instants: tuple[tuple[str, str], ...]

    @classmethod
    def by(cls, commitments: Iterable[Commitment]) -> Wanted:
        """What ``commitments`` want together."""
        every = tuple(commitments)
        return cls(
            kinds=tuple(sorted({"cancelled", "reopened"}.union(*map(kinds_of, every)))),
            columns=tuple(sorted({column for each in every for column in columns_of(each)} - {*OWN_COLUMNS})),
            keys=tuple(sorted({each.each for each in every if each.each and each.each not in OWN_COLUMNS})),
            instants=tuple(sorted({each.until for each in every if each.until})),
        )


def kinds_of(commitment: Commitment) -> frozenset[str]:
    """The kinds of facts that can move a clock of ``commitment``."""
    pauses, until = commitment.pauses, commitment.until
    waits = pauses.from_ | pauses.to if pauses else frozenset[str]()
    return commitment.starts | commitment.stops | waits | (frozenset({until[0]}) if until else frozenset())


def columns_of(commitment: Commitment) -> frozenset[str]:
    """The columns that the predicates of ``commitment`` name."""
    conditions = [
        commitment.applies,
        *(branch.when for branch in commitment.within),
        *(branch.when for branch in commitment.aim),
        *(branch.when for branch in commitment.calendar),
    ]
    return frozenset(column for condition in conditions if condition for column in condition.columns)


def number_subjects(con: duckdb.DuckDBPyConnection, about: str, versions: Sequence[int], in_force: InForce) -> None:
    """Make ``clock_subjects`` (no, version, id, n …): what clocks ``about`` run on, numbered version after version.

    A case goes by the version in force when it was opened, a contact by its offer, a posting by its start.
    """
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE clock_subjects AS
        SELECT CAST(row_number() OVER (ORDER BY version) AS INTEGER) AS no, *
        FROM ({_subjects(about, in_force)}) WHERE version IN ({", ".join(map(str, versions))})
        """
    )


def _subjects(about: str, in_force: InForce) -> str:
    if about == "case":
        return "SELECT version, id, 1 AS n FROM cases"
    if about == "contact":
        return f"SELECT {_version('offered_at', in_force)} AS version, id, 1 AS n FROM contacts"
    ordinal = "row_number() OVER (PARTITION BY staff ORDER BY valid_from, unit, role)"
    return (
        f"SELECT {_version('valid_from', in_force)} AS version, staff AS id, {ordinal} AS n, unit, role, valid_from "
        "FROM postings WHERE staff IS NOT NULL"
    )


def _version(at: str, in_force: InForce) -> str:
    branches = [
        f"WHEN {at} >= TIMESTAMP '{start}' AND {at} < TIMESTAMP '{end}' THEN {index}"
        for index, (start, end) in enumerate(in_force)
    ]
    return f"CASE {' '.join(branches)} END" if branches else "CAST(NULL AS INTEGER)"


def number_names(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``clock_names`` (code, name): every person and unit of the facts, numbered from 0."""
    names = " UNION ".join(f"SELECT {column} AS name FROM facts" for column in ("staff", "unit", "actor"))
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE clock_names AS
        SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS code, name FROM ({names}) WHERE name IS NOT NULL
        """
    )


def sort_facts(con: duckdb.DuckDBPyConnection, about: str, wanted: Wanted, as_of: datetime, *, table: str) -> None:
    """Make ``table``: the facts of every subject in order, facts at the same instant and ``seq`` in any."""
    columns = [*_narrow(about, wanted)]
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {select_list(columns)}
        FROM ({_about(about)}) AS f
        LEFT JOIN clock_names AS s ON s.name = f.staff
        LEFT JOIN clock_names AS u ON u.name = f.unit
        LEFT JOIN clock_names AS a ON a.name = f.actor
        WHERE f.occurred_at < TIMESTAMP '{as_of}'
        ORDER BY f.no, f.occurred_at, f.seq
        """
    )


def sort_exactly(con: duckdb.DuckDBPyConnection, about: str, wanted: Wanted, as_of: datetime, *, table: str) -> None:
    """Make ``table`` for the subjects in ``clock_unsure`` (no): in full order, with ``data`` to see what changed."""
    columns = [*_narrow(about, wanted), ("data", "f.data")]
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {select_list(columns)}
        FROM ({_about(about)}) AS f
        SEMI JOIN clock_unsure ON clock_unsure.no = f.no
        LEFT JOIN clock_names AS s ON s.name = f.staff
        LEFT JOIN clock_names AS u ON u.name = f.unit
        LEFT JOIN clock_names AS a ON a.name = f.actor
        WHERE f.occurred_at < TIMESTAMP '{as_of}'
        ORDER BY f.no, f.occurred_at, f.seq, f.fact_id
        """
    )


def find_exceptions(con: duckdb.DuckDBPyConnection, about: str) -> None:
    """Fill ``clocks.exception``: the last reason that names the commitment, or neither a commitment nor a row."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE clock_exceptions AS
        WITH excepted AS (
          SELECT f.no, f.data->>'$.commitment' AS commitment, nullif(f.data->>'$.reason', '') AS reason,
            {ORDER} AS place
          FROM ({_about(about)}) AS f
          WHERE f.kind = 'excepted' AND (f.data->>'$.commitment' IS NOT NULL OR f.data->>'$.row' IS NULL)
        )
        SELECT s.id, s.n, c.commitment, arg_max(e.reason, e.place) AS reason
        FROM excepted AS e JOIN clock_subjects AS s USING (no)
        JOIN (SELECT DISTINCT commitment FROM clocks WHERE about = '{about}') AS c
          ON e.commitment IS NULL OR e.commitment = c.commitment
        WHERE e.reason IS NOT NULL GROUP BY ALL
        """
    )
    con.execute(
        f"""
        UPDATE clocks SET exception = e.reason FROM clock_exceptions AS e
        WHERE clocks.about = '{about}' AND clocks.id = e.id AND clocks.commitment = e.commitment
          {"AND clocks.n = e.n" if about == "posting" else ""}
        """
    )
    con.execute("DROP TABLE clock_exceptions")


def _about(about: str) -> str:
    """The facts of each subject with its number."""
    fact = "f.fact_id, f.kind, f.occurred_at, f.seq, f.staff, f.unit, f.actor, f.data"
    if about != "posting":
        return (
            f"SELECT s.no, s.id, {fact} FROM facts AS f JOIN clock_subjects AS s ON s.id = f.about_id "
            f"WHERE f.about_type = '{about}'"
        )
    person = (
        "CASE WHEN f.kind = 'posted' THEN coalesce(f.data->>'$.staff', f.staff, f.about_id) "
        "WHEN f.about_type = 'staff' THEN f.about_id WHEN f.kind LIKE 'training.%' THEN f.staff END"
    )
    written = (
        "SELECT coalesce(data->>'$.staff', staff, about_id) AS staff, coalesce(data->>'$.unit', unit) AS unit, "
        f"data->>'$.role' AS role, arg_max(data, {ORDER}) AS data FROM facts WHERE kind = 'posted' GROUP BY ALL"
    )
    # The posting itself is the first fact of its clocks, at the instant from which it holds.
    return f"""
        SELECT s.no, s.id, s.role, {fact}
        FROM facts AS f JOIN clock_subjects AS s ON s.id = {person} AND f.occurred_at >= s.valid_from
        UNION ALL
        SELECT s.no, s.id, s.role, '', 'posted', s.valid_from, {_FIRST}, s.id, s.unit, NULL, w.data
        FROM clock_subjects AS s
        LEFT JOIN ({written}) AS w
          ON w.staff = s.id AND w.unit IS NOT DISTINCT FROM s.unit AND w.role IS NOT DISTINCT FROM s.role
    """


_FIRST: Final = -(2**62)


def _narrow(about: str, wanted: Wanted) -> list[tuple[str, str]]:
    numbered = ", ".join(literal(kind) for kind in wanted.kinds)
    return [
        ("no", "f.no"),
        ("at", "epoch_us(f.occurred_at)"),
        ("seq", "coalesce(f.seq, 0)"),
        ("kind", f"CAST(coalesce(list_position([{numbered}], f.kind), 0) AS SMALLINT)"),
        ("staff", "coalesce(s.code, -1)"),
        ("unit", "coalesce(u.code, -1)"),
        ("actor", "coalesce(a.code, -1)"),
        *((f"c{i}", _column(about, name)) for i, name in enumerate(wanted.columns)),
        *((f"k{i}", _named(name)) for i, name in enumerate(wanted.keys)),
        *(
            (f"u{i}", f"CASE WHEN f.kind = {literal(kind)} THEN {_named(name)} END")
            for i, (kind, name) in enumerate(wanted.instants)
        ),
    ]


def _column(about: str, column: str) -> str:
    """What a fact says of a column: its text, JSON for ``tags``; NULL where it is silent."""
    if column == "id" or (about == "posting" and column == "role"):
        return f"f.{column}"
    json = member(column.removeprefix("attr."), attributes=True, of="f.data")
    if column == "tags":
        return f"CAST({json} AS VARCHAR)"
    is_null = f"contains(f.data, 'null') AND json_type({json}) = 'NULL'"
    said = f"coalesce({_text(json)}, CASE WHEN {is_null} THEN chr(0) END)"
    if about == "contact" and column in CONTACT_COLUMNS:
        return f"coalesce({_text(member(column, of='f.data'))}, {said})"
    return said


def _named(name: str) -> str:
    """What the fact itself says of ``name``: its data, else its attributes."""
    return f"coalesce({_text(member(name, of='f.data'))}, {_text(member(name, attributes=True, of='f.data'))})"


def _text(json: str) -> str:
    return json.replace("json_extract(", "json_extract_string(", 1)
