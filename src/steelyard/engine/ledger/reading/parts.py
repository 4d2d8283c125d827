"""Rows that Python reads one by one are set down in Parquet parts, so that memory stays the same for any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from steelyard.engine.ledger.sql import file, literal

ROWS: Final = 16_384
CELLS: Final = 400_000
LONGEST_REJECT: Final = 500


class Parts:
    """Collects rows of text by column index and writes them out in parts as they come.

    New columns may turn up at any row. ``finish`` closes the last part; ``fill`` makes the tables ``src`` and
    ``malformed`` in a connection.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[tuple[int, Mapping[int, str | None]]] = []
        self._malformed: list[tuple[int, str, str]] = []
        self._known: set[int] = set()
        self._cells = 0
        self._written: list[Path] = []
        self._rejected: list[Path] = []

    def add(self, line: int, cells: Mapping[int, str | None]) -> None:
        """A record that begins on physical ``line``; an index not named is NULL."""
        self._rows.append((line, cells))
        self._known.update(cells)
        self._cells += sum(len(cell) for cell in cells.values() if cell is not None) // 64 + len(cells)
        if len(self._rows) >= ROWS or self._cells >= CELLS:
            self._flush()

    def reject(self, line: int, text: str, reason: str) -> None:
        """A record that cannot be read at all."""
        self._malformed.append((line, text[:LONGEST_REJECT], reason))
        if len(self._malformed) >= ROWS:
            self._flush_malformed()

    def finish(self) -> None:
        """Write what is still held."""
        self._flush()
        self._flush_malformed()

    def fill(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Make ``src`` and ``malformed`` (see the package); the SQL of a row's physical line."""
        among = ", ".join(literal(null) for null in nulls)
        columns = ["line"]
        for index in wanted:
            name = f"c{index}"
            value = name if index in self._known else "CAST(NULL AS VARCHAR)"
            columns.append(
                f"CASE WHEN {value} IN ({among}) THEN NULL ELSE {value} END AS {name}"
                if among
                else f"{value} AS {name}"
            )
        con.execute(f"CREATE TABLE src AS SELECT {', '.join(columns)} FROM {self._read(self._written, 'line BIGINT')}")
        con.execute(
            "CREATE TABLE malformed AS SELECT line, value, reason FROM "
            + self._read(self._rejected, "line BIGINT, value VARCHAR, reason VARCHAR")
        )
        return "src.line"

    def _read(self, files: Sequence[Path], empty: str) -> str:
        if files:
            return f"read_parquet([{', '.join(file(path) for path in files)}], union_by_name = true)"
        nothing = ", ".join(
            f"CAST(NULL AS {type_}) AS {name}" for name, type_ in (part.split() for part in empty.split(", "))
        )
        return f"(SELECT {nothing} WHERE FALSE)"

    def _flush(self) -> None:
        if not self._rows:
            return
        columns: dict[str, pa.Array] = {"line": pa.array([line for line, _ in self._rows], pa.int64())}
        for index in sorted({index for _, cells in self._rows for index in cells}):
            columns[f"c{index}"] = pa.array([cells.get(index) for _, cells in self._rows], pa.string())
        self._written.append(self._write(pa.table(columns), f"rows-{len(self._written)}"))
        self._rows, self._cells = [], 0

    def _flush_malformed(self) -> None:
        if not self._malformed:
            return
        lines, values, reasons = zip(*self._malformed, strict=True)
        table = pa.table({"line": pa.array(lines, pa.int64()), "value": pa.array(values), "reason": pa.array(reasons)})
        self._rejected.append(self._write(table, f"malformed-{len(self._rejected)}"))
        self._malformed = []

    def _write(self, table: pa.Table, name: str) -> Path:
        path = self._folder / f"{name}.parquet"
        pq.write_table(table, path, compression="snappy", use_dictionary=False)
        return path
