"""Checks of measures: which keys each kind has, in which unit its targets are, and that quotients end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

from steelyard.engine.policy import columns, names
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.kinds import Amount, Written
from steelyard.engine.policy.shapes import Record
from steelyard.engine.policy.tree import NUMERIC, Type
from steelyard.engine.words import N_

_COUNTED: Final = frozenset({"basis", "population", "exclude", "by", "stratify", "attribute_to"})
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "proportion": _COUNTED | {"except", "numerator", "minimum"},
    "mean": _COUNTED | {"value", "minimum"},
    "percentile": _COUNTED | {"value", "p", "minimum"},
    "nps": _COUNTED | {"value", "minimum"},
    "count": _COUNTED,
    "sum": _COUNTED | {"value"},
    "quotient": frozenset({"numerator", "denominator", "per"}),
}
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "proportion": ("basis", "numerator"),
    "mean": ("basis", "value"),
    "percentile": ("basis", "value", "p"),
    "nps": ("basis", "value"),
    "count": ("basis",),
    "sum": ("basis", "value"),
    "quotient": ("numerator", "denominator"),
}
_OF_KINDS: Final = frozenset().union(*_KEYS.values())
_UNITS: Final[Mapping[columns.Unit, str]] = {
    "percent": N_("{written}: {name} is in percent points; write 95 or 95%"),
    "seconds": N_("{written}: {name} is in seconds; write 30, 30s or 1h30m"),
    "plain": N_("{written}: {name} has no unit; write a bare number"),
}
_RANGES: Final[Mapping[str, tuple[int, int]]] = {"proportion": (0, 100), "nps": (-100, 100)}


def check(context: Context) -> None:
    """Everything SPEC §4 asks of measures."""
    for record in context.spec.records("measures"):
        context.refer(record, "clause", "clauses")
        kind = record.text("kind")
        if kind is None:
            continue
        _check_keys(context, record, kind)
        if kind == "quotient":
            _check_parts(context, record)
        else:
            _check_rows(context, record, kind)
    subjects = _subject_columns(context)
    for record in context.spec.records("measures"):
        _check_targets(context, record, subjects)
    _check_circles(context)


def _check_keys(context: Context, record: Record, kind: str) -> None:
    for name in record.written:
        if name in _OF_KINDS and name not in _KEYS[kind]:
            owners = ", ".join(sorted(owner for owner, keys in _KEYS.items() if name in keys))
            reason = N_("{name} belongs to {owners}, not to {kind}")
            context.document.refuse(
                "key-of-kind", record.at(name), reason, key=True, name=name, owners=owners, kind=kind
            )
    for name in _REQUIRED[kind]:
        if name not in record.written:
            reason = N_("a measure of kind {kind} needs {name}")
            context.document.refuse("required", record.at(name), reason, at=record.path, kind=kind, name=name)


def _check_rows(context: Context, record: Record, kind: str) -> None:
    """The predicates, the value and the columns of a measure that counts rows; its unit is worked out."""
    basis = columns.BASES.get(record.text("basis") or "")
    if basis is None:
        return
    seen = basis.columns(context.attributes)
    for name in ("population", "exclude", *(("numerator",) if kind == "proportion" else ())):
        context.ask(record, name, basis.name, seen)
    value = record.get("value", Written)
    expression = context.compute(value, basis.name, seen) if value and "value" in _KEYS[kind] else None
    if expression is not None and value is not None and expression.type not in NUMERIC:
        reason = N_("the value of a measure is a number, this is {type}")
        context.document.refuse("type", value.path, reason, type=expression.type)
        expression = None
    _check_columns(context, record, basis.name, seen)
    name = record.text("id")
    if name and (expression is not None or "value" not in _KEYS[kind]):
        in_seconds = expression is not None and columns.unit_of(expression.tree) == "seconds"
        context.units[name] = "percent" if kind in ("proportion", "nps") else "seconds" if in_seconds else "plain"


def _check_columns(context: Context, record: Record, basis: str, seen: Mapping[str, Type]) -> None:
    by = record.text("by")
    if by is not None and seen.get(by) != "instant":
        instants = {name for name, type_ in seen.items() if type_ == "instant"}
        refuse_column(context, record.at("by"), by, basis, instants)
    single = {name for name, type_ in seen.items() if type_ != "list"}
    for path, column in record.located("stratify", str):
        if column not in single:
            refuse_column(context, path, column, basis, single)


def refuse_column(context: Context, path: str, column: str, basis: str, known: set[str]) -> None:
    """Note that ``column`` is none of those that could stand at ``path``."""
    close = names.nearest(column, known)
    remedy = N_("{close} is meant, perhaps") if close else N_("possible are {known}")
    reason = N_("{column} is no column of {basis} that can stand here")
    listed = ", ".join(sorted(known))
    context.document.refuse(
        "column", path, reason, remedy=remedy, column=column, basis=basis, close=close, known=listed
    )


def parts(record: Record) -> Iterator[tuple[str, str]]:
    """The measures a quotient divides, with the paths of their names."""
    if record.text("kind") == "quotient":
        above, below = record.get("numerator", Written), record.text("denominator")
        if above:
            yield above.path, above.text
        if below:
            yield record.at("denominator"), below


def _check_parts(context: Context, record: Record) -> None:
    for path, name in parts(record):
        context.refer_to(name, path, "measures")
    name_ = record.text("id")
    if name_:
        context.units[name_] = "plain"


def _check_circles(context: Context) -> None:
    """A quotient must not be made of itself, directly or through others."""
    measures = context.by_id("measures")
    made_of = {name: [part for _, part in parts(record) if part in measures] for name, record in measures.items()}
    try:
        TopologicalSorter(made_of).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        path = next(path for path, part in parts(measures[circle[0]]) if part in circle)
        context.document.refuse("circle", path, N_("{name} is made of itself"), name=circle[0])


def _check_targets(context: Context, record: Record, subjects: frozenset[str]) -> None:
    if "target" in record.written and "targets" in record.written:
        context.document.refuse("exclusive", record.at("targets"), N_("target or targets, not both"), key=True)
    _check_target(context, record, "target")
    seen = _seen_by_targets(context, record, subjects)
    for target in record.records("targets"):
        _check_target(context, target, "is", record)
        if record.text("basis") or record.text("kind") == "quotient":
            context.ask(target, "when", "target", seen)
        check_unit(context, record, target.record("benchmark"), "value")


def _subject_columns(context: Context) -> frozenset[str]:
    """The columns that scorecards have as their subjects."""
    subjects = (card.text("of") or "" for card in context.spec.records("scorecards"))
    return frozenset(of.removeprefix("attribute:") for of in subjects if of.startswith("attribute:"))


def _seen_by_targets(context: Context, record: Record, subjects: frozenset[str]) -> dict[str, Type]:
    """Subject and stratum columns: strata of the measure, and attributes that scorecards have as subjects."""
    basis = columns.BASES.get(record.text("basis") or "")
    own = basis.columns(context.attributes) if basis else {}
    named = subjects | set(record.all("stratify", str))
    return columns.of_target({name: type_ for name, type_ in own.items() if name in named})


def _check_target(context: Context, holder: Record, name: str, measure: Record | None = None) -> None:
    effective = "effective" in context.spec.record("lifecycle").written
    if holder.text(name) == "undecided" and effective:
        reason = N_("an effective policy decides its targets")
        remedy = N_("write the target, or take out lifecycle.effective")
        context.document.refuse("undecided", holder.at(name), reason, remedy=remedy)
    check_unit(context, measure or holder, holder, name, ranged=True)


def check_unit(context: Context, measure: Record, holder: Record, name: str, *, ranged: bool = False) -> None:
    """Check that the amount ``name`` of ``holder`` is in the unit of ``measure``; a bare number always is."""
    amount = holder.get(name, Amount)
    if amount is not None:
        check_amount(context, measure, amount, holder.at(name), ranged=ranged)


def check_amount(context: Context, measure: Record, amount: Amount, path: str, *, ranged: bool = False) -> None:
    """Check that ``amount`` at ``path`` is in the unit of ``measure`` and, if ``ranged``, within its reach."""
    unit = context.units.get(measure.text("id") or "")
    kind = measure.text("kind") or ""
    if unit is None:
        return
    if amount.unit is not None and amount.unit != unit:
        context.document.refuse("unit", path, _UNITS[unit], written=amount.written, name=measure.text("id"))
    elif ranged and kind in _RANGES and not _RANGES[kind][0] <= amount.value <= _RANGES[kind][1]:
        low, high = _RANGES[kind]
        reason = N_("{written} is outside {low} to {high}")
        context.document.refuse("range", path, reason, written=amount.written, low=low, high=high)
