"""What is quoted or collected, line by line: what was weighed, and what was written down."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from steelyard.site.scenario.year.draw import Draw, Numbers
from steelyard.site.scenario.year.people import NOBODY
from steelyard.site.scenario.year.settings import Load
from steelyard.site.scenario.year.world import World

_WRONG: Final = (-120, -60, -30, 30, 60, 120)
_SHORT: Final = (-110, -40)


def tell(world: World, load: Load, draw: Draw, numbers: Numbers, staff: Numbers, units: Numbers) -> pa.Array:
    """The lines of each load as a fragment of JSON; the careless write down wrongly, and some write less on purpose."""
    roster = world.roster
    care = np.where(staff == NOBODY, 90, roster.trait("care", 90)[staff])
    short = np.array([world.scenario.hidden.short_weighs.get(unit, 0) for unit in roster.units])[units]
    lines = []
    for line in range(load.lines):
        own = draw.of("load").of(line)
        actual = own.of("actual").spread(numbers, load.kilograms) * 10
        wrong = own.of("wrong").below(numbers, 1000) < (100 - care) * 2
        error = np.where(wrong, actual * own.of("error").spread(numbers, _WRONG) // 1000, 0)
        less = own.of("short").below(numbers, 1000) < short
        written = actual + np.where(less, actual * own.of("less").spread(numbers, _SHORT) // 1000, error)
        price = np.array(load.prices)[own.of("price").below(numbers, len(load.prices))]
        lines.append(_line(written, actual, price))
    return pc.binary_join_element_wise(',"items":[', pc.binary_join_element_wise(*lines, ","), "]", "")


def _line(written: Numbers, actual: Numbers, price: Numbers) -> pa.Array:
    """Quantities in hectograms as kilograms with one decimal."""
    said = [part for number in (written, actual) for part in (_text(number // 10), _text(number % 10))]
    return pc.binary_join_element_wise(
        '{"recorded_qty":', said[0], ".", said[1], ',"actual_qty":', said[2], ".", said[3],
        ',"uom":"kg","price":', _text(price), "}", "",
    )  # fmt: skip


def _text(numbers: Numbers) -> pa.Array:
    return pa.array(numbers).cast(pa.string())
