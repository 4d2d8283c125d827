"""Builds what says how service is weighed: measures, scorecards, rules, and the tests of a policy."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, cast

from steelyard.engine.policy import columns, model
from steelyard.engine.policy.build.plain import mapping
from steelyard.engine.policy.build.service import asked, must, texts
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.checks.scorecards import children
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.kinds import Amount, Maybe, Written
from steelyard.engine.policy.shapes import Record
from steelyard.engine.policy.tree import decimal_text

_ONE = Fraction(1)
_HUNDRED = Fraction(100)


def measure(context: Context, record: Record) -> model.Measure:
    name, kind = must(record.text("id")), must(record.text("kind"))
    is_quotient, basis = kind == "quotient", record.text("basis")
    above = record.get("numerator", Written)
    p, minimum = record.get("p", Fraction), record.get("minimum", Fraction)
    return model.Measure(
        id=name,
        kind=kind,  # type: ignore[arg-type]  # the grammar holds the words
        basis=basis,
        title=texts(record, "title"),
        clause=record.text("clause"),
        population=asked(context, record, "population"),
        exclude=asked(context, record, "exclude"),
        except_=frozenset(record.all("except", str)),
        numerator=asked(context, record, "numerator"),
        value=context.expressions.get(record.at("value")),
        p=None if p is None else int(p),
        by=record.text("by") or (columns.BASES[basis].by if basis else None),
        direction=record.values["direction"],  # type: ignore[arg-type]
        minimum=None if minimum is None else int(minimum),
        stratify=record.all("stratify", str),
        attribute_to=record.values["attribute_to"],  # type: ignore[arg-type]
        targets=_targets(context, record),
        unit=context.units[name],
        numerator_measure=above.text if above and is_quotient else None,
        denominator_measure=record.text("denominator"),
        per=record.get("per", Fraction) or _ONE,
    )


def _targets(context: Context, record: Record) -> tuple[model.Target, ...]:
    if "target" in record.values:
        value, written = _amount(record.values["target"])
        return (model.Target(value, written),)
    return tuple(_target(context, target) for target in record.records("targets"))


def _target(context: Context, record: Record) -> model.Target:
    value, written = _amount(record.values["is"])
    benchmark = record.get("benchmark", Record)
    return model.Target(
        value=value,
        written=written,
        from_=record.text("from"),
        when=asked(context, record, "when"),
        benchmark=mapping(benchmark) if benchmark else None,
    )


def _amount(value: object) -> tuple[Fraction | None, str]:
    return (value.value, value.written) if isinstance(value, Amount) else (None, "undecided")


def scorecard(context: Context, record: Record) -> model.Scorecard:
    weights = record.get("weights", Record)
    return model.Scorecard(
        id=must(record.text("id")),
        of=must(record.text("of")),
        period=record.values["period"],  # type: ignore[arg-type]  # the grammar holds the words
        tree=_level(context, record.records("tree")),
        grades=tuple(
            model.Grade(must(grade.text("id")), must(grade.get("from", Fraction)), texts(grade, "title"))
            for grade in record.records("grades")
        ),
        title=texts(record, "title"),
        clause=record.text("clause"),
        peers=record.values["peers"],  # type: ignore[arg-type]
        missing=must(_missing(record.values["missing"])),
        require=must(record.get("require", Fraction)),
        adjustments=tuple(
            model.Adjustment(must(one.text("measure")), must(one.get("each", Fraction)), must(one.get("cap", Fraction)))
            for one in record.records("adjustments")
        ),
        vetoes=tuple(
            model.Veto(must(veto.text("measure")), must(veto.get("from", Amount)).value, must(veto.text("cap")))
            for veto in record.records("vetoes")
        ),
        cycle=tuple(mapping(step) for step in record.records("cycle")),
        pairwise=cast("tuple[tuple[str, str, Fraction], ...]", weights.all("pairwise", tuple)) if weights else (),
        consistency_max=weights.get("consistency_max", Fraction) if weights else None,
    )


def _level(context: Context, siblings: tuple[Record, ...]) -> tuple[model.Node | model.Leaf, ...]:
    return tuple(_leaf(record) if "measure" in record.written else _node(context, record) for record in siblings)


def _node(context: Context, record: Record) -> model.Node:
    return model.Node(
        id=must(record.text("id")),
        weight=context.weights.get(record.path) or record.get("weight", Fraction) or _HUNDRED,
        children=_level(context, tuple(children(record))),
        title=texts(record, "title"),
        source=record.text("source"),  # type: ignore[arg-type]  # the grammar holds the words
        missing=_missing(record.values.get("missing")),
    )


def _leaf(record: Record) -> model.Leaf:
    return model.Leaf(
        measure=must(record.text("measure")),
        weight=record.get("weight", Fraction) or _HUNDRED,
        points=_points(record.record("points")),
        missing=_missing(record.values.get("missing")),
    )


def _missing(value: object) -> model.Missing | None:
    if isinstance(value, Record):
        points = must(value.get("neutral", Fraction))
        return model.Missing("neutral", points, f"neutral:{decimal_text(points)}")
    return model.Missing(value, None, str(value)) if value else None  # type: ignore[arg-type]


def _points(record: Record) -> model.Points:
    if "share" in record.written:
        share = record.get("share", Amount)
        return model.Points("share", share=share.value if share else None)
    deduct = record.get("deduct", Record)
    if deduct is not None:
        each, start, floor = (must(deduct.get(name, Fraction)) for name in ("each", "from", "floor"))
        return model.Points("deduct", each=each, start=start, floor=floor)
    shape: Literal["linear", "table"] = "linear" if "linear" in record.written else "table"
    return model.Points(shape, tuple((amount.value, points) for amount, points in record.all(shape, tuple)))


def rule(context: Context, record: Record) -> model.Rule:
    return model.Rule(
        id=must(record.text("id")),
        clause=record.text("clause"),
        on=record.values["on"],  # type: ignore[arg-type]  # the grammar holds the words
        when=asked(context, record, "when"),
        again=int(must(record.get("again", Fraction))),
        do=must(record.text("do")),
        to=record.text("to"),
        within=record.get("within", Duration),
    )


def test(record: Record) -> model.ClockTest | model.ScoreTest:
    name = must(record.text("id"))
    if "scorecard" in record.written:
        given = cast("Mapping[str, Fraction | str]", record.get("given", dict) or {})
        return model.ScoreTest(name, must(record.text("scorecard")), given, _row(record.record("expect")), record.path)
    return model.ClockTest(
        id=name,
        facts=tuple(mapping(fact) for fact in record.records("facts")),
        as_of=must(record.text("as_of")),
        expect=tuple(_row(row) for row in record.records("expect")),
        path=record.path,
    )


def _row(record: Record) -> Mapping[str, str | None]:
    return {name: value.text for name, value in record.values.items() if isinstance(value, Maybe)}
