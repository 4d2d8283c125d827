"""Duties and checks, turn by turn: what the policy asks for again and again, done more or less in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from steelyard.engine.policy.model import Duty
from steelyard.engine.records.duties_spans import Span, spans
from steelyard.engine.worktime.units import SECOND
from steelyard.site.scenario.year import checking, columns
from steelyard.site.scenario.year.draw import Numbers
from steelyard.site.scenario.year.drawn import Drawn, spoken
from steelyard.site.scenario.year.people import NOBODY
from steelyard.site.scenario.year.settings import Turn
from steelyard.site.scenario.year.world import World

_ABOUT: Final = {"posting": "staff", "unit": "unit", "customer": "customer"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a duty is done to while it is there; person and unit as numbers."""

    id: str
    person: int
    unit: int
    since: int
    until: int


def tell(world: World) -> Iterator[pa.RecordBatch]:
    """What is done of every duty and every line of the programme."""
    for duty in (*world.policy.duties, *world.policy.programme):
        turns = [
            (subject, span)
            for subject in _subjects(world, duty)
            for span in _spans(world, duty)
            if subject.since <= span.starts < subject.until
        ]
        if not turns:
            continue
        done = world.scenario.duties.get(duty.id) or Turn(world.scenario.diligence)
        numbers = np.arange(len(turns), dtype=np.int64)
        kept = np.flatnonzero(world.draw.of(duty.id).of("done").chance(numbers, done.done))
        at = _instants(world, duty, [turns[row][1] for row in kept], kept)
        subjects = [turns[row][0] for row in kept]
        if duty.form:
            yield from checking.tell(
                world, duty, [(s.person, s.unit) for s in subjects], at, len(list(_spans(world, duty)))
            )
        elif len(kept):
            yield _batch(world, duty, done, kept, at, subjects)


def _batch(
    world: World, duty: Duty, done: Turn, numbers: Numbers, at: Numbers, subjects: list[Subject]
) -> pa.RecordBatch:
    parts, attributes = spoken(world.draw.of(duty.id), done, numbers)
    staff = columns.named(world.roster.people, np.array([subject.person for subject in subjects]))
    return columns.batch(
        duty.produces,
        at,
        _ABOUT[duty.subjects],
        pa.array([subject.id for subject in subjects]),
        staff,
        columns.named(world.roster.units, np.array([subject.unit for subject in subjects])),
        staff,
        columns.together(parts, attributes, len(numbers)),
    )


def _spans(world: World, duty: Duty) -> Iterator[Span]:
    first, last = date(world.scenario.year, 1, 1), date(world.scenario.year, 12, 31)
    found = spans(duty.every, world.work(duty.calendar), world.policy.timezone, first, last)
    return (span for span in found if span.due <= world.roster.end)


def _instants(world: World, duty: Duty, turns: list[Span], numbers: Numbers) -> Numbers:
    """Some time in the second half of each turn's hours."""
    hours = world.work(duty.calendar)
    starts, dues = (np.array([getattr(span, name) for span in turns], dtype=np.int64) for name in ("starts", "due"))
    if not len(turns):
        return starts
    parts = world.draw.of(duty.id).of("at").spread(numbers, (450, 700, 960))
    return hours.due_many(starts, hours.elapsed_many(starts, dues) // 1000 * parts) // SECOND * SECOND


def _subjects(world: World, duty: Duty) -> Iterator[Subject]:
    """Everyone or everything that the duty's ``for`` is TRUE for."""
    for subject, row in {"posting": _postings, "unit": _units, "customer": _customers}[duty.subjects](world):
        if duty.for_ is None or duty.for_.holds(_row(row)):
            yield subject


def _row(values: Mapping[str, object]) -> Callable[[str], object]:
    return lambda name: values.get(name.removeprefix("attr."))


_Found = Iterator[tuple[Subject, Mapping[str, object]]]


def _postings(world: World) -> _Found:
    roster = world.roster
    for posting in roster.postings:
        person, unit = roster.scenario.people[posting.person], roster.scenario.units[posting.unit]
        row = {
            "staff": person.id,
            "unit": unit.id,
            "role": person.role,
            "kind": unit.kind,
            "parent": unit.parents[0][1],
        }
        yield Subject(person.id, posting.person, posting.unit, posting.since, posting.until), row


def _units(world: World) -> _Found:
    for number, unit in enumerate(world.roster.scenario.units):
        own = {"unit": unit.id, "kind": unit.kind, "parent": unit.parents[0][1], "name": unit.names["en"]}
        row = {**unit.attributes, **own}
        yield Subject(unit.id, NOBODY, number, 0, world.roster.end), row


def _customers(world: World) -> _Found:
    drawn = customers(world)
    for number in range(world.scenario.customers):
        row = {
            name: drawn.values[name][code] if (code := int(codes[number])) >= 0 else None
            for name, codes in drawn.codes.items()
        }
        yield Subject(f"K{number + 1:04d}", NOBODY, NOBODY, 0, world.roster.end), row


def customers(world: World) -> Drawn:
    """The attributes of the customers."""
    drawn = Drawn(np.arange(world.scenario.customers, dtype=np.int64))
    for name, branches in world.scenario.customer_attributes.items():
        drawn.draw(world.draw.of("customers"), name, branches, drawn.numbers)
    return drawn
