"""The top of the report: whose policy, which periods, what to be careful about, and how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.report import numbers
from steelyard.engine.report.figure_lines import PeriodFigures
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.rankings import Ranking
from steelyard.engine.report.titles import Versions


@dataclass(frozen=True, slots=True)
class Stamp:
    """Something the reader must know before any figure."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A result in few words."""

    label: str
    value: str
    more: str


@dataclass(frozen=True, slots=True)
class Head:
    title: str
    engine: str
    periods: tuple[str, ...]
    as_of: str
    zone: str
    policies: tuple[str, ...]
    stamps: tuple[Stamp, ...]
    tiles: tuple[Tile, ...]


TILES = 4
"""Periods and scorecards shown as tiles, each; the sections show them all."""


def head(
    figures: pa.Table,
    manifest: Mapping[str, object],
    versions: Versions,
    words: Words,
    organisation: Sequence[PeriodFigures],
    rankings: Sequence[Ranking],
) -> Head:
    """The headline from the manifest and the results."""
    latest, lang = versions.latest, words.lang
    return Head(
        latest.policy_title,
        str(manifest.get("engine", "")),
        periods(manifest),
        numbers.instant(str(manifest.get("as_of", "")), latest.policy.timezone, lang),
        latest.policy.timezone,
        tuple(f"{t.policy.name}, {words('version', version=t.policy.version)}" for t in versions.all),
        tuple(stamps(figures, manifest, words)),
        (*_target_tiles(organisation, words), *_grade_tiles(rankings, versions, words)),
    )


def periods(manifest: Mapping[str, object]) -> tuple[str, ...]:
    """The periods that were asked."""
    asked = manifest.get("periods")
    return tuple(map(str, asked)) if isinstance(asked, Sequence) else ()


def stamps(figures: pa.Table, manifest: Mapping[str, object], words: Words) -> Iterator[Stamp]:
    """What the reader must be careful about: simulated, partial, provisional."""
    if manifest.get("simulated"):
        yield Stamp(words("simulated"), words("simulated_note"))
    partial = figures.filter(figures["partial"])["period"].unique().to_pylist()
    if partial:
        yield Stamp(words("partial"), words("partial_note", periods=", ".join(partial)))
    if pc.any(figures["provisional"]).as_py():
        yield Stamp(words("provisional"), words("provisional_note"))


def _target_tiles(organisation: Sequence[PeriodFigures], words: Words) -> Iterator[Tile]:
    for period in organisation[:TILES]:
        if period.targets:
            yield Tile(
                f"{words('organisation')}, {period.period}",
                words("targets_met", met=period.met, all=period.targets),
                ", ".join(line.title for line in period.lines if line.verdict == "met"),
            )


def _grade_tiles(rankings: Sequence[Ranking], versions: Versions, words: Words) -> Iterator[Tile]:
    """How many subjects have which grade, of each scorecard's latest period."""
    latest = {ranking.card: ranking for ranking in reversed(rankings)}
    for ranking in list(latest.values())[-TILES:]:
        titles = versions.of_period(ranking.period)
        counts = Counter(scored.grade for scored in ranking.ranked)
        card = titles.cards.get(ranking.card)
        grades = [grade.id for grade in card.grades] if card else list(filter(None, counts))
        said = [f"{titles.grade(ranking.card, id_)} {counts[id_]}" for id_ in grades if counts[id_]]
        yield Tile(
            words("ranking_of", card=titles.card(ranking.card), period=ranking.period),
            " · ".join(said) or words("nobody"),
            words("subjects_ranked", ranked=len(ranking.ranked), others=len(ranking.others)),
        )
