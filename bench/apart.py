"""Run one side of a comparison in a process of its own, so that its peak memory is its own too."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """Best wall seconds of the runs, peak memory in GB, and what the last run returned."""

    seconds: float
    peak: float
    result: object


def measured(side: Callable[[Path], object], folder: Path, *, runs: int = 1) -> Side:
    """Call ``side(folder)`` ``runs`` times in a new process."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[Side] = context.Queue()
    process = context.Process(target=_run, args=(side, folder, runs, results))
    process.start()
    found = results.get(timeout=3_000)
    process.join()
    return found


def _run(side: Callable[[Path], object], folder: Path, runs: int, results: multiprocessing.Queue[Side]) -> None:
    seconds = []
    result: object = None
    for _ in range(runs):
        started = time.perf_counter()
        result = side(folder)
        seconds.append(time.perf_counter() - started)
    results.put(Side(min(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, result))
