"""Draws without a memory: every number is a function of the seed, what it is for, and whom it is for.

Arrays go in and arrays come out, whole numbers only, so that every machine draws the same and no draw moves another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STRIDE: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_HEX: Final = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Draw:
    """A source of draws named ``name``; :meth:`of` gives one for a part of it."""

    name: str

    def of(self, part: object) -> Draw:
        """The draws for one ``part``: a kind of life, a step, a question."""
        return Draw(f"{self.name}/{part}")

    def below(self, numbers: Numbers, limit: Numbers | int) -> Numbers:
        """For each of ``numbers`` one from 0 up to ``limit`` (at most 2³¹), not included."""
        high = (self._bits(numbers) >> np.uint64(33)).astype(np.int64)
        return high * limit >> 31

    def chance(self, numbers: Numbers, thousandths: int) -> Flags:
        """TRUE in so many of a thousand cases."""
        return self.below(numbers, 1000) < thousandths

    def pick(self, numbers: Numbers, weights: Sequence[int]) -> Numbers:
        """A place in ``weights``, each as likely as its weight says."""
        ends = np.cumsum(weights)
        return np.searchsorted(ends, self.below(numbers, int(ends[-1])), side="right")

    def spread(self, numbers: Numbers, steps: Sequence[int]) -> Numbers:
        """A number between neighbouring ``steps``, each gap equally likely: quantiles instead of a formula."""
        marks = np.asarray(steps, dtype=np.int64)
        gap = self.of("gap").below(numbers, len(marks) - 1)
        return marks[gap] + ((marks[gap + 1] - marks[gap]) * self.of("in").below(numbers, 1 << 20) >> 20)

    def uuids(self, numbers: Numbers) -> npt.NDArray[np.bytes_]:
        """A UUID of version 8 for each number, as text."""
        high, low = self.of("high")._bits(numbers), self.of("low")._bits(numbers)
        high = high & ~np.uint64(0xF000) | np.uint64(0x8000)
        low = low >> np.uint64(2) | np.uint64(1 << 63)
        octets = np.stack([high, low], axis=1).astype(">u8").view(np.uint8)
        digits = _HEX[np.stack([octets >> 4, octets & 15], axis=2)].reshape(len(numbers), 32)
        dash = np.full((len(numbers), 1), ord("-"), dtype=np.uint8)
        groups = [digits[:, first:end] for first, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))]
        parts = [part for group in groups for part in (dash, group)][1:]
        return np.ascontiguousarray(np.concatenate(parts, axis=1)).view("S36")[:, 0]

    def _bits(self, numbers: Numbers) -> npt.NDArray[np.uint64]:
        """64 even bits for each number: SplitMix64 from a start that the name gives."""
        start = np.uint64(int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8], "big"))
        mixed = start + (numbers.astype(np.uint64) + np.uint64(1)) * _STRIDE
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        return mixed ^ (mixed >> np.uint64(31))
