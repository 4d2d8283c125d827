"""Counting measures against SQL written by hand for the same figures, and against vectorised pandas.

Run with ``python -m bench.measures [--cases N] [--without-pandas]``. Ten million cases of a year, 2,000 people in 80
groups, twelve months: every measure for the organisation, each person and each group. All sides read the same table
and must give the same numerators and denominators. Memory is the peak of a process of its own for each side.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import duckdb

from steelyard.engine import policy as policies
from steelyard.engine.measure import periods as periods_
from steelyard.engine.measure.backends.duckdb import DuckDB
from steelyard.engine.measure.counting import Counter

MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
HAND_LIMIT, PANDAS_LEAST, MEMORY_LIMIT_GB = 1.2, 8.0, 1.0
Figures = dict[tuple[str, str, str, str], tuple[int, int]]
"""(measure, of, subject, month) → numerator and denominator."""

POLICY = b"""
apiVersion: steelyard/v1
kind: ServicePolicy
metadata: {name: bench, version: "1"}
spec:
  timezone: UTC
  lifecycle: {effective: 2025-01-01}
  attributes: [{name: csat, type: integer, of: case}]
  measures:
    - {id: solved-rate, kind: proportion, basis: case, population: "kind = 'request'",
       numerator: "solved_at IS NOT NULL"}
    - {id: urgent-solved, kind: proportion, basis: case, population: "kind = 'request' AND priority <= 2",
       exclude: "channel = 'test'", numerator: "solved_at IS NOT NULL"}
    - {id: reopen-rate, kind: proportion, basis: case, population: "kind = 'request'", numerator: "reopens > 0"}
    - {id: phone-share, kind: proportion, basis: case, numerator: "channel = 'phone'"}
    - {id: csat, kind: mean, basis: case, population: "kind = 'request'", value: attr.csat}
    - {id: handovers, kind: sum, basis: case, population: "kind = 'request'", value: handovers}
    - {id: complaints, kind: count, basis: case, population: "kind = 'complaint'"}
    - {id: cases, kind: count, basis: case}
  scorecards: []
"""

TABLE = """
CREATE TABLE basis_case AS
SELECT 'C' || i AS id,
  CASE WHEN hash(i, 1) % 20 = 0 THEN 'complaint' ELSE 'request' END AS kind,
  ['phone', 'chat', 'email', 'web', 'test'][CAST(1 + hash(i, 2) % 5 AS BIGINT)] AS channel,
  CAST(1 + hash(i, 3) % 4 AS BIGINT) AS priority,
  'agent-' || (hash(i, 4) % 2000) AS staff,
  'group-' || (hash(i, 4) % 2000 % 80) AS unit,
  TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i, 5) % 31536000 AS BIGINT)) AS opened_at,
  CASE WHEN hash(i, 6) % 10 > 0 THEN TIMESTAMP '2025-06-01' END AS solved_at,
  CAST(CASE WHEN hash(i, 7) % 30 = 0 THEN 1 ELSE 0 END AS BIGINT) AS reopens,
  CAST(hash(i, 8) % 3 AS BIGINT) AS handovers,
  CAST(CASE WHEN hash(i, 9) % 3 = 0 THEN 1 + hash(i, 10) % 5 END AS BIGINT) AS "attr.csat",
  CAST(NULL AS VARCHAR) AS exception, FALSE AS provisional
FROM range({cases}) AS r(i)
"""

HAND = """
SELECT CASE WHEN GROUPING(staff) = 0 THEN 'staff' WHEN GROUPING(unit) = 0 THEN 'unit:group' ELSE 'organisation' END,
  coalesce(staff, unit, ''), strftime(month, '%Y-%m'),
  count(*) FILTER (kind = 'request' AND solved_at IS NOT NULL), count(*) FILTER (kind = 'request'),
  count(*) FILTER (kind = 'request' AND priority <= 2 AND channel <> 'test' AND solved_at IS NOT NULL),
  count(*) FILTER (kind = 'request' AND priority <= 2 AND channel <> 'test'),
  count(*) FILTER (kind = 'request' AND reopens > 0), count(*) FILTER (kind = 'request'),
  count(*) FILTER (channel = 'phone'), count(*),
  sum("attr.csat") FILTER (kind = 'request'), count("attr.csat") FILTER (kind = 'request'),
  sum(handovers) FILTER (kind = 'request'), 1,
  count(*) FILTER (kind = 'complaint'), 1, count(*), 1
