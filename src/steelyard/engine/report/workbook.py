"""The workbook of a run: summary, ranking, details and figures, complete, for those who go on calculating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from steelyard.engine.policy import model
from steelyard.engine.report import figure_lines, foot, head, numbers, rankings
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.sheets import Book, Column
from steelyard.engine.report.titles import Part, Versions

Cells = Sequence[object]


def write_workbook(
    path: Path,
    *,
    figures: pa.Table,
    scores: pa.Table,
    manifest: Mapping[str, object],
    policies: Sequence[model.Policy],
    lang: str = "en",
    generated: str,
) -> None:
    """Write all figures and scores of a run to ``path`` as an Excel workbook, in ``lang``.

    ``figures`` and ``scores`` have the columns of SPEC §8, ``generated`` is an ISO instant. Memory does not grow with
    the number of rows, and a sheet that is full goes on in the next.
    """
    words, versions = Words(lang), Versions(policies, lang)
    fingerprint = str(manifest.get("fingerprint", ""))
    book = Book(str(path), words, title=versions.latest.policy_title, fingerprint=fingerprint)
    book.describe(generated)
    note = _note(figures, manifest, versions, words)
    scores = scores.combine_chunks()
    ranked = rankings.rankings(scores)
    summary = [
        Column(words("measure"), "text", 34),
        Column(words("period"), "text", 14),
        Column(words("value"), "number", 14),
        Column(words("in_unit"), "text", 12),
        Column(words("target"), "text", 12),
        Column(words("verdict"), "text", 12),
        Column(words("low"), "percent", 12),
        Column(words("high"), "percent", 12),
        Column(words("counted"), "text", 22),
        Column(words("status"), "text", 26),
    ]
    book.table(words("summary_sheet"), note, summary, _summary(figures, manifest, versions, words, generated))
    book.table(words("ranking_sheet"), note, *_ranking(scores, ranked, versions, words))
    book.table(words("details_sheet"), note, *_details(scores, versions, words))
    book.table(words("figures_sheet"), note, *_figures(figures, versions, words))
    book.close()


def _note(figures: pa.Table, manifest: Mapping[str, object], versions: Versions, words: Words) -> str:
    """One line under every title: periods, as-of, and what to be careful about."""
    zone = versions.latest.policy.timezone
    as_of = numbers.instant(str(manifest.get("as_of", "")), zone, words.lang)
    said = [
        f"{words('periods')}: {', '.join(head.periods(manifest))}",
        f"{words('as_of')}: {as_of} {zone}",
        *(stamp.name for stamp in head.stamps(figures, manifest, words)),
    ]
    return " · ".join(said)


def _summary(
    figures: pa.Table, manifest: Mapping[str, object], versions: Versions, words: Words, generated: str
) -> Iterator[Cells]:
    """The organisation's whole figures against their targets, then how the run was made."""
    units = {id_: measure.unit for titles in versions.all for id_, measure in titles.measures.items()}
    for period in figure_lines.organisation(figures, versions, words):
        for line in period.lines:
            low, high = (line.bar.low, line.bar.high) if line.bar else (None, None)
            yield (
                line.title,
                period.period,
                line.exact,
                words.unit(units.get(line.measure, "plain")),
                line.target,
                words(line.verdict) if line.verdict else "",
                low,
                high,
                line.counted,
                line.why or words.status(line.status),
            )
    yield ("",) * 10
    for stamp in head.stamps(figures, manifest, words):
        yield (stamp.name, stamp.note, *("",) * 8)
    for name, values in foot.entries(manifest, versions, words, generated):
        for value in values:
            yield (name, value, *("",) * 8)
    yield (words("fingerprint"), manifest.get("fingerprint", ""), *("",) * 8)


def _ranking(
    scores: pa.Table, ranked: Sequence[rankings.Ranking], versions: Versions, words: Words
) -> tuple[list[Column], Iterator[Cells]]:
    """Every subject of every scorecard × period, with its first-level parts as columns."""
    titles: dict[tuple[str, str], str] = {}
    for ranking in ranked:
        own = versions.of_period(ranking.period)
        for part in rankings.top_parts(own.cards.get(ranking.card), own, words.lang):
            titles.setdefault((ranking.card, part.path), part.title)
    several = len({ranking.card for ranking in ranked}) > 1
    columns = [
        Column(words("scorecard"), "text", 24),
        Column(words("period"), "text", 11),
        Column(words("rank"), "count", 8),
        Column(words("subject"), "text", 24),
        Column(words("total"), "score", 10),
        Column(words("grade"), "text", 14),
        Column(words("peers"), "text", 14),
        Column(words("status"), "text", 20),
        *(
            Column(f"{versions.latest.card(card)}: {title}" if several else title, "score", 14)
            for (card, _), title in titles.items()
        ),
    ]
    return columns, _ranking_rows(scores, ranked, versions, words, list(titles))


