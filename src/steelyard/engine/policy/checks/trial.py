"""Checks of the tests a policy carries: they name commitments, measures, nodes and grades that exist."""

from __future__ import annotations

from steelyard.engine.policy.checks import scorecards
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.kinds import Maybe
from steelyard.engine.policy.scoring_kinds import STATUSES
from steelyard.engine.policy.shapes import Record


def check(context: Context) -> None:
    """Names in tests exist."""
    for record in context.spec.records("tests"):
        if "scorecard" in record.written:
            _check_score_test(context, record)
            continue
        for fact in record.records("facts"):
            context.fact(fact, "kind")
        for row in record.records("expect"):
            commitment = row.get("commitment", Maybe)
            if commitment and commitment.text is not None:
                context.refer_to(commitment.text, row.at("commitment"), "commitments")


def _check_score_test(context: Context, record: Record) -> None:
    context.refer(record, "scorecard", "scorecards")
    card = context.by_id("scorecards").get(record.text("scorecard") or "")
    if card is None:
        return
    known = context.ids("measures") | _nodes(card)
    for name in record.get("given", dict) or {}:
        if name not in known:
            context.unknown(f"{record.at('given')}.{name}", "measure or node", name, known)
    expected = record.record("expect")
    grades = {grade.text("id") or "" for grade in card.records("grades")}
    _check_word(context, expected, "grade", grades)
    _check_word(context, expected, "status", set(STATUSES[:3]))


def _check_word(context: Context, expected: Record, name: str, known: set[str]) -> None:
    word = expected.get(name, Maybe)
    if word and word.text is not None and word.text not in known:
        context.unknown(expected.at(name), name, word.text, known)


def _nodes(card: Record) -> set[str]:
    """The ids of the nodes of a tree, and their paths such as ``quality/listening``."""
    found: set[str] = set()
    ahead = [("", record) for record in card.records("tree")]
    while ahead:
        above, record = ahead.pop()
        name = record.text("id") or record.text("measure") or ""
        found |= {name, f"{above}{name}"}
        ahead += [(f"{above}{name}/", child) for child in scorecards.children(record)]
    return found
