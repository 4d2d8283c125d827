"""The report as one page that needs nothing else: no script, no network, to read, print and keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from steelyard.engine.policy import model
from steelyard.engine.report import figure_lines, foot, head, page, ranking_sections, rankings, sections
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.titles import Versions


def write_html(
    path: Path,
    *,
    figures: pa.Table,
    scores: pa.Table,
    manifest: Mapping[str, object],
    policies: Sequence[model.Policy],
    lang: str = "en",
    generated: str,
    rows: Path | None = None,
) -> None:
    """Write the report of a run to ``path``, in ``lang``.

    ``figures`` and ``scores`` have the columns of SPEC §8, ``generated`` is an ISO instant, ``rows`` is the run's
    ``rows.parquet`` for the evidence. The page holds at most 200 rows a figure and 15 MB, and says what it left out.
    """
    Path(path).write_text(
        html(
            figures=figures,
            scores=scores,
            manifest=manifest,
            policies=policies,
            lang=lang,
            generated=generated,
            rows=rows,
        ),
        encoding="utf-8",
    )


def html(
    *,
    figures: pa.Table,
    scores: pa.Table,
    manifest: Mapping[str, object],
    policies: Sequence[model.Policy],
    lang: str,
    generated: str,
    rows: Path | None,
) -> str:
    """The page as text: what every page has first, then figures, rankings, evidence and drill-down while they fit."""
    words, versions = Words(lang), Versions(policies, lang)
    organisation = figure_lines.organisation(figures, versions, words)
    scores = scores.combine_chunks()
    ranked = rankings.rankings(scores)
    coverage, made = foot.coverage(versions, words), foot.manifest(manifest, versions, words, generated)
    room = page.Room(page.PAGE_BYTES)
    room.use(len(coverage.encode()) + len(made.encode()))
    evidence, anchors, evidence_cut = sections.evidence(rows, organisation, versions, words, room.part(4_000_000))
    figure_sections = sections.figures(organisation, anchors, words, room.part(5_000_000))
    scorecards = ranking_sections.sections_of(figures, scores, ranked, versions, words, room)
    return page.render(
        "report.html.j2",
        words=words,
        head=head.head(figures, manifest, versions, words, organisation, ranked),
        coverage=coverage,
        manifest=made,
        figures=figure_sections,
        rankings=scorecards,
        evidence=evidence,
        evidence_cut=evidence_cut,
    )
