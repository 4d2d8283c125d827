"""Parquet tables: every column as text, stamps in ISO 8601, nested values as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from steelyard.engine.errors import Place, refuse
from steelyard.engine.ledger.reading.unpacked import spooled
from steelyard.engine.ledger.sql import file, identifier, literal
from steelyard.engine.words import N_


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """A Parquet file; a row's line is its number."""

    file: str
    path: Path
    columns: tuple[str, ...]
    types: tuple[str, ...]

    def fill(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Make ``src`` and ``malformed`` (see the package); the SQL of a row's physical line."""
        among = ", ".join(literal(null) for null in nulls)
        picked = []
        for index in wanted or (0,):
            text = _as_text(identifier(self.columns[index]), self.types[index])
            picked.append(
                f"CASE WHEN {text} IN ({among}) THEN NULL ELSE {text} END AS c{index}"
                if among
                else f"{text} AS c{index}"
            )
        con.execute(f"CREATE TABLE src AS SELECT {', '.join(picked)} FROM read_parquet({file(self.path)})")
        con.execute("CREATE TABLE malformed (line BIGINT, value VARCHAR, reason VARCHAR)")
        return "1 + src.rowid"


def read_parquet(path: Path, *, folder: Path) -> ParquetSource:
    """Open a Parquet file; raises SteelyardError ``parquet``."""
    plain = spooled(path, folder)
    try:
        schema = pq.read_schema(plain)
    except (pa.ArrowException, OSError) as error:
        raise refuse(
            "parquet",
            N_("the Parquet file cannot be read: {why}"),
            remedy=N_("write it again"),
            place=Place(str(path)),
            why=str(error).splitlines()[0] if str(error) else type(error).__name__,
        ) from None
    return ParquetSource(str(path), plain, tuple(schema.names), tuple(_sort(field.type) for field in schema))


def _sort(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "zoned" if type_.tz else "stamp"
    return "nested" if pa.types.is_nested(type_) else "plain"


def _as_text(column: str, sort: str) -> str:
    match sort:
        case "zoned":
            # Cast by way of microseconds: a cast would take the zone of the machine.
            return f"CAST(make_timestamp(epoch_us({column})) AS VARCHAR) || 'Z'"
        case "nested":
            return f"CAST(to_json({column}) AS VARCHAR)"
        case _:
            return f"CAST({column} AS VARCHAR)"
