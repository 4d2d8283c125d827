"""The kinds of value a policy document holds: each reads its text exactly and says what is wrong with it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal
from zoneinfo import ZoneInfo

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import duration, names, typed
from steelyard.engine.policy.document import Broken, Document, Entries, Node, Scalar
from steelyard.engine.words import LANGUAGES, N_

Schema = dict[str, object]

_DECIMAL: Final = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{1,10})?|\.[0-9]{1,10})")
_PERIOD: Final = re.compile(r"[0-9]{4}(-(H[12]|Q[1-4]|W[0-9]{2}|[0-9]{2}(-[0-9]{2})?))?")
_ZONE: Final = ZoneInfo("UTC")


class Kind(ABC):
    """A kind of value: how it is read, and how it looks to JSON Schema."""

    @abstractmethod
    def read(self, node: Node, document: Document) -> object | None:
        """The value, or None after the problem was noted in ``document``."""

    @abstractmethod
    def schema(self) -> Schema:
        """The kind in JSON Schema (2020-12)."""


class ScalarKind(Kind):
    """A kind that is written as one scalar."""

    def read(self, node: Node, document: Document) -> object | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Scalar):
            document.refuse("type", node.path, N_("one value is asked for here, not a list or a mapping"))
            return None
        if node.is_null:
            document.refuse("value", node.path, N_("a value is missing"))
            return None
        return self.scalar(node.text, node.path, document)

    @abstractmethod
    def scalar(self, text: str, path: str, document: Document) -> object | None:
        """The value of ``text``, or None after the problem was noted."""


@dataclass(frozen=True, slots=True)
class Text(ScalarKind):
    """Any text; ``longest`` characters at most."""

    longest: int = 20_000

    def scalar(self, text: str, path: str, document: Document) -> str | None:
        if not text.strip() or len(text) > self.longest:
            document.refuse("text", path, N_("a text of 1 to {longest} characters is asked for"), longest=self.longest)
            return None
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"], "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class Id(ScalarKind):
    """A name that others refer to; ``form`` says of what, for each has its own letters."""

    form: names.Form = names.ID

    def scalar(self, text: str, path: str, document: Document) -> str | None:
        if not self.form.matches(text):
            document.refuse("id", path, self.form.rule, remedy=N_("write {better}"), better=self.form.better(text))
            return None
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number"], "pattern": f"^{self.form.pattern.pattern}$"}


@dataclass(frozen=True, slots=True)
class Number(ScalarKind):
    """An exact decimal from ``low`` to ``high``; ``whole`` without places, ``percent`` with or without a % sign."""

    low: Fraction | int | None = None
    high: Fraction | int | None = None
    whole: bool = False
    percent: bool = False
    above: int | None = None
    code: str = "range"

    def scalar(self, text: str, path: str, document: Document) -> Fraction | None:
        digits = text.removesuffix("%") if self.percent else text
        if not _DECIMAL.fullmatch(digits):
            document.refuse("number", path, N_("{text} is not a number in plain decimal digits"), text=text[:60])
            return None
        number = Fraction(digits)
        if self.whole and number.denominator != 1:
            document.refuse("number", path, N_("{text} is not a whole number"), text=text)
            return None
        if self._outside(number):
            document.refuse(self.code, path, N_("{text} is outside its range: {range}"), text=text, range=self._range())
            return None
        return number

    def _outside(self, number: Fraction) -> bool:
        low = self.low is not None and number < self.low
        high = self.high is not None and number > self.high
        return low or high or (self.above is not None and number <= self.above)

    def _range(self) -> str:
        low = f"> {self.above}" if self.above is not None else "" if self.low is None else f"≥ {self.low}"
        return " ".join(part for part in (low, "" if self.high is None else f"≤ {self.high}") if part)

    def schema(self) -> Schema:
        if self.percent:
            return {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?%?$"}
        made: Schema = {"type": ["integer" if self.whole else "number", "string"]}
        limits = {"minimum": self.low, "maximum": self.high, "exclusiveMinimum": self.above}
        return made | {
            key: float(limit) if limit % 1 else int(limit) for key, limit in limits.items() if limit is not None
        }


PERCENT: Final = Number(low=0, high=100, percent=True)


@dataclass(frozen=True, slots=True)
class Truth(ScalarKind):
    """``true`` or ``false``."""

    def scalar(self, text: str, path: str, document: Document) -> bool | None:
        if text.lower() not in ("true", "false"):
            document.refuse("boolean", path, N_("{text} is neither true nor false"), text=text[:60])
            return None
        return text.lower() == "true"

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice(ScalarKind):
    """One of a few words."""

    words: tuple[str, ...]

    def scalar(self, text: str, path: str, document: Document) -> str | None:
        if text not in self.words:
            close = names.nearest(text, self.words)
            remedy = N_("{close} is meant, perhaps") if close else ""
            words = ", ".join(self.words)
            document.refuse(
                "choice", path, N_("{text} is none of {words}"), remedy=remedy, text=text[:60], words=words, close=close
            )
            return None
        return text

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Day(ScalarKind):
    """A date such as 2026-01-31."""

    def scalar(self, text: str, path: str, document: Document) -> date | None:
        try:
            if len(text) == 10:
                return date.fromisoformat(text)
        except ValueError:
            pass
        document.refuse("date", path, N_("{text} is not a date such as 2026-01-31"), text=text[:60])
        return None

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Period(ScalarKind):
    """A period such as 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W09 or 2026-03-05."""

    def scalar(self, text: str, path: str, document: Document) -> str | None:
        if not _is_period(text):
            remedy = N_("write 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W09 or 2026-03-05")
            document.refuse("period", path, N_("{text} is not a period"), remedy=remedy, text=text[:60])
            return None
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "integer"], "pattern": f"^{_PERIOD.pattern}$"}


def _is_period(text: str) -> bool:
    if not _PERIOD.fullmatch(text):
        return False
    try:
        if "W" in text:
            date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
        elif text[5:6].isdigit():
            date.fromisoformat(text if len(text) == 10 else f"{text}-01")
        else:
            date(int(text[:4]), 1, 1)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Span(ScalarKind):
    """A duration; weeks, months and years only with ``calendar_units``."""

    calendar_units: bool = False

    def scalar(self, text: str, path: str, document: Document) -> duration.Duration | None:
        try:
            return duration.parse(text, calendar_units=self.calendar_units)
        except SteelyardError as error:
            document.refuse_as(path, error)
            return None

    def schema(self) -> Schema:
        units = "wd|mo|[smhdwqy]" if self.calendar_units else "wd|[smhd]"
        return {"type": "string", "pattern": f"^([0-9]+({units}))+$"}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with the unit it was written in; a bare number has none."""

    value: Fraction
    unit: Literal["percent", "seconds"] | None
    written: str


