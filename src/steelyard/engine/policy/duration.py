"""Durations as a policy writes them: ``30s``, ``1h30m``, ``2wd``, and ``3mo`` where calendar units are allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from steelyard.engine.errors import SteelyardError, refuse
from steelyard.engine.words import N_

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MONTHS: Final = {"mo": 1, "q": 3, "y": 12}
_CALENDAR_UNITS: Final = frozenset({"w", "mo", "q", "y"})
_PART: Final = re.compile(r"([0-9]{1,9})(wd|mo|[smhdwqy])")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_WORDS: Final = (
    (re.compile(r"(?:working|business|work)[ -]?days?"), "wd"),
    (re.compile(r"(?:seconds?|secs?)"), "s"),
    (re.compile(r"(?:minutes?|mins?)"), "m"),
    (re.compile(r"(?:hours?|hrs?)"), "h"),
    (re.compile(r"days?"), "d"),
    (re.compile(r"weeks?"), "w"),
    (re.compile(r"(?:months?|mon)"), "mo"),
    (re.compile(r"quarters?"), "q"),
    (re.compile(r"(?:years?|yrs?)"), "y"),
)
_LONGEST: Final = {"working_days": 36_600, "seconds": 100 * 366 * 86_400, "months": 1_200}


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of one sort: working days, or seconds, or calendar months; the others are 0.

    ``seconds`` are seconds of the commitment's own time (``d`` is 86,400 of them, ``w`` seven ``d``).
    ``text`` is what was written; two durations of the same length are equal whatever they were written as.
    """

    working_days: int = 0
    seconds: int = 0
    months: int = 0
    text: str = field(default="", compare=False)

    @property
    def is_working_days(self) -> bool:
        """Whether this counts working days, which are working time whatever ``time`` says."""
        return self.working_days > 0 or self.text.endswith("wd")

    @property
    def meaning(self) -> str:
        """The duration in one standard spelling: ``90m`` and ``1h30m`` are both ``1h30m``."""
        if self.months or self.is_working_days:
            return f"{self.months}mo" if self.months else f"{self.working_days}wd"
        rest, parts = self.seconds, []
        for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
            count, rest = divmod(rest, length)
            parts.append(f"{count}{unit}" if count else "")
        return "".join(parts) or "0s"


def parse(text: str, *, calendar_units: bool = False) -> Duration:
    """Read a duration; ``w mo q y`` only with ``calendar_units`` (reviews, validity, ``every``, ``within`` of rules).

    Raises SteelyardError with code ``duration``. A working day has no length until a calendar is known, and
    neither has a month, so neither can be added to anything else.
    """
    if not _WHOLE.fullmatch(text):
        raise _unreadable(text, calendar_units)
    parts = [(int(number), unit) for number, unit in _PART.findall(text)]
    units = [unit for _, unit in parts]
    if not calendar_units and not _CALENDAR_UNITS.isdisjoint(units):
        raise refuse(
            "duration",
            N_("{text}: weeks, months, quarters and years are for reviews and validity only"),
            remedy=N_("write days (d) or working days (wd)"),
            text=text,
        )
    if len(set(units)) < len(units):
        raise refuse("duration", N_("{text} names the same unit twice"), text=text)
    found = Duration(
        working_days=sum(number for number, unit in parts if unit == "wd"),
        seconds=sum(number * _SECONDS[unit] for number, unit in parts if unit in _SECONDS),
        months=sum(number * _MONTHS[unit] for number, unit in parts if unit in _MONTHS),
        text=text,
    )
    _refuse_mixed(text, set(units))
    if any(getattr(found, name) > longest for name, longest in _LONGEST.items()):
        raise refuse("duration", N_("{text} is longer than a hundred years"), text=text)
    return found


def _refuse_mixed(text: str, units: set[str]) -> None:
    if "wd" in units and len(units) > 1:
        raise refuse(
            "duration",
            N_("{text}: working days stand alone, they cannot be mixed with other units"),
            remedy=N_("write either working days or hours"),
            text=text,
        )
    if not units.isdisjoint(_MONTHS) and not units <= _MONTHS.keys():
        raise refuse(
            "duration", N_("{text}: months and years have no fixed length, so days cannot be added to them"), text=text
        )


def _unreadable(text: str, calendar_units: bool) -> SteelyardError:
    meant = _meant(text)
    units = "s m h d wd w mo q y" if calendar_units else "s m h d wd"
    return refuse(
        "duration",
        N_("{text} is not a duration: durations are whole numbers with {units}"),
        remedy=N_("{meant} is meant, perhaps") if meant else N_("write 30s, 1h30m or 2wd"),
        text=text[:80],
        units=units,
        meant=meant,
    )


def _meant(text: str) -> str:
    """What somebody who wrote ``4 hours`` or ``2 WD`` wanted, or nothing."""
    guess = text.strip().lower()[:80]
    for words, unit in _WORDS:
        guess = words.sub(unit, guess)
    guess = guess.replace("and", "").replace(",", "").replace(" ", "")
    return guess if _WHOLE.fullmatch(guess) else ""
