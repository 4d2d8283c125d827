"""The written policy as data: loading with places, validation, meaning hash, clause coverage and difference."""

from __future__ import annotations

from steelyard.engine.policy.clause_coverage import coverage
from steelyard.engine.policy.columns import table as bases
from steelyard.engine.policy.difference import diff
from steelyard.engine.policy.grammar import json_schema
from steelyard.engine.policy.loader import load

__all__ = ["bases", "coverage", "diff", "json_schema", "load"]
