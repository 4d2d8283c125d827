"""A whole assessment against SQL written by hand: the same figures and the same evidence rows from the same ledger.

Run with ``python -m bench.assess [--cases N] [--keep FOLDER]``. A ledger of a year of cases with five facts each is
written (not timed); then ``assess`` of its twelve months, with clocks in working and in elapsed time, figures for the
organisation, 2,000 people and 80 groups, scores, evidence, report and workbook, is timed against DuckDB statements
that pivot the facts, lay the dues out by working-time joins, group the figures and write the evidence. Both must
give the same numerators and denominators. Memory is the peak of a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import duckdb

import steelyard.engine as sy
from bench import apart
from steelyard.engine.ledger.manifest import FactFile, Import, Manifest, write_manifest
from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime.compile import compile
from steelyard.engine.worktime.units import SECOND

MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
LIMIT, MEMORY_LIMIT_GB = 2.0, 6.0

POLICY = """
apiVersion: steelyard/v1
kind: ServicePolicy
metadata: {name: bench, version: "1"}
spec:
  timezone: UTC
  lifecycle: {effective: 2020-01-01}
  attributes: [{name: csat, type: integer, of: case}]
  calendars: [{id: office, hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}}]
  commitments:
    - {id: respond, about: case, starts: [opened], stops: [responded], within: 4h}
    - {id: resolve, about: case, starts: [opened], stops: [solved], within: 16h, time: working, calendar: office}
  measures:
    - {id: responded, kind: proportion, basis: clock, population: "commitment = 'respond'", numerator: "met = TRUE"}
    - {id: resolved, kind: proportion, basis: clock, population: "commitment = 'resolve'", numerator: "met = TRUE"}
    - {id: urgent, kind: proportion, basis: clock, population: "commitment = 'resolve' AND priority = 1",
       numerator: "met = TRUE"}
    - {id: csat, kind: mean, basis: case, value: attr.csat}
    - {id: cases, kind: count, basis: case}
  scorecards:
    - id: staff
      of: staff
      period: month
      tree:
        - {id: speed, weight: 60, measures: [{measure: resolved, weight: 100, points: {share: 90}}]}
        - {id: voice, weight: 40, measures: [{measure: csat, weight: 100, points: {share: 4}}]}
      grades: [{id: good, from: 80}, {id: fail, from: 0}]
    - id: groups
      of: unit:group
      period: month
      tree: [{id: speed, weight: 100, measures: [{measure: resolved, weight: 100, points: {share: 90}}]}]
      grades: [{id: good, from: 80}, {id: fail, from: 0}]
"""
SOURCE = """
COPY (
  SELECT 'C' || i AS id, opened, opened + to_seconds(CAST(hash(i, 2) % 3600 AS BIGINT)) AS assigned,
    opened + to_seconds(CAST(3600 + hash(i, 3) % 21600 AS BIGINT)) AS responded,
    opened + to_seconds(CAST(25200 + hash(i, 4) % 432000 AS BIGINT)) AS solved,
    opened + to_seconds(CAST(460000 + hash(i, 4) % 432000 AS BIGINT)) AS closed,
    'agent-' || (hash(i, 5) % {staff}) AS staff, 'group-' || (hash(i, 5) % {staff} % 80) AS unit,
    1 + hash(i, 6) % 4 AS priority, CASE WHEN hash(i, 7) % 3 = 0 THEN 1 + hash(i, 8) % 5 END AS csat
  FROM (SELECT i, TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i, 1) % 31536000 AS BIGINT)) AS opened
        FROM range({cases}) AS r(i))
) TO '{path}' (FORMAT parquet)
"""

FACTS = """
COPY (
  SELECT CAST(uuid() AS VARCHAR) AS fact_id, kind, occurred_at, n AS seq, TIMESTAMP '2026-02-01' AS recorded_at,
    'case' AS about_type, id AS about_id, staff, unit, staff AS actor,
    '{{"attributes":{{"kind":"request","priority":' || priority || coalesce(',"csat":' || csat, '') || '}}}}' AS data,
    'bench' AS source, CAST(n AS BIGINT) AS position
  FROM (
    SELECT id, staff, unit, priority, csat,
      unnest(['opened', 'assigned', 'responded', 'solved', 'closed']) AS kind,
      unnest([opened, assigned, responded, solved, closed]) AS occurred_at, unnest([1, 2, 3, 4, 5]) AS n
    FROM '{source}'
    WHERE opened < TIMESTAMP '{month}' + INTERVAL 1 MONTH AND closed >= TIMESTAMP '{month}'
  )
  WHERE occurred_at >= TIMESTAMP '{month}' AND occurred_at < TIMESTAMP '{month}' + INTERVAL 1 MONTH
  ORDER BY about_id, occurred_at, seq
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 65536)
"""

PIVOT = """
CREATE TABLE cases AS
SELECT about_id AS id, min(occurred_at) FILTER (kind = 'opened') AS opened,
  min(occurred_at) FILTER (kind = 'responded') AS responded, min(occurred_at) FILTER (kind = 'solved') AS solved,
  arg_max(staff, occurred_at) AS staff, arg_max(unit, occurred_at) AS unit,
  CAST(arg_max(data->>'$.attributes.priority', occurred_at) AS BIGINT) AS priority,
  CAST(arg_max(data->>'$.attributes.csat', occurred_at) AS BIGINT) AS csat
