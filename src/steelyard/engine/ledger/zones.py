"""Wall times of a source become instants by a table of offsets that SQL can apply to a whole column.

DuckDB's own ``timezone()`` takes the second hour of a fold; SPEC §2 wants the first, and a gap moves forward.
Both follow from one rule: an offset holds for every wall time before ``instant of the change + the larger of
the offsets before and after``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from steelyard.engine.errors import Place, refuse
from steelyard.engine.words import N_

# Before the first year and after the last the nearest offset is taken: such stamps are placeholders.
FIRST_YEAR = 1900
LAST_YEAR = 2100


@dataclass(frozen=True, slots=True)
class Offsets:
    """Seconds east: ``seconds[0]`` before the wall time ``changes[0]``, ``seconds[i + 1]`` from ``changes[i]``"""

    changes: tuple[datetime, ...]
    seconds: tuple[int, ...]

    def sql(self, wall: str) -> str:
        """The instant of the wall time ``wall`` (an SQL timestamp), found by halving."""
        return f"{wall} - to_seconds({self._halved(wall, 0, len(self.changes))})"

    def _halved(self, wall: str, low: int, high: int) -> str:
        if low == high:
            return str(self.seconds[low])
        middle = (low + high) // 2
        later, earlier = self._halved(wall, middle + 1, high), self._halved(wall, low, middle)
        return f"CASE WHEN {wall} >= TIMESTAMP '{self.changes[middle]}' THEN {later} ELSE {earlier} END"


def load_zone(name: str, place: Place = Place()) -> ZoneInfo:
    """The zone ``name`` of the ``tzdata`` package, the same on every machine; raises ``unknown-timezone``."""
    parts = name.split("/")
    if all(part and part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts):
        file = resources.files("tzdata").joinpath("zoneinfo", *parts)
        if file.is_file():
            with file.open("rb") as data:
                if data.read(4) == b"TZif":
                    data.seek(0)
                    return ZoneInfo.from_file(data, key=name)
    raise refuse(
        "unknown-timezone",
        N_("{name} is not a time zone"),
        remedy=N_("write the name of the tz database, such as Asia/Shanghai or Europe/Berlin"),
        place=place,
        name=name,
    )


@lru_cache(maxsize=64)
def offsets(name: str) -> Offsets:
    """The offsets of a zone, with the wall times from which they hold."""
    zone = load_zone(name)
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    changes: list[datetime] = []
    seconds = [_seconds(zone, day)]
    while day.year <= LAST_YEAR:
        following = day + timedelta(days=1)
        after = _seconds(zone, following)
        if after != seconds[-1]:
            change = _change_between(zone, day, following)
            changes.append(change.replace(tzinfo=None) + timedelta(seconds=max(seconds[-1], after)))
            seconds.append(after)
        day = following
    return Offsets(tuple(changes), tuple(seconds))


def _seconds(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _change_between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second with the offset of ``high``; no zone changed twice within a day."""
    before = _seconds(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _seconds(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
