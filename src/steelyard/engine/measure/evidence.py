"""The rows behind the figures: which rows each measure saw, for whom, and what it made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from steelyard.engine.measure import statements
from steelyard.engine.measure.backends import Backend
from steelyard.engine.measure.periods import Atom
from steelyard.engine.policy import model
from steelyard.engine.records.bases import BASES

VALUE_TYPE = "DECIMAL(38,10)"


def evidence(
    backend: Backend, measures: Sequence[model.Measure], atoms: Sequence[Atom], subject_attributes: Sequence[str]
) -> Iterator[str]:
    """One query a measure and stratum with the columns of ``rows`` (SPEC §8).

    A row of a stratified measure stands once with an empty stratum, as part of the whole, and once for its
    stratum; and once for each asked period it lies in: grouping by measure, stratum and period gives the figures.
    """
    for measure in measures:
        if measure.basis:
            types = backend.column_types(BASES[measure.basis].view)
            for stratum in ("", *measure.stratify):
                yield _rows(backend, measure, atoms, stratum, subject_attributes, types)


def _rows(
    backend: Backend,
    measure: model.Measure,
    atoms: Sequence[Atom],
    stratum: str,
    subject_attributes: Sequence[str],
    types: Mapping[str, str],
) -> str:
    basis = BASES[measure.basis or ""]
    by = measure.by or basis.by
    tests = statements.conditions(measure, backend.dialect)
    staff, unit = statements.subject_columns(measure.attribute_to)
    shown = statements.as_text(stratum, types[stratum]) if stratum else ""
    columns = {
        "measure": f"'{measure.id}'",
        "id": statements.quoted("id"),
        "subject_staff": statements.quoted(staff),
        "subject_unit": statements.quoted(unit),
        "subject_attribute": _attributes(subject_attributes, types),
        "stratum": f"'{stratum}=' || {shown}" if stratum else "CAST(NULL AS VARCHAR)",
        "excluded": tests.excluded or "FALSE",
        "excepted": tests.excepted or "FALSE",
        "hit": tests.hit or "CAST(NULL AS BOOLEAN)",
        "value": f"CAST({tests.value} AS {VALUE_TYPE})" if tests.value else f"CAST(NULL AS {VALUE_TYPE})",
    }
    selected = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    known = f" AND {statements.quoted(stratum)} IS NOT NULL" if stratum else ""
    return (
        "SELECT r.measure, r.id, r.subject_staff, r.subject_unit, r.subject_attribute, r.stratum, ap.period, "
        f"r.excluded, r.excepted, r.hit, r.value FROM (SELECT {selected}, {statements.atom_of(by, atoms)} AS atom "
        f"FROM {basis.view} WHERE {statements.within(by, atoms)} AND {tests.population}{known}) AS r "
        "JOIN atom_periods AS ap ON ap.atom = r.atom"
    )


def _attributes(names: Sequence[str], types: Mapping[str, str]) -> str:
    """``column=value`` of every attribute that is assessed, joined by semicolons."""
    known = [name for name in names if name in types]
    if not known:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(f"'{name}=' || {statements.as_text(name, types[name])}" for name in known)
    return f"CONCAT_WS(';', {parts})"
