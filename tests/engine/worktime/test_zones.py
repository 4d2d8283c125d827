from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.worktime import zones
from steelyard.engine.worktime.units import datetime_of, instant_of

ZONES = (
    "Asia/Shanghai",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Nuuk",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
)
zone_names = st.sampled_from(ZONES)
walls = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1))
# Half of the examples lie near a change of clocks, which plain sampling would hardly ever meet.
NEAR = tuple(
    datetime_of(int(change)).replace(tzinfo=None)
    for name in ZONES
    for change in zones.zone(name)._covering(0, 0).change[-40:]
)
near_changes = st.builds(
    lambda base, hours, micros: base + timedelta(hours=hours, microseconds=micros),
    st.sampled_from(NEAR),
    st.floats(-15, 15, allow_nan=False),
    st.integers(-2, 2),
)
any_wall = st.one_of(walls, near_changes)


def micros(wall: datetime) -> int:
    return instant_of(wall.replace(tzinfo=UTC))


@given(zone_names, any_wall)
def test_a_wall_time_is_its_first_instant_or_after_the_gap(name: str, wall: datetime) -> None:
    zone = zones.zone(name)
    # fold=0 is the first of two, and in a gap the offset before it, which moves forward.
    expected = instant_of(wall.replace(tzinfo=zone.info, fold=0).astimezone(UTC))
    assert zone.to_instant(micros(wall)) == expected
    assert zone.to_instant_many(np.array([micros(wall)])).tolist() == [expected]


@given(zone_names, any_wall)
def test_an_instant_shows_the_wall_time_of_its_offset(name: str, utc: datetime) -> None:
    zone = zones.zone(name)
    expected = micros(utc.replace(tzinfo=UTC).astimezone(zone.info).replace(tzinfo=None))
    assert zone.to_wall(micros(utc)) == expected
    assert zone.to_wall_many(np.array([micros(utc)])).tolist() == [expected]
    assert zone.day_many(np.array([micros(utc)])).tolist() == [zone.day(micros(utc))]


def test_three_centuries_of_a_zone_agree_with_the_standard_library_hour_by_hour() -> None:
    for name in ZONES:
        zone = zones.zone(name)
        for start in ("1915-01-01", "1944-12-01", "1975-01-01", "2011-12-01", "2026-01-01", "2198-01-01"):
            first = datetime.fromisoformat(start).replace(tzinfo=UTC)
            instants = [first + timedelta(hours=hour) for hour in range(0, 24 * 366, 3)]
            expected = [micros(instant.astimezone(zone.info).replace(tzinfo=None)) for instant in instants]
            assert zone.to_wall_many(np.array([instant_of(instant) for instant in instants])).tolist() == expected, name


def test_zones_of_all_parts_of_the_database_change_when_the_standard_library_says() -> None:
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    for name in names[::60]:
        zone = zones.zone(name)
        info = zone.info
        known = zone._covering(micros(datetime(1901, 1, 1)), micros(datetime(2060, 1, 1)))
        changes, _, offsets = known.scalar
        for change, before, after in zip(changes, offsets, offsets[1:], strict=False):
            for instant, offset in ((change - 1, before), (change, after)):
                at = datetime_of(instant).astimezone(info)
                assert at.utcoffset() == timedelta(microseconds=offset), (name, at)
        looked = datetime(1902, 1, 1, tzinfo=UTC)
        while looked < datetime(2059, 1, 1, tzinfo=UTC):
            wall = micros(looked.astimezone(info).replace(tzinfo=None))
            assert zone.to_wall(instant_of(looked)) == wall, (name, looked)
            looked += timedelta(days=2)


def test_rules_hold_for_ever() -> None:
    berlin = zones.zone("Europe/Berlin")
    for year in (2450, 2999, 9998):
        for month in (1, 7):
            at = datetime(year, month, 15, 12, tzinfo=UTC)
            assert berlin.to_wall(instant_of(at)) == micros(at.astimezone(berlin.info).replace(tzinfo=None))


def test_offsets_come_from_the_package_and_agree_with_the_machine_where_both_know() -> None:
    wall = datetime(2026, 7, 1, 12)
    machine = wall.replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert zones.zone("Europe/Berlin").to_instant(micros(wall)) == instant_of(machine)


def test_no_instants_give_no_walls() -> None:
    none = np.array([], dtype=np.int64)
    assert len(zones.zone("UTC").to_wall_many(none)) == len(zones.zone("UTC").to_instant_many(none)) == 0


@pytest.mark.parametrize("name", ["", "Asia", "Mars/Phobos", "../zoneinfo/UTC", "/etc/passwd", "tzdata.zi", "zone.tab"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(SteelyardError) as error:
        zones.zone(name)
    assert error.value.problems[0].code == "unknown-timezone"