FROM facts WHERE occurred_at < TIMESTAMP '2026-01-01' GROUP BY about_id
"""
CLOCKS = """
CREATE TABLE clocks AS
SELECT id, 'respond' AS commitment, staff, unit, priority, opened + INTERVAL 4 HOUR AS due, responded AS stopped,
  coalesce(epoch(responded) - epoch(opened), 0) AS elapsed
FROM cases
UNION ALL
SELECT c.id, 'resolve', c.staff, c.unit, c.priority,
  make_timestamp(d.opens + c.worked + 57600000000 - d.prefix), c.solved,
  (e.prefix + least(epoch_us(c.solved), e.closes) - e.opens - c.worked) / 1000000
FROM (
  SELECT cases.*, i.prefix + least(epoch_us(opened), i.closes) - i.opens AS worked
  FROM cases ASOF JOIN intervals AS i ON epoch_us(opened) >= i.opens
) AS c
ASOF JOIN intervals AS d ON c.worked + 57600000000 > d.prefix
ASOF LEFT JOIN intervals AS e ON epoch_us(c.solved) >= e.opens
"""
FIGURES = """
SELECT CASE WHEN GROUPING(staff) = 0 THEN 'staff' WHEN GROUPING(unit) = 0 THEN 'unit:group' ELSE 'organisation' END,
  coalesce(staff, unit, ''), strftime(month, '%Y-%m'), {sums}
FROM (SELECT *, date_trunc('month', {by}) AS month FROM {table} WHERE {by} >= TIMESTAMP '2025-01-01'
  AND {by} < TIMESTAMP '2026-01-01' AND {judged})
GROUP BY GROUPING SETS ((month), (month, staff), (month, unit))
"""
JUDGED = "(stopped <= due OR due < TIMESTAMP '2026-01-01')"
COUNTED = {
    "clocks": (
        "count(*) FILTER (commitment = 'respond' AND stopped <= due), count(*) FILTER (commitment = 'respond'), "
        "count(*) FILTER (commitment = 'resolve' AND stopped <= due), count(*) FILTER (commitment = 'resolve'), "
        "count(*) FILTER (commitment = 'resolve' AND priority = 1 AND stopped <= due), "
        "count(*) FILTER (commitment = 'resolve' AND priority = 1)",
        ("responded", "resolved", "urgent"),
    ),
    "cases": ("sum(csat), count(csat), count(*), 1", ("csat", "cases")),
}
ROW = """
SELECT '{measure}' AS measure, {id} AS id, staff AS subject_staff, unit AS subject_unit,
  CAST(NULL AS VARCHAR) AS subject_attribute, CAST(NULL AS VARCHAR) AS stratum, strftime({by}, '%Y-%m') AS period,
  FALSE AS excluded, FALSE AS excepted, {hit} AS hit, CAST({value} AS DECIMAL(38,10)) AS value, {by} AS counted_at
