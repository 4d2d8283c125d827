"""Count all measures of a policy for all subjects and periods: one pass a basis, then sums of sums.

A basis is first counted in *cells*: per atom of time, staff, unit and subject attribute. A subject's count for a
period is the sum of its cells, so a quarter recounts its rows and never averages its months, and a unit pools
the rows of everything below it as the tree stood in that atom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from steelyard.engine.measure import statements
from steelyard.engine.measure.backends import Backend
from steelyard.engine.measure.figures import Count
from steelyard.engine.measure.periods import Atom
from steelyard.engine.policy import columns, model
from steelyard.engine.records.bases import SOURCES

ORGANISATION = "organisation"
Place = tuple[str, str, str, str]
"""Whose count: (of, subject, period, stratum)."""


@dataclass(slots=True)
class Counted:
    """Counts by measure and place, and who has a row in the population of any measure, by (of, period)."""

    counts: dict[str, dict[Place, Count]] = field(default_factory=lambda: defaultdict(dict))
    present: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _strata: dict[tuple[str, str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: Place, readers: Sequence[Reader], sums: Sequence[Any]) -> None:
        """Keep what each reader finds in ``sums``; whoever has a count is present in the period."""
        of, subject, period, stratum = place
        present = False
        for reader in readers:
            count = reader.read(sums)
            if count is not None:
                present = True
                self.counts[reader.id][place] = count
                if stratum:
                    self._strata[reader.id, of, subject, period].append(stratum)
        if present:
            self.present[of, period].add(subject)

    def strata(self, measure: str, of: str, subject: str, period: str) -> list[str]:
        """The strata with rows, sorted by code point."""
        return sorted(self._strata.get((measure, of, subject, period), ()))


@dataclass(frozen=True, slots=True)
class Level:
    """A kind of subject: how a row of cells finds its subject."""

    of: str
    subject: str
    join: str = ""


class Counter:
    """Counts on ``backend`` for the periods cut into ``atoms`` and the kinds of subject ``ofs``.

    ``has_tree`` says whether ``unit`` facts exist; without them every unit is of any kind asked. The tables
    ``atom_periods(atom, period)`` and ``unit_atoms(unit, atom, ancestor, kind)`` are made here.
    """

    def __init__(self, backend: Backend, atoms: Sequence[Atom], ofs: Sequence[str], *, has_tree: bool) -> None:
        self.backend = backend
        self.atoms = atoms
        self.ofs = [ORGANISATION, *(of for of in ofs if of != ORGANISATION)]
        self.has_tree = has_tree
        self.attributes = [of.removeprefix("attribute:") for of in self.ofs if of.startswith("attribute:")]
        self._make_time_tables()

    def count(self, measures: Sequence[model.Measure]) -> Counted:
        """Count ``measures`` (quotients are passed over: they count nothing themselves)."""
        counted = Counted()
        groups: dict[tuple[str, str, str], list[model.Measure]] = defaultdict(list)
        for measure in measures:
            if measure.basis:
                groups[measure.basis, measure.by or columns.BASES[measure.basis].by, measure.attribute_to].append(
                    measure
                )
        for (basis, by, attribute_to), members in groups.items():
            types = self.backend.column_types(SOURCES[basis].view)
            self._count_group(basis, by, attribute_to, members, None, types, counted)
            for stratum in sorted({name for measure in members for name in measure.stratify}):
                stratified = [measure for measure in members if stratum in measure.stratify]
                self._count_group(basis, by, attribute_to, stratified, stratum, types, counted)
        return counted

    def _make_time_tables(self) -> None:
        pairs = [(number, period) for number, atom in enumerate(self.atoms) for period in atom.periods]
        values = ", ".join(f"({number}, '{period}')" for number, period in pairs)
        self.backend.run(
            f"CREATE OR REPLACE TEMP TABLE atom_periods AS SELECT * FROM (VALUES {values}) AS v(atom, period)"
        )
        if self.has_tree:
            edges = ", ".join(f"({n}, {statements.instant(atom.start)})" for n, atom in enumerate(self.atoms))
            self.backend.run(
                "CREATE OR REPLACE TEMP TABLE unit_atoms AS SELECT DISTINCT unit, atom, ancestor, kind FROM unit_tree, "
                f"(VALUES {edges}) AS v(atom, start) WHERE valid_from <= start AND start < valid_to"
            )

    def _level(self, of: str) -> Level:
        if of == ORGANISATION:
            return Level(of, "''")
        if of == "staff":
            return Level(of, "c.staff")
        if of.startswith("unit:"):
            if not self.has_tree:
                return Level(of, "c.unit")
            kind = of.removeprefix("unit:").replace("'", "''")
            return Level(
                of, "u.ancestor", f"JOIN unit_atoms AS u ON u.unit = c.unit AND u.atom = c.atom AND u.kind = '{kind}'"
            )
        return Level(of, f"c.s{self.attributes.index(of.removeprefix('attribute:'))}")

    def _keys(self, attribute_to: str, stratum: str | None, types: Mapping[str, str]) -> dict[str, str]:
        staff, unit = statements.subject_columns(attribute_to)
        keys = {"subject_staff": statements.quoted(staff), "subject_unit": statements.quoted(unit)}
        for number, name in enumerate(self.attributes):
            known = name in types
            keys[f"s{number}"] = statements.as_text(name, types[name]) if known else "CAST(NULL AS VARCHAR)"
        if stratum:
            keys["stratum"] = statements.as_text(stratum, types[stratum])
        return keys

    def _count_group(
        self,
        basis: str,
        by: str,
        attribute_to: str,
        measures: Sequence[model.Measure],
        stratum: str | None,
        types: Mapping[str, str],
        counted: Counted,
    ) -> None:
        view, keys = SOURCES[basis].view, self._keys(attribute_to, stratum, types)
        aggregates = statements.Aggregates()
        tests = {measure.id: statements.conditions(measure, self.backend.dialect) for measure in measures}
        tallies = {m.id: statements.tally(m, tests[m.id], aggregates, provisional=basis == "clock") for m in measures}
        renamed = statements.cells(view, by, self.atoms, keys, aggregates)
        self.backend.run(
            "CREATE OR REPLACE TEMP TABLE cells AS SELECT * RENAME (subject_staff AS staff, subject_unit AS unit) "
            f"FROM ({renamed}) AS counted_cells"
        )
        names = list(aggregates.names.values())
        readers = [Reader(measure, tallies[measure.id], names) for measure in measures]
        for of in self.ofs:
            level = self._level(of)
            split = "c.stratum" if stratum else "''"
            found = self.backend.rows(
                f"SELECT ap.period, {level.subject} AS subject, {split} AS stratum, {aggregates.resum()} "
                f"FROM cells AS c JOIN atom_periods AS ap ON ap.atom = c.atom {level.join} GROUP BY 1, 2, 3"
            )
            for period, subject, part, *sums in found:
                if subject is not None and part is not None:
                    counted.add((of, str(subject), str(period), f"{stratum}={part}" if stratum else ""), readers, sums)
        for measure in measures:
            if measure.kind == "percentile":
                self._rank(view, by, keys, measure, tests[measure.id], stratum, counted)

    def _rank(
        self,
        view: str,
        by: str,
        keys: Mapping[str, str],
        measure: model.Measure,
        tests: statements.Conditions,
        stratum: str | None,
        counted: Counted,
    ) -> None:
        """Percentiles do not add up: they are ranked anew for every kind of subject."""
        named = ", ".join(f"{expression} AS {name}" for name, expression in keys.items())
        rows = (
            f"(SELECT {statements.atom_of(by, self.atoms)} AS atom, {named}, {tests.value} AS measured FROM {view} "
            f"WHERE {statements.within(by, self.atoms)} AND {tests.kept} AND ({tests.value}) IS NOT NULL)"
        )
        for of in self.ofs:
            level = self._level(of)
            split = "c.stratum" if stratum else "''"
            source = (
                f"(SELECT ap.period AS period, {level.subject} AS subject, {split} AS stratum, c.measured AS measured "
                f"FROM (SELECT * RENAME (subject_staff AS staff, subject_unit AS unit) FROM {rows} AS r) AS c "
                f"JOIN atom_periods AS ap ON ap.atom = c.atom {level.join}) AS ranked_rows"
            )
            sql = self.backend.percentiles(source, ("period", "subject", "stratum"), "measured", measure.p or 50)
            for period, subject, part, rank in self.backend.rows(sql):
                place = (of, str(subject), str(period), f"{stratum}={part}" if stratum else "")
                known = counted.counts[measure.id].get(place)
                if known and subject is not None and part is not None:
                    counted.counts[measure.id][place] = known._replace(total=0, rank=Fraction(_exact(rank)))


class Reader:
    """Reads the count of one measure out of a row of sums: which tally stands where."""

    def __init__(self, measure: model.Measure, tallies: Mapping[str, str], names: Sequence[str]) -> None:
        at = {tally: names.index(name) for tally, name in tallies.items()}
        self.id = measure.id
        self.rows = at["rows"]
        self.optional = [at.get(name) for name in ("excluded", "excepted", "counted", "wrong", "provisional")]
        self.is_plain = all(place is None for place in self.optional)
        self.total = at.get("hits", at.get("total"))
        self.nps = (at["promoters"], at["detractors"]) if measure.kind == "nps" else None

    def read(self, sums: Sequence[Any]) -> Count | None:
        """The count, or None where the population has no row; ``sums`` are integers, decimals or None."""
        rows = sums[self.rows]
        if not rows:
            return None
        if self.nps:
            total: int | Fraction = sums[self.nps[0]] - sums[self.nps[1]]
        else:
            total = 0 if self.total is None else _exact(sums[self.total])
        if self.is_plain:
            return Count(rows, 0, 0, rows, total)
        excluded, excepted, counted, wrong, provisional = [
            0 if place is None else sums[place] or 0 for place in self.optional
        ]
        if self.optional[2] is None:
            counted = rows - excluded - excepted
        return Count(rows, excluded, excepted, counted, total, None, wrong, provisional)


def _exact(value: object) -> int | Fraction:
    """A sum as the backend gives it: an integer stays one, a decimal becomes a fraction, nothing is 0."""
    if type(value) is int:
        return value
    return 0 if value is None else Fraction(str(value))
