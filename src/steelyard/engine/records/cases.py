"""The ``case`` basis: one row a case, as its facts leave it at the as-of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from steelyard.engine.records.expressions import ORDER, latest, member, quoted, select_list, typed

COMMON: Mapping[str, str] = {
    "kind": "text",
    "channel": "text",
    "class": "text",
    "priority": "integer",
    "tier": "text",
    "tags": "list",
}
"""Common columns that are attributes of what a row is about, with their types."""


def build_cases(
    con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], in_force: Sequence[tuple[object, object]]
) -> None:
    """Make ``cases`` from the case facts of view ``facts``.

    ``attributes`` are the declared case attributes with their types; ``in_force`` holds the half-open instants
    in which each policy version was in force, in the order of the versions: ``version`` is the index of the one
    in force at ``opened_at``, NULL before the first.
    """
    aggregates = [
        ("opened_fact_at", "min(occurred_at) FILTER (kind = 'opened')"),
        ("first_fact_at", "min(occurred_at)"),
        ("first_responded_at", f"arg_min(occurred_at, {ORDER}) FILTER (kind = 'responded')"),
        ("last_solved", f"max({ORDER}) FILTER (kind = 'solved')"),
        ("last_closed", f"max({ORDER}) FILTER (kind = 'closed')"),
        ("last_reopened", f"max({ORDER}) FILTER (kind = 'reopened')"),
        ("last_state", f"arg_max(kind, {ORDER}) FILTER (kind IN ({_STATE_KINDS}))"),
        ("reopens", "count(*) FILTER (kind = 'reopened')"),
        ("handovers", "count(*) FILTER (kind = 'handed_over')"),
        ("rated", latest(member("score"), where="kind = 'rated'")),
        ("holder", f"arg_max({{'staff': staff, 'unit': unit}}, {ORDER})"),
        ("opener", f"arg_min({{'staff': staff, 'unit': unit}}, {ORDER})"),
        ("closer", f"arg_max({{'staff': staff, 'unit': unit}}, {ORDER}) FILTER (kind IN ('solved', 'closed'))"),
        ("last_actor", f"arg_max({{'actor': actor, 'unit': unit}}, {ORDER})"),
        ("exception", _EXCEPTION),
        ("source", f"arg_min(source, {ORDER})"),
    ]
    aggregates += [(f"common.{name}", latest(member(name, attributes=True))) for name in COMMON]
    aggregates += [(f"attr.{name}", latest(member(name, attributes=True))) for name in attributes]
    columns = [
        ("id", "id"),
        *[(name, typed(quoted(f"common.{name}"), type_)) for name, type_ in COMMON.items()],
        ("staff", "holder.staff"),
        ("unit", "holder.unit"),
        ("exception", "exception"),
        ("source", "source"),
        ("opened_at", "coalesce(opened_fact_at, first_fact_at)"),
        ("first_responded_at", "first_responded_at"),
        ("solved_at", _unless_reopened("last_solved")),
        ("closed_at", _unless_reopened("last_closed")),
        ("state", _STATE),
        ("reopens", "reopens"),
        ("handovers", "handovers"),
        ("contacts", "CAST(0 AS BIGINT)"),
        ("rating", typed("rated", "number")),
        ("opener_staff", "opener.staff"),
        ("opener_unit", "opener.unit"),
        ("closer_staff", "closer.staff"),
        ("closer_unit", "closer.unit"),
        ("actor_staff", "CASE WHEN last_actor.actor NOT IN ('customer', 'system') THEN last_actor.actor END"),
        ("actor_unit", "last_actor.unit"),
        *[(f"attr.{name}", typed(quoted(f"attr.{name}"), type_)) for name, type_ in attributes.items()],
        ("version", _version("coalesce(opened_fact_at, first_fact_at)", in_force)),
    ]
    con.execute(
        f"""
        CREATE OR REPLACE TABLE cases AS
        WITH folded AS (
          SELECT about_id AS id,
          {select_list(aggregates)}
          FROM facts WHERE about_type = 'case' GROUP BY about_id
        )
        SELECT {select_list(columns)} FROM folded
        """
    )


def count_contacts(con: duckdb.DuckDBPyConnection) -> None:
    """Fill ``cases.contacts`` from the contacts that name a case, once ``contacts`` is there."""
    con.execute(
        """
        UPDATE cases SET contacts = counted.n
        FROM (SELECT "case" AS id, count(*) AS n FROM contacts WHERE "case" IS NOT NULL GROUP BY 1) AS counted
        WHERE cases.id = counted.id
        """
    )


_STATES: Mapping[str, Sequence[str]] = {
    "waiting": ("waiting",),
    "solved": ("solved",),
    "closed": ("closed",),
    "cancelled": ("cancelled",),
    "open": ("opened", "started", "resumed", "reopened"),
}
_STATE_KINDS = ", ".join(f"'{kind}'" for kinds in _STATES.values() for kind in kinds)
_STATE = (
    "CASE "
    + " ".join(f"WHEN last_state = '{kind}' THEN '{state}'" for state, kinds in _STATES.items() for kind in kinds)
    + " ELSE 'open' END"
)
_EXCEPTION = latest(member("reason"), where=f"kind = 'excepted' AND {member('commitment')} IS NULL") + "->>'$'"


def _unless_reopened(fact: str) -> str:
    return f"CASE WHEN last_reopened IS NULL OR {fact} > last_reopened THEN {fact}.t END"


def _version(opened_at: str, in_force: Sequence[tuple[object, object]]) -> str:
    branches = [
        f"WHEN {opened_at} >= TIMESTAMP '{start}' AND {opened_at} < TIMESTAMP '{end}' THEN {index}"
        for index, (start, end) in enumerate(in_force)
    ]
    return f"CASE {' '.join(branches)} END" if branches else "CAST(NULL AS INTEGER)"
