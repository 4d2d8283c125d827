"""The rankings as sections of the report: tables of subjects, and each subject opened up while the page has room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from markupsafe import Markup

from steelyard.engine.report import numbers, opening, page, rankings, sections
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.rankings import Ranking, Scored
from steelyard.engine.report.titles import Titles, Versions

LISTED: Final = 10_000
"""The most lines of all rankings together; beyond it each ranking gets an equal share. The workbook lists everybody."""

OPENED: Final = 2_000
"""The most subjects opened up on the page, shared in the same way: opening takes time as well as room."""

TABLE_BYTES: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class RankingSection:
    """A ranking on the page; ``opened`` are its subjects opened up, ``cut`` says that some are not."""

    title: str
    period: str
    sum: str
    body: Markup
    opened: list[Markup]
    cut: str


def sections_of(
    figures: pa.Table,
    scores: pa.Table,
    ranked: Sequence[Ranking],
    versions: Versions,
    words: Words,
    room: page.Room,
) -> list[RankingSection]:
    """Every scorecard × period; ``figures`` explain what is insufficient and what a veto did."""
    shown = list(_shares(ranked, LISTED))
    behind = _behind(figures, ranked, shown, versions)
    drafts = [
        _Draft(scores, ranking, listed, versions.of_period(ranking.period), words, behind, number)
        for number, (ranking, listed) in enumerate(zip(ranked, shown, strict=True))
    ]
    rest = room.part(max(room.left - TABLE_BYTES, 0))
    opened = [draft.opened(to_open, rest) for draft, to_open in zip(drafts, _shares(ranked, OPENED), strict=True)]
    return [draft.section(done, room) for draft, done in zip(drafts, opened, strict=True)]


def _shares(ranked: Sequence[Ranking], most: int) -> Iterator[list[Scored]]:
    """The subjects of each ranking that are shown: all, or an equal share of ``most``; the ranked before the others."""
    subjects = [[*ranking.ranked, *ranking.others] for ranking in ranked]
    if sum(map(len, subjects)) <= most:
        yield from subjects
    else:
        yield from (scored[: most // len(ranked)] for scored in subjects)


def _behind(
    figures: pa.Table, ranked: Sequence[Ranking], shown: Sequence[Sequence[Scored]], versions: Versions
) -> Mapping[opening.Key, opening.Row]:
    """The figures that explain the subjects shown who have no grade, or another than their total gives."""
    subjects: set[str] = set()
    measures: set[str] = set()
    for ranking, listed in zip(ranked, shown, strict=True):
        card = versions.of_period(ranking.period).cards.get(ranking.card)
        if card:
            measures.update(veto.measure for veto in card.vetoes)
            subjects.update(s.subject for s in listed if s.rank is None or opening.vetoed(card, s))
    return opening.figures_behind(figures, subjects, measures)


class _Draft:
    """One ranking in the making."""

    def __init__(
        self,
        scores: pa.Table,
        ranking: Ranking,
        listed: Collection[Scored],
        titles: Titles,
        words: Words,
        behind: Mapping[opening.Key, opening.Row],
        number: int,
    ) -> None:
        self.scores, self.ranking, self.titles, self.words, self.number = scores, ranking, titles, words, number
        self.listed = listed
        self.card = titles.cards.get(ranking.card)
        self.opener = opening.Opener(scores, ranking, titles, words, behind)
        self.title = words("ranking_of", card=titles.card(ranking.card), period=ranking.period)

    def opened(self, subjects: Sequence[Scored], room: page.Room) -> Mapping[str, Markup]:
        """The subjects opened up, by name, as many as fit."""
        made: dict[str, Markup] = {}
        for scored in subjects:
            fragment = self._opened(scored, len(made))
            if not room.takes(fragment):
                break
            made[scored.subject] = fragment
        return made

    def _opened(self, scored: Scored, place: int) -> Markup:
        return page.render(
            "opened.html.j2",
            words=self.words,
            subject=self._name(scored),
            total=numbers.number(scored.total, self.words.lang),
            grade=self.titles.grade(self.ranking.card, scored.grade),
            anchor=self._anchor(place),
            caption=self.words("opened_of", subject=self._name(scored)),
            lines=self.opener.lines(scored),
            veto=self.opener.veto(scored),
        )

    def section(self, opened: Mapping[str, Markup], room: page.Room) -> RankingSection:
        """The ranking with its tables, if they fit, and what was opened of it."""
        anchors = {subject: self._anchor(place) for place, subject in enumerate(opened)}
        body = self._tables(anchors)
        ranked, others = len(self.ranking.ranked), len(self.ranking.others)
        count = self.words(
            "subjects_ranked",
            ranked=numbers.count(ranked, self.words.lang),
            others=numbers.count(others, self.words.lang),
        )
        return RankingSection(
            self.title,
            self.ranking.period,
            count,
            body if room.takes(body) else sections.left_out(self.words),
            list(opened.values()),
            sections.cut("cut_opened", len(opened), ranked + others, self.words),
        )

    def _tables(self, anchors: Mapping[str, str]) -> Markup:
        ranked = [scored for scored in self.listed if scored.rank is not None]
        others = [scored for scored in self.listed if scored.rank is None]
        parts = rankings.top_parts(self.card, self.titles, self.words.lang)
        scores = rankings.parts_of(self.scores, ranked, parts)
        lines = [self._ranked(s, own, anchors) for s, own in zip(ranked, scores, strict=True)]
        all_ranked, all_others = len(self.ranking.ranked), len(self.ranking.others)
        return page.render(
            "ranking.html.j2",
            words=self.words,
            caption=self.title,
            parts=parts,
            with_peers=any(scored.peers for scored in ranked),
            ranked=lines,
            vetoes=self.words("vetoed_mark") if any(line["vetoed"] for line in lines) else "",
            cut=sections.cut("cut_subjects", len(ranked), all_ranked, self.words),
            others=[self._other(scored, anchors) for scored in others],
            others_count=numbers.count(all_others, self.words.lang),
            few_others=all_others <= 30,
            cut_others=sections.cut("cut_reasons", len(others), all_others, self.words),
        )

    def _ranked(self, scored: Scored, parts: Sequence[str | None], anchors: Mapping[str, str]) -> Mapping[str, object]:
        lang = self.words.lang
        return {
            "rank": scored.rank,
            "subject": self._name(scored),
            "anchor": anchors.get(scored.subject),
            "total": numbers.number(scored.total, lang),
            "grade": self.titles.grade(self.ranking.card, scored.grade),
            "vetoed": self.card is not None and opening.vetoed(self.card, scored),
            "parts": [numbers.number(part, lang) for part in parts],
            "peers": scored.peers or "",
        }

    def _other(self, scored: Scored, anchors: Mapping[str, str]) -> Mapping[str, object]:
        return {
            "subject": self._name(scored),
            "anchor": anchors.get(scored.subject),
            "total": numbers.number(scored.total, self.words.lang),
            "status": self.words.score_status(scored.status),
            "why": self.opener.why(scored),
        }

    def _name(self, scored: Scored) -> str:
        """The subject; the organisation has no name of its own in the tables."""
        return scored.subject or self.words("organisation")

    def _anchor(self, place: int) -> str:
        return f"o{self.number + 1}-{place + 1}"
