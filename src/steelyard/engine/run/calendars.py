"""The working times of each policy version, compiled once and kept with the results of a run."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from steelyard.engine.policy import model
from steelyard.engine.worktime import compile as compile_
from steelyard.engine.worktime import holidays
from steelyard.engine.worktime.holidays import HolidayTable
from steelyard.engine.worktime.work import Work


def tables_of(policies: Sequence[model.Policy]) -> dict[str, HolidayTable]:
    """The holiday tables that the calendars of ``policies`` name."""
    names = {calendar.holidays for policy in policies for calendar in policy.calendars if calendar.holidays}
    return {name: holidays.table(name) for name in sorted(names)}


def working_times(policy: model.Policy, tables: Mapping[str, HolidayTable]) -> dict[str, Work]:
    """The compiled calendars of ``policy`` by id."""
    return {
        calendar.id: compile_.compile(calendar, policy.timezone, table=tables.get(calendar.holidays or ""))
        for calendar in policy.calendars
    }


def keep(tables: Mapping[str, HolidayTable], folder: Path) -> None:
    """Write the tables used beside the results, so that a later notice cannot change what was computed."""
    folder.mkdir()
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["date", "kind", "holiday", "notice"])
            writer.writerows([day.on.isoformat(), day.kind, day.holiday, day.notice] for day in table.days)


def kept(folder: Path) -> dict[str, HolidayTable]:
    """The tables kept with a run."""
    return {
        path.stem: holidays.read(path.stem, path.read_text(encoding="utf-8").splitlines())
        for path in sorted(folder.glob("*.csv"))
    }
