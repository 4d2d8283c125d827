"""Checks of scorecards: weights that sum to 100, points that rise or fall, grades that leave no gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise as neighbours
from typing import Final

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import columns
from steelyard.engine.policy.checks import measures
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.kinds import Amount
from steelyard.engine.policy.scoring_kinds import TARGET
from steelyard.engine.policy.shapes import Record
from steelyard.engine.policy.tree import decimal_text
from steelyard.engine.quality import pairwise
from steelyard.engine.words import N_

_HUNDRED: Final = Fraction(100)
_SHAPES: Final = ("linear", "table", "share", "deduct")
_RESERVED: Final = frozenset({"total", "adjustments"})


def check(context: Context) -> None:
    """Everything SPEC §4 asks of scorecards."""
    by_id = context.by_id("measures")
    for card in context.spec.records("scorecards"):
        context.refer(card, "clause", "clauses")
        _check_subject(context, card)
        _check_level(context, card, card, ("tree",), is_compared="weights" in card.written)
        _check_pairwise(context, card)
        for leaf in leaves(card):
            context.refer(leaf, "measure", "measures")
            measure = by_id.get(leaf.text("measure") or "")
            _check_points(context, leaf, measure)
        _check_adjustments(context, card)
        _check_grades(context, card)
        _check_vetoes(context, card)


def children(record: Record) -> Iterator[Record]:
    """The indicators and measures below an indicator, in the order written."""
    for name in record.written:
        if name in ("indicators", "measures"):
            yield from record.records(name)


def leaves(card: Record) -> Iterator[Record]:
    """The measures of the tree, in its order."""
    ahead = list(reversed(card.records("tree")))
    while ahead:
        record = ahead.pop()
        if "measure" in record.written:
            yield record
        ahead += reversed(list(children(record)))


def _check_subject(context: Context, card: Record) -> None:
    """``of`` names staff, a kind of unit, the organisation, or a column that every measure of the card has."""
    of = card.text("of") or ""
    sort, _, rest = of.partition(":")
    if of in ("", "staff", "organisation") or (sort == "unit" and rest):
        return
    if sort != "attribute" or not rest:
        remedy = N_("write staff, unit:<kind>, organisation or attribute:<column>")
        context.document.refuse("choice", card.at("of"), N_("{text} is no subject"), remedy=remedy, text=of)
        return
    by_id = context.by_id("measures")
    for basis in sorted({basis for record in _all_measures(card, by_id) if (basis := record.text("basis"))}):
        seen = columns.BASES[basis].columns(context.attributes)
        single = {name for name, type_ in seen.items() if type_ != "list"}
        if rest not in single:
            measures.refuse_column(context, card.at("of"), rest, basis, single)
            return


def _all_measures(card: Record, by_id: Mapping[str, Record]) -> Iterator[Record]:
    """The measures of a card with those their quotients are made of."""
    holders = [*leaves(card), *card.records("adjustments"), *card.records("vetoes")]
    ahead = [holder.text("measure") or "" for holder in holders]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in by_id and name not in seen:
            seen.add(name)
            yield by_id[name]
            ahead += [part for _, part in measures.parts(by_id[name])]


def _check_level(
    context: Context, card: Record, parent: Record, lists: Sequence[str], *, is_compared: bool = False
) -> None:
    """One level of the tree: its weights, the names of its parts, and the levels below."""
    siblings = [record for name in parent.written if name in lists for record in parent.records(name)]
    path = next((parent.at(name) for name in parent.written if name in lists), parent.path)
    if parent is not card and not siblings and not set(lists) & set(parent.written):
        reason = N_("an indicator has measures or indicators below it")
        context.document.refuse("required", parent.path, reason)
    _check_names(context, siblings, reserved=_RESERVED if parent is card else frozenset())
    if is_compared:
        for sibling in siblings:
            if "weight" in sibling.written:
                reason = N_("weights are compared two and two here: take this one out, or the comparison")
                context.document.refuse("exclusive", sibling.at("weight"), reason, key=True)
    else:
        _check_weights(context, siblings, path)
    for sibling in siblings:
        if "measure" not in sibling.written:
            _check_level(context, card, sibling, ("indicators", "measures"))


def _check_names(context: Context, siblings: Sequence[Record], reserved: frozenset[str]) -> None:
    seen = set(reserved)
    for sibling in siblings:
        name = "measure" if "measure" in sibling.written else "id"
        value = sibling.text(name)
        if value in seen:
            reason = (
                N_("{name} stands twice on this level") if value not in reserved else N_("{name} is a reserved name")
            )
            context.document.refuse("duplicate", sibling.at(name), reason, name=value)
        seen |= {value} if value else set()


def _check_weights(context: Context, siblings: Sequence[Record], path: str) -> None:
    """The weights of siblings sum to exactly 100; an only child weighs 100 without saying so."""
    if len(siblings) == 1 and "weight" not in siblings[0].written:
        return
    missing = [sibling for sibling in siblings if "weight" not in sibling.written]
    for sibling in missing:
        context.document.refuse(
            "required", sibling.at("weight"), N_("{name} is missing"), at=sibling.path, name="weight"
        )
    weights = [weight for sibling in siblings if (weight := sibling.get("weight", Fraction)) is not None]
    if not siblings or len(weights) < len(siblings) or sum(weights) == _HUNDRED:
        return
    reason = N_("the weights of siblings sum to {total}, not 100")
    total = decimal_text(sum(weights, Fraction(0)))
    context.document.refuse("weights", path, reason, at=siblings[-1].at("weight"), total=total)


def _check_pairwise(context: Context, card: Record) -> None:
    """Weights from comparisons, two and two, that do not contradict each other too much (reading 38)."""
    written = card.record("weights")
    compared = [row for row in written.get("pairwise", tuple) or () if isinstance(row, tuple)]
    order = [record.text("id") or "" for record in card.records("tree")]
    if "pairwise" not in written.written or len(compared) != len(written.get("pairwise", tuple) or ()) or "" in order:
        return
    try:
        found = pairwise.weights(order, compared)
    except SteelyardError as error:
        for problem in error.problems:
            place = context.document.place(f"{written.path}.{problem.place.path or 'pairwise'}")
            context.document.note(problem.at(place))
        return
    highest = written.get("consistency_max", Fraction) or Fraction(0)
    if Fraction(found.ratio) > highest:
        reason = N_("the comparisons contradict each other: their ratio is {ratio}, at most {highest} is allowed")
        remedy = N_("compare again; of three pairs the third follows from the other two")
        highest_text = decimal_text(highest)
        context.document.refuse(
            "consistency", written.at("pairwise"), reason, remedy=remedy, ratio=str(found.ratio), highest=highest_text
        )
    context.weights |= {record.path: found.weights[record.text("id") or ""] for record in card.records("tree")}


def _check_points(context: Context, leaf: Record, measure: Record | None) -> None:
    points = leaf.get("points", Record)
    if points is None:
        return
    given = [name for name in _SHAPES if name in points.written]
    if len(given) != 1:
        reason = N_("points have exactly one of linear, table, share and deduct")
        context.document.refuse("exclusive", points.path, reason)
        return
    is_down = measure is not None and measure.text("direction") == "down"
    if given[0] in ("linear", "table"):
        _check_rows(context, points, given[0], measure, is_falling=given[0] == "table" and not is_down)
    elif given[0] == "share":
        _check_share(context, points, measure, is_down)


def _check_rows(context: Context, points: Record, shape: str, measure: Record | None, *, is_falling: bool) -> None:
    """Rows stand in order without repeats: the values of ``linear`` ascend, those of ``table`` descend (reading 40)."""
    rows = list(points.located(shape, tuple))
    for path, (amount, _) in rows:
        if measure is not None:
            measures.check_amount(context, measure, amount, f"{path}[0]")
    for (_, (earlier, _)), (path, (later, _)) in neighbours(rows):
        if (later.value >= earlier.value) if is_falling else (later.value <= earlier.value):
            reason = N_("at-least rows descend: {value} lies inside the row of {before}")
            if not is_falling:
                reason = N_("the values of rows ascend: {value} does not follow {before}")
            context.document.refuse("table-order", path, reason, value=later.written, before=earlier.written)


def _check_share(context: Context, points: Record, measure: Record | None, is_down: bool) -> None:
    """A share is of a number above 0: of the measure's target, or of the one written."""
    share = points.values.get("share")
    if isinstance(share, Amount):
        if measure is not None:
            measures.check_amount(context, measure, share, points.at("share"))
        amounts = [share]
    elif share == TARGET and measure is not None:
        if not {"target", "targets"} & set(measure.written):
            reason = N_("measure {name} has no target to take a share of")
            context.document.refuse("reference", points.at("share"), reason, name=measure.text("id"))
        targets = [measure.get("target", Amount), *(target.get("is", Amount) for target in measure.records("targets"))]
        amounts = [amount for amount in targets if amount is not None]
    else:
        amounts = []
    if not is_down and any(amount.value <= 0 for amount in amounts):
        context.document.refuse("range", points.at("share"), N_("there is no share of a target of 0 or less"))


