"""The organisation's figures as lines to show: value, target, interval and what is behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.engine.measure import minimums
from steelyard.engine.policy import model
from steelyard.engine.report import numbers
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.titles import Titles, Versions

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Bar:
    """A proportion with its interval on a line from 0 to 100; ``target`` None where there is none."""

    value: Decimal
    low: Decimal
    high: Decimal
    target: Decimal | None
    spoken: str


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One figure in words. ``exact`` is the value as in the tables; ``verdict`` is met, missed or empty."""

    title: str
    measure: str
    clause: str
    exact: str
    value: str
    target: str
    verdict: str
    bar: Bar | None
    counted: str
    left_out: str
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one measure's strata."""

    title: str
    lines: tuple[FigureLine, ...]


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The organisation in one period. ``partial`` and ``provisional`` are true where any figure is."""

    period: str
    lines: tuple[FigureLine, ...]
    parts: tuple[Part, ...]
    met: int
    targets: int


def organisation(figures: pa.Table, versions: Versions, words: Words) -> list[PeriodFigures]:
    """The organisation's figures by period, the latest first as directors read them."""
    by_period: dict[str, list[Row]] = defaultdict(list)
    for row in figures.filter(pc.equal(figures["of"], "organisation")).to_pylist():
        by_period[row["period"]].append(row)
    return [_period(name, rows, versions.of_period(name), words) for name, rows in reversed(by_period.items())]


def _period(name: str, rows: list[Row], titles: Titles, words: Words) -> PeriodFigures:
    least = minimums.minimums(titles.policy)
    whole: list[FigureLine] = []
    parts: dict[tuple[str, str], list[FigureLine]] = defaultdict(list)
    for row in rows:
        if row["stratum"]:
            column, _, stratum = str(row["stratum"]).partition("=")
            parts[str(row["measure"]), column].append(figure_line(row, titles, words, least, stratum))
        else:
            whole.append(figure_line(row, titles, words, least))
    judged = [line for line in whole if line.verdict]
    return PeriodFigures(
        name,
        tuple(whole),
        tuple(
            Part(words("by_stratum", stratum=column.removeprefix("attr."), measure=titles.measure(id_)), tuple(lines))
            for (id_, column), lines in parts.items()
        ),
        sum(line.verdict == "met" for line in judged),
        len(judged),
    )


def figure_line(
    row: Row, titles: Titles, words: Words, minimums: Mapping[str, int], stratum: str | None = None
) -> FigureLine:
    """One row of ``figures`` in words; a stratum's line is called by the stratum."""
    id_, unit, status = str(row["measure"]), str(row["unit"]), str(row["status"])
    measure = titles.measures.get(id_)
    exact, target = _text(row["value"]), _text(row["target"])
    verdict = "" if row["on_target"] is None else "met" if row["on_target"] else "missed"
    return FigureLine(
        title=titles.measure(id_) if stratum is None else stratum,
        measure=id_,
        clause=(measure.clause if measure else None) or "",
        exact=exact or "",
        value=numbers.told_apart(exact, target, unit, words.lang),
        target=target_words(measure, target, unit, words.lang),
        verdict=verdict,
        bar=_bar(row, words),
        counted=_counted(row, words),
        left_out=_left_out(row, words),
        status=status,
        why="" if status == "ok" else _why(row, words, minimums),
    )


def target_words(measure: model.Measure | None, target: str | None, unit: str, lang: str) -> str:
    """A target as it was written in the policy, with the side on which it is met."""
    if target is None:
        return ""
    wanted = numbers.decimal_of(target)
    candidates = measure.targets if measure else ()
    written = next(
        (t.written for t in candidates if t.value is not None and numbers.same(t.value, wanted)),
        numbers.value(target, unit, lang),
    )
    return f"{'≤' if measure and measure.direction == 'down' else '≥'} {written}"


def _bar(row: Row, words: Words) -> Bar | None:
    value, low, high = (numbers.decimal_of(_text(row[name])) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return None
    shown = [numbers.value(_text(row[name]), "percent", words.lang) for name in ("value", "low", "high")]
    spoken = words("bar_alt", value=shown[0], low=shown[1], high=shown[2])
    target = numbers.decimal_of(_text(row["target"]))
    return Bar(value, low, high, target, spoken)


def _counted(row: Row, words: Words) -> str:
    """What stands behind the value: hits of rows for a proportion, else the number of rows."""
    if row["low"] is not None:
        over, under = (numbers.plain(_text(row[name]), words.lang) for name in ("numerator", "denominator"))
        return words("of_rows", numerator=over, denominator=under)
    if row["n"] is None:
        return ""
    return words("rows_counted", n=numbers.plain(str(row["n"]), words.lang))


def _left_out(row: Row, words: Words) -> str:
    said = [
        words(f"{name}_n", n=numbers.plain(str(row[name]), words.lang))
        for name in ("excluded", "excepted")
        if row[name]
    ]
    return ", ".join(said)


def _why(row: Row, words: Words, minimums: Mapping[str, int]) -> str:
    """Why there is no sufficient figure: its status, and how many rows were missing."""
    said = words.status(str(row["status"]))
    if row["status"] != "insufficient":
        return said
    had = row["denominator"] if row["low"] is not None else row["n"]
    if had is None:
        return said
    needed = minimums.get(str(row["measure"]), 1)
    return f"{said}: " + words("too_few", n=numbers.plain(str(had), words.lang), minimum=needed)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
