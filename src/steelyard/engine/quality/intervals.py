"""The Wilson interval of a proportion, on integers, so that every machine prints the same digits."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from steelyard.engine.quality import rounding

Z_SQUARED = Fraction(3_841_459, 1_000_000)
"""The square of 1.959964: 95 % of a normal distribution lies within ± z."""

_SCALE = 10**12
"""The root is taken of the radicand times the square of this, so it carries twelve decimals."""


def wilson(numerator: int, denominator: int) -> tuple[Decimal, Decimal]:
    """The 95 % interval ``(low, high)`` of ``numerator`` out of ``denominator``, in percent with 4 decimals.

    Wilson 1927, solved for counts: ``(2k + z² ± √(z⁴ + 4z²k(n−k)/n)) / 2(n + z²)``, held within 0 and 100
    and rounded half up. Raises ``ValueError`` unless ``0 <= numerator <= denominator`` and there is a row at all.
    """
    if not 0 <= numerator <= denominator or denominator == 0:
        raise ValueError(f"no proportion: {numerator} of {denominator}")
    failures = denominator - numerator
    radicand = Z_SQUARED * (Z_SQUARED + Fraction(4 * numerator * failures, denominator))
    root = Fraction(math.isqrt(math.floor(radicand * _SCALE**2)), _SCALE)
    middle = 2 * numerator + Z_SQUARED
    whole = 2 * (denominator + Z_SQUARED)
    return _percent((middle - root) / whole), _percent((middle + root) / whole)


def _percent(share: Fraction) -> Decimal:
    return rounding.half_away(min(max(100 * share, Fraction(0)), Fraction(100)), 4)
