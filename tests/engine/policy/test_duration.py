"""Durations as policies write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy.duration import Duration, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", Duration(seconds=30)),
        ("1m", Duration(seconds=60)),
        ("1h30m", Duration(seconds=5400)),
        ("2d", Duration(seconds=172_800)),
        ("1d2h3m4s", Duration(seconds=93_784)),
        ("2wd", Duration(working_days=2)),
        ("0s", Duration()),
    ],
)
def test_a_duration_is_seconds_or_working_days(text: str, expected: Duration) -> None:
    assert parse(text) == expected
    assert parse(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1w", Duration(seconds=604_800)),
        ("3mo", Duration(months=3)),
        ("1q", Duration(months=3)),
        ("1y6mo", Duration(months=18)),
    ],
)
def test_calendar_units_are_for_reviews_and_validity(text: str, expected: Duration) -> None:
    assert parse(text, calendar_units=True) == expected
    with pytest.raises(SteelyardError, match="reviews and validity"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("4 hours", "4h"),
        ("2 WD", "2wd"),
        ("30 min", "30m"),
        ("3 working days", "3wd"),
        ("1 hour and 30 minutes", "1h30m"),
        ("90 Secs", "90s"),
    ],
)
def test_a_near_miss_says_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(SteelyardError) as caught:
        parse(text)
    assert f"{meant} is meant" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "h", "1", "1.5h", "-1h", "1h 30m", "1h1h", "1wd2h", "٣h", "1mo2d", "99999999999h", "99999wd"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SteelyardError):
        parse(text, calendar_units=True)


@given(st.integers(0, 10**8))
def test_the_standard_spelling_reads_back(seconds: int) -> None:
    duration = Duration(seconds=seconds)
    assert parse(duration.meaning) == duration


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_a_refusal(text: str) -> None:
    try:
        found = parse(text, calendar_units=True)
    except SteelyardError as error:
        found = Duration(text=text if error.problems[0].code == "duration" else "another code")
    assert found.text == text
