"""Clocks against a plain hand-written SQL that ignores pauses and changed targets, and against four times the facts.

Run with ``python -m bench.clocks [--cases N]``. N cases of a year with five facts each, a pause in every tenth and a
changed priority in every fiftieth, in one Parquet file. Both sides make the table of clocks of one commitment; on cases
that neither paused nor changed they must agree. Memory is the peak of a process of its own for each side.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from steelyard.engine import policy as policies
from steelyard.engine.records import clocks
from steelyard.engine.worktime import compile as worktime
from steelyard.engine.worktime.units import instant_of

HAND_LIMIT, GROWTH_LIMIT, MEMORY_LIMIT_GB = 3.0, 4.4, 3.0
AS_OF = datetime(2026, 6, 1)

POLICY = b"""
apiVersion: steelyard/v1
kind: ServicePolicy
metadata: {name: bench, version: "1"}
spec:
  timezone: Asia/Shanghai
  lifecycle: {effective: 2025-01-01}
  calendars: [{id: office, hours: {mon-fri: ["08:30-12:00", "13:30-18:00"]}}]
  commitments:
    - id: resolve
      about: case
      applies: "kind = 'request'"
      starts: [opened]
      stops: [solved]
      pauses: {from: [waiting], to: [resumed]}
      within: [{when: "priority = 1", is: 4h}, {when: "priority = 2", is: 8h}, {is: 24h}]
      time: working
      calendar: office
"""

FACTS = """
COPY (
  WITH cases AS (
    SELECT i, hash(i) % 3 AS channel, TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i) % 31536000 AS BIGINT)) AS opened,
      1 + CAST(hash(i, 1) % 4 AS INTEGER) AS priority, hash(i, 2) % 10 = 0 AS paused, hash(i, 3) % 50 = 0 AS changed,
      hash(i, 4) % 400 AS staff, CAST(hash(i, 5) % 259200 AS BIGINT) AS life
    FROM range({cases}) AS r(i)
  )
  SELECT CAST(CAST(md5(concat(i, '/', k)) AS UUID) AS VARCHAR) AS fact_id,
    CASE k WHEN 0 THEN 'opened' WHEN 1 THEN 'assigned' WHEN 4 THEN 'solved'
      WHEN 2 THEN CASE WHEN paused THEN 'waiting' ELSE 'contacted' END
      ELSE CASE WHEN paused THEN 'resumed' ELSE 'started' END END AS kind,
    opened + to_seconds(life * k // 4) AS occurred_at, k AS seq, 'case' AS about_type,
    'CASE' || lpad(CAST(i AS VARCHAR), 9, '0') AS about_id,
    CASE WHEN k > 0 THEN 'agent-' || (staff + k // 3) % 400 END AS staff, 'unit-' || staff % 40 AS unit,
    CASE WHEN k > 0 THEN 'agent-' || staff END AS actor,
    '{{"attributes":{{"kind":"request","priority":'
      || CASE WHEN changed AND k >= 2 THEN 1 + priority % 4 ELSE priority END
      || ',"channel":"' || ['phone', 'chat', 'email'][1 + CAST(channel AS BIGINT)] || '"}}}}' AS data
  FROM cases, range(5) AS f(k)
  ORDER BY occurred_at
) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""

HAND = """
CREATE TABLE clocks AS
WITH own AS (
  SELECT about_id, kind, occurred_at, staff, unit, CAST(data->>'$.attributes.priority' AS INTEGER) AS priority
  FROM facts WHERE about_type = 'case'
),
starts AS (
  SELECT about_id, min(occurred_at) AS started_at, arg_min(priority, occurred_at) AS priority
  FROM own WHERE kind = 'opened' GROUP BY 1
),
stops AS (
  SELECT about_id, min(occurred_at) AS stopped_at FROM own JOIN starts USING (about_id)
  WHERE kind = 'solved' AND occurred_at >= started_at GROUP BY 1
),
budgets AS (
  SELECT *, CASE priority WHEN 1 THEN 4 WHEN 2 THEN 8 ELSE 24 END * 3600000000 AS budget
  FROM starts LEFT JOIN stops USING (about_id)
),
worked AS (
  SELECT b.*, h.before + least(epoch_us(b.started_at) - h.opens, h.closes - h.opens) AS done
  FROM budgets AS b ASOF JOIN hours AS h ON epoch_us(b.started_at) >= h.opens
),
dues AS (
  SELECT w.*, make_timestamp(h.opens + done + budget - h.before) AS due_at
  FROM worked AS w ASOF JOIN hours AS h ON w.done + w.budget > h.before
),
elapsed AS (
  SELECT d.*, h.before + least(epoch_us(ended_at) - h.opens, h.closes - h.opens) - done AS elapsed
  FROM (SELECT *, coalesce(stopped_at, TIMESTAMP '{as_of}') AS ended_at FROM dues) AS d
  ASOF JOIN hours AS h ON epoch_us(d.ended_at) >= h.opens
),
holders AS (
  SELECT e.about_id, arg_max(own.staff, own.occurred_at) AS staff, arg_max(own.unit, own.occurred_at) AS unit
  FROM elapsed AS e
  JOIN own ON own.about_id = e.about_id AND own.occurred_at <= least(coalesce(stopped_at, due_at), due_at)
  GROUP BY 1
)
SELECT e.about_id AS id, 'resolve' AS commitment, started_at, due_at, stopped_at, elapsed // 1000000 AS elapsed_s,
  CASE WHEN stopped_at <= due_at THEN 'met' WHEN due_at < TIMESTAMP '{as_of}' THEN 'missed' ELSE 'running' END AS state,
  h.staff, h.unit
FROM elapsed AS e LEFT JOIN holders AS h USING (about_id)
"""

PLAIN = """
SELECT count(*), sum(hash(id, started_at, due_at, stopped_at, elapsed_s, state) % 1000000007)
FROM clocks WHERE id NOT IN (
  SELECT about_id FROM facts GROUP BY 1 HAVING bool_or(kind = 'waiting') OR count(DISTINCT data) > 1
)
"""


def by_hand(con: duckdb.DuckDBPyConnection) -> None:
    policy = policies.load(POLICY)
    index = worktime.compile(policy.calendars[0], policy.timezone).index(*map(_micros, (datetime(2024, 12, 1), AS_OF)))
    opens, closes = index.spans.opens, index.spans.closes
    lengths = closes - opens
    con.register("_hours", pa.table({"opens": opens, "closes": closes, "before": lengths.cumsum() - lengths}))
    con.execute("CREATE TABLE hours AS SELECT * FROM _hours")
    con.execute(HAND.format(as_of=AS_OF))


def by_steelyard(con: duckdb.DuckDBPyConnection) -> None:
    policy = policies.load(POLICY)
    times = {each.id: worktime.compile(each, policy.timezone) for each in policy.calendars}
    con.execute("CREATE TABLE cases AS SELECT DISTINCT about_id AS id, 0 AS version FROM facts")
    always = [(datetime(2000, 1, 1), datetime(2100, 1, 1))]
    clocks.build_clocks(con, [policy], in_force=always, as_of=AS_OF, times=[times])


def _micros(at: datetime) -> int:
    return instant_of(at.replace(tzinfo=UTC))


def run(name: str, file: Path, results: multiprocessing.Queue[object]) -> None:
    side: Callable[[duckdb.DuckDBPyConnection], None] = {"hand": by_hand, "steelyard": by_steelyard}[name]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "work.duckdb")) as con:
        con.register("_first", pa.table({"one": [1]}))  # whatever that imports is no part of the comparison
        con.execute("SET enable_progress_bar = false")
        con.execute("SET threads = 2")
        con.execute("SET memory_limit = '2GB'")
        con.execute("SET preserve_insertion_order = false")
        con.execute(f"CREATE TEMP VIEW facts AS SELECT * FROM read_parquet('{file}')")
        started = time.perf_counter()
        side(con)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        results.put((seconds, peak, con.execute(PLAIN).fetchone()))


