"""Stable codes of the results in the words of a reader."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.engine.policy import model
from steelyard.engine.words import N_, say

_WORDS = {
    "ok": N_("ok"),
    "insufficient": N_("insufficient"),
    "no_data": N_("no data"),
    "not_evaluable": N_("not evaluable"),
    "hit": N_("hit"),
    "not hit": N_("not hit"),
    "missed": N_("missed"),
    "counted": N_("counted"),
    "excluded": N_("excluded"),
    "excepted": N_("excepted"),
    "no value": N_("no value"),
    "running": N_("running"),
    "paused": N_("paused"),
    "stopped": N_("stopped"),
    "met": N_("met"),
    "cancelled": N_("cancelled"),
    "percent": "%",
    "seconds": N_("seconds"),
    "plain": "",
}


def word(code: object, lang: str) -> str:
    """The word for a status, membership, state or unit; other codes stand for themselves."""
    text = _WORDS.get(str(code))
    return str(code) if text is None else say(text, lang)


def grade_title(policies: Sequence[model.Policy], card: str, grade: object, lang: str) -> str:
    """The title of a grade of scorecard ``card``, or its id."""
    for policy in policies:
        for one in policy.scorecards:
            if one.id == card:
                titles = {found.id: found.title for found in one.grades}
                return titles.get(str(grade), {}).get(lang) or str(grade)
    return str(grade)
