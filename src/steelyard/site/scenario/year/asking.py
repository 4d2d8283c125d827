"""Customers are asked, and some answer: what they say follows from who served them and whether it was in time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.worktime.units import SECOND
from steelyard.site.scenario.year import columns
from steelyard.site.scenario.year.draw import Draw, Flags, Numbers
from steelyard.site.scenario.year.people import NOBODY
from steelyard.site.scenario.year.settings import Life
from steelyard.site.scenario.year.world import World

_MOODS: Final = ((18, 26, 26, 18, 12), (30, 32, 20, 11, 7), (44, 33, 14, 6, 3), (54, 32, 9, 3, 2), (66, 26, 5, 2, 1))
"""From the worst mood to the best: how likely each answer is, the best answer first."""

_INVITED: Final = (60 * SECOND, 1200 * SECOND)
_ANSWERED: Final = tuple(hours * 3600 * SECOND for hours in (1, 4, 12, 30, 66))
_NPS: Final = (10, 9, 8, 6, 3)


@dataclass(frozen=True, slots=True)
class Asked:
    """The cases whose customers may be asked, in columns; ``at`` is the instant after which."""

    numbers: Numbers
    at: Numbers
    cases: pa.Array
    staff: Numbers
    unit: Numbers
    late: Flags
    back: Flags
    channel: list[pa.Array]


def tell(world: World, life: Life, asked: Asked) -> Iterator[pa.RecordBatch]:
    """``survey.invited`` for some, ``survey.answered`` for some of these."""
    draw, roster = world.draw.of(life.id).of("survey"), world.roster
    survey = next(survey for survey in world.policy.surveys if survey["id"] == life.survey)
    invited = asked.at + draw.of("invited").spread(asked.numbers, _INVITED) // SECOND * SECOND
    answered = invited + draw.of("answered").spread(asked.numbers, _ANSWERED) // SECOND * SECOND
    invites = draw.of("asks").chance(asked.numbers, life.asked) & (invited < roster.end)
    answers = invites & draw.of("says").chance(asked.numbers, life.answered) & (answered < roster.end)
    warmth = np.where(asked.staff == NOBODY, 1, roster.trait("warmth", 1)[asked.staff])
    # To be told that it is done, and to have to come back, is worse than to wait.
    moods = np.maximum(warmth + np.where(asked.late, 0, 2) - asked.back, 0)
    for kind, there, at in (("survey.invited", invites, invited), ("survey.answered", answers, answered)):
        rows = np.flatnonzero(there)
        if not len(rows):
            continue
        cases = asked.cases.take(pa.array(rows))
        parts = [
            columns.fragments("survey", [life.survey], np.zeros(len(rows), dtype=np.int64)),
            columns.text_fragments("case", cases),
            *(part.take(pa.array(rows)) for part in asked.channel),
        ]
        if kind == "survey.answered":
            questions = [question for question in survey["questions"] if question["type"] in ("scale", "nps")]  # type: ignore[attr-defined]
            given = [_answer(draw, question, asked.numbers[rows], moods[rows]) for question in questions]
            parts.append(pc.binary_join_element_wise(',"answers":[', pc.binary_join_element_wise(*given, ","), "]", ""))
        yield columns.batch(
            kind,
            at[rows],
            "response",
            pc.binary_join_element_wise("V", cases, "-"),
            columns.named(roster.people, asked.staff[rows]),
            columns.named(roster.units, asked.unit[rows]),
            pa.repeat(pa.scalar("customer"), len(rows)),
            columns.together(parts, [], len(rows)),
        )


def _answer(draw: Draw, question: Mapping[str, object], numbers: Numbers, moods: Numbers) -> pa.Array:
    """One answer for each row, as an object of JSON."""
    low, high = int(str(question["min"])), int(str(question["max"]))
    scores = list(_NPS) if question["type"] == "nps" else [high - (high - low) * place // 4 for place in range(5)]
    written = [
        json.dumps({"question": question["id"], "score": score, "scale_min": low, "scale_max": high})
        for score in scores
    ]
    places = np.zeros(len(numbers), dtype=np.int64)
    for mood in range(len(_MOODS)):
        rows = np.flatnonzero(moods == mood)
        places[rows] = draw.of(question["id"]).pick(numbers[rows], _MOODS[mood])
    return columns.named(written, places)
