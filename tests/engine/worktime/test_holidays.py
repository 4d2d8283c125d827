from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from steelyard.engine.errors import SteelyardError
from steelyard.engine.worktime import holidays
from steelyard.engine.worktime.units import day_of
from tests.shared import shared_path


def test_every_date_is_what_the_official_notices_say() -> None:
    files = sorted(shared_path("data/holiday-cn").glob("*.json"))
    official = {
        date.fromisoformat(day["date"]): "off" if day["isOffDay"] else "work"
        for file in files
        for day in json.loads(file.read_text(encoding="utf-8"))["days"]
    }
    table = holidays.table("CN")
    on = date(2005, 1, 1)
    while on < date(2030, 1, 1):
        assert table.by_day.get(day_of(on)) == official.get(on), on
        on += timedelta(days=1)


def test_the_announced_years_are_those_whose_own_notice_names_a_day() -> None:
    files = sorted(shared_path("data/holiday-cn").glob("*.json"))
    years = {int(file.stem) for file in files if json.loads(file.read_text(encoding="utf-8"))["days"]}
    assert holidays.table("CN").announced == years == set(range(2007, 2027))


def test_each_announced_year_names_its_notices() -> None:
    table = holidays.table("CN")
    assert set(table.sources) == table.announced
    assert all(day.holiday in holidays.NAMES for day in table.days)


def test_the_version_changes_with_the_meaning_and_with_nothing_else() -> None:
    lines = ["date,kind,holiday,notice", "2030-01-01,off,new-year,2030", "2030-01-06,work,new-year,2030"]
    renamed = [line.replace("new-year", "yuandan") for line in lines]
    moved = [line.replace("2030-01-06", "2030-01-05") for line in lines]
    assert holidays.read("CN", lines).version == holidays.read("CN", renamed).version
    assert holidays.read("CN", lines).version != holidays.read("CN", moved).version
    assert holidays.read("CN", lines).version.startswith("CN-2030-")


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SteelyardError, match="the tables are CN") as error:
        holidays.table("XX")
    assert error.value.problems[0].code == "unknown-holidays"


@pytest.mark.parametrize(
    "line", ["2030-02-30,off,new-year,2030", "2030-01-01,half,new-year,2030", "2030-01-01,off", "2030-01-01"]
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(SteelyardError, match="line 2 of the table CN"):
        holidays.read("CN", ["date,kind,holiday,notice", line])


def test_a_date_twice_is_refused() -> None:
    with pytest.raises(SteelyardError, match="line 3"):
        holidays.read("CN", ["date,kind,holiday,notice", "2030-01-01,off,x,2030", "2030-01-01,work,x,2030"])
