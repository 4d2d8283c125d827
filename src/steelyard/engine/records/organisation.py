"""Who belongs where, and when: postings and the tree of units from ``posted`` and ``unit`` facts.

A posting or a unit's place in the tree holds from its ``from`` (else the fact's instant) to its ``to``.
A later fact about the same posting or unit replaces the earlier one from its own beginning.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from steelyard.engine.ledger.schema import INSTANT
from steelyard.engine.records.expressions import ORDER

NEVER = datetime(9999, 1, 1)

_POSTING_SCHEMA = pa.schema(
    [
        ("staff", pa.string()),
        ("unit", pa.string()),
        ("role", pa.string()),
        ("valid_from", INSTANT),
        ("valid_to", INSTANT),
    ]
)
_HELD_SCHEMA = pa.schema([("staff", pa.string()), ("unit", pa.string()), ("valid_from", INSTANT)])
_UNIT_SCHEMA = pa.schema(
    [
        ("unit", pa.string()),
        ("parent", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("valid_from", INSTANT),
        ("valid_to", INSTANT),
    ]
)
_CLOSURE_SCHEMA = pa.schema(
    [
        ("unit", pa.string()),
        ("ancestor", pa.string()),
        ("kind", pa.string()),
        ("valid_from", INSTANT),
        ("valid_to", INSTANT),
    ]
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which something holds, half-open, UTC without a zone."""

    valid_from: datetime
    valid_to: datetime

    def cut(self, other: Span) -> Span | None:
        """What both have in common, or None."""
        start, end = max(self.valid_from, other.valid_from), min(self.valid_to, other.valid_to)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's place in the tree for a while."""

    unit: str
    parent: str | None
    kind: str | None
    name: str | None
    span: Span


def build_organisation(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make ``postings``, ``units`` and ``unit_tree`` (every unit under each of its ancestors and itself, while it was).

    Local dates in the facts begin at midnight of ``zone``.
    """
    postings = _postings(con, zone)
    units = _units(con, zone)
    _table(con, "postings", pa.Table.from_pylist(postings, _POSTING_SCHEMA))
    _table(con, "held_postings", pa.Table.from_pylist(held(postings), _HELD_SCHEMA))
    _table(con, "units", pa.Table.from_pylist([_unit_row(unit) for unit in units], _UNIT_SCHEMA))
    _table(con, "unit_tree", pa.Table.from_pylist(closure(units), _CLOSURE_SCHEMA))


def _table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.register("_incoming", rows)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _incoming")
    con.unregister("_incoming")


def held(postings: list[dict[str, object]]) -> list[dict[str, object]]:
    """For each person the unit from each moment on: of several postings the one begun last; none = no unit."""
    by_staff: dict[object, list[dict[str, object]]] = defaultdict(list)
    for posting in postings:
        by_staff[posting["staff"]].append(posting)
    steps: list[dict[str, object]] = []
    for staff, own in by_staff.items():
        for moment in sorted({edge for p in own for edge in (p["valid_from"], p["valid_to"]) if edge}, key=str):
            valid = [p for p in own if str(p["valid_from"]) <= str(moment) < str(p["valid_to"] or NEVER)]
            latest = max(valid, key=lambda p: str(p["valid_from"]), default=None)
            steps.append({"staff": staff, "unit": latest["unit"] if latest else None, "valid_from": moment})
    return steps


def instant_of(written: object, zone: str) -> datetime | None:
    """A local date (its midnight in ``zone``) or an ISO instant as UTC without a zone; None for nothing."""
    if written in (None, ""):
        return None
    text = str(written)
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)


def _postings(con: duckdb.DuckDBPyConnection, zone: str) -> list[dict[str, object]]:
    rows = con.execute(
        f"""
        SELECT coalesce(data->>'$.staff', staff, about_id), coalesce(data->>'$.unit', unit), data->>'$.role',
               data->>'$.from', data->>'$.to', occurred_at
        FROM facts WHERE kind = 'posted' ORDER BY {ORDER}
        """
    ).fetchall()
    latest: dict[tuple[object, ...], dict[str, object]] = {}
    for staff, unit, role, start, end, occurred_at in rows:
        begins = instant_of(start, zone) or occurred_at
        latest[staff, unit, role, begins] = {
            "staff": staff,
            "unit": unit,
            "role": role,
            "valid_from": begins,
            "valid_to": instant_of(end, zone),
        }
    return list(latest.values())


def _units(con: duckdb.DuckDBPyConnection, zone: str) -> list[Unit]:
    rows = con.execute(
        f"""
        SELECT coalesce(data->>'$.unit', unit, about_id), data->>'$.parent', data->>'$.kind', data->>'$.name',
               data->>'$.from', data->>'$.to', occurred_at
        FROM facts WHERE kind = 'unit' ORDER BY {ORDER}
        """
    ).fetchall()
    histories: dict[str, dict[datetime, tuple[object, ...]]] = defaultdict(dict)
    for unit, parent, kind, name, start, end, occurred_at in rows:
        begins = instant_of(start, zone) or occurred_at
        histories[unit][begins] = (parent, kind, name, instant_of(end, zone))
    units: list[Unit] = []
    for unit, history in histories.items():
        starts = sorted(history)
        for begins, following in zip(starts, [*starts[1:], NEVER], strict=True):
            parent, kind, name, ends = history[begins]
            until = min(following, ends) if isinstance(ends, datetime) else following
            if begins < until:
                units.append(Unit(unit, _text(parent), _text(kind), _text(name), Span(begins, until)))
    return units


def closure(units: list[Unit]) -> list[dict[str, object]]:
    """Every unit with itself and each ancestor for the time it was one. A ring of parents ends where it closes."""
    by_id: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        by_id[unit.unit].append(unit)
    rows: list[dict[str, object]] = []

    def climb(lowest: str, here: Unit, span: Span, seen: frozenset[str]) -> None:
        rows.append(
            {
                "unit": lowest,
                "ancestor": here.unit,
                "kind": here.kind,
                "valid_from": span.valid_from,
                "valid_to": span.valid_to,
            }
        )
        if here.parent is None or here.parent in seen:
            return
        for parent in by_id.get(here.parent, ()):
            common = span.cut(parent.span)
            if common:
                climb(lowest, parent, common, seen | {parent.unit})

    for unit in units:
        climb(unit.unit, unit, unit.span, frozenset({unit.unit}))
    return rows


def _unit_row(unit: Unit) -> dict[str, object]:
    return {
        "unit": unit.unit,
        "parent": unit.parent,
        "kind": unit.kind,
        "name": unit.name,
        "valid_from": unit.span.valid_from,
        "valid_to": unit.span.valid_to,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
