"""A policy's own tests of its scorecards: given figures or node scores, the total and grade expected."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from steelyard.engine.errors import Place, Problem
from steelyard.engine.measure.figures import staged_target
from steelyard.engine.policy import model
from steelyard.engine.weigh.tree import Card, Weighed
from steelyard.engine.words import N_


def run_score_test(policy: model.Policy, test: model.ScoreTest) -> list[Problem]:
    """What ``test`` finds wrong; only the fields given under ``expect`` are compared."""
    card = next(card for card in policy.scorecards if card.id == test.scorecard)
    measures = {measure.id: measure for measure in policy.measures}
    first = policy.lifecycle.effective or date.max
    figures: dict[str, Weighed] = {}
    nodes: dict[str, Fraction] = {}
    for name, value in test.given.items():
        if name not in measures:
            if isinstance(value, Fraction):
                nodes[name] = value
        elif isinstance(value, str):
            figures[name] = Weighed(value)
        else:
            figures[name] = Weighed("ok", value, staged_target(measures[name], first, {}))
    found = Card(card, {id: measure.direction for id, measure in measures.items()}).score(figures, nodes)
    got = {"total": found.total, "grade": found.grade, "status": found.status}
    return [
        _problem(policy, test, name, expected, got[name])
        for name, expected in test.expect.items()
        if not _same(expected, got[name])
    ]


def _same(expected: str | None, got: object) -> bool:
    if expected is None or got is None:
        return expected is None and got is None
    try:
        return Fraction(expected) == Fraction(str(got))
    except ValueError:
        return expected == str(got)


def _problem(policy: model.Policy, test: model.ScoreTest, name: str, expected: str | None, got: object) -> Problem:
    path = f"{test.path}.expect.{name}"
    line, column = policy.places.get(path, (None, None))
    return Problem(
        "test",
        N_("{test}: expected {expected}, got {got}"),
        {"test": test.id, "expected": "null" if expected is None else expected, "got": "null" if got is None else got},
        place=Place(policy.file, line, column, path),
    )
