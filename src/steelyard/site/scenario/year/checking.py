"""Inspections by the policy's programme and forms: somebody's usual care, seen by a strict or a lenient eye."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.policy.model import Duty
from steelyard.site.scenario.year import columns
from steelyard.site.scenario.year.draw import Draw, Flags, Numbers
from steelyard.site.scenario.year.drawn import spoken
from steelyard.site.scenario.year.people import NOBODY
from steelyard.site.scenario.year.settings import Turn
from steelyard.site.scenario.year.world import World

_CARE: Final = 90
"""The usual score of a unit as a whole."""

_MINUTE: Final = 60_000_000
Question = Mapping[str, Any]  # as the policy writes it


def tell(
    world: World, duty: Duty, subjects: Sequence[tuple[int, int]], at: Numbers, spans: int
) -> Iterator[pa.RecordBatch]:
    """``inspection.done`` for each turn of ``duty``: its subject (person and unit) and instant, a sample of each."""
    form = next(form for form in world.policy.forms if form["id"] == duty.form)
    subjects, at = _each(world, duty, subjects, at)
    turns = np.repeat(np.arange(len(subjects)), _sample(world, duty, spans))
    if not len(turns):
        return
    numbers = np.arange(len(turns), dtype=np.int64)
    draw, roster = world.draw.of(duty.id), world.roster
    instants = at[turns] - draw.of("minute").below(numbers, 120) * _MINUTE
    instants = np.where(np.r_[True, turns[1:] != turns[:-1]], at[turns], instants)
    staff, unit = _seen(world, draw, duty, subjects, turns, instants)
    inspector = draw.of("inspector").below(numbers, len(world.scenario.inspectors))
    lenient = np.array([world.scenario.hidden.lenient.get(name, 0) for name in world.scenario.inspectors])
    care = np.where(staff == NOBODY, _CARE, roster.trait("care", _CARE)[staff]) + lenient[inspector]
    score, critical, answers = _filled(draw, form["questions"], numbers, np.minimum(care, 100))  # type: ignore[arg-type]
    ids = columns.ids(f"{duty.id}-", numbers + 1)
    same = np.zeros(len(numbers), dtype=np.int64)
    own, attributes = spoken(draw, world.scenario.duties.get(duty.id) or Turn(0), numbers)
    parts = [
        *own,
        *(
            columns.fragments(name, [value], same)
            for name, value in (("form", duty.form), ("form_version", form["version"]), ("method", duty.method))
        ),
        columns.number_fragments("score", score),
        columns.fragments("critical", [False, True], critical.astype(np.int64)),
        columns.fragments("inspector", world.scenario.inspectors, inspector),
        answers,
    ]
    yield columns.batch(
        "inspection.done",
        instants,
        "inspection",
        ids,
        columns.named(roster.people, staff),
        columns.named(roster.units, unit),
        columns.named(world.scenario.inspectors, inspector),
        columns.together(parts, attributes, len(numbers)),
    )


def _each(
    world: World, duty: Duty, subjects: Sequence[tuple[int, int]], at: Numbers
) -> tuple[Sequence[tuple[int, int]], Numbers]:
    """Where all of a unit is looked at, everybody posted there is a subject."""
    if duty.subjects != "unit" or duty.look_at != "unit" or not duty.sample or duty.sample.percent != 100:
        return subjects, at
    roster = world.roster
    found, instants = [], []
    for (_, unit), instant in zip(subjects, at.tolist(), strict=True):
        for person in roster.posted(unit, instant) or [NOBODY]:
            found.append((person, unit))
            instants.append(instant)
    return found, np.array(instants, dtype=np.int64)


def _sample(world: World, duty: Duty, spans: int) -> int:
    """How many are looked at in a turn: as many as the policy says, of a share of the cases at least three."""
    if duty.sample is None or duty.look_at in ("unit", "item"):
        return 1
    if duty.sample.percent is not None:
        units = max(sum(unit.kind == "group" for unit in world.scenario.units), 1)
        share = duty.sample.percent * world.size / 100 / units / max(spans, 1)
        return max(int(share), 3)
    return duty.sample.size or 1


def _seen(
    world: World, draw: Draw, duty: Duty, subjects: Sequence[tuple[int, int]], turns: Numbers, at: Numbers
) -> tuple[Numbers, Numbers]:
    """Whose work is looked at: the person of the turn, or somebody of its unit, or the unit itself."""
    persons, units = (np.array([subject[place] for subject in subjects])[turns] for place in (0, 1))
    if duty.subjects != "unit" or duty.look_at in ("unit", "item"):
        return persons, units
    roster, numbers = world.roster, np.arange(len(turns), dtype=np.int64)
    for place in np.unique(units):
        rows = np.flatnonzero(units == place)
        below = roster.below(int(place), int(at[rows[0]]))
        held = [unit for unit in below if roster.posted(unit, int(at[rows[0]]))]
        if held:
            units[rows] = np.array(held)[
                draw.of("where").pick(numbers[rows], [len(roster.posted(u, int(at[rows[0]]))) for u in held])
            ]
    return roster.choose(draw.of("whose"), numbers, units, at, "share"), units


def _filled(
    draw: Draw, questions: Sequence[Question], numbers: Numbers, care: Numbers
) -> tuple[Numbers, Flags, pa.Array]:
    """Score, whether a critical question failed (then the score is 0), and the answers as a fragment of JSON."""
    gained = total = np.zeros(len(numbers), dtype=np.int64)
    critical = np.zeros(len(numbers), dtype=np.bool_)
    weighed = sum(int(question.get("weight", 1)) for question in questions)
    soft = sum(int(question.get("weight", 1)) for question in questions if not _all_or_nothing(question)) or weighed
    given = []
    for question in questions:
        options = sorted(question["points"].items(), key=lambda option: -int(option[1]))
        best, weight = int(options[0][1]), int(question.get("weight", 1))
        own = draw.of(question["id"])
        failed = own.of("failed").below(numbers, 1000) < (100 - care) * (8 if question["critical"] else 35) // 10
        lapsed = own.of("lapsed").below(numbers, 1000) < (100 - care) * 110 * weighed // soft // 10
        halfway = (
            0 if _all_or_nothing(question) else 1 if len(options) > 2 or question["critical"] else len(options) - 1
        )
        places = np.where(failed, len(options) - 1, np.where(lapsed, halfway, 0))
        passed = draw.of(question["id"]).of("na").chance(numbers, 120) if question["na"] else failed & False
        points = np.array([int(option[1]) for option in options])[places]
        gained = gained + np.where(passed, 0, weight * points * 100 // best)
        total = total + np.where(passed, 0, weight)
        if question["critical"]:
            critical |= failed & ~passed
        given.append(_written(question["id"], options, best, np.where(passed, len(options), places)))
    score = np.where(critical, 0, (gained + total // 2) // np.maximum(total, 1))
    return (
        score,
        critical,
        pc.binary_join_element_wise(',"answers":[', pc.binary_join_element_wise(*given, ","), "]", ""),
    )


def _all_or_nothing(question: Question) -> bool:
    """Whether a lapse in it fails the whole."""
    return bool(question["critical"]) and len(question["points"]) == 2


def _written(question: str, options: Sequence[tuple[str, int]], best: int, places: Numbers) -> pa.Array:
    """Each answer as an object of JSON; the place after the options stands for not applicable."""
    written = [
        json.dumps({"question": question, "answer": answer, "points": int(points), "max_points": best, "na": False})
        for answer, points in options
    ]
    return columns.named([*written, json.dumps({"question": question, "na": True})], places)
