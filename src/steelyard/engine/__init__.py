"""Policy and facts in, figures out: pure Python, usable from a notebook.

    import steelyard.engine as sy

    policy = sy.load_policy("policy.yaml")
    sy.import_source(sy.load_mapping("mapping.yaml"), "ledger", "export.csv")
    result = sy.assess([policy], "ledger", ["2026-05"], out="may")
    result.scores.to_pandas()
    sy.explain("may", "resolved-on-time", "ann")

Everything named here is public and pinned by a test; all else may change. Names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steelyard.engine.errors import Place, Problem, SteelyardError
    from steelyard.engine.ledger import (
        ImportReport,
        append,
        facts_of,
        import_source,
        load_mapping,
        open_ledger,
        stat,
        suggest,
    )
    from steelyard.engine.ledger import (
        verify as verify_ledger,
    )
    from steelyard.engine.policy import coverage, diff, json_schema
    from steelyard.engine.policy.model import Policy
    from steelyard.engine.quality.intervals import wilson
    from steelyard.engine.quality.pairwise import weights as pairwise_weights
    from steelyard.engine.records.fold import Clock, Fact, fold
    from steelyard.engine.run.assess import Assessment, assess
    from steelyard.engine.run.backtest import Backtest, backtest
    from steelyard.engine.run.check import check
    from steelyard.engine.run.explain import Explanation, explain
    from steelyard.engine.run.loading import load_policy
    from steelyard.engine.run.timeline import Timeline, timeline
    from steelyard.engine.run.verify import verify

_HOMES = {
    "Assessment": "run",
    "Backtest": "run",
    "Clock": "records.fold",
    "Explanation": "run",
    "Fact": "records.fold",
    "ImportReport": "ledger",
    "Place": "errors",
    "Policy": "policy.model",
    "Problem": "errors",
    "SteelyardError": "errors",
    "Timeline": "run",
    "append": "ledger",
    "assess": "run",
    "backtest": "run",
    "check": "run",
    "coverage": "policy",
    "diff": "policy",
    "explain": "run",
    "facts_of": "ledger",
    "fold": "records.fold",
    "import_source": "ledger",
    "json_schema": "policy",
    "load_mapping": "ledger",
    "load_policy": "run",
    "open_ledger": "ledger",
    "pairwise_weights": "quality.pairwise:weights",
    "stat": "ledger",
    "suggest": "ledger",
    "timeline": "run",
    "verify": "run",
    "verify_ledger": "ledger:verify",
    "wilson": "quality.intervals",
}
"""Where each public name lives, with its name there after a colon where it has another."""

__all__ = [
    "Assessment",
    "Backtest",
    "Clock",
    "Explanation",
    "Fact",
    "ImportReport",
    "Place",
    "Policy",
    "Problem",
    "SteelyardError",
    "Timeline",
    "append",
    "assess",
    "backtest",
    "check",
    "coverage",
    "diff",
    "explain",
    "facts_of",
    "fold",
    "import_source",
    "json_schema",
    "load_mapping",
    "load_policy",
    "open_ledger",
    "pairwise_weights",
    "stat",
    "suggest",
    "timeline",
    "verify",
    "verify_ledger",
    "wilson",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, _, original = _HOMES[name].partition(":")
    return getattr(import_module(f"{__name__}.{home}"), original or name)


def __dir__() -> list[str]:
    return sorted(__all__)
