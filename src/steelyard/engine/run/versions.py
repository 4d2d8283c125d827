"""Which version was in force when: a case keeps the one it was opened under, a period the one of its first day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from steelyard.engine.errors import refuse
from steelyard.engine.measure.periods import Period, midnight
from steelyard.engine.policy import model
from steelyard.engine.words import N_

BEGINNING = datetime(1, 1, 1)
END = datetime(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Versions:
    """Policy versions in the order they came into force, and the instants in which each was.

    ``simulated`` says that one policy stands in for whatever was really in force.
    """

    policies: tuple[model.Policy, ...]
    in_force: tuple[tuple[datetime, datetime], ...]
    simulated: bool = False

    @classmethod
    def of(cls, policies: Sequence[model.Policy]) -> Versions:
        """Order ``policies`` by the day each takes effect; each holds until the next one begins.

        Raises:
            SteelyardError: ``draft`` for a policy without an effective date, ``same-day`` when two begin together.
        """
        for policy in policies:
            if policy.lifecycle.effective is None:
                raise refuse(
                    "draft",
                    N_("policy {name} {version} is a draft: it has no lifecycle.effective"),
                    remedy=N_("give it a date, or try it with --policy-as or backtest"),
                    name=policy.name,
                    version=policy.version,
                )
        ordered = sorted(policies, key=_effective)
        starts = [midnight(_effective(policy), policy.timezone) for policy in ordered]
        for earlier, later, policy in zip(starts, starts[1:], ordered[1:], strict=False):
            if earlier == later:
                raise refuse(
                    "same-day",
                    N_("two policies take effect on {day}"),
                    day=_effective(policy),
                    remedy=N_("name one of them"),
                )
        return cls(tuple(ordered), tuple(zip(starts, [*starts[1:], END], strict=True)))

    @classmethod
    def only(cls, policy: model.Policy) -> Versions:
        """Everything under ``policy``, whenever it happened: a simulation."""
        return cls((policy,), ((BEGINNING, END),), simulated=True)

    def for_period(self, period: Period) -> int:
        """The index of the version in force at the first instant of ``period``.

        Raises:
            SteelyardError: ``not-in-force`` when none was.
        """
        if self.simulated:
            return 0
        begun = [index for index, policy in enumerate(self.policies) if _effective(policy) <= period.first]
        if not begun:
            raise refuse(
                "not-in-force",
                N_("no policy was in force on {day}, when {period} begins"),
                remedy=N_("add the version of that time with --policy, or put the period under one with --policy-as"),
                day=period.first.isoformat(),
                period=period.name,
            )
        return begun[-1]


def _effective(policy: model.Policy) -> date:
    return policy.lifecycle.effective or date.max
