"""Grades and ranks: read from the rounded total, lowered by vetoes, compared among peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from steelyard.engine.policy import model


def grade_of(grades: Sequence[model.Grade], total: Fraction) -> str | None:
    """The grade that ``total`` reaches (the last one starts at 0); None on a scorecard without grades."""
    return next((grade.id for grade in grades if total >= grade.from_), None)


def lowered(grades: Sequence[model.Grade], grade: str, caps: Iterable[str]) -> str:
    """``grade`` after vetoes: the lowest of it and the ``caps``; a cap never raises."""
    order = [one.id for one in grades]
    return order[max([order.index(grade), *(order.index(cap) for cap in caps)])]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A subject to be ranked among those of the same ``peer`` (None is a group too)."""

    subject: str
    total: Decimal | None
    grade: str | None
    status: str
    peer: str | None


def rank(grades: Sequence[model.Grade], subjects: Iterable[Ranked]) -> dict[str, int]:
    """1-2-2-4 by grade, then total, within peers; only subjects with status ``ok`` have a rank."""
    order: Mapping[str, int] = {grade.id: place for place, grade in enumerate(grades)}
    groups: dict[str | None, list[tuple[int, Decimal, str]]] = defaultdict(list)
    for one in subjects:
        if one.status == "ok" and one.total is not None:
            groups[one.peer].append((order.get(one.grade or "", 0), -one.total, one.subject))
    ranks: dict[str, int] = {}
    for group in groups.values():
        group.sort()
        before: tuple[int, Decimal] | None = None
        for place, (grade, total, subject) in enumerate(group, start=1):
            ranks[subject] = ranks[group[place - 2][2]] if (grade, total) == before else place
            before = grade, total
    return ranks
