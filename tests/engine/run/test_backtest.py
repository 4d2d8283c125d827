"""A draft on past facts: exactly those change who change when it is computed the long way."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

import steelyard.engine as sy
from tests.engine.run.world import case, ledger, policy

RULES = """
  clauses: [{{id: "2", title: {{en: On time}}, measured: by}}]
  commitments: [{{id: resolve, clause: "2", about: case, starts: [opened], stops: [solved], within: {within}}}]
  measures:
    - {{id: on-time, clause: "2", kind: proportion, basis: clock, numerator: "met = TRUE", minimum: 1, target: 80%}}
    - {{id: calls, clause: "2", kind: mean, basis: contact, value: wait_s}}
  scorecards:
    - id: staff
      of: staff
      period: month
      tree: [{{id: all, weight: 100, measures: [{{measure: on-time, weight: 100, points: {{share: 100}}}}]}}]
      grades: [{{id: good, from: 80}}, {{id: pass, from: 50}}, {{id: fail, from: 0}}]
"""


def test_the_changes_are_those_of_two_runs_compared_the_long_way(tmp_path: Path) -> None:
    facts = []
    for staff, hours in (("quick", (1, 1, 1, 1)), ("middling", (1, 1, 5, 9)), ("slow", (1, 9, 9, 9))):
        for n, hour in enumerate(hours):
            facts += case(f"{staff}-{n}", "2026-03-02T09:00", f"2026-03-02T{9 + hour:02}:00", staff=staff)
    folder = ledger(tmp_path / "l", facts)
    now, draft = (
        policy(RULES.format(within="8h")),
        policy(RULES.format(within="4h"), version="2", effective="2026-07-01"),
    )
    found = sy.backtest([now], draft, folder, ["2026-03"], out=tmp_path / "out")

    before = sy.assess([now], folder, ["2026-03"])
    after = sy.assess([], folder, ["2026-03"], policy_as=draft)
    grades = [
        {row["subject"]: row["grade"] for row in run.scores.to_pylist() if row["path"] == "total"}
        for run in (before, after)
    ]
    changed = {name for name in grades[0] if grades[0][name] != grades[1][name]}
    assert {row["subject"] for row in found.changes.to_pylist()} == changed | {"middling"}
    assert found.base.manifest["fingerprint"] == before.manifest["fingerprint"]
    assert found.candidate.manifest["fingerprint"] == after.manifest["fingerprint"]
    assert found.candidate.manifest["simulated"] is True

    moved = pq.read_table(tmp_path / "out" / "moved.parquet").to_pylist()
    assert moved == [
        {
            "measure": "on-time",
            "id": "middling-2/resolve",
            "period": "2026-03",
            "before": "hit",
            "after": "not hit",
            "clause": "2",
        }
    ]
    assert {row["measure"] for row in found.silent} == {"calls"}
    assert {(row["of"], row["subject"]) for row in found.missed} == set()
    assert sy.verify(tmp_path / "out" / "candidate", folder).agrees
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["moved"] == 1


def test_newly_failing_people_come_first(tmp_path: Path) -> None:
    facts = [
        *case("a", "2026-03-02T09:00", "2026-03-02T14:00", staff="zoe"),
        *case("b", "2026-03-02T09:00", "2026-03-02T10:00"),
    ]
    facts += case("c", "2026-03-02T09:00", "2026-03-02T14:00", staff="ann")
    folder = ledger(tmp_path / "l", facts)
    now, draft = (
        policy(RULES.format(within="8h")),
        policy(RULES.format(within="4h"), version="2", effective="2026-07-01"),
    )
    found = sy.backtest([now], draft, folder, ["2026-03"], out=tmp_path / "out")
    assert [(row["subject"], row["grade_after"], row["newly_failing"]) for row in found.changes.to_pylist()] == [
        ("zoe", "fail", True),
        ("ann", "pass", False),
    ]
