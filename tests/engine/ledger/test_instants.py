"""Stamps become instants as Python and the tz database say, also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.macros import make_macros
from steelyard.engine.ledger.zones import load_zone

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
)


def instants(source: model.Source, texts: list[str]) -> list[datetime | None]:
    """What the import reads from ``texts``."""
    with duckdb.connect() as con:
        make_macros(con, source)
        con.execute("CREATE TABLE texts AS SELECT unnest(?) AS v", [texts])
        con.execute("CREATE TABLE stamps AS SELECT read_wall(v) AS wall, read_zoned(v) AS zoned FROM texts")
        return [row[0] for row in con.execute("SELECT to_instant(wall, zoned) FROM stamps").fetchall()]


def first_or_forward(wall: datetime, zone: str) -> datetime:
    """The instant of a wall time, slowly: the first at which the clock shows it, else it moves forward over the gap."""
    info = load_zone(zone)
    found = wall.replace(tzinfo=info, fold=0).astimezone(UTC).replace(tzinfo=None)
    return found


@settings(max_examples=12)
@given(
    zone=st.sampled_from(ZONES),
    walls=st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2037, 12, 31)), min_size=1, max_size=30),
)
def test_wall_times_follow_the_zone(zone: str, walls: list[datetime]) -> None:
    walls = [wall.replace(microsecond=0) for wall in walls]
    found = instants(model.Source("csv", timezone=zone), [wall.isoformat(sep=" ") for wall in walls])
    assert found == [first_or_forward(wall, zone) for wall in walls]


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_a_change_of_clocks_is_right(zone: str) -> None:
    info = load_zone(zone)
    hours = [datetime(2011, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(2 * 8760)]
    changes = [
        later
        for earlier, later in pairwise(hours)
        if earlier.astimezone(info).utcoffset() != later.astimezone(info).utcoffset()
    ]
    walls = [
        (change.astimezone(info).replace(tzinfo=None) + timedelta(minutes=minute)).replace(second=0)
        for change in changes
        for minute in range(-190, 190, 7)
    ]
    if walls:
        found = instants(
            model.Source("csv", timezone=zone, timestamps=("%Y-%m-%d %H:%M",)),
            [f"{wall:%Y-%m-%d %H:%M}" for wall in walls],
        )
        assert found == [first_or_forward(wall, zone) for wall in walls]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-03-27 02:30", "2016-03-27 01:30:00"),
        ("2016-10-30T02:30:00", "2016-10-30 00:30:00"),
        ("2016-01-01", "2015-12-31 23:00:00"),
        ("2016-01-01 10:00:00.1234567", "2016-01-01 09:00:00.123456"),
        ("2016-01-01 10:00:00,5", "2016-01-01 09:00:00.500000"),
        ("2016-01-01T10:00:00+05:30", "2016-01-01 04:30:00"),
        ("2016-01-01T10:00:00-0530", "2016-01-01 15:30:00"),
        ("2016-01-01 10:00:00 +01", "2016-01-01 09:00:00"),
        ("2016-01-01T10:00Z", "2016-01-01 10:00:00"),
        ("2016-01-01t10:00:00z", "2016-01-01 10:00:00"),
        ("2016-02-30", None),
        ("2016-01-01T25:00", None),
        ("2016-01-01T10", None),
        ("2016-1-1", None),
        ("216-01-01", None),
        ("01.02.2016", None),
        ("2016-01-01T10:00:00+25:00", None),
        ("now", None),
        ("epoch", None),
        ("infinity", None),
        ("0001-01-01T00:00:00+01:00", None),
    ],
)
def test_iso_stamps(text: str, expected: str | None) -> None:
    (found,) = instants(model.Source("csv", timezone="Europe/Berlin"), [text])
    assert (str(found) if found else None) == expected


FORMATS = (
    "%d/%m/%Y %H:%M",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M:%S.%f",
    "%b %d, %Y %I:%M %p",
    "%d %B %Y",
    "%Y%m%d%H%M%S",
    "%Y年%m月%d日 %H:%M",
)


@settings(max_examples=15)
@given(
    format_=st.sampled_from(FORMATS),
    walls=st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)), min_size=1),
    cut=st.integers(0, 9),
)
def test_formats_are_read_as_python_reads_them(format_: str, walls: list[datetime], cut: int) -> None:
    texts = [wall.strftime(format_) for wall in walls]
    texts += [text[:cut] + text[cut + 1 :] for text in texts if not format_.startswith(("%Y%m", "%m/%d/%y"))]
    assert instants(model.Source("csv", timezone="UTC", timestamps=(format_,)), texts) == [
        _python(text, format_) for text in texts
    ]


def _python(text: str, format_: str) -> datetime | None:
    try:
        # Blanks around a stamp trouble nobody.
        return datetime.strptime(text.strip(), format_)
    except ValueError:
        return None


def test_offsets_in_the_format_are_read() -> None:
    source = model.Source("csv", timestamps=("%d/%m/%Y %H:%M %z",))
    found = instants(
        source, ["01/02/2016 10:00 +0130", "01/02/2016 10:00 -01:30", "01/02/2016 10:00 Z", "01/02/2016 10:00"]
    )
    assert [str(moment) for moment in found] == [
        "2016-02-01 08:30:00",
        "2016-02-01 11:30:00",
        "2016-02-01 10:00:00",
        "None",
    ]
