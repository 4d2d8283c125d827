"""The verbs of the engine, one page each: assess, explain, verify, check, timeline, backtest."""

from __future__ import annotations

from steelyard.engine.run.assess import Assessment, assess
from steelyard.engine.run.backtest import Backtest, backtest
from steelyard.engine.run.check import check
from steelyard.engine.run.explain import Explanation, explain
from steelyard.engine.run.loading import load_policy
from steelyard.engine.run.timeline import Timeline, timeline
from steelyard.engine.run.verify import Verification, verify

__all__ = [
    "Assessment",
    "Backtest",
    "Explanation",
    "Timeline",
    "Verification",
    "assess",
    "backtest",
    "check",
    "explain",
    "load_policy",
    "timeline",
    "verify",
]
