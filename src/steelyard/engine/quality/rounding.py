"""Rounding as people do it by hand: half away from zero, from the exact value, once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def half_away(value: Fraction | int, places: int) -> Decimal:
    """``value`` with exactly ``places`` decimals; a half goes away from zero, and a zero has no sign."""
    return Decimal(text(value, places))


def text(value: Fraction | int, places: int) -> str:
    """``value`` printed with exactly ``places`` decimals, never in exponent form: ``2/3`` at 6 is ``0.666667``."""
    units = _units(value, places)
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _units(value: Fraction | int, places: int) -> int:
    """How many times 10^-places ``value`` is, rounded half away from zero."""
    scale: int = 10**places
    rounded = (2 * scale * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -rounded if value < 0 else rounded
