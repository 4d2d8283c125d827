"""Kinds of value that only scorecards and their tests have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from steelyard.engine.policy.document import Document
from steelyard.engine.policy.kinds import Amount, Quantity, ScalarKind, Schema
from steelyard.engine.words import N_

STATUSES: Final = ("ok", "insufficient", "no_data", "not_evaluable")
TARGET: Final = "target"
_FRACTION: Final = re.compile(r"-?[0-9]{1,18}/[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Share(ScalarKind):
    """``target``, or a number in the measure's unit."""

    def scalar(self, text: str, path: str, document: Document) -> Amount | str | None:
        return TARGET if text == TARGET else Quantity().scalar(text, path, document)

    def schema(self) -> Schema:
        return {"anyOf": [{"const": TARGET}, Quantity().schema()]}


@dataclass(frozen=True, slots=True)
class Given(ScalarKind):
    """What a test takes for granted of a measure or node: a number (``2000/23`` is exact) or a status."""

    def scalar(self, text: str, path: str, document: Document) -> Fraction | str | None:
        if text in STATUSES[1:]:
            return text
        if _FRACTION.fullmatch(text):
            return Fraction(text)
        amount = Quantity().scalar(text, path, document)
        if amount is None or isinstance(amount, str):
            document.refuse("choice", path, N_("{text} is neither a number nor a status"), text=text[:60])
            return None
        return amount.value

    def schema(self) -> Schema:
        return {"type": ["number", "string"]}
