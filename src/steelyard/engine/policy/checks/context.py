"""What the checks share: the records read, the names they may refer to, and the predicates parsed so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import columns, model, names, predicate
from steelyard.engine.policy.document import Document
from steelyard.engine.policy.kinds import Written
from steelyard.engine.policy.shapes import Option, Record
from steelyard.engine.policy.tree import Type
from steelyard.engine.words import N_

SECTIONS: Final[Mapping[str, str]] = {
    "clauses": "clause",
    "channels": "channel",
    "kinds": "kind",
    "calendars": "calendar",
    "segments": "segment",
    "commitments": "commitment",
    "duties": "duty",
    "programme": "programme line",
    "forms": "form",
    "surveys": "survey",
    "measures": "measure",
    "scorecards": "scorecard",
    "rules": "rule",
    "tests": "test",
}
"""The sections whose entries have ids, and what one entry is called."""


@dataclass(slots=True)
class Context:
    """One policy under check. What the checks work out is kept for the builder.

    ``predicates`` and ``expressions`` are by the path they stand at, ``subjects`` by the path of the duty,
    ``weights`` (from pairwise comparison) by the path of the node, ``units`` by the measure's id.
    """

    document: Document
    spec: Record
    holidays: Collection[str] | None = None
    zone: ZoneInfo | None = None
    attributes: tuple[model.Attribute, ...] = ()
    predicates: dict[str, predicate.Predicate] = field(default_factory=dict)
    expressions: dict[str, predicate.Expression] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    weights: dict[str, Fraction] = field(default_factory=dict)
    units: dict[str, columns.Unit] = field(default_factory=dict)
    _ids: dict[str, frozenset[str]] = field(default_factory=dict)
    _by_id: dict[str, dict[str, Record]] = field(default_factory=dict)

    def ids(self, section: str) -> frozenset[str]:
        """The ids of a section."""
        if section not in self._ids:
            self._ids[section] = frozenset(record.text("id") or "" for record in self.spec.records(section)) - {""}
        return self._ids[section]

    def by_id(self, section: str) -> Mapping[str, Record]:
        """The records of a section by id; of two with one id the first."""
        if section not in self._by_id:
            records = self.spec.records(section)
            self._by_id[section] = {name: record for record in reversed(records) if (name := record.text("id"))}
        return self._by_id[section]

    def refer(self, record: Record, name: str, section: str) -> None:
        """Check that the text ``name`` of ``record`` is an id of ``section``."""
        value = record.text(name)
        if value is not None:
            self.refer_to(value, record.at(name), section)

    def refer_all(self, record: Record, name: str, section: str) -> None:
        """Check the list ``name`` of ``record`` likewise."""
        for path, value in record.located(name, str):
            self.refer_to(value, path, section)

    def refer_to(self, value: str, path: str, section: str) -> None:
        """Check that ``value``, standing at ``path``, is an id of ``section``."""
        if value not in self.ids(section) and not self._has_hole(section):
            self.unknown(path, SECTIONS[section], value, self.ids(section))

    def unknown(self, path: str, what: str, value: str, known: Collection[str]) -> None:
        """Note that ``value`` at ``path`` names nothing."""
        close = names.nearest(value, known)
        remedy = N_("{close} is meant, perhaps") if close else ""
        self.document.refuse(
            "reference", path, N_("no {what} {name}"), remedy=remedy, what=what, name=value, close=close
        )

    def _has_hole(self, section: str) -> bool:
        """Whether an id of the section was refused: then a reference to it is not refused a second time."""
        values = self.spec.get(section, tuple) or ()
        return any(not isinstance(value, Record) or value.text("id") is None for value in values)

    def facts(self) -> frozenset[str]:
        """The kinds of facts the policy may name."""
        if "facts" not in self._ids:
            declared = (record.text("kind") or "" for record in self.spec.records("facts"))
            self._ids["facts"] = (names.FACTS | frozenset(declared)) - {""}
        return self._ids["facts"]

    def fact(self, record: Record, name: str) -> None:
        """Check that the text or list ``name`` of ``record`` names kinds of facts."""
        known = self.facts()
        values = list(record.located(name, str))
        if (text := record.text(name)) is not None:
            values.append((record.at(name), text))
        for path, value in values:
            if value not in known:
                self.refuse_fact(path, value, known)

    def refuse_fact(self, path: str, value: str, known: Collection[str]) -> None:
        """Note that ``value`` at ``path`` is no kind of fact."""
        close = names.nearest(value, known)
        remedy = (
            N_("{close} is meant, perhaps; own kinds are declared under facts")
            if close
            else N_("declare it under facts")
        )
        self.document.refuse("fact", path, N_("no kind of fact {name}"), remedy=remedy, name=value, close=close)

    def ask(self, record: Record, name: str, whose: str, seen: Mapping[str, Type]) -> predicate.Predicate | None:
        """Parse the predicate ``name`` of ``record`` over the columns ``seen``; ``whose`` says whose they are."""
        written = record.get(name, Written)
        return self.ask_written(written, whose, seen) if written else None

    def ask_written(self, written: Written, whose: str, seen: Mapping[str, Type]) -> predicate.Predicate | None:
        """Parse ``written`` and keep it by its path."""
        try:
            found = predicate.parse(written.text, self.scope(whose, seen))
        except SteelyardError as error:
            self.document.refuse_as(written.path, error)
            return None
        self.predicates[written.path] = found
        return found

    def compute(self, written: Written, whose: str, seen: Mapping[str, Type]) -> predicate.Expression | None:
        """Parse the value expression ``written`` and keep it by its path."""
        try:
            found = predicate.parse_value(written.text, self.scope(whose, seen))
        except SteelyardError as error:
            self.document.refuse_as(written.path, error)
            return None
        self.expressions[written.path] = found
        return found

    def scope(self, whose: str, seen: Mapping[str, Type]) -> predicate.Scope:
        """The scope of expressions over ``seen``."""
        return predicate.Scope(whose, seen, self.zone or ZoneInfo("UTC"))

    def options(self, record: Record, name: str) -> Iterator[Option]:
        """The entries of the when-list ``name``."""
        yield from record.all(name, Option)