def make(file: Path, cases: int) -> None:
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(FACTS.format(cases=cases, file=file))


def measured(name: str, file: Path) -> tuple[float, float, object]:
    """Wall seconds, peak GB and a digest of the plain cases, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[object] = context.Queue()
    process = context.Process(target=run, args=(name, file, results))
    process.start()
    found = results.get(timeout=600)
    process.join()
    return found  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    cases = parser.parse_args().cases
    held, seconds = True, []
    for count in (cases, 4 * cases):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "facts.parquet"
            making = multiprocessing.get_context("spawn").Process(target=make, args=(file, count))
            making.start()
            making.join()
            hand, own = measured("hand", file), measured("steelyard", file)
        seconds.append(own[0])
        ratio = own[0] / hand[0]
        print(f"{count:,} cases: hand-written SQL {hand[0]:.2f} s, peak {hand[1]:.2f} GB")
        print(f"{count:,} cases: steelyard {own[0]:.2f} s, peak {own[1]:.2f} GB (limit {MEMORY_LIMIT_GB})")
        print(f"steelyard / hand-written SQL: {ratio:.2f} (limit {HAND_LIMIT})")
        print("plain cases agree" if own[2] == hand[2] else f"PLAIN CASES DIFFER: {own[2]} {hand[2]}")
        held = held and ratio <= HAND_LIMIT and own[1] <= MEMORY_LIMIT_GB and own[2] == hand[2]
    growth = seconds[1] / seconds[0]
    print(f"four times the facts take {growth:.2f} times as long (limit {GROWTH_LIMIT})")
    sys.exit(0 if held and growth <= GROWTH_LIMIT else 1)


if __name__ == "__main__":
    main()
