"""A made-up year with all it is made from: the parameters, the policy, the hours, the people, the draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from steelyard.engine.policy.model import Policy
from steelyard.engine.run import calendars
from steelyard.engine.worktime.elapsed import Elapsed
from steelyard.engine.worktime.work import Work
from steelyard.site.scenario.year.draw import Draw
from steelyard.site.scenario.year.people import Roster
from steelyard.site.scenario.year.settings import Scenario


@dataclass
class World:
    """One seed's year of ``size`` cases under ``policy``."""

    scenario: Scenario
    policy: Policy
    seed: int
    size: int

    @cached_property
    def draw(self) -> Draw:
        """Where all draws come from."""
        return Draw(str(self.seed))

    @cached_property
    def roster(self) -> Roster:
        """The people."""
        return Roster(self.scenario, self.policy.timezone)

    @cached_property
    def _works(self) -> dict[str, Work]:
        return calendars.working_times(self.policy, calendars.tables_of([self.policy]))

    def work(self, calendar: str | None) -> Work:
        """The hours of a calendar of the policy; without a name every hour."""
        return self._works[calendar] if calendar else Elapsed()
