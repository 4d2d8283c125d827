"""The rows behind the figures: which rows each measure saw, for whom, and what it made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from steelyard.engine.measure import statements
from steelyard.engine.measure.backends import Backend
from steelyard.engine.measure.periods import Atom
from steelyard.engine.policy import columns, model
from steelyard.engine.records.bases import SOURCES

VALUE_TYPE = "DECIMAL(38,10)"
NOTHING = (
    "SELECT '' AS measure, '' AS id, '' AS subject_staff, '' AS subject_unit, '' AS subject_attribute, '' AS stratum, "
    f"'' AS period, FALSE AS excluded, FALSE AS excepted, FALSE AS hit, CAST(0 AS {VALUE_TYPE}) AS value, "
    "CAST('2000-01-01' AS TIMESTAMP) AS counted_at WHERE FALSE"
)
"""The columns of ``rows`` without any row."""


def evidence(
    backend: Backend,
    measures: Sequence[model.Measure],
    atoms: Sequence[Atom],
    subject_attributes: Sequence[str],
    *,
    atom_periods: str,
) -> Iterator[str]:
    """One query a measure and stratum with the columns of ``rows`` (SPEC §8).

    A row of a stratified measure stands once with an empty stratum, as part of the whole, and once for its
    stratum; and once for each asked period it lies in: grouping by measure, stratum and period gives the figures.
    ``counted_at`` is the instant that put the row into its period; with it a unit's rows are those of the tree of
    that moment. ``atom_periods`` names the table that places atoms in periods.
    """
    for measure in measures:
        if measure.basis:
            types = backend.column_types(SOURCES[measure.basis].view)
            for stratum in ("", *measure.stratify):
                yield _rows(backend, measure, atoms, stratum, subject_attributes, types, atom_periods)


def _rows(
    backend: Backend,
    measure: model.Measure,
    atoms: Sequence[Atom],
    stratum: str,
    subject_attributes: Sequence[str],
    types: Mapping[str, str],
    atom_periods: str,
) -> str:
    basis = measure.basis or ""
    by = measure.by or columns.BASES[basis].by
    tests = statements.conditions(measure, backend.dialect)
    staff, unit = statements.subject_columns(measure.attribute_to)
    shown = statements.as_text(stratum, types[stratum]) if stratum else ""
    shown_columns = {
        "measure": f"'{measure.id}'",
        "id": statements.quoted("id"),
        "subject_staff": statements.quoted(staff),
        "subject_unit": statements.quoted(unit),
        "subject_attribute": _attributes(subject_attributes, types),
        "stratum": f"'{stratum}=' || {shown}" if stratum else "CAST(NULL AS VARCHAR)",
        "excluded": tests.excluded or "FALSE",
        "excepted": tests.excepted or "FALSE",
        "hit": tests.hit or "CAST(NULL AS BOOLEAN)",
        "counted_at": statements.quoted(by),
        "value": f"CAST({tests.value} AS {VALUE_TYPE})" if tests.value else f"CAST(NULL AS {VALUE_TYPE})",
    }
    selected = ", ".join(f"{expression} AS {name}" for name, expression in shown_columns.items())
    known = f" AND {statements.quoted(stratum)} IS NOT NULL" if stratum else ""
    return (
        "SELECT r.measure, r.id, r.subject_staff, r.subject_unit, r.subject_attribute, r.stratum, ap.period, "
        "r.excluded, r.excepted, r.hit, r.value, r.counted_at "
        f"FROM (SELECT {selected}, {statements.atom_of(by, atoms)} AS atom "
        f"FROM {SOURCES[basis].view} WHERE {statements.within(by, atoms)} AND {tests.population}{known}) AS r "
        f"JOIN {atom_periods} AS ap ON ap.atom = r.atom"
    )


def _attributes(names: Sequence[str], types: Mapping[str, str]) -> str:
    """``column=value`` of every attribute that is assessed, joined by semicolons."""
    known = [name for name in names if name in types]
    if not known:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(f"'{name}=' || {statements.as_text(name, types[name])}" for name in known)
    return f"CONCAT_WS(';', {parts})"
