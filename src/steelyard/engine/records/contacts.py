"""The ``contact`` basis: one row a call, chat or thread."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from steelyard.engine.records.cases import COMMON
from steelyard.engine.records.expressions import ORDER_KEY, latest, member, quoted, select_list, typed

_DATA: Mapping[str, str] = {
    "case": "text",
    "direction": "text",
    "queue": "text",
    "wait_s": "number",
    "talk_s": "number",
    "hold_s": "number",
    "wrap_s": "number",
}


def build_contacts(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str]) -> None:
    """Make ``contacts`` from ``contact.*`` facts.

    ``wait_s`` and ``talk_s`` come from the instants unless the data give them; durations are whole seconds,
    rounded down.
    """
    aggregates = [
        ("offered_at", "min(occurred_at) FILTER (kind = 'contact.offered')"),
        ("first_at", "min(occurred_at)"),
        ("answered_at", "min(occurred_at) FILTER (kind = 'contact.answered')"),
        ("abandoned_at", "min(occurred_at) FILTER (kind = 'contact.abandoned')"),
        ("ended_at", "max(occurred_at) FILTER (kind = 'contact.ended')"),
        ("holder", f"arg_max({{'staff': staff, 'unit': unit}}, {ORDER_KEY})"),
        ("opener", f"arg_min({{'staff': staff, 'unit': unit}}, {ORDER_KEY})"),
        ("last_actor", f"arg_max({{'actor': actor, 'unit': unit}}, {ORDER_KEY})"),
        ("source", f"arg_min(source, {ORDER_KEY})"),
        ("exception", latest(member("reason"), where="kind = 'excepted'") + "->>'$'"),
    ]
    aggregates += [(f"data.{name}", latest(member(name))) for name in [*_DATA, "channel"]]
    aggregates += [(f"common.{name}", latest(member(name, attributes=True))) for name in COMMON]
    aggregates += [(f"attr.{name}", latest(member(name, attributes=True))) for name in attributes]
    given = {name: typed(quoted(f"data.{name}"), type_) for name, type_ in _DATA.items()}
    common = {name: typed(quoted(f"common.{name}"), type_) for name, type_ in COMMON.items()}
    common["channel"] = f"coalesce({typed(quoted('data.channel'), 'text')}, {common['channel']})"
    waited = "CASE WHEN answered_at IS NOT NULL THEN answered_at ELSE abandoned_at END"
    columns = [
        ("id", "id"),
        *common.items(),
        ("staff", "holder.staff"),
        ("unit", "holder.unit"),
        ("exception", "exception"),
        ("source", "source"),
        ("offered_at", "coalesce(offered_at, first_at)"),
        ("wait_s", _seconds(given["wait_s"], "coalesce(offered_at, first_at)", waited)),
        ("talk_s", _seconds(given["talk_s"], "answered_at", "ended_at")),
        ("hold_s", _whole(given["hold_s"])),
        ("wrap_s", _whole(given["wrap_s"])),
        ("answered", "answered_at IS NOT NULL"),
        ("abandoned", "abandoned_at IS NOT NULL"),
        ("direction", given["direction"]),
        ("queue", given["queue"]),
        ("case", given["case"]),
        ("opener_staff", "opener.staff"),
        ("opener_unit", "opener.unit"),
        ("closer_staff", "holder.staff"),
        ("closer_unit", "holder.unit"),
        ("actor_staff", "CASE WHEN last_actor.actor NOT IN ('customer', 'system') THEN last_actor.actor END"),
        ("actor_unit", "last_actor.unit"),
        *[(f"attr.{name}", typed(quoted(f"attr.{name}"), type_)) for name, type_ in attributes.items()],
    ]
    con.execute(
        f"""
        CREATE OR REPLACE TABLE contacts AS
        WITH folded AS (
          SELECT about_id AS id,
          {select_list(aggregates)}
          FROM facts WHERE about_type = 'contact' GROUP BY about_id
        )
        SELECT {select_list(columns)} FROM folded
        """
    )


def _whole(seconds: str) -> str:
    return f"CAST(floor({seconds}) AS BIGINT)"


def _seconds(given: str, start: str, end: str) -> str:
    between = f"(epoch_us({end}) - epoch_us({start})) // 1000000"
    return f"coalesce({_whole(given)}, CASE WHEN {end} >= {start} THEN {between} END)"
