"""Wall times and instants, one by one or by the million.

A zone's changes of offset are taken from the tz database of the ``tzdata`` package, not from the machine, so that
every machine gives the same digits. A wall time that happens twice is the first of the two; one that is skipped
moves forward by the length of the gap (Reading 1). Both follow from one rule: the offset before a change of clocks
holds for all wall times before ``instant of the change + the larger of the two offsets``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from importlib import metadata, resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from steelyard.engine.errors import refuse
from steelyard.engine.words import N_
from steelyard.engine.worktime.units import DAY, SECOND, Days, Micros

VERSION = metadata.version("tzdata")
"""The release of the tz database, for manifests: ``2026.6`` is the sixth of 2026, 2026f."""

_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
# Changes of offset are found by looking every few days; the closest two of any zone are almost seven days apart.
_PROBE_SECONDS = 4 * 86_400
_YEAR = 31_556_952 * SECOND
# The Gregorian calendar repeats after 400 years of a whole number of weeks, and with it every rule of a zone.
_CYCLE_YEARS = 400
_CYCLE_SECONDS = 146_097 * 86_400
_PERIODIC_FROM = 2100
# No zone had anything but its local mean time before.
_FIRST_CHANGES = 1800
_AT_FIRST = (1970, 2049)


@dataclass(frozen=True)
class _Offsets:
    """The offsets of the years ``first`` to ``last``: ``offset[i]`` holds up to ``change[i]``, the last one after."""

    first: int
    last: int
    change: Micros
    wall_change: Micros
    offset: Micros

    @cached_property
    def scalar(self) -> tuple[list[int], list[int], list[int]]:
        return self.change.tolist(), self.wall_change.tolist(), self.offset.tolist()


class Zone:
    """A time zone that knows its offsets for any instant; it reads ahead as far as it is asked."""

    def __init__(self, name: str) -> None:
        """Load ``name`` from the tz database; raises SteelyardError ``unknown-timezone``."""
        self.name = name
        self.info = _load(name)
        self._offsets = self._read(*_AT_FIRST)

    def to_wall(self, instant: int) -> int:
        """The wall time at ``instant``."""
        changes, _, offsets = self._covering(instant, instant).scalar
        return instant + offsets[bisect_right(changes, instant)]

    def to_instant(self, wall: int) -> int:
        """The instant at which the clock on the wall shows ``wall``: the first one, or after a gap."""
        _, changes, offsets = self._covering(wall, wall).scalar
        return wall - offsets[bisect_right(changes, wall)]

    def day(self, instant: int) -> int:
        """The local date of ``instant``, as a day number."""
        return self.to_wall(instant) // DAY

    def to_wall_many(self, instants: Micros) -> Micros:
        """The wall times at ``instants``."""
        if not len(instants):
            return instants.copy()
        known = self._covering(int(instants.min()), int(instants.max()))
        return instants + _looked_up(known.offset, known.change, instants)

    def to_instant_many(self, walls: Micros) -> Micros:
        """The instants of ``walls``: the first of a fold, forward out of a gap."""
        if not len(walls):
            return walls.copy()
        known = self._covering(int(walls.min()), int(walls.max()))
        return walls - _looked_up(known.offset, known.wall_change, walls)

    def day_many(self, instants: Micros) -> Days:
        """The local dates of ``instants``, as day numbers."""
        return self.to_wall_many(instants) // DAY

    def _covering(self, low: int, high: int) -> _Offsets:
        known = self._offsets
        # A year more on either side: the estimate of the year is off by days, the wall by hours.
        first, last = 1970 + low // _YEAR - 1, 1970 + high // _YEAR + 1
        if first < known.first or last > known.last:
            self._offsets = known = self._read(min(first, known.first), max(last, known.last))
        return known

    def _read(self, first: int, last: int) -> _Offsets:
        changes = [change for year in range(max(first, _FIRST_CHANGES), last + 1) for change in self._changes(year)]
        at = np.array([change[0] for change in changes], dtype=np.int64) * SECOND
        before = _offset_at(self.info, _new_year(max(first, _FIRST_CHANGES)))
        offset = np.array([before, *(change[1] for change in changes)], dtype=np.int64) * SECOND
        return _Offsets(first, last, at, at + np.maximum(offset[:-1], offset[1:]), offset)

    def _changes(self, year: int) -> list[tuple[int, int]]:
        """The changes of offset in a UTC year: ``(second since 1970, offset in seconds from then on)``."""
        cycles = max(year - _PERIODIC_FROM, 0) // _CYCLE_YEARS
        moved = cycles * _CYCLE_SECONDS
        known = _changes_of(self.name, year - cycles * _CYCLE_YEARS)
        return [(second + moved, offset) for second, offset in known]


@lru_cache(maxsize=512)
def zone(name: str) -> Zone:
    """The zone called ``name``, e.g. ``Asia/Shanghai``; raises SteelyardError ``unknown-timezone``."""
    return Zone(name)


@lru_cache(maxsize=512)
def _load(name: str) -> ZoneInfo:
    if _NAME.fullmatch(name):
        file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
        if file.is_file():
            with file.open("rb") as data:
                if data.read(4) == b"TZif":
                    data.seek(0)
                    return ZoneInfo.from_file(data, key=name)
    raise refuse(
        "unknown-timezone",
        N_("{name} is not a time zone"),
        remedy=N_("write the name of the tz database, such as Asia/Shanghai or Europe/Berlin"),
        name=name,
    )


@lru_cache(maxsize=65_536)
def _changes_of(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Probe a UTC year and halve the spans at whose ends the offsets differ."""
    info = _load(name)
    seconds = [*range(_new_year(year), _new_year(year + 1), _PROBE_SECONDS), _new_year(year + 1)]
    probes = [(second, _offset_at(info, second)) for second in seconds]
    return tuple(
        (_change_between(info, low, high), after)
        for (low, before), (high, after) in pairwise(probes)
        if before != after
    )


def _change_between(info: ZoneInfo, low: int, high: int) -> int:
    """The first second at which the offset is that of ``high``, ``low`` having another."""
    before = _offset_at(info, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(info, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_at(info: ZoneInfo, second: int) -> int:
    """Seconds east of UTC at ``second`` since 1970."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    offset = at.astimezone(info).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _looked_up(offset: Micros, change: Micros, times: Micros) -> Micros | np.int64:
    """The offset that holds at each time; a zone that never changes needs no search."""
    if len(offset) == 1:
        return np.int64(offset[0])
    found: Micros = offset[np.searchsorted(change, times, side="right")]
    return found
