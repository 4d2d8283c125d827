"""Load a policy knowing which holiday tables come with this version."""

from __future__ import annotations

from pathlib import Path

from steelyard.engine import policy
from steelyard.engine.policy import model
from steelyard.engine.worktime import holidays


def load_policy(source: Path | str | bytes, *, file: str | None = None) -> model.Policy:
    """The policy in ``source``: a path, or the bytes of a document that ``file`` names in messages.

    Raises:
        SteelyardError: with everything that is wrong, each at its line and column.
    """
    return policy.load(source, file=file, holidays=holidays.built_in())
