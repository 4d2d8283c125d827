"""Facts as Arrow batches: columns of ids by number, and data put together from fragments of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.ledger.schema import INSTANT
from steelyard.engine.worktime.units import SECOND
from steelyard.site.scenario.year.draw import Numbers

SCHEMA: Final = pa.schema(
    [
        ("kind", pa.string()),
        ("occurred_at", INSTANT),
        *((name, pa.string()) for name in ("about_type", "about_id", "staff", "unit", "actor", "data")),
    ]
)
"""What the generator says of a fact; the ledger adds the rest."""

Fragments: TypeAlias = pa.Array
"""``,"name":value`` for each row, null where there is none; the comma in front goes when they are put together."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact that is told by itself; ``at`` in microseconds."""

    kind: str
    at: int
    about: str
    about_id: str
    staff: str | None
    unit: str | None
    data: Mapping[str, object]


def batch_of(rows: Iterable[Row]) -> pa.RecordBatch:
    """Facts told one by one as a batch."""
    found = [
        {
            "kind": row.kind,
            "occurred_at": row.at,
            "about_type": row.about,
            "about_id": row.about_id,
            "staff": row.staff,
            "unit": row.unit,
            "actor": row.staff,
            "data": json.dumps(row.data, ensure_ascii=False, separators=(",", ":")),
        }
        for row in rows
    ]
    columns = [pa.array([row[name] for row in found], pa.string()) for name in SCHEMA.names if name != "occurred_at"]
    columns.insert(1, pa.array([row["occurred_at"] for row in found], pa.int64()).cast(INSTANT))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def batch(
    kind: str, at: Numbers, about: str, ids: pa.Array, staff: pa.Array, unit: pa.Array, actor: pa.Array, data: pa.Array
) -> pa.RecordBatch:
    """Facts of one kind."""
    count = len(at)
    same = {name: pa.repeat(pa.scalar(text, pa.string()), count) for name, text in (("kind", kind), ("about", about))}
    instants = pa.array(at).cast(INSTANT)
    return pa.RecordBatch.from_arrays(
        [same["kind"], instants, same["about"], ids, staff, unit, actor, data], schema=SCHEMA
    )


def ids(prefix: str, numbers: Numbers) -> pa.Array:
    """``prefix`` and the number with seven digits."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def named(names: Sequence[str | None], codes: Numbers) -> pa.Array:
    """The name of each code; null for a negative one."""
    return pa.array(names, pa.string()).take(pa.array(codes, mask=codes < 0))


def fragments(name: str, values: Sequence[object], codes: Numbers) -> Fragments:
    """``,"name":value`` by code; null where the value is None or the code negative."""
    written = [None if value is None else f",{json.dumps(name)}:{json.dumps(value)}" for value in values]
    return named(written, codes)


def instant_fragments(name: str, at: Numbers) -> Fragments:
    """``,"name":"2026-03-09T10:00:00Z"``."""
    moments = pc.strftime(pa.array(at // SECOND).cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ")
    return pc.binary_join_element_wise(f',"{name}":"', moments, '"', "")


def number_fragments(name: str, numbers: Numbers) -> Fragments:
    """``,"name":17``."""
    return pc.binary_join_element_wise(f',"{name}":', pa.array(numbers).cast(pa.string()), "")


def text_fragments(name: str, texts: pa.Array) -> Fragments:
    """``,"name":"text"`` of texts without signs that JSON escapes."""
    return pc.binary_join_element_wise(f',"{name}":"', texts, '"', "")


def together(parts: Sequence[Fragments], attributes: Sequence[Fragments], count: int) -> pa.Array:
    """An object of JSON for each row: the parts, and the attributes in their member."""
    inner = _joined(attributes, count)
    member = pc.if_else(pc.equal(inner, ""), None, pc.binary_join_element_wise(',"attributes":{', inner, "}", ""))
    return pc.binary_join_element_wise("{", _joined([*parts, member], count), "}", "")


def _joined(parts: Sequence[Fragments], count: int) -> pa.Array:
    if not parts:
        return pa.repeat(pa.scalar(""), count)
    return pc.utf8_ltrim(pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement=""), ",")
