"""Make every record table that a run needs, from the ledger as it stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb

from steelyard.engine.policy import model
from steelyard.engine.records import bases, cases, clocks, contacts, duties, looks, organisation
from steelyard.engine.records.bases import declared
from steelyard.engine.worktime.work import Work


def prepare_facts(con: duckdb.DuckDBPyConnection, zone: str, *, one_source: bool) -> None:
    """Turn view ``ledger_facts`` into view ``facts`` and make ``postings``, ``units`` and ``unit_tree``.

    A fact without a unit takes its holder's posting of that moment. Local dates in postings and units are of ``zone``.
    The facts of ``one_source``, imported once, have a ``seq`` each; several may share one, and are told apart here.
    """
    source = "ledger_facts" if one_source else total_order(con)
    con.execute(f"CREATE OR REPLACE TEMP VIEW facts AS SELECT * FROM {source}")
    organisation.build_organisation(con, zone)
    posted = con.execute("SELECT count(*) FROM postings").fetchone()
    if posted and posted[0]:
        con.execute(
            f"""
            CREATE OR REPLACE TEMP VIEW facts AS
            SELECT f.* REPLACE (coalesce(f.unit, p.unit) AS unit)
            FROM {source} AS f
            ASOF LEFT JOIN held_postings AS p ON f.staff = p.staff AND f.occurred_at >= p.valid_from
            """
        )


def total_order(con: duckdb.DuckDBPyConnection) -> str:
    """A view of the ledger's facts in which no two about the same thing share instant and ``seq``.

    Where they do, ``fact_id`` decides (SPEC §6): their ``seq`` is then their rank, which keeps the order.
    """
    tied = con.execute(
        """
        SELECT 1 FROM ledger_facts GROUP BY about_type, about_id, occurred_at, seq HAVING count(*) > 1 LIMIT 1
        """
    ).fetchone()
    if not tied:
        return "ledger_facts"
    con.execute(
        """
        CREATE OR REPLACE TABLE ordered_facts AS
        SELECT * REPLACE (
          row_number() OVER (PARTITION BY about_type, about_id ORDER BY occurred_at, seq, fact_id) AS seq
        ) FROM ledger_facts
        """
    )
    return "ordered_facts"


def build_records(
    con: duckdb.DuckDBPyConnection,
    policies: Sequence[model.Policy],
    *,
    in_force: Sequence[tuple[datetime, datetime]],
    as_of: datetime,
    needed: frozenset[str],
    times: Sequence[Mapping[str, Work]],
) -> None:
    """Make the tables and views of the bases in ``needed`` from view ``facts``; ``clocks`` and ``cases`` always.

    ``in_force`` holds the instants in which each policy was in force, ``times`` its calendars.
    """
    used = bases.used_columns(policies)
    looks.build_row_exceptions(con)
    cases.build_cases(con, attributes=declared(policies, "case"), in_force=in_force, used=used)
    contacts.build_contacts(con, attributes=declared(policies, "contact"))
    if "contacts" in used:
        cases.count_contacts(con)
    if "response" in needed:
        looks.build_responses(con, attributes=declared(policies, "response"), used=used)
    if needed & {"inspection", "answer"}:
        looks.build_inspections(con, attributes=declared(policies, "inspection"), used=used)
    if "mark" in needed:
        looks.build_marks(con, attributes=declared(policies, "mark"), used=used)
    if "training" in needed:
        looks.build_training(con, attributes=declared(policies, "training"), used=used)
    if "item" in needed:
        looks.build_items(con, attributes=declared(policies, "item"), used=used)
    clocks.build_clocks(con, policies, in_force=in_force, as_of=as_of, times=times)
    duties.build_duties(con, policies, in_force=in_force, as_of=as_of, times=times)
    for name in sorted(needed):
        bases.build_basis(con, name)
