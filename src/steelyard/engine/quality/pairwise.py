"""Weights from pairwise comparison (analytic hierarchy process, Saaty 1980), with the check of consistency.

All arithmetic is decimal with a fixed number of digits, never binary floating point, so that the same
comparisons give the same weights on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import combinations

from steelyard.engine.errors import Place, Problem, SteelyardError
from steelyard.engine.quality import rounding
from steelyard.engine.words import N_

RANDOM_INDEX = tuple(
    Fraction(text) for text in ("0", "0", "0", ".58", ".90", "1.12", "1.24", "1.32", "1.41", "1.45", "1.49")
)
"""Saaty's mean consistency index of random matrices, by the number of items (0 to 10)."""

MOST_ITEMS = len(RANDOM_INDEX) - 1

_DIGITS = 40
_SETTLED = Decimal("1e-30")
_TIE = Decimal("1e-20")
_MOST_SQUARINGS = 60
_SHARES = 10**6
"""Weights are counted in ten-thousandths of a percent."""

Comparison = tuple[str, str, Fraction]
"""``(a, b, x)``: a outweighs b x times; one over x says the contrary."""

Matrix = list[list[Decimal]]


@dataclass(frozen=True, slots=True)
class PairwiseWeights:
    """Weights in percent with 4 decimals, summing to exactly 100, in the order of the items.

    ``index`` is (λ − n)/(n − 1); ``ratio`` is the index over the random index, and is what a policy limits.
    Both have 4 decimals and are 0 for one or two items, which cannot contradict each other.
    """

    weights: dict[str, Fraction]
    ratio: Decimal
    index: Decimal


def weights(order: Sequence[str], comparisons: Sequence[Comparison]) -> PairwiseWeights:
    """The principal eigenvector of the comparisons of all items in ``order``.

    Raises SteelyardError naming every pair that is missing, contradicted or impossible; the path of a problem
    is ``pairwise[i]`` for the i-th comparison and ``pairwise`` for all of them.
    """
    ratios = _checked(order, comparisons)
    with localcontext(Context(prec=_DIGITS)):
        matrix = [[_decimal(ratios[row, column]) for column in order] for row in order]
        vector = _principal(matrix)
        largest = sum(sum(cell * v for cell, v in zip(row, vector, strict=True)) for row in matrix)
        shares = _hundred_percent(vector)
    index = _index(len(order), Fraction(largest))
    random = RANDOM_INDEX[len(order)]
    return PairwiseWeights(
        weights=dict(zip(order, shares, strict=True)),
        ratio=rounding.half_away(index / random if random else Fraction(0), 4),
        index=rounding.half_away(index, 4),
    )


def _checked(order: Sequence[str], comparisons: Sequence[Comparison]) -> dict[tuple[str, str], Fraction]:
    """The ratio of every ordered pair, or all that is wrong with the comparisons."""
    problems = list(_wrong_items(order))
    known: dict[tuple[str, str], Fraction] = {(item, item): Fraction(1) for item in order}
    for position, (a, b, times) in enumerate(comparisons):
        problem = _wrong_comparison(order, known, a, b, times)
        if problem:
            problems.append(problem.at(Place(path=f"pairwise[{position}]")))
        else:
            known[a, b], known[b, a] = times, 1 / times
    if not problems:
        problems = [_missing(a, b) for a, b in combinations(order, 2) if (a, b) not in known]
    if problems:
        raise SteelyardError(*problems)
    return known


def _wrong_items(order: Sequence[str]) -> list[Problem]:
    if 0 < len(order) <= MOST_ITEMS and len(set(order)) == len(order):
        return []
    return [
        Problem(
            "pairwise-items",
            N_("pairwise comparison needs 1 to {most} different items; here are {count}"),
            {"most": MOST_ITEMS, "count": len(order)},
            remedy=N_("group the items under a level between"),
            place=Place(path="pairwise"),
        )
    ]


def _wrong_comparison(
    order: Sequence[str], known: dict[tuple[str, str], Fraction], a: str, b: str, times: Fraction
) -> Problem | None:
    strangers = [item for item in (a, b) if item not in order]
    if strangers:
        return Problem("pairwise-unknown", N_("{item} is none of the items compared"), {"item": strangers[0]})
    if a == b:
        return Problem("pairwise-self", N_("{item} is compared with itself"), {"item": a})
    if times <= 0:
        return Problem(
            "pairwise-ratio",
            N_("{a} cannot outweigh {b} {times} times"),
            {"a": a, "b": b, "times": str(times)},
            remedy=N_("say how many times the first outweighs the second; below 1 when it weighs less"),
        )
    if known.get((a, b), times) != times:
        return Problem(
            "pairwise-contradiction",
            N_("{a} outweighs {b} {times} times here and {before} times elsewhere"),
            {"a": a, "b": b, "times": str(times), "before": str(known[a, b])},
            remedy=N_("compare each pair once"),
        )
    return None


def _missing(a: str, b: str) -> Problem:
    return Problem(
        "pairwise-missing",
        N_("{a} and {b} are not compared"),
        {"a": a, "b": b},
        remedy=N_("compare every pair: how many times does {a} outweigh {b}?"),
        place=Place(path="pairwise"),
    )


def _principal(matrix: Matrix) -> list[Decimal]:
    """The principal eigenvector, summing to 1: power iteration, the power doubled at each step.

    Squaring reaches the limit in a few steps also where comparisons go round in a circle and plain
    iteration would creep.
    """
    vector = _row_shares(matrix)
    for _ in range(_MOST_SQUARINGS):
        matrix = _squared(matrix)
        before, vector = vector, _row_shares(matrix)
        if max(abs(now - then) for now, then in zip(vector, before, strict=True)) < _SETTLED:
            break
    return vector


def _squared(matrix: Matrix) -> Matrix:
    """The square, divided by the sum of all its cells so that numbers stay of one size."""
    columns = list(zip(*matrix, strict=True))
    cells = [
        [sum((a * b for a, b in zip(row, column, strict=True)), Decimal(0)) for column in columns] for row in matrix
    ]
    total = sum(sum(row) for row in cells)
    return [[cell / total for cell in row] for row in cells]


def _row_shares(matrix: Matrix) -> list[Decimal]:
    sums = [sum(row, Decimal(0)) for row in matrix]
    total = sum(sums)
    return [row / total for row in sums]


def _hundred_percent(vector: Sequence[Decimal]) -> list[Fraction]:
    """Percent with 4 decimals by largest remainder; equal remainders are served in order."""
    exact = [share * _SHARES for share in vector]
    # Digits past the twentieth are noise of the arithmetic and must not decide between equals.
    whole = [int(share + _TIE) for share in exact]
    rest = [(share - floor).quantize(_TIE) for share, floor in zip(exact, whole, strict=True)]
    served = sorted(range(len(vector)), key=lambda i: -rest[i])[: _SHARES - sum(whole)]
    return [Fraction(count + (i in served), _SHARES // 100) for i, count in enumerate(whole)]


def _index(items: int, largest: Fraction) -> Fraction:
    """Saaty's consistency index; a value below 0 would be noise of the last digit."""
    return max((largest - items) / (items - 1), Fraction(0)) if items > 2 else Fraction(0)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
