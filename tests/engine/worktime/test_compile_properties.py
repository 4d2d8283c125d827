"""A compiled calendar answers as a walk over its days would, one by one and by the array."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.policy.model import Calendar, Hours
from steelyard.engine.worktime import holidays
from steelyard.engine.worktime.compile import WorkingTime, compile
from steelyard.engine.worktime.units import DAY, SECOND, instant_of
from tests.engine.worktime.reference import DayWalk

# Places and seasons in which clocks change, at night, at midnight, by half an hour, by a whole day; and holidays.
SEASONS = (
    ("Asia/Shanghai", date(2026, 2, 10)),
    ("Asia/Shanghai", date(2026, 9, 18)),
    ("Asia/Shanghai", date(2026, 12, 25)),
    ("Europe/Berlin", date(2026, 3, 27)),
    ("Europe/Berlin", date(2026, 10, 23)),
    ("America/New_York", date(2026, 3, 6)),
    ("America/New_York", date(2026, 10, 30)),
    ("America/Sao_Paulo", date(2018, 11, 2)),
    ("America/Sao_Paulo", date(2019, 2, 15)),
    ("America/Nuuk", date(2026, 3, 26)),
    ("Australia/Lord_Howe", date(2026, 4, 3)),
    ("Pacific/Apia", date(2011, 12, 28)),
    ("UTC", date(2026, 5, 1)),
)


@st.composite
def opening_hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    """Up to three openings apart, the last one perhaps over midnight."""
    count = draw(st.integers(0, 3))
    marks = sorted(draw(st.lists(st.integers(0, 95), min_size=2 * count, max_size=2 * count, unique=True)))
    spans = [Hours(marks[i] * 900, marks[i + 1] * 900) for i in range(0, len(marks), 2)]
    if spans:
        longer = draw(st.sampled_from([0, 0, 1, 8, 40]))
        spans[-1] = replace(spans[-1], closes=spans[-1].closes + longer * 900)
    return tuple(spans)


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkingTime, DayWalk, list[int]]:
    """A calendar in a season, compiled for too few days at first, with three instants in the season."""
    name, first = draw(st.sampled_from(SEASONS))
    near = st.integers(-3, 25).map(lambda days: first + timedelta(days=days))
    weekly = draw(st.lists(opening_hours(), min_size=7, max_size=7).filter(any))
    calendar = Calendar(
        id="random",
        weekly=tuple(weekly),
        holidays=draw(st.sampled_from([None, "CN"])),
        makeup_as=draw(st.sampled_from([None, 0, 4])),
        open=draw(st.dictionaries(near, opening_hours(), max_size=2)),
        closed=draw(st.frozensets(near, max_size=3)),
    )
    time = compile(calendar, name, first, first + timedelta(days=3))
    table = holidays.table("CN") if calendar.holidays else None
    midnight = instant_of(datetime(first.year, first.month, first.day, tzinfo=UTC))
    quarters = st.integers(-8 * 96, 20 * 96).map(lambda quarter: midnight + quarter * 900 * SECOND)
    offsets = st.sampled_from([0, 0, 0, 1, -1, SECOND, 17 * 60 * SECOND + 250])
    starts = draw(st.lists(st.builds(int.__add__, quarters, offsets), min_size=3, max_size=3))
    return time, DayWalk(calendar, time.zone.info, table), starts


amounts = st.one_of(
    st.sampled_from([0, 1, SECOND]),
    st.integers(0, 120 * 4).map(lambda quarter: quarter * 900 * SECOND),
    st.integers(0, 3 * DAY),
)


@settings(max_examples=120, deadline=None)
@given(cases())
def test_elapsed_is_what_a_walk_over_the_days_counts(case: tuple[WorkingTime, DayWalk, list[int]]) -> None:
    time, walk, starts = case
    pairs = [(a, b) for a in starts for b in starts]
    expected = [walk.elapsed(a, b) if a < b else 0 for a, b in pairs]
    assert [time.elapsed(a, b) for a, b in pairs] == expected
    assert time.elapsed_many(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])).tolist() == expected


@settings(max_examples=120, deadline=None)
@given(cases(), st.lists(amounts, min_size=3, max_size=3))
def test_due_is_what_a_walk_over_the_days_reaches(
    case: tuple[WorkingTime, DayWalk, list[int]], given_amounts: list[int]
) -> None:
    time, walk, starts = case
    expected = [walk.due(start, amount) for start, amount in zip(starts, given_amounts, strict=True)]
    assert time.due_many(np.array(starts), np.array(given_amounts)).tolist() == expected
    assert [time.due(start, amount) for start, amount in zip(starts, given_amounts, strict=True)] == expected


@settings(max_examples=120, deadline=None)
@given(cases(), st.lists(st.integers(0, 12), min_size=3, max_size=3))
def test_working_days_are_counted_as_a_walk_over_the_days_counts_them(
    case: tuple[WorkingTime, DayWalk, list[int]], days: list[int]
) -> None:
    time, walk, starts = case
    given_days = list(zip(starts, days, strict=True))
    closes = [walk.close(start, n) for start, n in given_days]
    assert time.close_many(np.array(starts), np.array(days)).tolist() == closes
    assert [time.close(start, n) for start, n in given_days] == closes
    same = [walk.same_time(start, n) for start, n in given_days]
    assert time.same_time_many(np.array(starts), np.array(days)).tolist() == same
    assert [time.same_time(start, n) for start, n in given_days] == same


@settings(max_examples=60, deadline=None)
@given(cases())
def test_provisional_is_any_local_date_of_an_unannounced_year(case: tuple[WorkingTime, DayWalk, list[int]]) -> None:
    time, walk, starts = case
    pairs = [(a, b) for a in starts for b in starts]
    expected = [walk.provisional(a, b) for a, b in pairs]
    assert [time.provisional(a, b) for a, b in pairs] == expected
    assert time.provisional_many(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])).tolist() == expected


@settings(max_examples=120, deadline=None)
@given(cases(), st.integers(1, 40 * DAY))
def test_due_is_the_earliest_instant_at_which_the_amount_has_elapsed(
    case: tuple[WorkingTime, DayWalk, list[int]], amount: int
) -> None:
    time, _, (start, *_) = case
    due = time.due(start, amount)
    assert time.elapsed(start, due) == amount
    assert time.elapsed(start, due - 1) == amount - 1


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(-60, 60))
def test_growing_never_changes_an_answer(case: tuple[WorkingTime, DayWalk, list[int]], years: int) -> None:
    time, _, (a, b, c) = case
    before = (time.elapsed(a, b), time.due(a, DAY), time.close(b, 3), time.same_time(c, 3))
    far = a + years * 366 * DAY
    time.elapsed(min(a, far), max(a, far))
    assert (time.elapsed(a, b), time.due(a, DAY), time.close(b, 3), time.same_time(c, 3)) == before
