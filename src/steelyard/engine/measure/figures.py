"""Counted integers become figures: value, interval, status, target, in one place and exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from steelyard.engine.measure import periods as periods_
from steelyard.engine.policy import model
from steelyard.engine.quality import intervals


class Count(NamedTuple):
    """What a backend counted for one measure, subject, stratum and period.

    ``rows`` are those in the population, ``counted`` those left without the excluded, the excepted and NULL
    values. ``total`` is hits, Σ of values, or promoters less detractors; ``rank`` the percentile's value.
    ``wrong_scale`` counts NPS rows whose scale is not 0–10, ``provisional`` rows on unannounced years.
    """

    rows: int = 0
    excluded: int = 0
    excepted: int = 0
    counted: int = 0
    total: int | Fraction = 0
    rank: Fraction | None = None
    wrong_scale: int = 0
    provisional: int = 0


Exact = int | Fraction
"""An exact number; whole ones are mostly plain integers, of which there are many."""


class Figure(NamedTuple):
    """A measure's value for a subject and a period, with what it was made of (columns of SPEC §8)."""

    of: str
    subject: str
    measure: str
    stratum: str
    period: str
    unit: str
    n: int | None
    numerator: Exact | None
    denominator: Exact | None
    value: Fraction | None
    low: Decimal | None
    high: Decimal | None
    excluded: int
    excepted: int
    status: str
    target: Fraction | None
    on_target: bool | None
    partial: bool
    provisional: bool
    policy_version: str


@dataclass(frozen=True, slots=True)
class Key:
    """Whose figure it is and when: the same for all measures of a subject."""

    of: str
    subject: str
    period: periods_.Period
    stratum: str = ""


_ZERO = Fraction(0)


class Finisher:
    """Turns counts into figures of one policy version.

    ``covered`` says whether the sources of a basis cover a period, ``minimums`` the least denominator of each
    measure, ``partial`` the names of the periods not over at the as-of.
    """

    def __init__(
        self,
        policy: model.Policy,
        *,
        minimums: Mapping[str, int],
        covered: Callable[[str, str], bool],
        partial: frozenset[str],
    ) -> None:
        self.policy = policy
        self.minimums = minimums
        self.covered = covered
        self.partial = partial
        self.measures = {measure.id: measure for measure in policy.measures}
        self._types = {"priority": "integer", **{f"attr.{a.name}": a.type for a in policy.attributes}}
        self._plain_targets: dict[str, dict[date, Fraction | None]] = {
            m.id: {} for m in policy.measures if all(t.when is None for t in m.targets)
        }

    def counted(self, measure: model.Measure, count: Count, key: Key) -> Figure:
        """The figure of a measure that counts rows."""
        numerator, denominator = _parts(measure, count)
        status = self._status(measure, count, denominator, key)
        if status == "not_evaluable":
            numerator = denominator = None
        if measure.kind in ("count", "sum") and status == "ok":
            denominator = 1
        value = _value(measure, numerator, denominator)
        low = high = None
        if measure.kind == "proportion" and denominator:
            low, high = _wilson(int(numerator or 0), int(denominator))
        return self._figure(measure, key, count.counted, numerator, denominator, value, low, high, status, count)

    def quotient(self, measure: model.Measure, above: Figure, below: Figure, key: Key) -> Figure:
        """The exact quotient of two figures (readings 25 and 27)."""
        status, numerator, denominator, value = divide(
            (above.numerator, above.denominator, above.status),
            (below.numerator, below.denominator, below.status),
            measure.per,
        )
        count = Count(provisional=int(above.provisional or below.provisional))
        return self._figure(measure, key, None, numerator, denominator, value, None, None, status, count)

    def _status(self, measure: model.Measure, count: Count, denominator: Exact | None, key: Key) -> str:
        if measure.kind in ("count", "sum"):
            return "ok" if count.rows or self.covered(measure.basis or "", key.period.name) else "not_evaluable"
        if count.wrong_scale:
            return "not_evaluable"
        if not count.counted:
            return "no_data"
        enough = (denominator or 0) if measure.kind == "proportion" else count.counted
        return "ok" if enough >= self.minimums.get(measure.id, 1) else "insufficient"

    def _figure(
        self,
        measure: model.Measure,
        key: Key,
        n: int | None,
        numerator: Exact | None,
        denominator: Exact | None,
        value: Fraction | None,
        low: Decimal | None,
        high: Decimal | None,
        status: str,
        count: Count,
    ) -> Figure:
        target = self.target(measure, key)
        on_target = None
        if target is not None and status == "ok" and value is not None:
            on_target = value >= target if measure.direction == "up" else value <= target
        return Figure(
            of=key.of,
            subject=key.subject,
            measure=measure.id,
            stratum=key.stratum,
            period=key.period.name,
            unit=measure.unit,
            n=n,
            numerator=numerator,
            denominator=denominator,
            value=value,
            low=low,
            high=high,
            excluded=count.excluded,
            excepted=count.excepted,
            status=status,
            target=target,
            on_target=on_target,
            partial=key.period.name in self.partial,
            provisional=count.provisional > 0,
            policy_version=self.policy.version,
        )

    def target(self, measure: model.Measure, key: Key) -> Fraction | None:
        """The target in force: of the entries begun by the period's first day and TRUE for the subject, the latest."""
        if not measure.targets:
            return None
        if measure.id not in self._plain_targets:
            return staged_target(measure, key.period.first, self._seen(key))
        by_period = self._plain_targets[measure.id]
        if key.period.first not in by_period:
            by_period[key.period.first] = staged_target(measure, key.period.first, {})
        return by_period[key.period.first]

    def _seen(self, key: Key) -> dict[str, object]:
        """Subject and stratum columns: ``staff``, ``unit`` with its ``kind``, or a column with its typed value."""
        seen: dict[str, object] = {}
        if key.of == "staff":
            seen["staff"] = key.subject
        elif key.of.startswith("unit:"):
            seen |= {"unit": key.subject, "kind": key.of.removeprefix("unit:")}
        elif key.of.startswith("attribute:"):
            column = key.of.removeprefix("attribute:")
            seen[column] = self._typed(column, key.subject)
        if key.stratum:
            column, _, value = key.stratum.partition("=")
            seen[column] = self._typed(column, value)
        return seen

    def _typed(self, column: str, text: str) -> object:
        type_ = self._types.get(column, "text")
        if type_ in ("integer", "number"):
            return Fraction(text)
        return text == "true" if type_ == "boolean" else text


