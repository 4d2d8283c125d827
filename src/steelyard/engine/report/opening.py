"""A subject's total opened up to its leaves, and the reason where there is no grade."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.measure import minimums
from steelyard.engine.policy import model
from steelyard.engine.report import numbers, rankings
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.titles import Titles

Row = Mapping[str, object]
Key = tuple[str, str, str, str]
"""of, period, subject, measure."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of how a total came about. ``kind`` is node, leaf, adjustment or total."""

    kind: str
    depth: int
    title: str
    weight: str
    exact: str
    value: str
    score: str
    note: str


def figures_behind(figures: pa.Table, subjects: Collection[str], measures: Collection[str]) -> Mapping[Key, Row]:
    """The figures that explain ``subjects``: the insufficient ones, and all of ``measures``, which are vetoes."""
    wanted = pc.and_(
        pc.and_(pc.equal(figures["stratum"], ""), pc.is_in(figures["subject"], pa.array(subjects, pa.string()))),
        pc.or_(
            pc.equal(figures["status"], "insufficient"), pc.is_in(figures["measure"], pa.array(measures, pa.string()))
        ),
    )
    names = ["of", "period", "subject", "measure", "value", "n", "denominator", "low"]
    rows = figures.select(names).filter(wanted).to_pylist()
    return {(row["of"], row["period"], row["subject"], row["measure"]): row for row in rows}


class Opener:
    """Opens the subjects of one ranking; ``behind`` are the figures that :func:`figures_behind` found."""

    def __init__(
        self, scores: pa.Table, ranking: rankings.Ranking, titles: Titles, words: Words, behind: Mapping[Key, Row]
    ) -> None:
        self.scores, self.ranking, self.titles, self.words, self.behind = scores, ranking, titles, words, behind
        self.card = titles.cards.get(ranking.card)
        self.parts = titles.paths(ranking.card)
        self.shares = dict(_shares(self.card.tree, "", Fraction(1))) if self.card else {}
        self.minimums = minimums.minimums(titles.policy)

    def lines(self, scored: rankings.Scored) -> list[Line]:
        """Nodes and leaves in the order of the scorecard, adjustments, and the total last."""
        return [self._line(row) for row in self._rows(scored)]

    def why(self, scored: rankings.Scored) -> str:
        """Why a subject has no grade: the weight measured, and each leaf that was not."""
        rows = [row for row in self._rows(scored) if row["path"] in self.shares]
        lacking = [self._lacking(scored, row) for row in rows if row["score"] is None]
        measured = sum((self.shares[str(row["path"])] for row in rows if row["score"] is not None), Fraction(0))
        lang = self.words.lang
        said = self.words("nothing_measured")
        if measured and self.card:
            share, require = (numbers.plain(str(part), lang) + "%" for part in (measured * 100, self.card.require))
            said = self.words("measured_share", share=share, require=require)
        return "; ".join([said, *lacking])

    def veto(self, scored: rankings.Scored) -> str:
        """What a veto did to the grade; empty where none did anything."""
        if self.card is None or not vetoed(self.card, scored):
            return ""
        names = [self._veto_name(scored, veto) for veto in self.card.vetoes if self._struck(scored, veto)]
        alone = self.titles.grade(self.card.id, grade_of_total(self.card, scored))
        return self.words("vetoed", grade=alone, vetoes=", ".join(names))

    def _rows(self, scored: rankings.Scored) -> Sequence[Row]:
        rows: Sequence[Row] = self.scores.slice(scored.first, scored.end - scored.first).to_pylist()
        return rows

    def _line(self, row: Row) -> Line:
        path, lang = str(row["path"]), self.words.lang
        last = path.rpartition("/")[2]
        part = self.parts.get(path)
        measure = self.titles.measures.get(last)
        if path == "total":
            kind, title = "total", self.words("total")
        elif part is None:
            kind, title = "adjustment", self.titles.measure(last)
        else:
            kind, title = "leaf" if part.measure else "node", part.title
        exact = _text(row["value"])
        amount = _text(row["adjustment"] if kind == "adjustment" else row["score"])
        return Line(
            kind,
            path.count("/") if part else 0,
            title,
            numbers.plain(_text(row["weight"]), lang),
            exact or "",
            numbers.value(exact, measure.unit if measure else "plain", lang),
            numbers.signed(amount, lang) if kind == "adjustment" else numbers.number(amount, lang),
            self._note(row, kind),
        )

    def _note(self, row: Row, kind: str) -> str:
        if row["status"] == "ok":
            return ""
        status = str(row["status"])
        said = self.words.score_status(status) if kind == "total" else self.words.status(status)
        rule = self.words.missing(_text(row["missing"]))
        return f"{said} – {rule}" if rule else said

    def _lacking(self, scored: rankings.Scored, row: Row) -> str:
        """A leaf without a score: its title, its status and how many rows it lacked."""
        id_ = str(row["path"]).rpartition("/")[2]
        said = self.words.status(str(row["status"]))
        figure = self._figure(scored, id_)
        had = (figure["denominator"] if figure["low"] is not None else figure["n"]) if figure else None
        if row["status"] == "insufficient" and had is not None:
            n = numbers.plain(str(had), self.words.lang)
            said = self.words("too_few", n=n, minimum=self.minimums.get(id_, 1))
        return f"{self.titles.measure(id_)} ({said})"

    def _struck(self, scored: rankings.Scored, veto: model.Veto) -> bool:
        figure = self._figure(scored, veto.measure)
        return figure is not None and figure["value"] is not None and Fraction(str(figure["value"])) >= veto.from_

    def _veto_name(self, scored: rankings.Scored, veto: model.Veto) -> str:
        measure, figure = self.titles.measures.get(veto.measure), self._figure(scored, veto.measure)
        value = _text(figure["value"]) if figure else None
        shown = numbers.value(value, measure.unit if measure else "plain", self.words.lang)
        return f"{self.titles.measure(veto.measure)} ({shown})"

    def _figure(self, scored: rankings.Scored, measure: str) -> Row | None:
        return self.behind.get((self.ranking.of, self.ranking.period, scored.subject, measure))


def grade_of_total(card: model.Scorecard, scored: rankings.Scored) -> str | None:
    """The grade that the total alone would give."""
    if scored.total is None:
        return None
    total = Fraction(scored.total)
    return next((grade.id for grade in card.grades if total >= grade.from_), None)


def vetoed(card: model.Scorecard, scored: rankings.Scored) -> bool:
    """Whether a veto lowered the grade."""
    return scored.grade is not None and scored.grade != grade_of_total(card, scored)


def _shares(children: Sequence[model.Node | model.Leaf], above: str, share: Fraction) -> Iterator[tuple[str, Fraction]]:
    """The product weight of every leaf by its path."""
    for child in children:
        own = share * child.weight / 100
        if isinstance(child, model.Leaf):
            yield f"{above}{child.measure}", own
        else:
            yield from _shares(child.children, f"{above}{child.id}/", own)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
