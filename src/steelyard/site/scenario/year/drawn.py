"""What is drawn of each row and kept by name, as numbers into a list of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from steelyard.site.scenario.year import columns
from steelyard.site.scenario.year.draw import Draw, Flags, Numbers
from steelyard.site.scenario.year.settings import Branches, T, Turn, Value, Weights

NONE = -1
HOLDER, UNIT = "$holder", "$unit"
"""Values that stand for who holds the row, and for the unit the fact is told of."""


@dataclass(slots=True)
class Drawn:
    """The values drawn so far for rows numbered ``numbers``.

    By name a list of values, and for each row a place in it.
    """

    numbers: Numbers
    values: dict[str, list[Value]] = field(default_factory=dict)
    codes: dict[str, Numbers] = field(default_factory=dict)

    def put(self, name: str, values: Sequence[Value], codes: Numbers) -> None:
        """Give every row a value."""
        self.values[name], self.codes[name] = list(values), codes

    def fits(self, when: Mapping[str, tuple[Value, ...]], rows: Numbers) -> Flags:
        """Which of ``rows`` have, for every name, one of the values; None stands for not drawn."""
        fitting = np.ones(len(rows), dtype=np.bool_)
        for name, among in when.items():
            known = self.values.get(name, [])
            codes = self.codes[name][rows] if name in self.codes else np.full(len(rows), NONE)
            places = [place for place, value in enumerate(known) if value in among]
            fitting &= np.isin(codes, [*places, *([NONE] if None in among else [])])
        return fitting

    def branch(self, branches: Branches[T], rows: Numbers) -> list[tuple[T, Numbers]]:
        """Each value with the places in ``rows`` of those it is for; the first branch that fits decides."""
        found, left = [], np.ones(len(rows), dtype=np.bool_)
        for branch in branches:
            own = left & self.fits(branch.when, rows)
            left &= ~own
            if own.any():
                found.append((branch.value, np.flatnonzero(own)))
        return found

    def draw(self, draw: Draw, name: str, branches: Branches[Weights], rows: Numbers) -> None:
        """Draw ``name`` for ``rows``."""
        values = self.values.setdefault(name, [])
        codes = self.codes.setdefault(name, np.full(len(self.numbers), NONE, dtype=np.int64))
        for weights, places in self.branch(branches, rows):
            for value in weights.values:
                if value not in values or type(values[values.index(value)]) is not type(value):
                    values.append(value)
            into = np.array([values.index(value) for value in weights.values])
            own = rows[places]
            codes[own] = into[draw.of(name).pick(self.numbers[own], weights.weights)]

    def fragments(
        self,
        names: Sequence[str],
        rows: Numbers,
        holders: tuple[Sequence[str], Numbers],
        units: tuple[Sequence[str], Numbers],
    ) -> list[pa.Array]:
        """What was drawn under ``names`` as fragments of JSON for ``rows``."""
        found = []
        for name in names:
            values, codes = self.values[name], self.codes[name][rows]
            for special, (ids, who) in ((HOLDER, holders), (UNIT, units)):
                if special in values:
                    place = values.index(special)
                    codes = np.where(codes == place, np.where(who < 0, NONE, len(values) + who), codes)
                    values = [*values, *ids]
            found.append(columns.fragments(name, values, codes))
        return found


def spoken(draw: Draw, turn: Turn, numbers: Numbers) -> tuple[list[pa.Array], list[pa.Array]]:
    """What the facts of a duty say besides: fragments of their data and of their attributes."""
    drawn, rows = Drawn(numbers), np.arange(len(numbers))
    for name, branches in (*turn.attributes.items(), *turn.data.items()):
        drawn.draw(draw, name, branches, rows)
    nobody: tuple[list[str], Numbers] = ([], rows)
    parts, attributes = (drawn.fragments([*names], rows, nobody, nobody) for names in (turn.data, turn.attributes))
    return parts, attributes
