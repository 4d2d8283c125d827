"""Whom and what duties are done to: people in their postings, units, customers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import duckdb

from steelyard.engine.policy import columns
from steelyard.engine.policy.model import Duty, Policy
from steelyard.engine.records.expressions import ORDER
from steelyard.engine.records.fold_values import typed
from steelyard.engine.worktime.units import instant_of

ALWAYS: Final = 2**62
"""Later than every instant."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a duty is done to, while it is there to be done to: [since, until) in microseconds."""

    id: str
    staff: str | None
    unit: str | None
    since: int
    until: int


def subjects_of(con: duckdb.DuckDBPyConnection, policy: Policy, duty: Duty) -> Iterator[Subject]:
    """Everyone or everything that ``for`` of ``duty`` is TRUE for."""
    types = columns.of_duty(policy.attributes)[duty.subjects]
    candidates = {"posting": _postings, "unit": _units, "customer": _customers}[duty.subjects](con)
    for subject, row in candidates:
        if duty.for_ is None or duty.for_.holds(_Row(row, types)):
            yield subject


class _Row:
    """The typed columns of a subject, attributes by their bare name too."""

    def __init__(self, values: Mapping[str, object], types: Mapping[str, str]) -> None:
        self._values, self._types = values, types

    def __call__(self, column: str) -> object:
        value = self._values.get(column, self._values.get(column.removeprefix("attr.")))
        return value if isinstance(value, datetime) else typed(value, self._types.get(column, "text"))


_Candidates = Iterator[tuple[Subject, Mapping[str, object]]]


def _postings(con: duckdb.DuckDBPyConnection) -> _Candidates:
    attributes = _latest_data(con, "staff")
    rows = con.execute(
        """
        SELECT p.staff, p.unit, p.role, p.valid_from, p.valid_to, u.kind, u.parent
        FROM postings AS p
        LEFT JOIN units AS u ON u.unit = p.unit AND u.valid_from <= p.valid_from
          AND (u.valid_to IS NULL OR p.valid_from < u.valid_to)
        WHERE p.staff IS NOT NULL ORDER BY p.valid_from, p.unit, p.role
        """
    ).fetchall()
    for staff, unit, role, since, until, kind, parent in rows:
        row = {"staff": staff, "unit": unit, "role": role, "from": since, "to": until, "kind": kind, "parent": parent}
        yield Subject(staff, staff, unit, *_span(since, until)), {**attributes.get(staff, {}), **row}


def _units(con: duckdb.DuckDBPyConnection) -> _Candidates:
    attributes = _latest_data(con, "unit")
    rows = con.execute("SELECT unit, parent, kind, name, valid_from, valid_to FROM units ORDER BY ALL").fetchall()
    for unit, parent, kind, name, since, until in rows:
        row = {"unit": unit, "parent": parent, "kind": kind, "name": name}
        yield Subject(unit, None, unit, *_span(since, until)), {**attributes.get(unit, {}), **row}


def _customers(con: duckdb.DuckDBPyConnection) -> _Candidates:
    attributes = _latest_data(con, "customer")
    rows = con.execute(
        f"""
        SELECT about_id, arg_max({{'staff': staff, 'unit': unit}}, {ORDER}), min(occurred_at)
        FROM facts WHERE about_type = 'customer' GROUP BY ALL ORDER BY 1
        """
    ).fetchall()
    for customer, holder, since in rows:
        row = {**attributes.get(customer, {}), "id": customer}
        yield Subject(customer, holder["staff"], holder["unit"], *_span(since, None)), row


def _span(since: datetime, until: datetime | None) -> tuple[int, int]:
    return micros(since), ALWAYS if until is None else micros(until)


def _latest_data(con: duckdb.DuckDBPyConnection, about: str) -> dict[str, dict[str, object]]:
    """The latest attributes of everything that facts are ``about``."""
    rows = con.execute(
        f"""
        SELECT about_id, data->'$.attributes' FROM facts
        WHERE about_type = '{about}' AND json_type(data, '$.attributes') = 'OBJECT' ORDER BY {ORDER}
        """
    ).fetchall()
    latest: dict[str, dict[str, object]] = {}
    for id_, attributes in rows:
        latest.setdefault(id_, {}).update(json.loads(attributes))
    return latest


def micros(at: datetime) -> int:
    """An instant of a table (UTC without a zone) in microseconds."""
    return instant_of(at.replace(tzinfo=UTC))
