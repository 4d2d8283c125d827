"""Published public holidays and the working days that make up for them (调休).

A table knows which years were announced: a date in any other year is provisional. The tables are data of this
project (``data/<name>.csv`` and ``data/<name>-notices.csv``), compiled from the notices they name; the version is a
fingerprint of what they mean for working time.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib import resources
from typing import Final, Literal, cast

from steelyard.engine.errors import refuse
from steelyard.engine.words import N_
from steelyard.engine.worktime.units import day_of

Kind = Literal["off", "work"]

NAMES: Final[Mapping[str, str]] = {
    "new-year": N_("New Year's Day"),
    "spring-festival": N_("Spring Festival"),
    "qingming": N_("Qingming Festival"),
    "labour-day": N_("Labour Day"),
    "dragon-boat": N_("Dragon Boat Festival"),
    "mid-autumn": N_("Mid-Autumn Festival"),
    "national-day": N_("National Day"),
    "mid-autumn-and-national-day": N_("Mid-Autumn Festival and National Day"),
    "victory-day": N_("Victory Day, 70th anniversary"),
}
"""What the ids in the column ``holiday`` are called."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date named by the notice for ``notice``: ``off``, or a ``work``-ing day that makes up for one."""

    on: date
    kind: Kind
    holiday: str
    notice: int


@dataclass(frozen=True)
class HolidayTable:
    """The published days of one place.

    ``sources`` are the notices by year. A year is announced when its own notice names a day, whatever
    the notices of its neighbours say about it.
    """

    name: str
    days: tuple[Holiday, ...]
    sources: Mapping[int, tuple[str, ...]]

    @cached_property
    def announced(self) -> frozenset[int]:
        """The years with a published notice; all others are provisional."""
        return frozenset(day.notice for day in self.days)

    @cached_property
    def by_day(self) -> Mapping[int, Kind]:
        """What each named day is, by day number."""
        return {day_of(day.on): day.kind for day in self.days}

    @cached_property
    def version(self) -> str:
        """The name and a fingerprint of dates, kinds and notice years, for manifests: ``CN-2026-3f2a…``."""
        lines = sorted(f"{day.on.isoformat()} {day.kind} {day.notice}" for day in self.days)
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        latest = max(self.announced, default=0)
        return f"{self.name}-{latest}-{digest[:12]}"


@lru_cache(maxsize=16)
def table(name: str) -> HolidayTable:
    """The built-in table ``name``, e.g. ``CN``; raises SteelyardError ``unknown-holidays``."""
    if name not in built_in():
        raise refuse(
            "unknown-holidays",
            N_("there is no table of holidays called {name}"),
            remedy=N_("the tables are {known}; or list the days under closed and open"),
            name=name,
            known=", ".join(built_in()),
        )
    folder = resources.files(__package__).joinpath("data")
    days, notices = (
        folder.joinpath(f"{name.lower()}{part}.csv").read_text(encoding="utf-8").splitlines()
        for part in ("", "-notices")
    )
    return read(name, days, notices)


def built_in() -> tuple[str, ...]:
    """The names of the tables that come with this version."""
    return ("CN",)


def read(name: str, days: Iterable[str], notices: Iterable[str] = ()) -> HolidayTable:
    """A table from the lines of its two CSV files (columns date kind holiday notice; year source).

    Raises SteelyardError ``holidays`` with the line that cannot be read, or names a date a second time.
    """
    found: dict[date, Holiday] = {}
    for line, row in enumerate(csv.DictReader(days), start=2):
        day = _holiday(row)
        if day is None or day.on in found:
            raise refuse(
                "holidays",
                N_("line {line} of the table {name} is not a new day: {text}"),
                remedy=N_("write date,kind,holiday,notice; kind is off or work; each date once"),
                line=line,
                name=name,
                text=",".join(str(value) for value in row.values()),
            )
        found[day.on] = day
    sources: dict[int, tuple[str, ...]] = {}
    for row in csv.DictReader(notices):
        year = int(row["year"])
        sources[year] = (*sources.get(year, ()), row["source"])
    return HolidayTable(name, tuple(found[on] for on in sorted(found)), sources)


def _holiday(row: Mapping[str, str]) -> Holiday | None:
    try:
        on, notice = date.fromisoformat(row["date"]), int(row["notice"])
    except (KeyError, TypeError, ValueError):
        return None
    if row["kind"] not in ("off", "work"):
        return None
    return Holiday(on, cast(Kind, row["kind"]), row["holiday"], notice)