@dataclass(frozen=True, slots=True)
class Quantity(ScalarKind):
    """A number in the unit of a measure: bare, ``95%`` or ``30s``; with ``undecided`` that word too."""

    undecided: bool = False

    def scalar(self, text: str, path: str, document: Document) -> Amount | str | None:
        if self.undecided and text == "undecided":
            return text
        if _DECIMAL.fullmatch(text):
            return Amount(Fraction(text), None, text)
        if text.endswith("%") and _DECIMAL.fullmatch(text[:-1]):
            return Amount(Fraction(text[:-1]), "percent", text)
        if text[:1].isdigit() and text[-1:].isalpha():
            return _seconds(text, path, document)
        remedy = N_("write 95, 95% or 30s")
        document.refuse("number", path, N_("{text} is not a number"), remedy=remedy, text=text[:60])
        return None

    def schema(self) -> Schema:
        return {"type": ["number", "string"]}


def _seconds(text: str, path: str, document: Document) -> Amount | None:
    try:
        read = duration.parse(text)
    except SteelyardError as error:
        document.refuse_as(path, error)
        return None
    if read.is_working_days:
        remedy = N_("write hours, minutes or seconds")
        document.refuse(
            "unit", path, N_("{text}: a working day has no fixed number of seconds"), remedy=remedy, text=text
        )
        return None
    return Amount(Fraction(read.seconds), "seconds", text)


@dataclass(frozen=True, slots=True)
class Instant(ScalarKind):
    """An instant with offset, or a wall time or date in the policy's zone; kept as written."""

    def scalar(self, text: str, path: str, document: Document) -> str | None:
        try:
            typed.instant(text, _ZONE)
        except SteelyardError as error:
            document.refuse_as(path, error)
            return None
        return text

    def schema(self) -> Schema:
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a predicate or value expression and where it stands; it is parsed once its columns are known."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Question(ScalarKind):
    """A predicate or a value expression, not parsed yet."""

    def scalar(self, text: str, path: str, document: Document) -> Written | None:
        return Written(text, path)

    def schema(self) -> Schema:
        return {"type": ["string", "boolean", "number"]}


@dataclass(frozen=True, slots=True)
class Maybe:
    """A text, or None for a null that was written on purpose."""

    text: str | None


@dataclass(frozen=True, slots=True)
class TextOrNull(Kind):
    """A text, or null."""

    def read(self, node: Node, document: Document) -> Maybe | None:
        if isinstance(node, Scalar):
            return Maybe(None if node.is_null else node.text)
        Text().read(node, document)
        return None

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean", "null"]}


@dataclass(frozen=True, slots=True)
class Multilingual(Kind):
    """A text by language; a bare text is English."""

    def read(self, node: Node, document: Document) -> Mapping[str, str] | None:
        if not isinstance(node, Entries):
            text = Text().read(node, document)
            return {"en": str(text)} if text is not None else None
        texts: dict[str, str] = {}
        for language, below in node.entries.items():
            if language not in LANGUAGES:
                reason = N_("{name} is none of the languages {words}")
                words = ", ".join(LANGUAGES)
                document.refuse("unknown-key", below.path, reason, key=True, name=language[:60], words=words)
                continue
            text = Text().read(below, document)
            if text is not None:
                texts[language] = str(text)
        return texts

    def schema(self) -> Schema:
        properties = {language: {"type": "string"} for language in LANGUAGES}
        return {
            "anyOf": [{"type": "string"}, {"type": "object", "properties": properties, "additionalProperties": False}]
        }
