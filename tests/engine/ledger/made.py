"""Small mappings, sources and ledgers for the tests of this folder."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from steelyard.engine import ledger
from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import ImportReport, Mapping

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""When the imports of the tests happen."""

EVENTS = """
  source: {format: csv, timezone: Europe/Berlin, timestamp: "%Y-%m-%d %H:%M"}
  case: id
  rows: events
  event: {column: state, at: at, kinds: {new: opened, wait: waiting, go: resumed, done: solved, idle: null}}
"""
"""A log with columns ``id state at``."""

CASES = """
  source: {format: csv, timezone: UTC}
  case: id
  rows: cases
  instants: {opened: opened, solved: solved}
  staff: who
  attributes: {priority: priority, amount: {column: amount, type: number}}
"""
"""A table with columns ``id opened solved who priority amount``."""


def mapping(spec: str, *, name: str = "desk") -> Mapping:
    """A mapping with this ``spec``."""
    text = f"apiVersion: steelyard/v1\nkind: Mapping\nmetadata: {{name: {name}}}\nspec:\n"
    return ledger.load_mapping(
        (text + textwrap.indent(textwrap.dedent(spec).strip("\n"), "  ")).encode(), file="map.yaml"
    )


def source(folder: Path, text: str | bytes, name: str = "source.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def imported(folder: Path, spec: str, text: str | bytes, *, name: str = "source.csv") -> ImportReport:
    """Import a source with this content into the ledger ``folder / "ledger"``."""
    return ledger.import_source(mapping(spec), folder / "ledger", source(folder, text, name), recorded_at=WHEN)


def facts(
    folder: Path, columns: str = "about_id, kind, occurred_at", *, order: str = "seq"
) -> list[tuple[object, ...]]:
    """Columns of the facts in the ledger ``folder / "ledger"``, corrections applied."""
    with duckdb.connect() as con:
        ledger.open_ledger(folder / "ledger").relation(con)
        return con.execute(f"SELECT {columns} FROM facts ORDER BY {order}").fetchall()


def counts(report: ImportReport) -> tuple[int, ...]:
    """``rows_read loaded present changed ignored rejected``; they must add up."""
    found = (report.rows_read, report.loaded, report.present, report.changed, report.ignored, report.rejected)
    assert found[0] == sum(found[1:])
    return found


def rejects(folder: Path) -> list[tuple[int, str, str, str]]:
    """``(line, column, value, reason)`` of the last import's rejects."""
    with (folder / "ledger" / "rejects.csv").open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    assert header == ["line", "column", "value", "reason"]
    return [(int(line), column, value, reason) for line, column, value, reason in found]


def refusal(call: Callable[[], object]) -> SteelyardError | None:
    """What ``call`` refuses, if it does; any other exception is none of its business."""
    try:
        call()
    except SteelyardError as error:
        return error
    return None


def lines(*rows: Sequence[str]) -> str:
    """Rows as lines of a CSV file without quotes."""
    return "".join(",".join(row) + "\n" for row in rows)