def staged_target(measure: model.Measure, first: date, seen: Mapping[str, object]) -> Fraction | None:
    """The staged target for a period that begins on ``first``; ``seen`` are the subject and stratum columns."""
    begun = [
        (date.min if target.from_ is None else periods_.parse(target.from_).first, -place, target)
        for place, target in enumerate(measure.targets)
        if target.when is None or target.when.holds(seen.get)
    ]
    in_force = [entry for entry in begun if entry[0] <= first]
    return max(in_force, key=lambda entry: entry[:2])[2].value if in_force else None


Parts = tuple[Exact | None, Exact | None, str]
"""Numerator, denominator and status of a figure."""


def divide(above: Parts, below: Parts, per: Fraction) -> tuple[str, Exact | None, Exact | None, Fraction | None]:
    """Status, numerator, denominator and value of a/b ÷ c/d: a·d and b·c unreduced, value with ``per``."""
    a, b, first = above
    c, d, second = below
    status = next((bad for bad in ("not_evaluable", "no_data", "insufficient") if bad in (first, second)), "ok")
    if a is None or b is None or c is None or d is None:
        return ("no_data" if status == "ok" else status), None, None, None
    numerator, denominator = a * d, b * c
    if denominator == 0:
        return ("no_data" if status == "ok" else status), numerator, denominator, None
    return status, numerator, denominator, per * Fraction(numerator, denominator)


def _parts(measure: model.Measure, count: Count) -> tuple[Exact | None, Exact | None]:
    if measure.kind == "percentile":
        return (count.rank, 1) if count.counted else (None, None)
    if measure.kind == "count":
        return count.counted, 1
    return count.total, 1 if measure.kind == "sum" else count.counted


def _value(measure: model.Measure, numerator: Exact | None, denominator: Exact | None) -> Fraction | None:
    if numerator is None or not denominator:
        return None
    return Fraction(100 * numerator if measure.kind in ("proportion", "nps") else numerator, denominator)


@lru_cache(maxsize=1 << 16)
def _wilson(numerator: int, denominator: int) -> tuple[Decimal, Decimal]:
    return intervals.wilson(numerator, denominator)
