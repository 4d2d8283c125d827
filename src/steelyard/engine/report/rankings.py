"""The totals as rankings: who stands where, and with what first-level parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.policy import model
from steelyard.engine.report import numbers
from steelyard.engine.report.titles import Titles


@dataclass(frozen=True, slots=True)
class Scored:
    """A subject's total and where its rows stand in the table of scores: from ``first`` to before ``end``."""

    subject: str
    total: str | None
    grade: str | None
    rank: int | None
    peers: str | None
    status: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A scorecard in one period: its subjects in order of peers, rank and name, those without a rank apart."""

    card: str
    of: str
    period: str
    ranked: tuple[Scored, ...]
    others: tuple[Scored, ...]


def rankings(scores: pa.Table) -> list[Ranking]:
    """Every scorecard × period in the table's order of scorecards, the latest period first.

    The rows of a subject lie together and end with its total, as the run writes them.
    """
    at = pc.indices_nonzero(pc.equal(scores["path"], "total"))
    ends = [place + 1 for place in at.to_pylist()]
    names = ("scorecard", "of", "period", "subject", "score", "grade", "rank", "peers", "status")
    columns = [scores[name].take(at).to_pylist() for name in names]
    found: dict[tuple[str, str, str], list[Scored]] = defaultdict(list)
    for card, of, period, subject, total, grade, rank, peers, status, first, end in zip(
        *columns, [0, *ends[:-1]] if ends else [], ends, strict=True
    ):
        found[card, of, period].append(Scored(subject, total, grade, rank, peers, status, first, end))
    cards = list(dict.fromkeys(card for card, _, _ in found))
    made = [_ranking(*key, scored) for key, scored in reversed(found.items())]
    return sorted(made, key=lambda ranking: cards.index(ranking.card))


def _ranking(card: str, of: str, period: str, scored: Sequence[Scored]) -> Ranking:
    ranked = sorted((s for s in scored if s.rank is not None), key=lambda s: (s.peers or "", s.rank or 0, s.subject))
    return Ranking(card, of, period, tuple(ranked), tuple(s for s in scored if s.rank is None))


@dataclass(frozen=True, slots=True)
class TopPart:
    """A column of a ranking: a first-level part of the scorecard."""

    path: str
    title: str
    weight: str


def top_parts(card: model.Scorecard | None, titles: Titles, lang: str) -> list[TopPart]:
    """The first-level parts of a scorecard, in its order."""
    if card is None:
        return []
    named = titles.paths(card.id)
    ids = [(child.measure if isinstance(child, model.Leaf) else child.id, child.weight) for child in card.tree]
    return [TopPart(id_, named[id_].title, numbers.plain(str(weight), lang)) for id_, weight in ids]


def parts_of(scores: pa.Table, shown: Sequence[Scored], parts: Sequence[TopPart]) -> list[list[str | None]]:
    """For each subject the scores of ``parts``, null where a part has none."""
    if not shown or not parts:
        return [[] for _ in shown]
    order = {part.path: place for place, part in enumerate(parts)}
    owner: dict[int, int] = {}
    for place, scored in enumerate(shown):
        owner.update((row, place) for row in range(scored.first, scored.end))
    rows = pa.array(owner, pa.int64())
    paths, values = (scores[name].take(rows).to_pylist() for name in ("path", "score"))
    found: list[list[str | None]] = [[None] * len(parts) for _ in shown]
    for place, path, value in zip(owner.values(), paths, values, strict=True):
        if path in order:
            found[place][order[path]] = value
    return found
