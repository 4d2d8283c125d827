"""Working time compiled against a loop that walks over the days, as help desks commonly compute it.

Run with ``python -m bench.worktime [--rows N]``. Both sides are given the same spans of up to 30 days of 2023 to 2026
in an office with a noon break and the holidays of the PRC, and must agree on every row that the loop gets through.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime import holidays
from steelyard.engine.worktime.compile import compile
from steelyard.engine.worktime.units import DAY, SECOND, Micros, datetime_of, day_of, instant_of

T = TypeVar("T")

ZONE = "Asia/Shanghai"
MORNING, AFTERNOON = Hours(30_600, 43_200), Hours(48_600, 64_800)
WORKDAY = (MORNING, AFTERNOON)
OFFICE = Calendar(id="office", weekly=(WORKDAY,) * 5 + ((), ()), holidays="CN", makeup_as=0)
LEAST_RATIO = 200


class DayLoop:
    """Day after day, interval after interval."""

    def __init__(self) -> None:
        self.zone = ZoneInfo(ZONE)
        self.kinds = holidays.table("CN").by_day

    def hours(self, on: date) -> tuple[Hours, ...]:
        kind = self.kinds.get(day_of(on))
        if kind:
            return WORKDAY if kind == "work" else ()
        return OFFICE.weekly[on.weekday()]

    def elapsed(self, start: int, end: int) -> int:
        first, last = (datetime_of(at).astimezone(self.zone) for at in (start, end))
        total = timedelta()
        on = first.date()
        while on <= last.date():
            midnight = datetime(on.year, on.month, on.day, tzinfo=self.zone)
            for span in self.hours(on):
                opens = max(midnight + timedelta(seconds=span.opens), first)
                closes = min(midnight + timedelta(seconds=span.closes), last)
                total += max(closes - opens, timedelta())
            on += timedelta(days=1)
        return total // timedelta(microseconds=1)

    def due(self, start: int, amount: int) -> int:
        first, left = datetime_of(start).astimezone(self.zone), timedelta(microseconds=amount)
        on = first.date()
        while True:
            midnight = datetime(on.year, on.month, on.day, tzinfo=self.zone)
            for span in self.hours(on):
                opens = max(midnight + timedelta(seconds=span.opens), first)
                closes = midnight + timedelta(seconds=span.closes)
                if closes - opens >= left:
                    return instant_of(opens + left)
                left -= max(closes - opens, timedelta())
            on += timedelta(days=1)


def main() -> int:
    """Print the rows per second of both sides and their ratio; 1 if they disagree or the ratio is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    office, loop = compile(OFFICE, ZONE), DayLoop()
    starts, spans = _random_rows(rows)
    ends, amounts = starts + spans, spans // 4 + 1
    sample = min(rows, 2_000)
    enough = [
        _compare(
            "elapsed",
            lambda: office.elapsed_many(starts, ends),
            rows,
            lambda: [loop.elapsed(int(a), int(b)) for a, b in zip(starts[:sample], ends[:sample], strict=True)],
            sample,
        ),
        _compare(
            "due",
            lambda: office.due_many(starts, amounts),
            rows,
            lambda: [loop.due(int(a), int(s)) for a, s in zip(starts[:sample], amounts[:sample], strict=True)],
            sample,
        ),
    ]
    for name, run in (
        ("close", lambda: office.close_many(starts, 3)),
        ("same_time", lambda: office.same_time_many(starts, 3)),
        ("provisional", lambda: office.provisional_many(starts, ends)),
    ):
        seconds, _ = _timed(run)
        print(f"{name:12}{rows / seconds:>14,.0f} rows/s")
    return 0 if all(enough) else 1


def _random_rows(rows: int) -> tuple[Micros, Micros]:
    random = np.random.default_rng(7)
    first = instant_of(datetime(2023, 1, 1, tzinfo=UTC))
    starts = first + random.integers(0, 4 * 365 * DAY // SECOND, rows) * SECOND
    return starts, random.integers(0, 30 * DAY // SECOND, rows) * SECOND


def _compare(name: str, many: Callable[[], Micros], rows: int, walk: Callable[[], list[int]], sample: int) -> bool:
    seconds, found = _timed(many)
    walk_seconds, walked = _timed(walk)
    ratio = (rows / seconds) / (sample / walk_seconds)
    agree = found[:sample].tolist() == walked
    print(
        f"{name:12}{rows / seconds:>14,.0f} rows/s   day loop {sample / walk_seconds:>10,.0f} rows/s"
        f"   {ratio:,.0f} times faster   {'agree' if agree else 'DISAGREE'}"
    )
    return agree and ratio >= LEAST_RATIO


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    run()
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    sys.exit(main())
