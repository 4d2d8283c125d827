"""The scalar fold against the worked histories, and what they leave open."""

from __future__ import annotations

from steelyard.engine.records.fold import Subject, fold
from tests.engine.records import vectors


def test_every_worked_history_comes_out_to_the_digit() -> None:
    wrong = []
    for vector in vectors.vectors():
        clocks = fold(
            vectors.commitment(vector["commitment"]),
            vectors.facts(vector["facts"]),
            vectors.times(),
            vectors.micros(vector["as_of"]),
            subject=Subject("x", types=vectors.TYPES),
        )
        if [vectors.row(clock) for clock in clocks] != vector["expected"]:
            wrong.append((vector["id"], vector["note"], [vectors.row(clock) for clock in clocks], vector["expected"]))
    assert not wrong
