"""The indicator tree, scored bottom-up with its missing rules (SPEC §4, readings 31 to 35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from steelyard.engine.policy import model
from steelyard.engine.weigh import grades, points


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the tree needs of a figure: its status, exact value and target."""

    status: str
    value: Fraction | None = None
    target: Fraction | None = None


NO_DATA = Weighed("no_data")


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line of ``scores``. Weight is as written, value exact, points, score and adjustment have two decimals."""

    path: str
    status: str
    weight: Fraction | None = None
    value: Fraction | None = None
    points: Decimal | None = None
    score: Decimal | None = None
    adjustment: Decimal | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class CardScore:
    """A subject's scores in tree order with the total last; ``measured`` is the weight really measured, in percent."""

    rows: tuple[ScoreRow, ...]
    root: Decimal | None
    total: Decimal | None
    grade: str | None
    status: str
    measured: Fraction


@dataclass(slots=True)
class _Branch:
    """A node or leaf made ready: its path, whole-number weight among siblings, share of the whole, missing rule."""

    path: str
    written: Fraction
    weight: int
    share: Fraction
    missing: model.Missing
    measure: str | None
    scale: points.Scale | None
    children: tuple[_Branch, ...]


class Card:
    """A scorecard made ready to score many subjects; ``directions`` say which way each measure is better."""

    def __init__(self, card: model.Scorecard, directions: Mapping[str, str]) -> None:
        self.card = card
        self.branches = _branches(card.tree, "", Fraction(100), card.missing, directions)

    def score(self, figures: Mapping[str, Weighed], given: Mapping[str, Fraction] | None = None) -> CardScore:
        """Score one subject; ``given`` replaces the scores of nodes by their id or path (for tests of a policy)."""
        rows: list[ScoreRow] = []
        root, measured = self._combine(self.branches, figures, given or {}, rows)
        adjustments = self._adjust(figures, rows)
        if root is None:
            rows.append(ScoreRow("total", "no_data"))
            return CardScore(tuple(rows), None, None, None, "no_data", measured)
        highest = 10_000 + sum(max(_cents(a.cap), 0) for a in self.card.adjustments)
        total = _decimal(min(max(root + adjustments, 0), highest))
        status = "ok" if measured >= self.card.require else "insufficient"
        grade = self._grade(Fraction(total), figures) if status == "ok" else None
        rows.append(ScoreRow("total", status, score=total, adjustment=_decimal(adjustments)))
        return CardScore(tuple(rows), _decimal(root), total, grade, status, measured)

    def _combine(
        self,
        branches: Sequence[_Branch],
        figures: Mapping[str, Weighed],
        given: Mapping[str, Fraction],
        rows: list[ScoreRow],
    ) -> tuple[int | None, Fraction]:
        """Σ w·s ÷ Σ w over the children that count, in hundredths, and the measured share; None: nothing scored."""
        above: Fraction | int = 0
        below = 0
        measured = Fraction(0)
        scored = False
        for branch in branches:
            score, share = self._branch(branch, figures, given, rows)
            measured += share
            scored = scored or score is not None
            counts = score if score is not None else _stands_for(branch.missing)
            if counts is not None:
                above, below = above + branch.weight * counts, below + branch.weight
        return (_half_away(above, below) if scored and below else None), measured

    def _branch(
        self,
        branch: _Branch,
        figures: Mapping[str, Weighed],
        given: Mapping[str, Fraction],
        rows: list[ScoreRow],
    ) -> tuple[int | None, Fraction]:
        if branch.measure is not None:
            return self._leaf(branch, figures.get(branch.measure, NO_DATA), rows)
        stated = given.get(branch.path, given.get(branch.path.rpartition("/")[2]))
        place = len(rows)
        score, measured = self._combine(branch.children, figures, given, rows)
        if stated is not None:
            score, measured = points.hundredths(stated), branch.share
        status, missing = ("no_data", branch.missing.written) if score is None else ("ok", None)
        rows.insert(
            place, ScoreRow(branch.path, status, weight=branch.written, score=_optional(score), missing=missing)
        )
        return score, measured

    def _leaf(self, branch: _Branch, figure: Weighed, rows: list[ScoreRow]) -> tuple[int | None, Fraction]:
        got = None
        status = figure.status
        if status == "ok" and figure.value is not None and branch.scale is not None:
            got = branch.scale(figure.value, figure.target)
            status = "not_evaluable" if got is None else "ok"
        shown = _optional(got)
        missing = branch.missing.written if got is None else None
        rows.append(ScoreRow(branch.path, status, branch.written, figure.value, shown, shown, None, missing))
        return got, branch.share if got is not None else Fraction(0)

    def _adjust(self, figures: Mapping[str, Weighed], rows: list[ScoreRow]) -> int:
        """Σ of the adjustments in hundredths, each held within its cap on its own side."""
        total = 0
        for adjustment in self.card.adjustments:
            figure = figures.get(adjustment.measure, NO_DATA)
            path = f"adjustments/{adjustment.measure}"
            if figure.status != "ok" or figure.value is None:
                rows.append(ScoreRow(path, figure.status, value=figure.value))
                continue
            raw = adjustment.each * figure.value
            low, high = min(adjustment.cap, Fraction(0)), max(adjustment.cap, Fraction(0))
            cents = _half_away(100 * min(max(raw, low), high), 1)
            total += cents
            rows.append(ScoreRow(path, "ok", value=figure.value, adjustment=_decimal(cents)))
        return total

    def _grade(self, total: Fraction, figures: Mapping[str, Weighed]) -> str | None:
        reached = grades.grade_of(self.card.grades, total)
        if reached is None:
            return None
        caps = [
            veto.cap
            for veto in self.card.vetoes
            if (figure := figures.get(veto.measure, NO_DATA)).status == "ok"
            and figure.value is not None
            and figure.value >= veto.from_
        ]
        return grades.lowered(self.card.grades, reached, caps)


