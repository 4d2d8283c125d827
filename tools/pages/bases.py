"""docs/reference/bases.md: what measures may count, and the columns that each expression of a policy may name."""

from __future__ import annotations

from collections.abc import Iterable

from steelyard.engine.policy import columns
from tools.pages.markdown import code, heading, opening, table, words
from tools.pages.meanings import agreed

_INTRO = (
    "The basis of a measure says what one row is. Its `population`, `exclude`, `numerator` and `value` may name the"
    " common columns, those of the basis, and the attributes the policy declares, as `attr.<name>`. Instants "
    "compare with `'2026-03-01'` or `'2026-03-01T09:00+08:00'`; columns that end in `_s` are seconds."
)
_ELSEWHERE = (
    "Attributes declared for the same thing come as `attr.<name>`; of customers they may also be named bare. `when`"
    " of a target also sees the columns by which its measure is stratified, and attributes that scorecards assess."
)


def page() -> list[str]:
    """The page, line by line."""
    lines = opening("Bases and columns", "`src/steelyard/engine/policy/columns.py`", _INTRO)
    lines += [*heading(2, "Common columns"), *_table(columns.COMMON, "common")]
    for basis in columns.BASES.values():
        lines += heading(2, f"Basis {code(basis.name)}")
        of = f" Attributes are those of {words(basis.attributes_of)}." if basis.attributes_of else ""
        lines += [f"A row is {basis.row}; unless `by` says otherwise {code(basis.by)} puts it into a period.{of}", ""]
        lines += _table(basis.further, basis.name)
    lines += [*heading(2, "Columns of other expressions"), _ELSEWHERE, ""]
    return lines + table(("expression", "columns"), ([where, words(seen)] for where, seen in _elsewhere()))


def _table(types: columns.Types, section: str) -> list[str]:
    means = agreed(types, "bases", section)
    return table(("column", "type", "meaning"), ([code(name), type_, means[name]] for name, type_ in types.items()))


def _elsewhere() -> Iterable[tuple[str, Iterable[str]]]:
    for about in ("case", "contact", "posting", "duty"):
        yield (
            f"`applies`, `within`, `aim`, `calendar` of a commitment about a {about}",
            columns.of_commitment(about, ()),
        )
    for subject, seen in columns.of_duty(()).items():
        yield f"`for` of a duty or a programme line, done to a {subject}", seen
    yield "`when` of a segment", columns.of_segment(())
    yield "`when` of a target", columns.of_target({})
    yield "`when` of a rule on `figure`", columns.of_rule("figure", ())
    yield "`when` of a rule on `grade`", columns.of_rule("grade", ())
