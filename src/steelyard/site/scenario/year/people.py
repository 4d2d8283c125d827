"""Who is posted where and when in a made-up year, and who of them takes what comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from steelyard.engine.worktime import zones
from steelyard.engine.worktime.units import DAY, day_of
from steelyard.site.scenario.year.columns import Row
from steelyard.site.scenario.year.draw import Draw, Flags, Numbers
from steelyard.site.scenario.year.settings import Scenario

NOBODY = -1
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Posting:
    """A person's place (both as numbers) in [since, until), in microseconds."""

    person: int
    unit: int
    since: int
    until: int


class Roster:
    """The people and units of a scenario by number, and the postings that bind them."""

    def __init__(self, scenario: Scenario, timezone: str) -> None:
        self.scenario = scenario
        self._zone = zones.zone(timezone)
        self.people = [person.id for person in scenario.people]
        self.units = [unit.id for unit in scenario.units]
        self.first, self.end = self.midnight(date(scenario.year, 1, 1)), self.midnight(date(scenario.year + 1, 1, 1))
        self.postings = tuple(self._postings())
        edges = {edge for posting in self.postings for edge in (posting.since, posting.until)}
        self._edges = np.array(sorted(edges | {self.first}), dtype=np.int64)
        hidden = scenario.hidden
        self.paces = np.array([p.traits.get("pace", 100) * hidden.slow.get(p.id, 100) // 100 for p in scenario.people])
        self.tricks = np.array([unit in hidden.stops_the_clock for unit in self.units])

    def midnight(self, day: date) -> int:
        """The first instant of a local day."""
        return self._zone.to_instant(day_of(day) * DAY)

    def trait(self, name: str, otherwise: int) -> Numbers:
        """A trait of everybody, in the order of ``people``."""
        return np.array([person.traits.get(name, otherwise) for person in self.scenario.people], dtype=np.int64)

    def choose(self, draw: Draw, numbers: Numbers, units: Numbers, at: Numbers, trait: str) -> Numbers:
        """For each number somebody posted in its unit at its instant, by the weight of ``trait``; else NOBODY."""
        chosen = np.full(len(numbers), NOBODY, dtype=np.int64)
        stretches = np.searchsorted(self._edges, at, side="right") - 1
        weights = self.trait(trait, 1)
        for place in np.unique(units * len(self._edges) + stretches):
            unit, stretch = divmod(int(place), len(self._edges))
            those = [person for person in self.posted(unit, int(self._edges[stretch])) if weights[person] > 0]
            if those:
                rows = np.flatnonzero((units == unit) & (stretches == stretch))
                chosen[rows] = np.array(those)[draw.pick(numbers[rows], weights[those].tolist())]
        return chosen

    def posted(self, unit: int, at: int) -> list[int]:
        """Who is posted in ``unit`` itself at an instant."""
        return [p.person for p in self.postings if p.unit == unit and p.since <= at < p.until]

    def below(self, unit: int, at: int) -> list[int]:
        """The unit and all that lies under it at an instant."""
        found = [unit]
        for number, each in enumerate(self.scenario.units):
            parents = [parent for since, parent in each.parents if since is None or self.midnight(since) <= at]
            if number != unit and parents[-1] == self.units[unit]:
                found += self.below(number, at)
        return found

    def paces_at(self, staff: Numbers, units: Numbers, at: Numbers) -> Numbers:
        """Percent of the usual time that the holders take, each in a unit at an instant."""
        paces: Numbers = np.where(staff == NOBODY, 100, self.paces[staff])
        return np.where(self._shifted(units, at), paces * self.scenario.hidden.shift_pace // 100, paces)

    def _shifted(self, units: Numbers, at: Numbers) -> Flags:
        hidden = self.scenario.hidden
        if hidden.shift_unit is None or hidden.shift_from is None:
            return np.zeros(len(units), dtype=np.bool_)
        shifted: Flags = (units == self.units.index(hidden.shift_unit)) & (at >= self.midnight(hidden.shift_from))
        return shifted

    def _postings(self) -> Iterator[Posting]:
        for number, person in enumerate(self.scenario.people):
            starts = [self.midnight(since) if since else self.first for since, _ in person.postings]
            for (_, unit), since, until in zip(person.postings, starts, [*starts[1:], _NEVER], strict=True):
                yield Posting(number, self.units.index(unit), since, until)

    def facts(self) -> Iterator[Row]:
        """``unit`` and ``posted`` facts; whoever is there from the first day on is no newcomer."""
        for unit in self.scenario.units:
            for since, parent in unit.parents:
                told: dict[str, object] = {
                    "unit": unit.id,
                    "parent": parent,
                    "kind": unit.kind,
                    "name": unit.names["en"],
                }
                if unit.attributes:
                    told["attributes"] = unit.attributes
                yield Row("unit", self.midnight(since) if since else self.first, "unit", unit.id, None, unit.id, told)
        for posting in self.postings:
            person, unit_id = self.scenario.people[posting.person], self.units[posting.unit]
            hired = posting.since > self.first and posting.since == self._joined(posting.person)
            told = {"staff": person.id, "unit": unit_id, "role": person.role}
            if posting.until < _NEVER:
                told["to"] = self.date_of(posting.until)
            entry = {"attributes": {"entry": "hire" if hired else "move"}}
            yield Row("posted", posting.since, "staff", person.id, person.id, unit_id, {**told, **entry})

    def newcomers(self) -> list[Posting]:
        """Those who join in the course of the year."""
        return [p for p in self.postings if p.since > self.first and p.since == self._joined(p.person)]

    def _joined(self, person: int) -> int:
        return min(posting.since for posting in self.postings if posting.person == person)

    def date_of(self, at: int) -> str:
        """The local date of a midnight."""
        days = {day: self.midnight(day) for _, day in self._days()}
        return next(day.isoformat() for day, midnight in days.items() if midnight == at)

    def _days(self) -> Iterator[tuple[str, date]]:
        for person in self.scenario.people:
            yield from ((unit, since) for since, unit in person.postings if since)
