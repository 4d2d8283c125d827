"""Any source as columns of text, one row a record, each with the physical line it stands on.

A reader knows the source's ``columns`` and fills two tables of a DuckDB connection: ``src`` (the wanted columns
``c0``, ``c1`` … by their index in the source; ``rowid`` is the order) and ``malformed`` (``line``, ``value``,
``reason`` of records that could not be read at all).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import duckdb

from steelyard.engine.ledger import mapping as model


class Reader(Protocol):
    """A source that is open: its columns are known, its rows not yet read, or set down in parts."""

    @property
    def file(self) -> str:
        """The source's path as it was given."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names as they stand in the source, in its order."""
        ...

    def fill(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Make ``src`` and ``malformed``; texts among ``nulls`` become NULL. The SQL of a row's physical line."""
        ...


def open_source(path: Path, source: model.Source, folder: Path) -> Reader:
    """Open ``path`` as ``source`` says it is written; ``folder`` takes what must be set down meanwhile.

    Raises SteelyardError when the file is missing, damaged, in another encoding or format.
    """
    # Each reader is imported when it is wanted: a CSV file needs no workbook reader.
    match source.format:
        case "csv":
            from steelyard.engine.ledger.reading.comma import read_comma

            return read_comma(path, encoding=source.encoding, delimiter=source.delimiter, folder=folder)
        case "jsonl":
            from steelyard.engine.ledger.reading.jsonl import read_jsonl

            return read_jsonl(path, encoding=source.encoding, folder=folder)
        case "xes":
            from steelyard.engine.ledger.reading.xes import read_xes

            return read_xes(path, folder=folder)
        case "xlsx":
            from steelyard.engine.ledger.reading.sheet import read_sheet

            return read_sheet(path, sheet=source.sheet, folder=folder)
        case "parquet":
            from steelyard.engine.ledger.reading.parquet import read_parquet

            return read_parquet(path, folder=folder)
