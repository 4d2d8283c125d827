"""Which columns are stamps, and in which format they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from steelyard.engine.ledger.macros import PLAIN, WITH_OFFSET
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.suggesting.profiling import Column, Profile

_DATES: Final = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y年%m月%d日",
)
_TIMES: Final = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    "T%H:%M:%S",
    "T%H:%M:%S.%f",
    "T%H:%M",
    "%H%M%S",
    " %H.%M",
    ", %H:%M",
    ", %I:%M %p",
    "%H时%M分%S秒",
    " %H时%M分%S秒",
)
_OFFSET_TIMES: Final = (" %H:%M:%S %z", " %H:%M %z", "T%H:%M:%S%z", "T%H:%M:%S.%f%z", " %H:%M:%S.%f %z")
_LIKE: Final = re.compile(
    r"\d{1,4} ?[-/.年 ] ?(\d{1,2}|[A-Za-z]{3,9})[-/.月, ]|[A-Za-z]{3,9}\.? \d{1,2},? \d{2,4}|(19|20)\d{6}"
)
_DIGITS: Final = re.compile(r"(19|20)\d{6}(\d{6})?")
_OF_DAY: Final = re.compile(r"time|clock|时间|時間")
_OF_LENGTH: Final = re.compile(r"dur|talk|wait|时长")
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
_FEWEST_RIGHT: Final = 0.95
_FIRST_LOOK: Final = 60


@dataclass(frozen=True, slots=True)
class Stamp:
    """Columns that together are an instant: one, or a date and a time of day. ``days`` says that it has no time."""

    columns: tuple[Column, ...]
    days: bool = False

    @property
    def name(self) -> str:
        """The name to judge it by: that of the date."""
        return self.columns[0].name


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamps of a source and how they are written.

    ``formats`` is empty for ISO 8601; ``unsure`` says that day and month may be the other way round.
    """

    found: tuple[Stamp, ...]
    formats: tuple[str, ...]
    offsets: bool
    unsure: bool = False


def find_stamps(profile: Profile) -> Stamps:
    """The columns of ``profile`` that can be read as instants, all in the same way or in one of a few."""
    likely = [column for column in profile.columns if _looks_like_stamp(column)]
    in_iso = f"regexp_full_match(v, '{PLAIN}|{WITH_OFFSET}')"
    iso = [column for column in likely if _share(profile, column, in_iso) >= _FEWEST_RIGHT]
    if iso:
        offsets = all(_share(profile, column, f"regexp_full_match(v, '{WITH_OFFSET}')") == 1 for column in iso)
        return Stamps(_joined(profile, [Stamp((c,), _are_days(c)) for c in iso]), (), offsets)
    fitting = {column.index: _fitting(profile, column) for column in likely}
    formats, unsure = _chosen(fitting)
    stamps = [
        Stamp((column,), not any("%H" in f or "%I" in f for f in formats if f in fitting[column.index]))
        for column in likely
        if fitting[column.index] & set(formats)
    ]
    joined = _joined(profile, stamps)
    if any(len(stamp.columns) > 1 for stamp in joined):
        formats = (f"{formats[0]} {_clock_format(joined)}",)
        joined = tuple(stamp for stamp in joined if len(stamp.columns) > 1)
    return Stamps(joined, formats, bool(formats) and "%z" in formats[0], unsure)


def _looks_like_stamp(column: Column) -> bool:
    digits = column.is_number and not all(_DIGITS.fullmatch(sample) for sample in column.samples)
    if not column.samples or digits:
        return False
    like = sum(len(sample) <= 40 and _LIKE.match(sample) is not None for sample in column.samples)
    return like >= _FEWEST_RIGHT * len(column.samples)


def _share(profile: Profile, column: Column, condition: str) -> float:
    """The share of a column's values ``v`` for which ``condition`` holds."""
    values = f"SELECT {column.sql} AS v FROM src WHERE {column.sql} IS NOT NULL"
    return profile.number(f"SELECT avg(CASE WHEN {condition} THEN 1 ELSE 0 END) FROM ({values})")


def _fitting(profile: Profile, column: Column) -> set[str]:
    """The formats that read every sample; where none does, those that read the most, if that is nearly all."""
    for times in (_TIMES, _OFFSET_TIMES):
        formats = [day + time for day in _DATES for time in times]
        for samples in (column.samples[:_FIRST_LOOK], column.samples):
            formats = _best(profile, formats, samples)
        if formats:
            return set(formats)
    return set()


def _best(profile: Profile, formats: Sequence[str], samples: Sequence[str]) -> list[str]:
    """Those of ``formats`` that read the most samples, as instants of our time, if that is nearly all of them."""
    if not formats:
        return []
    read = "make_timestamp(epoch_us(try_strptime(v, {})))"
    counts = ", ".join(f"count(*) FILTER (year({read.format(literal(f))}) BETWEEN 1900 AND 2100)" for f in formats)
    row = profile.con.execute(f"SELECT {counts} FROM (SELECT unnest(?) AS v)", [list(samples)]).fetchone()
    assert row is not None
    enough = max(row) >= _FEWEST_RIGHT * len(samples)
    return [format_ for format_, count in zip(formats, row, strict=True) if enough and count == max(row)]


def _chosen(fitting: dict[int, set[str]]) -> tuple[tuple[str, ...], bool]:
    """As few formats as read all columns; unsure where day and month could change places."""
    left = {index: formats for index, formats in fitting.items() if formats}
    chosen: list[str] = []
    unsure = False
    order = [day + time for day in _DATES for time in (*_TIMES, *_OFFSET_TIMES)]
    while left:
        votes = {f: sum(f in formats for formats in left.values()) for formats in left.values() for f in formats}
        most = max(votes.values())
        tied = sorted((f for f, count in votes.items() if count == most), key=order.index)
        # A format with seconds reads only what has seconds: it is no rival of the one without.
        unsure = unsure or len({_turned(f) for f in tied}) < len(tied)
        chosen.append(tied[0])
        left = {index: formats for index, formats in left.items() if tied[0] not in formats}
    same_kind = [f for f in chosen if ("%z" in f) == ("%z" in chosen[0])]
    return tuple(same_kind), unsure


def _turned(format_: str) -> str:
    """The format with day and month in one order: two formats that differ in that only become one."""
    return format_.replace("%d", "#").replace("%m", "#")


def _joined(profile: Profile, stamps: Sequence[Stamp]) -> tuple[Stamp, ...]:
    """A column of dates beside one of times of day is one instant."""
    if not stamps or any(not stamp.days for stamp in stamps):
        return tuple(stamps)
    for column in profile.columns:
        name = column.name.lower()
        clock = column.samples and all(_CLOCK.fullmatch(sample) for sample in column.samples)
        if clock and _OF_DAY.search(name) and not _OF_LENGTH.search(name):
            return (Stamp((*stamps[0].columns, column)), *stamps[1:])
    return tuple(stamps)


def _clock_format(stamps: Sequence[Stamp]) -> str:
    times = [stamp.columns[1].samples for stamp in stamps if len(stamp.columns) > 1]
    return "%H:%M:%S" if any(sample.count(":") == 2 for samples in times for sample in samples[:50]) else "%H:%M"


def _are_days(column: Column) -> bool:
    return all(len(sample) == 10 for sample in column.samples)
