from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy.model import Calendar
from steelyard.engine.worktime import holidays, work
from steelyard.engine.worktime.compile import compile
from steelyard.engine.worktime.elapsed import Elapsed
from steelyard.engine.worktime.units import DAY, SECOND
from tests.engine.worktime.calendars import NIGHT, OFFICE, at, calendar

HOUR = 3600 * SECOND
none = np.array([], dtype=np.int64)


def code(error: pytest.ExceptionInfo[SteelyardError]) -> str:
    return error.value.problems[0].code


def never(opened: dict[str, list[str]] | None = None) -> Calendar:
    return calendar({}, name="shut", opened=opened)


def test_a_due_far_in_the_future_is_still_right() -> None:
    office = compile(OFFICE, "Asia/Shanghai", date(2026, 1, 1), date(2026, 1, 31))
    start = at("2026-03-03T09:00:00+08:00")
    assert office.elapsed(start, office.due(start, 3_000_000 * HOUR)) == 3_000_000 * HOUR
    assert office.elapsed(start, office.close(start, 36_600)) > 36_599 * 8 * HOUR


def test_the_years_before_the_compiled_ones_are_read_when_asked() -> None:
    office = compile(OFFICE, "Asia/Shanghai", date(2026, 1, 1), date(2026, 1, 31))
    # Spring Festival 2007: seven days off, the weekends on both sides worked.
    start, end = at("2007-02-15T00:00:00+08:00"), at("2007-02-27T00:00:00+08:00")
    assert office.elapsed(start, end) == 5 * 8 * HOUR


@pytest.mark.parametrize("rule", ["due", "close", "same_time", "opening"])
def test_a_calendar_that_never_opens_is_refused(rule: str) -> None:
    shut = compile(never(), "Asia/Shanghai")
    start = at("2026-03-03T09:00:00+08:00")
    questions = {
        "due": lambda: shut.due(start, 1),
        "close": lambda: shut.close(start, 1),
        "same_time": lambda: shut.same_time(start, 1),
        "opening": lambda: shut.opening(start),
    }
    with pytest.raises(SteelyardError, match="shut does not open again after 2026-03-03") as error:
        questions[rule]()
    assert code(error) == "never-open"


def test_a_calendar_that_never_opens_measures_no_time() -> None:
    shut = compile(never(), "Asia/Shanghai")
    start, end = at("2026-03-03T09:00:00+08:00"), at("2040-03-03T09:00:00+08:00")
    assert shut.elapsed(start, end) == 0
    assert shut.elapsed_many(np.array([start]), np.array([end])).tolist() == [0]
    assert shut.due(start, 0) == start
    assert shut.due_many(np.array([start]), 0).tolist() == [start]


def test_a_calendar_of_single_days_opens_to_the_last_of_them_and_no_further() -> None:
    rare = compile(never({"2055-05-05": ["22:00-30:00"]}), "Asia/Shanghai")
    start = at("2026-03-03T09:00:00+08:00")
    assert rare.due(start, 8 * HOUR) == at("2055-05-06T06:00:00+08:00")
    assert rare.close(start, 1) == at("2055-05-06T06:00:00+08:00")
    with pytest.raises(SteelyardError) as error:
        rare.due(start, 8 * HOUR + 1)
    assert code(error) == "never-open"
    with pytest.raises(SteelyardError):
        rare.due_many(np.array([start, start]), np.array([HOUR, 9 * HOUR]))
    with pytest.raises(SteelyardError):
        rare.close_many(np.array([start]), 2)


def test_times_that_cannot_be_written_are_refused() -> None:
    office = compile(calendar({"mon": ["09:00-10:00"]}), "Asia/Shanghai")
    start = at("2026-03-03T09:00:00+08:00")
    with pytest.raises(SteelyardError) as error:
        office.elapsed(-(2**62), start)
    assert code(error) == "beyond-time"
    with pytest.raises(SteelyardError) as error:
        compile(OFFICE, "Asia/Shanghai").provisional(start, 2**62)
    assert code(error) == "beyond-time"