FROM {table} WHERE {by} >= TIMESTAMP '2025-01-01' AND {by} < TIMESTAMP '2026-01-01' AND {where}
"""

Figures = dict[tuple[str, str, str, str], tuple[str, str]]


def make_ledger(folder: Path, cases: int, *, staff: int) -> None:
    """A ledger of ``cases`` cases of ``staff`` people in ``folder/ledger``: in an import's form, but unsealed.

    The facts are written straight into the ledger's form: what is measured is reading them, not bringing them in.
    """
    source, ledger = folder / "cases.parquet", folder / "ledger"
    (ledger / "facts").mkdir(parents=True)
    files = []
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(SOURCE.format(cases=cases, staff=staff, path=source))
        position = 0
        for month in [*MONTHS, "2026-01"]:
            path = f"facts/{month}.parquet"
            con.execute(FACTS.format(source=source, month=f"{month}-01", path=ledger / path))
            row = con.execute(f"SELECT count(*), min(occurred_at), max(occurred_at) FROM '{ledger / path}'").fetchone()
            assert row is not None
            count, first, last = row
            span = (str(first), str(last), position + 1, position + count)
            files.append(FactFile(path, count, (ledger / path).stat().st_size, "", *span, 0))
            position += count
    counts = {"rows_read": cases, "loaded": cases, "present": 0, "changed": 0, "ignored": 0, "rejected": 0}
    entry = Import(
        1,
        "bench",
        ("case",),
        "",
        "",
        "",
        ("2025-01-01", "2026-01-01"),
        "UTC",
        **counts,
        facts={},
        first_position=1,
        last_position=position,
    )
    write_manifest(ledger, Manifest(position, files=tuple(files), imports=(entry,)), folder)


def by_hand(folder: Path) -> Figures:
    """Facts → cases → clocks → figures → evidence, in plain SQL."""
    out = folder / "hand"
    out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch, duckdb.connect(f"{scratch}/hand.duckdb") as con:
        con.execute("SET memory_limit = '3GB'")
        con.execute("SET enable_progress_bar = false")
        con.execute("SET preserve_insertion_order = false")
        con.execute(f"CREATE VIEW facts AS SELECT * FROM read_parquet('{folder}/ledger/facts/*.parquet')")
        con.execute("CREATE TABLE intervals (opens BIGINT, closes BIGINT, prefix BIGINT)")
        con.executemany("INSERT INTO intervals VALUES (?, ?, ?)", _intervals())
        con.execute(PIVOT)
        con.execute(CLOCKS)
        figures: Figures = {}
        for table, (sums, measures) in COUNTED.items():
            by, judged = ("due", JUDGED) if table == "clocks" else ("opened", "TRUE")
            sql = FIGURES.format(sums=sums, by=by, table=table, judged=judged)
            for of, subject, month, *numbers in con.execute(sql).fetchall():
                for measure, above, below in zip(measures, numbers[::2], numbers[1::2], strict=True):
                    figures[measure, of, subject, month] = str(int(above or 0)), str(int(below))
        clock = {
            "by": "due",
            "table": "clocks",
            "id": "id || '/' || commitment",
            "hit": "stopped <= due",
            "value": "NULL",
        }
        case = {"by": "opened", "table": "cases", "id": "id", "hit": "CAST(NULL AS BOOLEAN)"}
        rows = [
            ROW.format(measure="responded", where=f"commitment = 'respond' AND {JUDGED}", **clock),
            ROW.format(measure="resolved", where=f"commitment = 'resolve' AND {JUDGED}", **clock),
            ROW.format(measure="urgent", where=f"commitment = 'resolve' AND priority = 1 AND {JUDGED}", **clock),
            ROW.format(measure="csat", where="TRUE", value="csat", **case),
            ROW.format(measure="cases", where="TRUE", value="NULL", **case),
        ]
        order = "ORDER BY measure, period, stratum, subject_unit, subject_staff, id"
        con.execute(
            f"COPY (SELECT * FROM ({' UNION ALL '.join(rows)}) {order}) TO '{out}/rows.parquet' (FORMAT parquet)"
        )
        con.execute(f"COPY (SELECT * FROM clocks ORDER BY id) TO '{out}/clocks.parquet' (FORMAT parquet)")
    return figures


def _intervals() -> list[tuple[int, int, int]]:
    """The office hours of two years as (opens, closes, worked before), in microseconds."""
    hours = (Hours(32_400, 43_200), Hours(46_800, 64_800))
    work = compile(Calendar("office", (hours,) * 5 + ((), ())), "UTC")
    found, prefix = [], 0
    for day in range(20_088, 20_088 + 730):
        if (day + 3) % 7 < 5:
            for span in hours:
                opens, closes = ((day * 86_400 + edge) * SECOND for edge in (span.opens, span.closes))
                found.append((opens, closes, prefix))
                prefix += work.elapsed(opens, closes)
    return found


def by_steelyard(folder: Path) -> Figures:
    """The product."""
    rules = sy.load_policy(POLICY.encode())
    result = sy.assess([rules], folder / "ledger", MONTHS, out=folder / "out")
    table = result.figures.select(["measure", "of", "subject", "period", "numerator", "denominator"])
    columns = [column.to_pylist() for column in table.columns]
    return {key: (above, below) for *key_, above, below in zip(*columns, strict=True) for key in [tuple(key_)]}


def _counted(figures: object) -> Figures:
    """The figures that have rows; the two sides list empty ones differently."""
    assert isinstance(figures, dict)
    return {key: pair for key, pair in figures.items() if pair[1] not in ("0", None)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        if not (folder / "ledger").exists():
            started = time.perf_counter()
            make_ledger(folder, asked.cases, staff=2000)
            print(f"wrote {asked.cases:,} cases in {time.perf_counter() - started:.0f} s")
        hand, ours = apart.measured(by_hand, folder), apart.measured(by_steelyard, folder)
    theirs, mine = _counted(hand.result), _counted(ours.result)
    for name, side, figures in (("hand", hand, theirs), ("steelyard", ours, mine)):
        print(f"{name:10} {side.seconds:7.1f} s  peak {side.peak:5.2f} GB  {len(figures):,} figures")
    different = [key for key, pair in theirs.items() if pair != mine.get(key) and pair[0] != "0"]
    print(f"{len(different)} FIGURES DIFFER, {different[:3]}" if different else "the figures are the same")
    ratio = ours.seconds / hand.seconds
    print(f"steelyard / hand-written SQL with its evidence: {ratio:.2f} (limit {LIMIT}, {MEMORY_LIMIT_GB} GB)")
    sys.exit(0 if ratio <= LIMIT and ours.peak <= MEMORY_LIMIT_GB and not different else 1)


if __name__ == "__main__":
    main()