def _ranking_rows(
    scores: pa.Table,
    ranked: Sequence[rankings.Ranking],
    versions: Versions,
    words: Words,
    places: Sequence[tuple[str, str]],
) -> Iterator[Cells]:
    for ranking in ranked:
        titles = versions.of_period(ranking.period)
        card, subjects = titles.card(ranking.card), [*ranking.ranked, *ranking.others]
        parts = rankings.top_parts(titles.cards.get(ranking.card), titles, words.lang)
        at = [places.index((ranking.card, part.path)) for part in parts]
        for scored, own in zip(subjects, rankings.parts_of(scores, subjects, parts), strict=True):
            cells: list[object] = [None] * len(places)
            for place, value in zip(at, own, strict=True):
                cells[place] = value
            yield (
                card,
                ranking.period,
                scored.rank,
                scored.subject or words("organisation"),
                scored.total,
                titles.grade(ranking.card, scored.grade),
                scored.peers,
                words.score_status(scored.status),
                *cells,
            )


def _details(scores: pa.Table, versions: Versions, words: Words) -> tuple[list[Column], Iterator[Cells]]:
    """Every row of ``scores``, with titles beside the paths."""
    columns = [
        Column(words("scorecard"), "text", 22),
        Column(words("period"), "text", 11),
        Column(words("of"), "text", 12),
        Column(words("subject"), "text", 22),
        Column(words("path"), "text", 30),
        Column(words("part"), "text", 26),
        Column(words("weight"), "weight", 9),
        Column(words("value"), "number", 14),
        Column(words("points"), "score", 9),
        Column(words("score"), "score", 9),
        Column(words("adjustment"), "score", 11),
        Column(words("grade"), "text", 14),
        Column(words("rank"), "count", 8),
        Column(words("peers"), "text", 14),
        Column(words("missing"), "text", 18),
        Column(words("status"), "text", 20),
    ]
    return columns, _details_rows(scores, versions, words)


def _details_rows(scores: pa.Table, versions: Versions, words: Words) -> Iterator[Cells]:
    paths: dict[tuple[str, str], Mapping[str, Part]] = {}
    for row in _records(scores):
        card, period, path = str(row["scorecard"]), str(row["period"]), str(row["path"])
        titles = versions.of_period(period)
        if (card, period) not in paths:
            paths[card, period] = titles.paths(card)
        part = paths[card, period].get(path)
        last = path.rpartition("/")[2]
        total = path == "total"
        status = str(row["status"])
        yield (
            titles.card(card),
            period,
            words.of(str(row["of"])),
            row["subject"] or words("organisation"),
            path,
            part.title if part else words("total") if total else titles.measure(last),
            row["weight"],
            row["value"],
            row["points"],
            row["score"],
            row["adjustment"],
            titles.grade(card, str(row["grade"])) if row["grade"] else "",
            row["rank"],
            row["peers"],
            words.missing(str(row["missing"])) if row["missing"] else "",
            words.score_status(status) if total else words.status(status),
        )


def _figures(figures: pa.Table, versions: Versions, words: Words) -> tuple[list[Column], Iterator[Cells]]:
    """Every row of ``figures``, with titles beside the ids."""
    columns = [
        Column(words("of"), "text", 12),
        Column(words("subject"), "text", 22),
        Column(words("measure"), "text", 26),
        Column(words("id"), "text", 22),
        Column(words("stratum"), "text", 20),
        Column(words("period"), "text", 11),
        Column(words("in_unit"), "text", 10),
        Column(words("n"), "count", 9),
        Column(words("numerator"), "number", 13),
        Column(words("denominator"), "number", 13),
        Column(words("value"), "number", 14),
        Column(words("low"), "percent", 11),
        Column(words("high"), "percent", 11),
        Column(words("excluded"), "count", 9),
        Column(words("excepted"), "count", 9),
        Column(words("status"), "text", 18),
        Column(words("target"), "number", 10),
        Column(words("verdict"), "text", 10),
        Column(words("partial"), "text", 9),
        Column(words("provisional"), "text", 11),
        Column(words("policy_version"), "text", 9),
    ]
    return columns, _figures_rows(figures, versions, words)


def _figures_rows(figures: pa.Table, versions: Versions, words: Words) -> Iterator[Cells]:
    says: dict[object, str] = {True: words("yes"), False: words("no"), None: ""}
    verdicts: dict[object, str] = {True: words("met"), False: words("missed"), None: ""}
    for row in _records(figures):
        yield (
            words.of(str(row["of"])),
            row["subject"] or words("organisation"),
            versions.of_period(str(row["period"])).measure(str(row["measure"])),
            row["measure"],
            row["stratum"],
            row["period"],
            words.unit(str(row["unit"])),
            *(row[name] for name in ("n", "numerator", "denominator", "value", "low", "high", "excluded", "excepted")),
            words.status(str(row["status"])),
            row["target"],
            verdicts[row["on_target"]],
            says[row["partial"]],
            says[row["provisional"]],
            row["policy_version"],
        )


def _records(table: pa.Table) -> Iterator[dict[str, object]]:
    """The rows of a table, a batch at a time."""
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()
