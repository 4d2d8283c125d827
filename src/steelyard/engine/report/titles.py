"""What things are called in the reader's language: measures, scorecards and their parts, grades, clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from steelyard.engine.measure import periods
from steelyard.engine.policy import model
from steelyard.engine.report import numbers


@dataclass(frozen=True)
class Titles:
    """The names of one policy version in ``lang``; an id stands where there is no title."""

    policy: model.Policy
    lang: str

    @cached_property
    def policy_title(self) -> str:
        return numbers.in_language(self.policy.title, self.lang) or self.policy.name

    @cached_property
    def measures(self) -> Mapping[str, model.Measure]:
        return {measure.id: measure for measure in self.policy.measures}

    @cached_property
    def clauses(self) -> Mapping[str, model.Clause]:
        return {clause.id: clause for clause in self.policy.clauses}

    @cached_property
    def cards(self) -> Mapping[str, model.Scorecard]:
        return {card.id: card for card in self.policy.scorecards}

    def measure(self, id_: str) -> str:
        """The measure's own title, else its id; its clause is named beside it, never instead of it."""
        found = self.measures.get(id_)
        return (numbers.in_language(found.title, self.lang) if found else None) or id_

    def clause(self, id_: str) -> str:
        """The clause's title, empty where it has none."""
        found = self.clauses.get(id_)
        return (numbers.in_language(found.title, self.lang) if found else None) or ""

    def card(self, id_: str) -> str:
        found = self.cards.get(id_)
        return (numbers.in_language(found.title, self.lang) if found else None) or id_

    def grade(self, card: str, id_: str | None) -> str:
        """The grade's title in its scorecard; empty for none."""
        if id_ is None:
            return ""
        grades = self.cards[card].grades if card in self.cards else ()
        titles = (numbers.in_language(grade.title, self.lang) for grade in grades if grade.id == id_)
        return next((title for title in titles if title), id_)

    def paths(self, card: str) -> Mapping[str, Part]:
        """Every node and leaf of a scorecard by its path in ``scores``."""
        return dict(self._parts(self.cards[card].tree, "")) if card in self.cards else {}

    def _parts(self, children: Sequence[model.Node | model.Leaf], above: str) -> Iterable[tuple[str, Part]]:
        for child in children:
            if isinstance(child, model.Leaf):
                yield f"{above}{child.measure}", Part(self.measure(child.measure), self.measures.get(child.measure))
            else:
                path = f"{above}{child.id}"
                yield path, Part(numbers.in_language(child.title, self.lang) or child.id, None)
                yield from self._parts(child.children, f"{path}/")


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a scorecard: its title, and its measure where it is a leaf."""

    title: str
    measure: model.Measure | None


class Versions:
    """The policy versions of a run: which one a period was assessed under, and what things are called there."""

    def __init__(self, policies: Sequence[model.Policy], lang: str) -> None:
        self.all = [Titles(policy, lang) for policy in policies]

    @property
    def latest(self) -> Titles:
        return self.all[-1]

    def of_period(self, name: str) -> Titles:
        """The version in force on the first day of the period; one alone stands for everything."""
        first = periods.parse(name).first
        in_force = [titles for titles in self.all if (titles.policy.lifecycle.effective or first) <= first]
        return max(in_force, key=lambda titles: titles.policy.lifecycle.effective or first, default=self.all[0])
