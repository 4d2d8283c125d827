"""What a well-formed policy may still have wrong: names that lead nowhere, units, sums, orders and circles.

The checks read the records of the document, so that one mistake does not hide the others.
"""

from __future__ import annotations

from steelyard.engine.policy.checks import commitments, measures, scorecards, service, trial
from steelyard.engine.policy.checks.context import Context


def run(context: Context) -> None:
    """Note every problem of the policy in its document, and keep what was worked out in ``context``."""
    service.check_zone(context)
    service.check_attributes(context)
    service.check_ids(context)
    service.check_lifecycle(context)
    service.check_clauses(context)
    service.check_kinds(context)
    service.check_flow(context)
    service.check_calendars(context)
    service.check_segments(context)
    commitments.check(context)
    service.check_duties(context)
    service.check_forms(context)
    measures.check(context)
    scorecards.check(context)
    service.check_rules(context)
    trial.check(context)
