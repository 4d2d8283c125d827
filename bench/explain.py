"""Opening one figure of a ledger and of one four times as large, in which that figure is no larger.

Run with ``python -m bench.explain [--cases N]``. The larger ledger has four times the cases of four times the people,
so that a person's figure has as many rows in both; opening it must cost the same.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import steelyard.engine as sy
from bench import assess

LIMIT = 1.3


def opened(folder: Path, cases: int) -> float:
    """Median seconds to open a person's figure of one month."""
    folder.mkdir()
    assess.make_ledger(folder, cases, staff=cases // 2_500)
    sy.assess([sy.load_policy(assess.POLICY.encode())], folder / "ledger", ["2025-03"], out=folder / "out")
    seconds = []
    for number in range(30):
        started = time.perf_counter()
        (found,) = sy.explain(folder / "out", "resolved", f"agent-{number}", limit=20)
        seconds.append(time.perf_counter() - started)
    print(f"{cases:>10,} cases: {1000 * statistics.median(seconds):6.1f} ms, {sum(found.populations.values())} rows")
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        small, large = (opened(Path(scratch) / str(times), times * asked.cases) for times in (1, 4))
    print(f"four times the ledger: {large / small:.2f} times as long (limit {LIMIT})")
    sys.exit(0 if large / small <= LIMIT else 1)


if __name__ == "__main__":
    main()
