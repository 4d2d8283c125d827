"""How the command line speaks: problems to the error stream, results to the output, JSON where it is asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from steelyard.engine.errors import Problem
from steelyard.engine.words import aligned, say

language = "en"
"""The language of this process, set once from ``--lang``."""


def line(message: str, **params: object) -> None:
    """Print a translated sentence."""
    print(say(message, language, **params))


def problems(found: Iterable[Problem]) -> None:
    """Print each problem with its place to the error stream."""
    for problem in found:
        print(problem.text(language), file=sys.stderr)


def as_json(value: object) -> None:
    """Print ``value`` as JSON; exact numbers and instants as text."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=_plain))


@contextmanager
def progress(label: str) -> Iterator[Callable[[int], None]]:
    """A counter on the error stream, on a terminal only."""
    tell = sys.stderr.isatty()

    def advance(count: int) -> None:
        if tell:
            print(f"\r{label} {count:,}", end="", file=sys.stderr, flush=True)

    yield advance
    if tell:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def instant(micros: int | None, zone: str) -> str:
    """An instant in microseconds UTC as local time with its offset."""
    if micros is None:
        return "–"
    whole, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest).astimezone(ZoneInfo(zone)).isoformat()


def table(rows: list[list[str]]) -> None:
    """Print ``rows`` in aligned columns."""
    for row in aligned(rows):
        print(row)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date | Decimal | Fraction):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