FROM (SELECT *, date_trunc('month', opened_at) AS month FROM basis_case)
WHERE opened_at >= TIMESTAMP '2025-01-01' AND opened_at < TIMESTAMP '2026-01-01'
GROUP BY GROUPING SETS ((month), (month, staff), (month, unit))
"""
ORDER = ("solved-rate", "urgent-solved", "reopen-rate", "phone-share", "csat", "handovers", "complaints", "cases")


def connect(file: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(file), read_only=True)
    con.execute("SET threads = 2")
    con.execute("SET enable_progress_bar = false")
    con.execute("SET memory_limit = '900MB'")
    return con


def by_hand(file: Path) -> Figures:
    figures: Figures = {}
    for of, subject, month, *numbers in connect(file).execute(HAND).fetchall():
        for measure, numerator, denominator in zip(ORDER, numbers[::2], numbers[1::2], strict=True):
            figures[measure, of, subject, month] = int(numerator or 0), int(denominator)
    return figures


def by_steelyard(file: Path) -> Figures:
    policy = policies.load(POLICY)
    spans = [(month, *periods_.parse(month).instants("UTC")) for month in MONTHS]
    counter = Counter(DuckDB(connect(file)), periods_.atoms(spans), ["staff", "unit:group"], has_tree=False)
    counted = counter.count(policy.measures)
    figures: Figures = {}
    for measure in policy.measures:
        single = measure.kind in ("count", "sum")
        for (of, subject, month, _), count in counted.counts[measure.id].items():
            numerator = Fraction(count.counted) if measure.kind == "count" else count.total
            figures[measure.id, of, subject, month] = int(numerator), 1 if single else count.counted
    return figures


def by_pandas(file: Path) -> Figures:
    import numpy as np

    con = connect(file)
    frame = con.execute("SELECT * EXCLUDE (id, exception, provisional) FROM basis_case").df()
    started = time.perf_counter()
    frame["month"] = frame["opened_at"].dt.strftime("%Y-%m")
    request, complaint = frame["kind"] == "request", frame["kind"] == "complaint"
    solved = frame["solved_at"].notna()
    urgent = request & (frame["priority"] <= 2) & (frame["channel"] != "test")
    rated = request & frame["attr.csat"].notna()
    columns = {
        "solved-rate": (request & solved, request),
        "urgent-solved": (urgent & solved, urgent),
        "reopen-rate": (request & (frame["reopens"] > 0), request),
        "phone-share": (frame["channel"] == "phone", np.ones(len(frame), dtype=bool)),
        "csat": (frame["attr.csat"].where(rated, 0), rated),
        "handovers": (frame["handovers"].where(request, 0), None),
        "complaints": (complaint, None),
        "cases": (np.ones(len(frame), dtype=bool), None),
    }
    for measure, (numerator, denominator) in columns.items():
        frame[f"n {measure}"] = np.asarray(numerator, dtype="int64")
        frame[f"d {measure}"] = np.asarray(denominator, dtype="int64") if denominator is not None else 0
    counted = [name for name in frame.columns if name[:2] in ("n ", "d ")]
    figures: Figures = {}
    for of, keys in (("organisation", ["month"]), ("staff", ["month", "staff"]), ("unit:group", ["month", "unit"])):
        grouped = frame.groupby(keys, observed=True)[counted].sum()
        for key, row in zip(grouped.index, grouped.itertuples(index=False, name=None), strict=True):
            month, subject = (key, "") if of == "organisation" else key
            found = dict(zip(counted, row, strict=True))
            for measure, (_, denominator) in columns.items():
                below = found[f"d {measure}"] if denominator is not None else 1
                figures[measure, of, subject, month] = int(found[f"n {measure}"]), int(below)
    by_pandas.seconds = time.perf_counter() - started  # type: ignore[attr-defined]
    return figures


def run(name: str, file: Path, results: multiprocessing.Queue[object]) -> None:
    side: Callable[[Path], Figures] = {"hand": by_hand, "steelyard": by_steelyard, "pandas": by_pandas}[name]
    seconds = []
    for _ in range(1 if name == "pandas" else 3):
        started = time.perf_counter()
        figures = side(file)
        seconds.append(getattr(side, "seconds", time.perf_counter() - started))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    nothing = {key: pair for key, pair in figures.items() if pair[1] and not (pair[0] == 0 and key[0] == "complaints")}
    digest = hashlib.sha256(repr(sorted(nothing.items())).encode()).hexdigest()
    results.put((min(seconds), peak, digest, len(nothing)))


def measured(name: str, file: Path) -> tuple[float, float, str, int]:
    """Best wall seconds, peak GB, a digest of the figures and their number, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[object] = context.Queue()
    process = context.Process(target=run, args=(name, file, results))
    process.start()
    found = results.get(timeout=600)
    process.join()
    return found  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--without-pandas", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.duckdb"
        with duckdb.connect(str(file)) as con:
            con.execute(TABLE.format(cases=asked.cases))
        names = ["hand", "steelyard"] + ([] if asked.without_pandas else ["pandas"])
        sides = {name: measured(name, file) for name in names}
    for name, (seconds, peak, _, figures) in sides.items():
        print(f"{name:10} {seconds:7.2f} s  peak {peak:5.2f} GB  {figures:,} figures")
    ratio = sides["steelyard"][0] / sides["hand"][0]
    print(f"steelyard / hand-written SQL: {ratio:.2f} (limit {HAND_LIMIT})")
    held = ratio <= HAND_LIMIT and sides["steelyard"][1] <= MEMORY_LIMIT_GB
    if "pandas" in sides:
        faster = sides["pandas"][0] / sides["steelyard"][0]
        print(f"pandas / steelyard: {faster:.1f} (at least {PANDAS_LEAST})")
        held = held and faster >= PANDAS_LEAST
    same = len({(digest, count) for _, _, digest, count in sides.values()}) == 1
    print("the figures are the same on every side" if same else "THE FIGURES DIFFER")
    sys.exit(0 if held and same else 1)


if __name__ == "__main__":
    main()
