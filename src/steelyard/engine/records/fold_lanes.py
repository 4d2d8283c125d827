"""Facts of many lanes laid out for folding in lockstep: the k-th fact of every lane side by side.

A lane is a case, or one key of ``each`` in a case. Lanes with more facts come first, so that the lanes that still
have a k-th fact are always a prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from steelyard.engine.worktime.units import Micros

NEVER: Final = np.iinfo(np.int64).max
"""Stands for an instant or an amount that is not there."""

START: Final = 1 << 0
STOP: Final = 1 << 1
FROM: Final = 1 << 2
TO: Final = 1 << 3
CANCEL: Final = 1 << 4
REOPEN: Final = 1 << 5
CHANGED: Final = 1 << 6
NAMED: Final = 1 << 7
OWN: Final = 1 << 8
"""What a fact is to a commitment: a start or a stop (of this key), the two ends of a wait (``reopened`` ends one too),
a change of an attribute, an instant named for ``until``, and one of the facts among which holders are looked up."""

MOVING: Final = OWN - 1
"""The bits that can move a clock."""

Bits = npt.NDArray[np.uint16]
Ids = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lanes:
    """Facts lane after lane, each lane in the order of its facts; all before the as-of.

    Lane ``i`` has the facts from ``offsets[i]`` to ``offsets[i + 1]``. ``terms`` are the terms as they stand after a
    fact, as an index into the table handed to the fold, -1 where nothing is promised. ``promised`` is the instant
    that ``until`` has read last, NEVER where none; None without ``until``.
    """

    offsets: Places
    at: Micros
    bits: Bits
    terms: Ids
    promised: Micros | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Step:
    """The k-th facts of the lanes ``0 … len(at)`` (by rank); ``fact`` are their places in the lanes."""

    fact: Places
    at: Micros
    bits: Bits
    terms: Ids
    promised: Micros | None


class Lockstep:
    """The facts that can move a clock, in steps; ``lane`` gives the lane of each rank.

    Lanes that nothing starts are left out.
    """

    def __init__(self, lanes: Lanes) -> None:
        moving = np.flatnonzero(lanes.bits & MOVING)
        lane_of = np.searchsorted(lanes.offsets, moving, side="right") - 1
        starting = np.zeros(len(lanes), dtype=np.bool_)
        starting[lane_of[(lanes.bits[moving] & START) != 0]] = True
        kept = starting[lane_of]
        moving, lane_of = moving[kept], lane_of[kept]

        counts = np.bincount(lane_of, minlength=len(lanes))
        order = np.argsort(-counts, kind="stable")
        self.lane: Places = order[: int(np.count_nonzero(counts))]
        self._widths = np.bincount(counts, minlength=1)[::-1].cumsum()[::-1][1:]
        rank = np.empty(len(lanes), dtype=np.int64)
        rank[order] = np.arange(len(lanes))
        first = np.concatenate(([0], counts.cumsum()))[:-1]
        step = np.arange(len(moving)) - first[lane_of]
        offsets = np.concatenate(([0], self._widths.cumsum()))
        place = np.empty(len(moving), dtype=np.int64)
        place[offsets[step] + rank[lane_of]] = moving
        self._offsets = offsets
        self._fact = place
        self._at = lanes.at[place]
        self._bits = lanes.bits[place]
        self._terms = lanes.terms[place]
        self._promised = None if lanes.promised is None else lanes.promised[place]

    def __iter__(self) -> Iterator[Step]:
        for begin, end in zip(self._offsets[:-1], self._offsets[1:], strict=True):
            step = slice(begin, end)
            yield Step(
                self._fact[step],
                self._at[step],
                self._bits[step],
                self._terms[step],
                None if self._promised is None else self._promised[step],
            )


class Holders:
    """Who held a lane when: the last of its own facts by an instant."""

    def __init__(self, lanes: Lanes) -> None:
        own = (lanes.bits & OWN) != 0
        self._fact: Places = np.flatnonzero(own)
        self._at = lanes.at[self._fact]
        before = np.concatenate(([0], own.cumsum()))
        self._begin = before[lanes.offsets[:-1]]
        self._end = before[lanes.offsets[1:]]

    def by(self, lane: Places, at: Micros) -> Places:
        """The place of the last own fact of each ``lane`` with an instant up to ``at``; -1 where there is none."""
        begin, low, high = self._begin[lane], self._begin[lane], self._end[lane]
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) // 2
            open_ = low < high
            reached = open_ & (self._at[np.minimum(middle, len(self._at) - 1)] <= at)
            low = np.where(reached, middle + 1, low)
            high = np.where(open_ & ~reached, middle, high)
        return np.where(low > begin, self._fact[np.maximum(low, 1) - 1] if len(self._fact) else -1, -1)
