"""All scores of one policy version: every scorecard for its subjects in the periods of its own length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from steelyard.engine.measure.figures import Figure
from steelyard.engine.measure.periods import Period
from steelyard.engine.policy import model
from steelyard.engine.quality import rounding
from steelyard.engine.run import tables
from steelyard.engine.run.subjects import Organisation
from steelyard.engine.weigh import grades, tree
from steelyard.engine.weigh.tree import Weighed


def score_version(
    policy: model.Policy,
    cards: Sequence[model.Scorecard],
    periods: Sequence[Period],
    figures: Sequence[Figure],
    organisation: Organisation,
) -> list[Mapping[str, object]]:
    """Rows of ``scores``: every node and leaf, the adjustments and the total of each subject, with ranks."""
    directions = {measure.id: measure.direction for measure in policy.measures}
    by_subject = _weighed(figures)
    rows: list[Mapping[str, object]] = []
    for card in cards:
        for period in periods:
            if period.length == card.period:
                subjects = by_subject.get((card.of, period.name), {})
                roles = organisation.roles(*period.instants(policy.timezone)) if card.peers == "role" else {}
                rows += _score_card(card, period, subjects, directions, roles)
    return rows


def _weighed(figures: Sequence[Figure]) -> Mapping[tuple[str, str], Mapping[str, Mapping[str, Weighed]]]:
    """Figures without stratum by (of, period), subject and measure."""
    found: dict[tuple[str, str], dict[str, dict[str, Weighed]]] = defaultdict(lambda: defaultdict(dict))
    for figure in figures:
        if not figure.stratum:
            found[figure.of, figure.period][figure.subject][figure.measure] = Weighed(
                figure.status, figure.value, figure.target
            )
    return found


def _score_card(
    card: model.Scorecard,
    period: Period,
    subjects: Mapping[str, Mapping[str, Weighed]],
    directions: Mapping[str, str],
    roles: Mapping[str, str | None],
) -> list[Mapping[str, object]]:
    ready = tree.Card(card, directions)
    scores = {subject: ready.score(figures) for subject, figures in subjects.items()}
    ranked = grades.rank(
        card.grades,
        [grades.Ranked(subject, s.total, s.grade, s.status, roles.get(subject)) for subject, s in scores.items()],
    )
    rows: list[Mapping[str, object]] = []
    for subject, score in scores.items():
        for row in score.rows:
            total = row.path == "total"
            rows.append(
                {
                    "scorecard": card.id,
                    "of": card.of,
                    "subject": subject,
                    "period": period.name,
                    "path": row.path,
                    "weight": tables.exact(row.weight),
                    "value": None if row.value is None else rounding.text(row.value, 6),
                    "points": _money(row.points),
                    "score": _money(row.score),
                    "adjustment": _money(row.adjustment),
                    "grade": score.grade if total else None,
                    "rank": ranked.get(subject) if total else None,
                    "peers": (roles.get(subject) if card.peers == "role" else None) if total else None,
                    "missing": row.missing,
                    "status": row.status,
                }
            )
    return rows


def _money(number: object) -> str | None:
    return None if number is None else str(number)
