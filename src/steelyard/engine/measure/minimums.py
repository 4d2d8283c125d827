"""How many rows a figure needs before it is judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from steelyard.engine.policy import model

STAFF_MINIMUM: Final = 20
"""The least denominator of a measure in a scorecard of staff, unless the measure states its own (SPEC §4)."""


def minimums(policy: model.Policy) -> dict[str, int]:
    """The least denominator of each measure: its own, else 20 in scorecards of staff, else 1."""
    used = {measure for card in policy.scorecards if card.of == "staff" for measure in measures_of(card)}
    return {
        measure.id: measure.minimum if measure.minimum is not None else STAFF_MINIMUM if measure.id in used else 1
        for measure in policy.measures
    }


def measures_of(card: model.Scorecard) -> Iterable[str]:
    """Every measure a scorecard uses: leaves, adjustments and vetoes."""

    def leaves(children: Sequence[model.Node | model.Leaf]) -> Iterable[str]:
        for child in children:
            if isinstance(child, model.Leaf):
                yield child.measure
            else:
                yield from leaves(child.children)

    yield from leaves(card.tree)
    yield from (adjustment.measure for adjustment in card.adjustments)
    yield from (veto.measure for veto in card.vetoes)
