"""Records as plain data, for the sections that the engine carries but does not interpret."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from steelyard.engine.policy.kinds import Amount, Maybe, Written
from steelyard.engine.policy.shapes import Record


def plain(value: object) -> object:
    """A value read from the document as plain data: records as dicts, whole numbers as int, others as Fraction.

    Dates and durations stay what they are; an amount keeps its number only.
    """
    match value:
        case Record():
            return mapping(value)
        case dict():
            return {name: plain(below) for name, below in value.items()}
        case tuple() | list():
            return tuple(plain(below) for below in value)
        case Fraction() if value.denominator == 1:
            return int(value)
        case Amount():
            return value.value
        case Maybe() | Written():
            return value.text
        case _:
            return value


def mapping(record: Record) -> Mapping[str, object]:
    """A record as a plain dict, in the order of the grammar's defaults and then as written."""
    return {name: plain(value) for name, value in record.values.items()}
