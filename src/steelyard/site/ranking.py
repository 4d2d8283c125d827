"""One scorecard of a run as people read it: a ranked table, and why somebody is not ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from steelyard.engine.policy import model
from steelyard.engine.run import Assessment
from steelyard.engine.words import N_, say

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A header and its rows, best first and the unranked last, and a sentence for each of the unranked."""

    header: list[str]
    rows: list[list[str]]
    reasons: list[str]


def ranking(
    result: Assessment,
    policy: model.Policy,
    card: model.Scorecard,
    period: str,
    *,
    names: Mapping[str, str],
    lang: str,
) -> Ranking:
    """Scorecard ``card`` of ``period``: rank, name, total, grade and the indicators at the top of the tree.

    ``names`` are shown in place of ids that have one.
    """
    by_subject: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in result.scores.to_pylist():
        if (row["scorecard"], row["period"]) == (card.id, period):
            by_subject[row["subject"]][row["path"]] = row
    order = sorted(by_subject.items(), key=lambda found: (_rank(found[1]), _status(found[1]), found[0]))
    grades = {grade.id: title(grade.title, grade.id, lang) for grade in card.grades}
    tops = [node for node in card.tree if isinstance(node, model.Node)]
    header = [say(word, lang) for word in (N_("rank"), N_("name"), N_("total"), N_("grade"))]
    header += [title(node.title, node.id, lang) for node in tops]
    if card.adjustments:
        header.append(say(N_("adjustments"), lang))
    rows, reasons = [], []
    for subject, scores in order:
        name, total = names.get(subject, subject or "–"), scores["total"]
        cells = [total["rank"], name, total["score"], grades.get(str(total["grade"]))]
        cells += [scores[node.id]["score"] for node in tops]
        rows.append([_cell(cell) for cell in (*cells, *([total["adjustment"]] if card.adjustments else []))])
        if total["status"] != "ok":
            reasons.append(_reason(result, policy, card, period, subject, name, scores, lang))
    return Ranking(header, rows, reasons)


def title(by_language: model.Text, otherwise: str, lang: str) -> str:
    """A title in ``lang``, else in English, else ``otherwise``."""
    return by_language.get(lang) or by_language.get("en") or otherwise


def _rank(scores: Mapping[str, Row]) -> int:
    rank = scores["total"]["rank"]
    return rank if isinstance(rank, int) else 1 << 30


def _status(scores: Mapping[str, Row]) -> bool:
    return scores["total"]["status"] == "no_data"


def _cell(value: object) -> str:
    return "–" if value is None else str(value)


def _reason(
    result: Assessment,
    policy: model.Policy,
    card: model.Scorecard,
    period: str,
    subject: str,
    name: str,
    scores: Mapping[str, Row],
    lang: str,
) -> str:
    """How much of the weight was measured, and what each missing measure lacks."""
    measures = {measure.id: measure for measure in policy.measures}
    figures = {
        row["measure"]: row
        for row in result.figures.to_pylist()
        if (row["of"], row["subject"], row["period"], row["stratum"] or "") == (card.of, subject, period, "")
    }
    measured, lacks = Fraction(0), []
    for path, leaf, share in leaves(card):
        if scores[path]["score"] is not None:
            measured += share
        else:
            lacks.append(_lack(measures[leaf.measure], figures.get(leaf.measure), card, lang))
    sentence = N_("{name} is not ranked: {measured} of 100 weight is measured, {required} is required ({lacks})")
    shown = {"measured": _number(measured), "required": _number(card.require)}
    return say(sentence, lang, name=name, lacks=say(N_("; "), lang).join(lacks), **shown)


def _lack(measure: model.Measure, figure: Row | None, card: model.Scorecard, lang: str) -> str:
    called = title(measure.title, measure.id, lang)
    if figure is None or figure["status"] == "no_data":
        return say(N_("{measure}: no data"), lang, measure=called)
    if figure["status"] != "insufficient":
        return say(N_("{measure}: cannot be evaluated"), lang, measure=called)
    found = figure["denominator"] if measure.kind == "proportion" else figure["n"]
    minimum = measure.minimum or (20 if card.of == "staff" else 1)
    return say(N_("{measure}: {found} of at least {minimum}"), lang, measure=called, found=found, minimum=minimum)


def leaves(card: model.Scorecard) -> list[tuple[str, model.Leaf, Fraction]]:
    """Every leaf of the tree with its path and its part of the whole weight, in percent."""
    return _below(card.tree, "", Fraction(100))


def _below(
    children: Sequence[model.Node | model.Leaf], above: str, share: Fraction
) -> list[tuple[str, model.Leaf, Fraction]]:
    found: list[tuple[str, model.Leaf, Fraction]] = []
    for child in children:
        own = share * child.weight / 100
        if isinstance(child, model.Leaf):
            found.append((above + child.measure, child, own))
        else:
            found += _below(child.children, f"{above}{child.id}/", own)
    return found


def _number(share: Fraction) -> str:
    return str(share.numerator) if share.denominator == 1 else f"{float(share):.1f}"
