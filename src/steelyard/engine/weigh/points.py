"""Points: a value on the scale from 0 to 100 that scores are made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from steelyard.engine.policy import model

Scale = Callable[[Fraction, Fraction | None], int | None]
"""From a value and its target to points in hundredths; None where the rule needs a target and there is none."""

FULL = 10_000
"""100 points in hundredths."""


def scale(rule: model.Points, direction: str) -> Scale:
    """``rule`` made ready for many values of a measure that is better ``up`` or ``down``."""
    if rule.shape == "linear":
        return _linear(rule.rows)
    if rule.shape == "table":
        return _table(rule.rows, direction)
    if rule.shape == "share":
        return _share(rule.share, direction)
    each, start, floor = rule.each, rule.start, rule.floor
    return lambda value, target: hundredths(max(start - each * value, floor))


def hundredths(points: Fraction) -> int:
    """``points`` held within 0 to 100, in hundredths, half away from zero."""
    numerator, denominator = points.numerator, points.denominator
    return min(max((200 * numerator + denominator) // (2 * denominator), 0), FULL)


def _linear(rows: tuple[tuple[Fraction, Fraction], ...]) -> Scale:
    """Straight lines between the rows, level beyond the first and the last."""
    xs = [x for x, _ in rows]
    lines = [
        (p - (q - p) / (right - left) * left, (q - p) / (right - left)) for (left, p), (right, q) in pairwise(rows)
    ]

    def points(value: Fraction, target: Fraction | None) -> int:
        place = bisect_right(xs, value) - 1
        if place < 0 or place >= len(lines):
            return hundredths(rows[0][1] if place < 0 else rows[-1][1])
        # base + slope · value on whole numbers: a fraction made of each would be reduced in vain.
        base, slope = lines[place]
        below = base.denominator * slope.denominator * value.denominator
        above = base.numerator * slope.denominator * value.denominator
        above += slope.numerator * base.denominator * value.numerator
        return min(max((200 * above + below) // (2 * below), 0), FULL)

    return points


def _table(rows: tuple[tuple[Fraction, Fraction], ...], direction: str) -> Scale:
    """The points of the first row reached: at least with direction up, at most with down; below the last 0."""

    def points(value: Fraction, target: Fraction | None) -> int:
        for bound, given in rows:
            if value <= bound if direction == "down" else value >= bound:
                return hundredths(given)
        return 0

    return points


def _share(number: Fraction | None, direction: str) -> Scale:
    """The value's share of the target (down: the target's of the value), never above 100."""

    def points(value: Fraction, target: Fraction | None) -> int | None:
        goal = target if number is None else number
        if goal is None:
            return None
        above, below = (goal, value) if direction == "down" else (value, goal)
        if below <= 0:
            return FULL if direction == "down" or above >= below else 0
        return hundredths(100 * above / below)

    return points