def score(card: model.Scorecard, figures: Mapping[str, Weighed], directions: Mapping[str, str]) -> CardScore:
    """The scores of one subject; for many subjects make a :class:`Card` once."""
    return Card(card, directions).score(figures)


def _branches(
    children: Sequence[model.Node | model.Leaf],
    path: str,
    whole: Fraction,
    inherited: model.Missing,
    directions: Mapping[str, str],
) -> tuple[_Branch, ...]:
    """``children`` under ``path``, which carry ``whole`` percent of the total together."""
    scale = lcm(*(child.weight.denominator for child in children)) if children else 1
    total = sum((child.weight for child in children), Fraction(0)) or Fraction(1)
    branches = []
    for child in children:
        name = child.measure if isinstance(child, model.Leaf) else child.id
        own_path = f"{path}/{name}" if path else name
        share, missing = whole * child.weight / total, child.missing or inherited
        weight = int(child.weight * scale)
        if isinstance(child, model.Leaf):
            ready = points.scale(child.points, directions.get(child.measure, "up"))
            branches.append(_Branch(own_path, child.weight, weight, share, missing, child.measure, ready, ()))
        else:
            below = _branches(child.children, own_path, share, missing, directions)
            branches.append(_Branch(own_path, child.weight, weight, share, missing, None, None, below))
    return tuple(branches)


def _stands_for(missing: model.Missing) -> Fraction | int | None:
    """What a child without a score counts, in hundredths; None: its weight is left out. A neutral value stays exact."""
    if missing.rule == "renormalise":
        return None
    return 100 * (missing.neutral or Fraction(0)) if missing.rule == "neutral" else 0


def _half_away(numerator: Fraction | int, denominator: int) -> int:
    """The nearest whole number to the quotient, a half away from zero; ``denominator`` is positive."""
    above, below = numerator.numerator, numerator.denominator * denominator
    rounded = (2 * abs(above) + below) // (2 * below)
    return rounded if above >= 0 else -rounded


def _cents(number: Fraction) -> int:
    return _half_away(100 * number, 1)


@lru_cache(maxsize=1 << 15)
def _decimal(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _optional(cents: int | None) -> Decimal | None:
    return None if cents is None else _decimal(cents)
