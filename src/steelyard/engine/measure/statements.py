"""The SQL of counting, from a small closed set of portable constructs.

Conditional counts are ``SUM(CASE WHEN c THEN 1 ELSE 0 END)``; every predicate is TRUE or FALSE, never NULL;
there is no LEAST, no GREATEST, no interpolated percentile and no join on an inequality of instants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import expressions as exp

from steelyard.engine.measure.periods import Atom
from steelyard.engine.policy import model
from steelyard.engine.policy.predicate import Predicate

TALLIES = (
    "rows",
    "excluded",
    "excepted",
    "counted",
    "hits",
    "total",
    "promoters",
    "detractors",
    "wrong",
    "provisional",
)
"""What may be counted of a measure; each measure uses those that its kind needs."""


def column(name: str) -> exp.Expression:
    """A column of a basis by the name that policies use."""
    return exp.column(name, quoted=True)


def quoted(name: str) -> str:
    """``name`` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def as_text(name: str, type_: str) -> str:
    """A column's value as people write it: decimals without trailing zeros."""
    text = f"CAST({quoted(name)} AS VARCHAR)"
    return f"RTRIM(RTRIM({text}, '0'), '.')" if type_.startswith("DECIMAL") else text


@dataclass(frozen=True, slots=True)
class Conditions:
    """The SQL of one measure's row tests: in the population, left in it, counted, a hit, excepted; and its value."""

    population: str
    excluded: str | None
    kept: str
    hit: str | None
    excepted: str | None
    value: str | None


def conditions(measure: model.Measure, dialect: str) -> Conditions:
    """The row tests of ``measure`` (SPEC §4, *Rows of a measure*)."""

    def test(predicate: Predicate) -> str:
        return f"({predicate.sql(column).sql(dialect=dialect)})"

    population = test(measure.population) if measure.population else "TRUE"
    excluded = f"{population} AND {test(measure.exclude)}" if measure.exclude else None
    kept = f"{population} AND NOT {test(measure.exclude)}" if measure.exclude else population
    hit = excepted = None
    if measure.numerator:
        hit = f"{kept} AND {test(measure.numerator)}"
        if measure.except_:
            reasons = ", ".join(exp.Literal.string(reason).sql(dialect=dialect) for reason in sorted(measure.except_))
            excepted = (
                f"{kept} AND NOT {test(measure.numerator)} AND COALESCE({quoted('exception')} IN ({reasons}), FALSE)"
            )
    value = measure.value.sql(column).sql(dialect=dialect) if measure.value else None
    return Conditions(population, excluded, kept, hit, excepted, value)


@dataclass(slots=True)
class Aggregates:
    """The distinct aggregate expressions of a statement; measures that count the same thing share it."""

    names: dict[str, str] = field(default_factory=dict)

    def count(self, condition: str) -> str:
        """The name of the number of rows for which ``condition`` holds."""
        return self._named("COUNT(*)" if condition == "TRUE" else f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)")

    def sum(self, condition: str, value: str) -> str:
        """The name of Σ ``value`` over the rows for which ``condition`` holds."""
        return self._named(f"SUM({value})" if condition == "TRUE" else f"SUM(CASE WHEN {condition} THEN {value} END)")

    def _named(self, sql: str) -> str:
        return self.names.setdefault(sql, f"a{len(self.names)}")

    def select(self) -> str:
        """The expressions with their names."""
        return ", ".join(f"{sql} AS {name}" for sql, name in self.names.items())

    def resum(self) -> str:
        """The same sums over sums."""
        return ", ".join(f"SUM({name}) AS {name}" for name in self.names.values())


def tally(measure: model.Measure, tests: Conditions, aggregates: Aggregates, *, provisional: bool) -> dict[str, str]:
    """Which aggregate holds which tally of ``measure``."""
    wanted = {"rows": aggregates.count(tests.population)}
    if tests.excluded:
        wanted["excluded"] = aggregates.count(tests.excluded)
    if tests.excepted:
        wanted["excepted"] = aggregates.count(tests.excepted)
    if tests.hit:
        wanted["hits"] = aggregates.count(tests.hit)
    if tests.value:
        has_value = f"({tests.value}) IS NOT NULL"
        wanted["counted"] = aggregates.count(has_value if tests.kept == "TRUE" else f"{tests.kept} AND {has_value}")
        if measure.kind in ("mean", "sum"):
            wanted["total"] = aggregates.sum(tests.kept, tests.value)
        if measure.kind == "nps":
            wanted["promoters"] = aggregates.count(f"{tests.kept} AND ({tests.value}) >= 9")
            wanted["detractors"] = aggregates.count(f"{tests.kept} AND ({tests.value}) <= 6")
            scale = f"COALESCE({quoted('scale_min')} = 0 AND {quoted('scale_max')} = 10, FALSE)"
            wanted["wrong"] = aggregates.count(f"{tests.kept} AND NOT {scale}")
    if provisional:
        wanted["provisional"] = aggregates.count(f"{tests.kept} AND {quoted('provisional')}")
    return wanted


def subject_columns(attribute_to: str) -> tuple[str, str]:
    """The staff and unit columns that a measure's rows count for."""
    return ("staff", "unit") if attribute_to == "holder" else (f"{attribute_to}_staff", f"{attribute_to}_unit")


def atom_of(by: str, atoms: Sequence[Atom]) -> str:
    """The number of the atom that instant ``by`` lies in, NULL outside: a balanced tree of comparisons."""
    leaves: list[tuple[datetime, int | None]] = []
    for number, atom in enumerate(atoms):
        if leaves and leaves[-1][0] == atom.start:
            leaves.pop()
        leaves += [(atom.start, number), (atom.end, None)]

    def tree(part: Sequence[tuple[datetime, int | None]]) -> str:
        if len(part) == 1:
            return "NULL" if part[0][1] is None else str(part[0][1])
        middle = len(part) // 2
        edge = instant(part[middle][0])
        return f"CASE WHEN {quoted(by)} < {edge} THEN {tree(part[:middle])} ELSE {tree(part[middle:])} END"

    return f"CASE WHEN {quoted(by)} < {instant(atoms[0].start)} THEN NULL ELSE {tree(leaves)} END"


def instant(moment: datetime) -> str:
    """An instant as a literal."""
    return f"CAST('{moment.isoformat(sep=' ')}' AS TIMESTAMP)"


def within(by: str, atoms: Sequence[Atom]) -> str:
    """The condition that keeps a scan to the span of ``atoms``."""
    return f"{quoted(by)} >= {instant(atoms[0].start)} AND {quoted(by)} < {instant(atoms[-1].end)}"


def cells(
    view: str,
    by: str,
    atoms: Sequence[Atom],
    keys: Mapping[str, str],
    aggregates: Aggregates,
) -> str:
    """Count everything once per atom and combination of ``keys`` (name → expression)."""
    named = ", ".join(f"{expression} AS {name}" for name, expression in keys.items())
    grouped = ", ".join(["atom", *keys])
    return (
        f"SELECT {grouped}, {aggregates.select()} FROM (SELECT *, {atom_of(by, atoms)} AS atom, {named} FROM {view} "
        f"WHERE {within(by, atoms)}) AS placed WHERE atom IS NOT NULL GROUP BY {grouped}"
    )
