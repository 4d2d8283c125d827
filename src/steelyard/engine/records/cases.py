"""The ``case`` basis: one row a case, as its facts leave it at the as-of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import duckdb

from steelyard.engine.records.expressions import ORDER_KEY, latest, member, quoted, select_list, typed

COMMON: Final[Mapping[str, str]] = {
    "kind": "text",
    "channel": "text",
    "class": "text",
    "priority": "integer",
    "tier": "text",
    "tags": "list",
}
"""Common columns that are attributes of what a row is about, with their types."""

_STATES: Final[Mapping[str, Sequence[str]]] = {
    "waiting": ("waiting",),
    "solved": ("solved",),
    "closed": ("closed",),
    "cancelled": ("cancelled",),
    "open": ("opened", "started", "resumed", "reopened"),
}
_STATE_KINDS = ", ".join(f"'{kind}'" for kinds in _STATES.values() for kind in kinds)
_STATE = "CASE {} ELSE 'open' END".format(
    " ".join(f"WHEN last_state = '{kind}' THEN '{state}'" for state, kinds in _STATES.items() for kind in kinds)
)

_AGGREGATES: Final[Mapping[str, str]] = {
    "opened_fact_at": "min(occurred_at) FILTER (kind = 'opened')",
    "first_fact_at": "min(occurred_at)",
    "responded_at": "min(occurred_at) FILTER (kind = 'responded')",
    "last_solved": f"arg_max(occurred_at, {ORDER_KEY}) FILTER (kind = 'solved')",
    "solved_key": f"max({ORDER_KEY}) FILTER (kind = 'solved')",
    "last_closed": f"arg_max(occurred_at, {ORDER_KEY}) FILTER (kind = 'closed')",
    "closed_key": f"max({ORDER_KEY}) FILTER (kind = 'closed')",
    "reopened_key": f"max({ORDER_KEY}) FILTER (kind = 'reopened')",
    "last_state": f"arg_max(kind, {ORDER_KEY}) FILTER (kind IN ({_STATE_KINDS}))",
    "reopens_": "count(*) FILTER (kind = 'reopened')",
    "handovers_": "count(*) FILTER (kind = 'handed_over')",
    "rated": latest(member("score"), where="kind = 'rated'"),
    "holder": f"arg_max({{'staff': staff, 'unit': unit}}, {ORDER_KEY})",
    "opener": f"arg_min({{'staff': staff, 'unit': unit}}, {ORDER_KEY})",
    "closer": f"arg_max({{'staff': staff, 'unit': unit}}, {ORDER_KEY}) FILTER (kind IN ('solved', 'closed'))",
    "last_act": f"arg_max({{'actor': actor, 'unit': unit}}, {ORDER_KEY})",
    "excepted": latest(member("reason"), where=f"kind = 'excepted' AND {member('commitment')} IS NULL"),
    "source_": f"arg_min(source, {ORDER_KEY})",
}
"""What is folded over the facts of a case."""

_OPENED_AT = "coalesce(opened_fact_at, first_fact_at)"
_COLUMNS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "staff": ("holder.staff", ("holder",)),
    "unit": ("holder.unit", ("holder",)),
    "exception": ("excepted->>'$'", ("excepted",)),
    "source": ("source_", ("source_",)),
    "opened_at": (_OPENED_AT, ("opened_fact_at", "first_fact_at")),
    "first_responded_at": ("responded_at", ("responded_at",)),
    "solved_at": (
        "CASE WHEN reopened_key IS NULL OR solved_key > reopened_key THEN last_solved END",
        ("last_solved", "solved_key", "reopened_key"),
    ),
    "closed_at": (
        "CASE WHEN reopened_key IS NULL OR closed_key > reopened_key THEN last_closed END",
        ("last_closed", "closed_key", "reopened_key"),
    ),
    "state": (_STATE, ("last_state",)),
    "reopens": ("reopens_", ("reopens_",)),
    "handovers": ("handovers_", ("handovers_",)),
    "contacts": ("CAST(0 AS BIGINT)", ()),
    "rating": (typed("rated", "number"), ("rated",)),
    "opener_staff": ("opener.staff", ("opener",)),
    "opener_unit": ("opener.unit", ("opener",)),
    "closer_staff": ("closer.staff", ("closer",)),
    "closer_unit": ("closer.unit", ("closer",)),
    "actor_staff": ("CASE WHEN last_act.actor NOT IN ('customer', 'system') THEN last_act.actor END", ("last_act",)),
    "actor_unit": ("last_act.unit", ("last_act",)),
}
"""Each column with the folded values it is made of. ``solved_at``: the last such fact with no ``reopened`` after it."""


def build_cases(
    con: duckdb.DuckDBPyConnection,
    *,
    attributes: Mapping[str, str],
    in_force: Sequence[tuple[datetime, datetime]],
    used: frozenset[str] | None = None,
) -> None:
    """Make ``cases`` from the case facts of view ``facts``.

    ``attributes`` are the declared case attributes with their types; ``in_force`` holds the half-open instants
    in which each policy version was in force, in the order of the versions: ``version`` is the index of the one
    in force at ``opened_at``, NULL before the first. Of the columns only those in ``used`` are folded (all, if
    None); ``id``, ``opened_at``, ``staff``, ``unit`` and ``version`` always are.
    """
    folded = {f"attr.{name}": type_ for name, type_ in attributes.items()} | dict(COMMON)
    wanted = set(_COLUMNS) | set(folded) if used is None else used | {"opened_at", "staff", "unit"}
    columns = {name: made for name, made in _COLUMNS.items() if name in wanted}
    needed = dict.fromkeys(part for _, parts in columns.values() for part in parts)
    said = {name: type_ for name, type_ in folded.items() if name in wanted}
    aggregates = [(part, _AGGREGATES[part]) for part in needed]
    aggregates += [(f"said.{name}", latest(member(name.removeprefix("attr."), attributes=True))) for name in said]
    selected = [
        ("id", "id"),
        *[(name, expression) for name, (expression, _) in columns.items()],
        *[(name, typed(quoted(f"said.{name}"), type_)) for name, type_ in said.items()],
        ("version", _version(in_force)),
    ]
    con.execute(
        f"""
        CREATE OR REPLACE TABLE cases AS
        WITH folded AS (
          SELECT about_id AS id,
          {select_list(aggregates)}
          FROM facts WHERE about_type = 'case' GROUP BY about_id
        )
        SELECT {select_list(selected)} FROM folded
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


def _version(in_force: Sequence[tuple[datetime, datetime]]) -> str:
    branches = [
        f"WHEN {_OPENED_AT} >= TIMESTAMP '{start}' AND {_OPENED_AT} < TIMESTAMP '{end}' THEN {index}"
        for index, (start, end) in enumerate(in_force)
    ]
    return f"CASE {' '.join(branches)} END" if branches else "CAST(NULL AS INTEGER)"
