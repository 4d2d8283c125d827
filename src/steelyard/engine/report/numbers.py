"""Numbers and instants as people of one language read them; the exact text stays in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

_PATTERNS: Final = {0: "#,##0", 1: "#,##0.0", 2: "#,##0.00", 6: "#,##0.000000"}
# A report repeats few numbers many times, and formatting by locale is slow: scores alone have 10,001 values.
_REMEMBERED: Final = 65_536


@cache
def locale_of(lang: str) -> Locale:
    """The locale of ``en``, ``zh-Hans`` or ``zh-Hant``."""
    return Locale.parse(lang, sep="-")


def decimal_of(text: str | None) -> Decimal | None:
    """A number of the tables, ``12.5`` or ``1/3``, as a decimal; None for nothing."""
    if text is None or text == "":
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        part = Fraction(text)
        return Decimal(part.numerator) / Decimal(part.denominator)


@lru_cache(maxsize=_REMEMBERED)
def number(text: str | None, lang: str, places: int = 2) -> str:
    """A number with exactly ``places`` decimals (0, 1, 2 or 6), a half going away from zero."""
    value = decimal_of(text)
    if value is None:
        return ""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return str(format_decimal(rounded or abs(rounded), _PATTERNS[places], locale=locale_of(lang)))


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str | None, lang: str) -> str:
    """A number with at most two decimals, none where it is whole: for counts, weights and targets."""
    value = decimal_of(text)
    if value is None:
        return ""
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(format_decimal(rounded or abs(rounded), "#,##0.##", locale=locale_of(lang)))


def count(value: int | None, lang: str) -> str:
    """A whole number with its thousands marked."""
    return "" if value is None else plain(str(value), lang)


@lru_cache(maxsize=_REMEMBERED)
def value(text: str | None, unit: str, lang: str) -> str:
    """A figure's value in its unit: ``82.11%``, ``3 hr 20 min``, ``4.50``."""
    if text is None:
        return ""
    if unit == "percent":
        return number(text, lang) + "%"
    if unit == "seconds":
        return duration(text, lang)
    found = decimal_of(text)
    return plain(text, lang) if found is not None and found == found.to_integral_value() else number(text, lang)


def told_apart(text: str | None, target: str | None, unit: str, lang: str) -> str:
    """The value, with six decimals where fewer would make it look like a target it is not."""
    shown = value(text, unit, lang)
    if text is None or target is None or decimal_of(text) == decimal_of(target) or shown != value(target, unit, lang):
        return shown
    exact = number(text, lang, 6)
    return exact + "%" if unit == "percent" else exact


def duration(text: str | None, lang: str) -> str:
    """Seconds in the two units people would use; never days, for a day of work has no fixed length."""
    seconds = decimal_of(text)
    if seconds is None:
        return ""
    sign = "−" if seconds < 0 else ""
    seconds = abs(seconds)
    if seconds < 120:
        return sign + _unit(seconds.quantize(Decimal("0.1"), ROUND_HALF_UP), "second", lang)
    whole = int(seconds.quantize(Decimal(1), ROUND_HALF_UP))
    if whole < 3600:
        return sign + _pair(whole, 60, ("minute", "second"), lang)
    return sign + _pair(int((seconds / 60).quantize(Decimal(1), ROUND_HALF_UP)), 60, ("hour", "minute"), lang)


def _pair(amount: int, size: int, units: tuple[str, str], lang: str) -> str:
    large, small = divmod(amount, size)
    parts = [_unit(Decimal(large), units[0], lang)]
    if small:
        parts.append(_unit(Decimal(small), units[1], lang))
    return str(format_list(parts, style="unit-narrow", locale=locale_of(lang)))


def _unit(amount: Decimal, unit: str, lang: str) -> str:
    if amount == amount.to_integral_value():
        amount = Decimal(int(amount))
    return str(format_unit(amount, f"duration-{unit}", length="short", locale=locale_of(lang)))


def instant(text: str, zone: str, lang: str) -> str:
    """An ISO instant on the wall clock of ``zone``; what cannot be read is shown as it is."""
    try:
        return moment(datetime.fromisoformat(text), zone, lang)
    except ValueError:
        return text


def moment(at: datetime, zone: str, lang: str) -> str:
    """An instant (without a zone it is UTC) on the wall clock of ``zone``."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return str(format_datetime(aware, "yyyy-MM-dd HH:mm", tzinfo=ZoneInfo(zone), locale=locale_of(lang)))


def in_language(text: Mapping[str, str], lang: str) -> str | None:
    """A title in ``lang``; else in the other Chinese script, in English, in any language; None where there is none."""
    near = {"zh-Hans": ("zh-Hant",), "zh-Hant": ("zh-Hans",)}.get(lang, ())
    for wanted in (lang, *near, "en", *text):
        if text.get(wanted):
            return text[wanted]
    return None


def same(exact: Fraction, shown: Decimal | None) -> bool:
    """Whether a number of the tables, which holds six decimals, is ``exact``."""
    return shown is not None and abs(exact - Fraction(shown)) < Fraction(1, 1_000_000)


def signed(text: str | None, lang: str) -> str:
    """An adjustment with its sign: ``+1.50``, ``−2.50``."""
    value = decimal_of(text)
    if value is None:
        return ""
    shown = number(str(abs(value)), lang)
    return f"+{shown}" if value > 0 else f"−{shown}" if value < 0 else shown
