"""The sections of the report, each made of fragments that are taken while the page has room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from steelyard.engine.report import evidence as evidence_
from steelyard.engine.report import numbers, page
from steelyard.engine.report.figure_lines import FigureLine, PeriodFigures
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.titles import Versions

Anchors = Mapping[tuple[str, str], str]
"""Where the evidence of a (measure, period) stands on the page."""


@dataclass(frozen=True, slots=True)
class PartSection:
    title: str
    body: Markup


@dataclass(frozen=True, slots=True)
class PeriodSection:
    name: str
    sum: str
    body: Markup
    parts: tuple[PartSection, ...]


def figures(
    organisation: Sequence[PeriodFigures], anchors: Anchors, words: Words, room: page.Room
) -> list[PeriodSection]:
    """The organisation's figures by period; strata come after all the whole figures have their place."""
    bodies = [
        _table(period.lines, words("figures_of", period=period.period), period, anchors, words, room, words("measure"))
        for period in organisation
    ]
    made = []
    for period, body in zip(organisation, bodies, strict=True):
        parts = tuple(
            PartSection(part.title, _table(part.lines, part.title, period, {}, words, room, words("stratum")))
            for part in period.parts
        )
        said = words("targets_met", met=period.met, all=period.targets) if period.targets else words("no_targets")
        made.append(PeriodSection(period.period, said, body, parts))
    return made


def _table(
    lines: Sequence[FigureLine],
    caption: str,
    period: PeriodFigures,
    anchors: Anchors,
    words: Words,
    room: page.Room,
    first: str,
) -> Markup:
    shown = lines[: evidence_.ROWS]
    made = page.render(
        "figures.html.j2",
        words=words,
        lines=shown,
        caption=caption,
        first=first,
        anchors=anchors,
        period=period.period,
        cut=cut("cut_parts", len(shown), len(lines), words),
    )
    return made if room.takes(made) else left_out(words)


def evidence(
    path: Path | None,
    organisation: Sequence[PeriodFigures],
    versions: Versions,
    words: Words,
    room: page.Room,
) -> tuple[list[Markup], Anchors, str]:
    """The rows of the organisation's proportions, where they stand, and what is said about those left out."""
    made: list[Markup] = []
    anchors: dict[tuple[str, str], str] = {}
    if path is None:
        return made, anchors, ""
    with evidence_.evidence(path) as rows:
        populations = rows.populations()
        wanted = [
            (line, period.period)
            for period in organisation
            for line in period.lines
            if (line.measure, period.period) in populations
        ]
        for line, period in wanted:
            anchor = f"e{len(made) + 1}"
            found = populations[line.measure, period]
            fragment = _evidence(rows, found, line, period, anchor, versions, words)
            if not room.takes(fragment):
                break
            made.append(fragment)
            anchors[line.measure, period] = anchor
    return made, anchors, cut("cut_evidence", len(made), len(wanted), words)


def _evidence(
    rows: evidence_.Evidence,
    found: evidence_.Populations,
    line: FigureLine,
    period: str,
    anchor: str,
    versions: Versions,
    words: Words,
) -> Markup:
    titles = versions.of_period(period)
    zone, measure = titles.policy.timezone, titles.measures.get(line.measure)
    shown = rows.rows(line.measure, period, hits_are_good=measure is None or measure.direction == "up")
    counts = {
        name: numbers.count(getattr(found, name), words.lang) for name in ("misses", "hits", "excepted", "excluded")
    }
    return page.render(
        "evidence.html.j2",
        words=words,
        title=words("evidence_of", measure=line.title, period=period),
        populations=words("populations", **counts),
        anchor=anchor,
        rows=[
            {
                "id": row.id,
                "staff": row.staff,
                "unit": row.unit,
                "at": numbers.moment(row.counted_at, zone, words.lang),
                "membership": row.membership,
                "said": words.membership(row.membership),
            }
            for row in shown
        ],
        cut=cut("cut_rows", len(shown), found.all, words),
    )


def left_out(words: Words) -> Markup:
    """What stands where something did not fit."""
    return Markup('<p class="cut">{}</p>').format(words("cut_size"))


def cut(key: str, shown: int, all_: int, words: Words) -> str:
    """What is said when not all is shown; empty when all is."""
    if shown == all_:
        return ""
    return words(key, shown=numbers.count(shown, words.lang), all=numbers.count(all_, words.lang))
