"""Importing a log against DuckDB's bare copy of the same CSV file into Parquet.

Run with ``python -m bench.importing [--rows N] [--runs K]``. The copy only moves columns; the import also reads
stamps in their zone, checks every value, gives each fact an id, a position and a digest, seals and sorts it by month.
Both are run in turn in processes of their own and the best of each counts, so that a busy machine troubles both alike.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import textwrap
from functools import partial
from pathlib import Path

import duckdb

from bench.apart import measured
from steelyard.engine import ledger

LEAST_RATIO = 0.15
MAPPING = textwrap.dedent("""
    apiVersion: steelyard/v1
    kind: Mapping
    metadata: {name: desk}
    spec:
      source: {format: csv, timezone: Europe/Berlin, timestamp: "%d/%m/%Y %H:%M:%S"}
      covers: [2025-01-01, 2026-01-01]
      case: number
      rows: events
      event:
        column: state
        at: updated
        kinds: {New: opened, In Progress: started, Awaiting Customer: waiting, Resolved: solved, Closed: closed}
      staff: assigned_to
      unit: assignment_group
      kind: {value: request}
      attributes:
        priority: {column: priority, map: {1 - Critical: 1, 2 - High: 2, 3 - Moderate: 3, 4 - Low: 4}}
        channel: {column: contact_type, map: {Phone: phone, Email: email}, else: other}
        category: category
""")


def generate(rows: int, path: Path) -> None:
    """A year of a help desk's log: seven rows a case, among them columns that nobody maps."""
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(
            f"""
            COPY (
              SELECT 'INC' || lpad(CAST(i // 7 AS VARCHAR), 8, '0') AS number,
                ['New', 'In Progress', 'Awaiting Customer', 'In Progress', 'Resolved', 'Closed', 'New'][i % 7 + 1]
                  AS state,
                strftime(TIMESTAMP '2025-01-01' + to_seconds(CAST(random() * 31536000 AS BIGINT)),
                  '%d/%m/%Y %H:%M:%S') AS updated,
                'Resolver ' || CAST(random() * 300 AS INTEGER) AS assigned_to,
                'Group ' || CAST(random() * 40 AS INTEGER) AS assignment_group,
                ['1 - Critical', '2 - High', '3 - Moderate', '4 - Low'][i % 4 + 1] AS priority,
                ['Phone', 'Email', 'Self service'][i % 3 + 1] AS contact_type,
                'Category ' || i % 60 AS category,
                'Caller ' || i % 5000 AS caller, 'Location ' || i % 200 AS location, i % 2 = 0 AS made_sla,
                'some words about the matter, ' || i AS description
              FROM range({rows}) AS t(i)
            ) TO '{path}' (FORMAT csv, HEADER)
            """
        )


def copy(source: Path, folder: Path) -> None:
    """The bare copy: every column as DuckDB guesses it, in the order of the file."""
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_csv('{source}')) TO '{folder / 'copy.parquet'}' (FORMAT parquet)")


def import_(source: Path, folder: Path) -> int:
    """The import into a new ledger; the facts it made."""
    shutil.rmtree(folder / "ledger", ignore_errors=True)
    mapping = ledger.load_mapping(MAPPING.encode(), file="desk.yaml")
    return sum(ledger.import_source(mapping, folder / "ledger", source).facts.values())


def verify(folder: Path) -> int:
    """Recompute every digest and the chain; the problems found."""
    return len(ledger.verify(folder / "ledger"))


def main() -> int:
    """Print the times and whether the import is fast enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as name:
        folder = Path(name)
        source = folder / "log.csv"
        generate(asked.rows, source)
        copies, imports = [], []
        for _ in range(asked.runs):
            copies.append(measured(partial(copy, source), folder))
            imports.append(measured(partial(import_, source), folder))
        checked = measured(verify, folder)
        size = sum(path.stat().st_size for path in (folder / "ledger").rglob("*.parquet"))
    bare, whole = min(side.seconds for side in copies), min(side.seconds for side in imports)
    ratio = bare / whole
    facts = int(str(imports[-1].result))
    print(f"{asked.rows:,} rows, {facts:,} facts, {size / facts:.0f} bytes a fact")
    print(f"bare copy  {bare:6.2f} s  {asked.rows / bare:12,.0f} rows/s")
    print(f"import     {whole:6.2f} s  {asked.rows / whole:12,.0f} rows/s  {max(side.peak for side in imports):.2f} GB")
    print(f"verify     {checked.seconds:6.2f} s  {facts / checked.seconds:12,.0f} facts/s")
    print(f"ratio      {ratio:6.2f}    at least {LEAST_RATIO} is wanted")
    return 0 if ratio >= LEAST_RATIO and checked.result == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