def _check_adjustments(context: Context, card: Record) -> None:
    """Each adjustment has a cap on its own side, and stands once."""
    seen: set[str] = set()
    for record in card.records("adjustments"):
        context.refer(record, "measure", "measures")
        name = record.text("measure") or ""
        if name and name in seen:
            context.document.refuse("duplicate", record.at("measure"), N_("{name} stands twice"), name=name)
        seen.add(name)
        each, cap = record.get("each", Fraction), record.get("cap", Fraction)
        if each == 0:
            context.document.refuse("range", record.at("each"), N_("an adjustment of 0 changes nothing"))
        elif each is not None and cap is not None and (each > 0) != (cap > 0):
            reason = N_("the cap is on the side of each: {each} can never come to {cap}")
            context.document.refuse("cap", record.at("cap"), reason, each=decimal_text(each), cap=decimal_text(cap))


def _check_grades(context: Context, card: Record) -> None:
    """Grades descend strictly and the last starts at 0, so that every total has one grade."""
    grades = card.records("grades")
    seen: set[str] = set()
    for grade in grades:
        name = grade.text("id") or ""
        if name in seen:
            context.document.refuse("duplicate", grade.at("id"), N_("{name} stands twice"), name=name)
        seen |= {name} if name else set()
    for earlier, later in neighbours(grades):
        above, below = earlier.get("from", Fraction), later.get("from", Fraction)
        if above is not None and below is not None and below >= above:
            reason = N_("two grades start at {value}, or the order is not descending")
            context.document.refuse("grades-overlap", later.path, reason, value=decimal_text(below))
    last = grades[-1].get("from", Fraction) if grades else None
    if last:
        reason = N_("totals below {value} have no grade: the last grade starts at 0")
        context.document.refuse("grades-gap", grades[-1].at("from"), reason, value=decimal_text(last))


def _check_vetoes(context: Context, card: Record) -> None:
    by_id = context.by_id("measures")
    grades = {grade.text("id") or "" for grade in card.records("grades")} - {""}
    for record in card.records("vetoes"):
        context.refer(record, "measure", "measures")
        measure = by_id.get(record.text("measure") or "")
        if measure is not None:
            measures.check_unit(context, measure, record, "from")
        cap = record.text("cap")
        if cap is not None and cap not in grades:
            context.unknown(record.at("cap"), "grade", cap, grades)
