"""What facts say, as clocks read it: the fact, what is known of a case so far, and typed values.

The scalar twin of the typing in :mod:`~steelyard.engine.records.expressions`: what cannot be read as the
declared type is NULL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})
_TEN_PLACES: Final = Decimal("1e-10")
_LARGEST_NUMBER: Final = Decimal(10) ** 18
_LARGEST_INTEGER: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1)

CONTACT_COLUMNS: Final = ("channel", "queue", "direction", "case")
"""Members of a contact fact's own data that are columns of the contact, beside its attributes."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as a clock reads it. ``occurred_at`` is in microseconds UTC.

    ``attributes`` is the member of that name in the fact's data, ``data`` holds the other members.
    """

    fact_id: str
    kind: str
    occurred_at: int
    seq: int
    staff: str | None = None
    unit: str | None = None
    actor: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int, str]:
        """The place of the fact among those about the same thing."""
        return self.occurred_at, self.seq, self.fact_id

    def named(self, name: str) -> object:
        """What the fact itself says of ``name``: its data, else its attributes."""
        found = self.data.get(name)
        return self.attributes.get(name) if found is None else found

    def key(self, each: str) -> str | None:
        """The value of ``each`` (``staff``, ``unit`` or a name in the data) that keyed clocks are told apart by."""
        if each in ("staff", "unit"):
            return self.staff if each == "staff" else self.unit
        return as_text(self.named(each))


class Known:
    """What the facts read so far say: the row that the predicates of a commitment see."""

    def __init__(self, about: str, about_id: str, types: Mapping[str, str], initial: Mapping[str, object]) -> None:
        self._types = types
        self._attributes = dict(initial)
        self._own: dict[str, str | None] = {"id": about_id, "staff": None, "unit": None}
        self._is_contact = about == "contact"

    def learn(self, fact: Fact) -> bool:
        """Take in ``fact``; whether it changed an attribute. A null is the same as never said."""
        self._own |= {"staff": fact.staff, "unit": fact.unit}
        return self.hear(fact.attributes, fact.data)

    def hear(self, attributes: Mapping[str, object], data: Mapping[str, object]) -> bool:
        """Take in what a fact says of attributes; whether one changed."""
        said = dict(attributes)
        if self._is_contact:
            said |= {name: data[name] for name in CONTACT_COLUMNS if data.get(name) is not None}
        changed = any(as_json(self._attributes.get(name)) != as_json(value) for name, value in said.items())
        self._attributes |= said
        return changed

    def row(self, column: str) -> object:
        """The typed value of ``column`` by the policy's name."""
        if column in self._own:
            return self._own[column]
        return typed(self._attributes.get(column.removeprefix("attr.")), self._types.get(column, "text"))


def as_json(value: object) -> str:
    """``value`` in one spelling, in which 1 and TRUE and '1' differ."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def as_text(value: object) -> str | None:
    """The text of a JSON value: a string as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return as_json(value) if isinstance(value, (bool, int, float, list, dict)) else str(value)


def typed(value: object, type_: str) -> object:
    """A JSON value as ``text``, ``integer``, ``number``, ``boolean``, ``instant`` (naive UTC) or ``list``."""
    text = as_text(value)
    if text is None or type_ == "text":
        return text
    if type_ == "list":
        return [as_text(item) for item in value] if isinstance(value, list) else [text]
    if type_ == "boolean":
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
    if type_ == "instant":
        at = instant(text)
        return None if at is None else _EPOCH + timedelta(microseconds=at)
    number = _number(text)
    if number is None or type_ == "number":
        return number
    whole = int(number.quantize(Decimal(1), ROUND_HALF_UP))
    return whole if -_LARGEST_INTEGER <= whole < _LARGEST_INTEGER else None


def instant(value: object) -> int | None:
    """An ISO 8601 instant in microseconds UTC (without an offset it is UTC), or None."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        naive = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return (naive - _EPOCH) // timedelta(microseconds=1)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
        exact = number.quantize(_TEN_PLACES, ROUND_HALF_UP) if number.is_finite() else None
    except InvalidOperation:
        return None
    return exact if exact is not None and abs(exact) < _LARGEST_NUMBER else None
