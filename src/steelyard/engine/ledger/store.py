"""A ledger's folder as a relation: the facts as they stand, corrections applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb

from steelyard.engine.ledger import manifest as manifests
from steelyard.engine.ledger.manifest import FactFile, Manifest
from steelyard.engine.ledger.schema import FACT_SCHEMA
from steelyard.engine.ledger.sql import file as as_pattern
from steelyard.engine.ledger.sql import identifier, literal

COLUMNS: Final = tuple(FACT_SCHEMA.names)
_TYPES: Final = {"string": "VARCHAR", "int64": "BIGINT", "timestamp[us]": "TIMESTAMP"}
# Holds a place for null, which a merge patch would take for "remove". Characters for private use keep texts away.
_NULL: Final = '"\ue000steelyard null\ue000"'


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as its manifest describes it; facts added later are not seen until it is opened again."""

    folder: Path
    manifest: Manifest

    @property
    def position(self) -> int:
        """The position of the last fact; 0 when there is none."""
        return self.manifest.position

    def head(self, position: int | None = None) -> str:
        """The head of the chain at ``position`` (of a batch's end), by default now."""
        return self.manifest.head_at(position)

    def covers(self, about: str) -> list[tuple[date, date]]:
        """The spans (first day, day after the last) for which sources of facts about ``about`` are complete.

        ``about`` is case, contact, response, inspection, mark, training, posting or unit; their union counts.
        """
        return self.manifest.covers(about)

    def relation(
        self,
        con: duckdb.DuckDBPyConnection,
        *,
        name: str = "facts",
        as_of: datetime | None = None,
        position: int | None = None,
        corrections: bool = True,
        struck: bool = False,
    ) -> None:
        """Make view ``name`` in ``con``: the facts before ``as_of`` (UTC without zone) up to ``position``.

        Corrections up to ``position`` are applied and do not show themselves; without ``corrections`` the facts are
        as they were sealed, ``corrected`` facts among them. With ``struck``, facts that a correction struck out are
        there without ``occurred_at``. Only the files that can hold such facts are read.
        """
        if as_of is not None and as_of.tzinfo is not None:
            as_of = as_of.astimezone(UTC).replace(tzinfo=None)
        if position is not None and position >= self.position:
            position = None
        files = [file for file in self.manifest.files if position is None or file.first_position <= position]
        correcting = [file for file in files if file.corrected]
        until = f"occurred_at < TIMESTAMP '{as_of.isoformat(sep=' ')}'" if as_of is not None else ""
        if not correcting or not corrections:
            wanted = [file for file in files if as_of is None or datetime.fromisoformat(file.first_at) < as_of]
            sql = self._select(wanted, ", ".join(COLUMNS), [until, _up_to(position)])
        else:
            table = identifier(f"{name} corrections")
            self._tabulate_corrections(con, table, correcting, position)
            kept = until or ("" if struck else "occurred_at IS NOT NULL")
            sql = self._corrected(files, table, kept, position)
        con.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {sql}")

    def _select(self, files: Sequence[FactFile], columns: str, conditions: Sequence[str]) -> str:
        where = [condition for condition in conditions if condition]
        return f"SELECT {columns} FROM {self.scan(files)}" + (f" WHERE {' AND '.join(where)}" if where else "")

    def scan(self, files: Sequence[FactFile], *, filename: bool = False) -> str:
        """The table function that reads ``files``; of none, a table without rows."""
        if not files:
            nothing = ", ".join(f"CAST(NULL AS {_TYPES[str(field.type)]}) AS {field.name}" for field in FACT_SCHEMA)
            return f"(SELECT {nothing} WHERE FALSE)"
        paths = ", ".join(as_pattern(self.folder / file.path) for file in files)
        return f"read_parquet([{paths}], hive_partitioning = false, filename = {str(filename).lower()})"

    def _tabulate_corrections(
        self, con: duckdb.DuckDBPyConnection, table: str, files: Sequence[FactFile], position: int | None
    ) -> None:
        """The latest correction of each field of each fact, a row a fact: columns, and a patch of its data."""
        raw = self._select(files, "position, data", ["kind = 'corrected'", _up_to(position)])
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {table} AS
            WITH latest AS (
              SELECT data->>'$.fact_id' AS fact_id, data->>'$.field' AS field, arg_max(data->'$.is', position) AS value
              FROM ({raw}) GROUP BY ALL
            )
            SELECT fact_id, {", ".join(_given(column) for column in ("occurred_at", "staff", "unit", "actor"))},
              {_members("attributes.")} AS attributes, {_members("data.")} AS members
            FROM latest GROUP BY fact_id
            """
        )

    def _corrected(self, files: Sequence[FactFile], table: str, kept: str, position: int | None) -> str:
        columns = {column: _corrected_column(column, f"c.{column}") for column in ("staff", "unit", "actor")}
        columns["occurred_at"] = _corrected_column("occurred_at", "TRY_CAST(rtrim(c.occurred_at, 'Z') AS TIMESTAMP)")
        columns["data"] = _PATCHED
        listed = ", ".join(f"{columns.get(column, f'f.{column}')} AS {column}" for column in COLUMNS)
        facts = self._select(files, ", ".join(COLUMNS), ["kind <> 'corrected'", _up_to(position)])
        joined = f"SELECT {listed} FROM ({facts}) AS f LEFT JOIN {table} AS c USING (fact_id)"
        return f"SELECT * FROM ({joined}) WHERE {kept}" if kept else joined


def open_ledger(folder: Path | str) -> Ledger:
    """The ledger in ``folder`` as it stands; raises SteelyardError ``no-ledger`` or ``manifest``."""
    path = Path(folder)
    return Ledger(path, manifests.read_manifest(path))


def _up_to(position: int | None) -> str:
    return "" if position is None else f"position <= {position}"


def _corrected_column(column: str, value: str) -> str:
    return f"CASE WHEN c.sets_{column} THEN {value} ELSE f.{column} END"


def _given(column: str) -> str:
    """Whether a correction sets ``column``, and to what."""
    chosen = f"field = {literal(column)}"
    return f"coalesce(bool_or({chosen}), FALSE) AS sets_{column}, any_value(value->>'$') FILTER ({chosen}) AS {column}"


def _members(prefix: str) -> str:
    """The members whose field begins with ``prefix`` as a JSON object; null is written as a place holder."""
    name = f"CAST(to_json(substr(field, {len(prefix) + 1})) AS VARCHAR)"
    value = f"coalesce(nullif(CAST(value AS VARCHAR), 'null'), {literal(_NULL)})"
    pairs = f"string_agg({name} || ':' || {value}, ',') FILTER (field LIKE {literal(prefix + '%')})"
    return f"coalesce('{{' || {pairs} || '}}', '{{}}')"


_ATTRIBUTES: Final = "CASE WHEN c.attributes = '{}' THEN '{}' ELSE '{\"attributes\":' || c.attributes || '}' END"
_PATCHED: Final = f"""
    CASE WHEN c.attributes = '{{}}' AND c.members = '{{}}' OR c.fact_id IS NULL THEN f.data
    ELSE replace(
      CAST(json_merge_patch(json_merge_patch(coalesce(f.data, '{{}}'), c.members), {_ATTRIBUTES}) AS VARCHAR),
      {literal(_NULL)}, 'null')
    END
"""
