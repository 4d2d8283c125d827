"""A made-up year told from its first fact to its last, and written into a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from steelyard.engine.ledger import append
from steelyard.engine.worktime.units import datetime_of
from steelyard.site.scenario.year import columns, lives, turns
from steelyard.site.scenario.year.columns import Row
from steelyard.site.scenario.year.world import World

SOURCE: Final = "made-up"
_SCHEMA: Final = pa.schema([("fact_id", pa.string()), *columns.SCHEMA])


def tell(world: World) -> Iterator[pa.RecordBatch]:
    """Every fact of the year; no more than some thousands of lives are held at a time."""
    for number, batch in enumerate(_told(world)):
        ids = world.draw.of("fact").of(number).uuids(np.arange(batch.num_rows, dtype=np.int64))
        yield batch.add_column(0, "fact_id", pa.array(ids).cast(pa.string()))


def _told(world: World) -> Iterator[pa.RecordBatch]:
    yield columns.batch_of([*world.roster.facts(), *_customers(world), *_arrivals(world)])
    for life in world.scenario.lives:
        yield from lives.tell(world, life, max(world.size * life.volume // 1000, life.least))
    yield from turns.tell(world)


def write(world: World, ledger: Path) -> int:
    """Append the year to ``ledger``; how many facts it has."""
    year = world.scenario.year
    facts = pa.RecordBatchReader.from_batches(_SCHEMA, tell(world))
    report = append(
        ledger,
        facts,
        SOURCE,
        covers=(date(year, 1, 1), date(year + 1, 1, 1)),
        feeds=("case", "contact", "response", "inspection", "item", "mark", "training", "posting", "unit"),
        recorded_at=datetime_of(world.roster.end),
    )
    return report.loaded


def _customers(world: World) -> Iterator[Row]:
    drawn = turns.customers(world)
    for number in range(world.scenario.customers):
        known = {name: drawn.values[name][codes[number]] for name, codes in drawn.codes.items() if codes[number] >= 0}
        told = {"attributes": {name: value for name, value in known.items() if value is not None}}
        yield Row("customers.registered", world.roster.first, "customer", f"K{number + 1:04d}", None, None, told)


def _arrivals(world: World) -> Iterator[Row]:
    """What newcomers do first."""
    roster, draw = world.roster, world.draw.of("arrivals")
    for number, posting in enumerate(roster.newcomers()):
        person, unit = roster.people[posting.person], roster.units[posting.unit]
        for step in world.scenario.arrivals:
            takes = draw.of(step.label).spread(np.array([number]), step.takes[0].value)
            at = int(world.work(step.calendar).due_many(np.array([posting.since]), takes)[0])
            told = {name: branches[0].value.values[0] for name, branches in step.data.items()}
            if at < roster.end:
                yield Row(step.fact, at, "staff", person, person, unit, told)
