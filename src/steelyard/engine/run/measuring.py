"""All figures of one policy version: every measure for the organisation and for each subject of its scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from steelyard.engine import ledger as ledgers
from steelyard.engine.measure import minimums
from steelyard.engine.measure import periods as periods_
from steelyard.engine.measure.backends.duckdb import DuckDB
from steelyard.engine.measure.counting import ORGANISATION, Counted, Counter
from steelyard.engine.measure.figures import Count, Figure, Finisher, Key
from steelyard.engine.measure.periods import Period
from steelyard.engine.policy import model
from steelyard.engine.records.bases import SOURCES
from steelyard.engine.run.subjects import Organisation

_NOTHING = Count()


def measure_version(
    con: duckdb.DuckDBPyConnection,
    store: ledgers.Ledger,
    policy: model.Policy,
    cards: Sequence[model.Scorecard],
    periods: Sequence[Period],
    as_of: datetime,
    organisation: Organisation,
) -> list[Figure]:
    """The figures of ``policy`` for its ``periods``, organisation first, then subjects by code point."""
    spans = {period.name: period.instants(policy.timezone) for period in periods}
    cut = periods_.atoms([(name, *span) for name, span in spans.items()], organisation.edges())
    ofs = list(dict.fromkeys([ORGANISATION, *(card.of for card in cards)]))
    counted = Counter(DuckDB(con), cut, ofs, has_tree=bool(organisation.tree)).count(policy.measures)
    finisher = Finisher(
        policy,
        minimums=minimums.minimums(policy),
        covered=lambda basis, name: _covered(store, _feeds(policy, basis), next(p for p in periods if p.name == name)),
        partial=frozenset(name for name, (_, end) in spans.items() if as_of < end),
    )
    figures: list[Figure] = []
    for period in periods:
        for of in ofs:
            subjects = organisation.subjects(of, *spans[period.name], counted, period.name)
            for subject in subjects:
                figures += _figures_of(policy, finisher, counted, Key(of, subject, period))
    return figures


def _figures_of(policy: model.Policy, finisher: Finisher, counted: Counted, key: Key) -> list[Figure]:
    """A figure of every measure, and of every stratum that occurs, in the order of the policy."""
    plain: dict[str, Figure] = {}
    figures: list[Figure] = []

    def figure(measure: model.Measure) -> Figure:
        if measure.id not in plain:
            if measure.kind == "quotient":
                above, below = (
                    figure(finisher.measures[part or ""])
                    for part in (measure.numerator_measure, measure.denominator_measure)
                )
                plain[measure.id] = finisher.quotient(measure, above, below, key)
            else:
                place = (key.of, key.subject, key.period.name, "")
                plain[measure.id] = finisher.counted(measure, counted.counts[measure.id].get(place, _NOTHING), key)
        return plain[measure.id]

    for measure in policy.measures:
        figures.append(figure(measure))
        if measure.stratify:
            for stratum in counted.strata(measure.id, key.of, key.subject, key.period.name):
                count = counted.counts[measure.id][key.of, key.subject, key.period.name, stratum]
                figures.append(finisher.counted(measure, count, Key(key.of, key.subject, key.period, stratum)))
    return figures


def _feeds(policy: model.Policy, basis: str) -> Sequence[str]:
    """What the rows of ``basis`` are made of; clocks run on what the commitments are about."""
    abouts = {commitment.about for commitment in policy.commitments} - {"duty"}
    return sorted(abouts) if basis == "clock" and abouts else SOURCES[basis].feeds


def _covered(store: ledgers.Ledger, feeds: Sequence[str], period: Period) -> bool:
    """Whether the sources of ``feeds`` together cover the whole period."""
    spans = sorted(span for feed in feeds for span in store.covers(feed))
    reached = period.first
    for start, end in spans:
        if start <= reached < end:
            reached = end
    return reached >= period.end
