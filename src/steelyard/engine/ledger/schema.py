"""The fact: one row of the ledger, and the only thing that measures read."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

INSTANT: Final = pa.timestamp("us")
"""Instants are UTC microseconds without a zone: no reader can shift them."""

FACT_SCHEMA: Final = pa.schema(
    [
        ("fact_id", pa.string()),
        ("kind", pa.string()),
        ("occurred_at", INSTANT),
        ("seq", pa.int64()),
        ("recorded_at", INSTANT),
        ("about_type", pa.string()),
        ("about_id", pa.string()),
        ("staff", pa.string()),
        ("unit", pa.string()),
        ("actor", pa.string()),
        ("data", pa.string()),
        ("source", pa.string()),
        ("position", pa.int64()),
    ]
)
"""Columns of a fact (SPEC §1). ``data`` is a JSON object; attributes stand in its member ``attributes``."""
