"""The page that explains calendars: each of its examples is computed from the calendars it shows."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import yaml

from steelyard.engine.policy import duration
from steelyard.engine.worktime import work
from steelyard.engine.worktime.compile import WorkingTime, compile
from steelyard.engine.worktime.units import datetime_of
from tests.engine.worktime.calendars import at, calendar

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "how-to" / "calendars.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (office|night) \| (.+?) \| (\w+) \| (\w*) ?\| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def declared() -> dict[str, WorkingTime]:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    times = {}
    # Scalars stay text: to YAML 1.1 the key `on` would be a boolean.
    for spec in yaml.load(found.group(1), Loader=yaml.BaseLoader)["calendars"]:
        made = calendar(
            spec["hours"],
            name=spec["id"],
            holidays=spec["holidays"],
            makeup_as=spec["makeup_as"],
            opened={day["on"]: day["hours"] for day in spec.get("open", [])},
            closed=spec.get("closed", ()),
        )
        times[spec["id"]] = compile(made, "Asia/Shanghai")
    return times


def local(text: str) -> int:
    """An instant written as ``Tue 2026-03-03 10:00``; the weekday must be right."""
    assert datetime.fromisoformat(text[4:]).strftime("%a") == text[:3], text
    return at(f"{text[4:]}+08:00")


def test_every_example_of_the_page_is_right() -> None:
    times = declared()
    rows = ROW.findall(PAGE)
    assert len(rows) == 17
    for name, start, within, rule, due, last in rows:
        amount, time = duration.parse(within), times[name]
        found = work.due_by(
            time,
            local(start),
            working_days=amount.working_days,
            seconds=amount.seconds,
            rule="same_time" if rule == "same_time" else "close",
        )
        assert datetime_of(found) == datetime_of(local(due)), (name, start, within, rule)
        assert time.provisional(local(start), found) == (last == "yes"), (name, start)


def test_the_pause_of_the_page_moves_friday_to_tuesday() -> None:
    office = declared()["office"]
    friday = office.close(local("Tue 2026-03-03 09:00"), 3)
    assert friday == local("Fri 2026-03-06 18:00")
    left = office.elapsed(local("Tue 2026-03-03 10:00"), friday)
    assert office.due(local("Thu 2026-03-05 10:00"), left) == local("Tue 2026-03-10 18:00")
