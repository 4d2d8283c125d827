"""What every test run does: say what was left out and why, or with ``--require-all`` refuse to leave anything out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from typing import TypeVar

import hypothesis
import pytest

# A busy machine is no failure: only the result counts, not how long one example took.
hypothesis.settings.register_profile("steelyard", deadline=None)
hypothesis.settings.load_profile("steelyard")

Report = pytest.TestReport | pytest.CollectReport
ReportT = TypeVar("ReportT", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-all", action="store_true", help="a test that is left out is a failure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _insist((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _insist((yield), collector.config)


def _insist(report: ReportT, config: pytest.Config) -> ReportT:
    if config.getoption("require_all") and report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"left out, and --require-all was given: {_reason(report)}"
        report.outcome = "failed"
    return report


def _reason(report: Report) -> str:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return why.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out: dict[str, set[str]] = defaultdict(set)
    for report in terminalreporter.stats.get("skipped", []):
        left_out[_reason(report)].add(report.nodeid)
    terminalreporter.section("left out")
    if not left_out:
        terminalreporter.write_line("nothing")
    for reason, tests in sorted(left_out.items()):
        terminalreporter.write_line(f"{reason}:")
        for test in sorted(tests):
            terminalreporter.write_line(f"    {test}")