def test_the_last_year_that_can_be_written_still_works() -> None:
    office = compile(calendar({"mon": ["09:00-10:00"]}), "Europe/Berlin")
    start, end = at("2026-03-03T09:00:00+01:00"), at("9999-12-31T23:59:59.999999+00:00")
    mondays = (date(9999, 12, 31) - date(2026, 3, 3)).days // 7
    assert abs(office.elapsed(start, end) // HOUR - mondays) <= 1
    with pytest.raises(SteelyardError) as error:
        office.due(start, 500_000 * HOUR)
    assert code(error) == "beyond-time"


def test_negative_amounts_are_impossible() -> None:
    for time in (compile(OFFICE, "Asia/Shanghai"), Elapsed()):
        with pytest.raises(ValueError, match="negative"):
            time.due(0, -1)
        with pytest.raises(ValueError, match="negative"):
            time.due_many(np.array([0]), np.array([-1]))
    with pytest.raises(ValueError, match="backwards"):
        compile(OFFICE, "Asia/Shanghai").close(0, -1)
    with pytest.raises(ValueError, match="backwards"):
        compile(OFFICE, "Asia/Shanghai").same_time_many(np.array([0]), -1)


def test_nothing_is_worked_in_a_span_that_ends_before_it_starts() -> None:
    later, earlier = at("2026-03-04T09:00:00+08:00"), at("2026-03-03T09:00:00+08:00")
    assert compile(OFFICE, "Asia/Shanghai").elapsed(later, earlier) == 0
    assert Elapsed().elapsed(later, earlier) == 0


def test_no_rows_give_no_rows() -> None:
    for time in (compile(OFFICE, "Asia/Shanghai"), Elapsed()):
        assert len(time.elapsed_many(none, none)) == 0
        assert len(time.due_many(none, none)) == 0
        assert len(time.provisional_many(none, none)) == 0
    office = compile(OFFICE, "Asia/Shanghai")
    assert len(office.close_many(none, 1)) == len(office.same_time_many(none, 1)) == 0


def test_a_make_up_day_without_hours_to_take_keeps_its_own() -> None:
    plain = compile(calendar({"mon-fri": ["09:00-17:00"]}, holidays="CN"), "Asia/Shanghai")
    start, end = at("2026-02-14T00:00:00+08:00"), at("2026-02-15T00:00:00+08:00")
    assert plain.elapsed(start, end) == 0


def test_a_table_may_be_given_in_place_of_the_built_in_one() -> None:
    own = holidays.read("CN", ["date,kind,holiday,notice", "2027-01-01,off,new-year,2027"])
    office = compile(OFFICE, "Asia/Shanghai", table=own)
    start, end = at("2027-01-01T00:00:00+08:00"), at("2027-01-02T00:00:00+08:00")
    assert office.elapsed(start, end) == 0
    assert not office.provisional(start, end)
    assert office.provisional(at("2026-06-01T00:00:00+08:00"), end)
    assert office.version == own.version


def test_a_calendar_without_holidays_needs_no_table_and_no_notice() -> None:
    plain = compile(calendar({"mon-fri": ["09:00-17:00"]}), "Asia/Shanghai", table=holidays.table("CN"))
    assert plain.version is None
    assert not plain.provisional(at("2027-01-01T00:00:00+08:00"), at("2031-01-01T00:00:00+08:00"))


def test_years_without_a_notice_on_either_side_are_provisional() -> None:
    office = compile(OFFICE, "Asia/Shanghai")
    new_year = at("2007-01-01T00:00:00+08:00")
    assert office.provisional(new_year - 1, new_year)
    assert not office.provisional(new_year, new_year + DAY)
    assert not office.provisional(at("2027-06-01T00:00:00+08:00"), at("2027-06-01T00:00:00+08:00"))


def test_the_first_opening_and_the_last_closing_of_a_span_of_dates() -> None:
    night = compile(NIGHT, "Asia/Shanghai")
    # A working week that begins after Labour Day and ends with a make-up Saturday.
    week = (date(2026, 5, 4), date(2026, 5, 10))
    assert night.first_opening(*week) == at("2026-05-06T22:00:00+08:00")
    assert night.last_closing(*week) == at("2026-05-10T06:00:00+08:00")
    festival = (date(2026, 2, 15), date(2026, 2, 23))
    assert night.first_opening(*festival) is None
    assert night.last_closing(*festival) is None


def test_a_zone_or_table_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SteelyardError) as error:
        compile(OFFICE, "Asia/Nowhere")
    assert code(error) == "unknown-timezone"
    with pytest.raises(SteelyardError) as error:
        compile(calendar({"mon": ["09:00-10:00"]}, holidays="XX"), "Asia/Shanghai")
    assert code(error) == "unknown-holidays"


def test_a_date_that_never_was_is_no_working_day() -> None:
    # Samoa went from 29 to 31 December 2011: the hours written for the 30th fall on the 31st, counted once.
    every_day = compile(calendar({"mon-sun": ["09:00-17:00"]}), "Pacific/Apia")
    start = at("2011-12-29T12:00:00-10:00")
    assert every_day.close(start, 1) == at("2011-12-31T17:00:00+14:00")
    assert every_day.close(start, 2) == at("2012-01-01T17:00:00+14:00")
    assert every_day.elapsed(start, at("2012-01-01T00:00:00+14:00")) == 13 * HOUR


def test_the_warning_comes_at_the_whole_second_and_never_after_the_due() -> None:
    assert work.warn_amount(10 * SECOND, Fraction(75)) == 8 * SECOND
    assert work.warn_amount(10 * SECOND + 500_000, Fraction(100)) == 10 * SECOND + 500_000
    assert work.warn_at(Elapsed(), 0, 14_400 * SECOND, Fraction(80)) == 11_520 * SECOND


def test_working_days_come_before_hours_and_each_row_may_have_its_own_amount() -> None:
    office = compile(OFFICE, "Asia/Shanghai")
    start = at("2026-03-03T10:00:00+08:00")
    both = work.due_by(office, start, working_days=1, seconds=3600, rule="same_time")
    assert both == at("2026-03-04T11:00:00+08:00")
    rows = work.due_by_many(office, np.array([start, start]), working_days=np.array([1, 0]), seconds=np.array([0, 60]))
    assert rows.tolist() == [at("2026-03-04T18:00:00+08:00"), start + 60 * SECOND]


def test_elapsed_time_has_no_working_days() -> None:
    for refused in (
        lambda: Elapsed().close(0, 1),
        lambda: Elapsed().same_time(0, 1),
        lambda: Elapsed().close_many(none, 1),
        lambda: Elapsed().same_time_many(none, 1),
    ):
        with pytest.raises(SteelyardError) as error:
            refused()
        assert code(error) == "no-calendar"


def test_elapsed_time_is_never_provisional_and_always_runs() -> None:
    always: work.Work = Elapsed()
    assert always.due(5, 7) == 12
    assert always.due_many(np.array([5, 6]), 7).tolist() == [12, 13]
    assert always.elapsed_many(np.array([5, 6]), np.array([12, 3])).tolist() == [7, 0]
    assert not always.provisional(0, DAY)
    assert always.provisional_many(np.array([0]), np.array([DAY])).tolist() == [False]
    working: work.Work = compile(OFFICE, "Asia/Shanghai")
    assert working.elapsed(0, 0) == 0
