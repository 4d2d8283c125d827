"""Small pieces of SQL that every record table is made of: reading ``data``, choosing the latest, typing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SQL_TYPES: Final[Mapping[str, str]] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(28,10)",
    "boolean": "BOOLEAN",
    "instant": "TIMESTAMP",
    "list": "VARCHAR[]",
}
"""Types of columns in the engine. Numbers are exact to ten decimals; instants are UTC without a zone."""

ORDER: Final = "{'t': occurred_at, 's': seq, 'f': fact_id}"
"""The order of facts within what they are about (SPEC §6)."""


ORDER_KEY: Final = "(epoch_us(occurred_at)::HUGEINT * 4611686018427387904 + seq)"
"""The same order as one number, where no two facts of a thing share instant and seq (see ``build.total_order``)."""


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def member(name: str, *, attributes: bool = False, of: str = "data") -> str:
    """The JSON member ``name`` of ``data`` (or of its ``attributes``): SQL NULL where it is absent."""
    inner = '"' + name.replace('"', '\\"') + '"'
    path = f"$.attributes.{inner}" if attributes else f"$.{inner}"
    return f"json_extract({of}, {literal(path)})"


def typed(json: str, type_: str) -> str:
    """A JSON value as a column of ``type_``; what cannot be read as that is NULL."""
    text = f"json_extract_string({json}, '$')"
    if type_ == "text":
        return text
    if type_ == "list":
        return (
            f"CASE WHEN {text} IS NULL THEN NULL WHEN json_type({json}) = 'ARRAY' THEN CAST({json} AS VARCHAR[]) "
            f"ELSE [{text}] END"
        )
    if type_ == "instant":
        # Straight to TIMESTAMP an offset would be dropped without a word; the session's zone is UTC.
        return f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if type_ == "integer":
        return f"TRY_CAST(TRY_CAST({text} AS DECIMAL(28,10)) AS BIGINT)"
    return f"TRY_CAST({text} AS {SQL_TYPES[type_]})"


def latest(json: str, *, where: str = "") -> str:
    """The last present value of ``json`` among the facts of a group; a present null counts as a value."""
    return f"arg_max({json}, {ORDER_KEY}){f' FILTER ({where})' if where else ''}"


def select_list(columns: Sequence[tuple[str, str]]) -> str:
    """``expression AS "name"`` for each ``(name, expression)``."""
    return ",\n  ".join(f"{expression} AS {quoted(name)}" for name, expression in columns)
