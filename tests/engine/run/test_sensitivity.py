"""One wrong holiday, target or weight changes the figures that it must, and no others."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import steelyard.engine as sy
from steelyard.engine.worktime import holidays
from tests.engine.run.world import case, fact, ledger, policy

POLICY = """
  attributes: [{name: csat, type: integer, of: case}]
  calendars:
    - {id: office, hours: {mon-fri: ["09:00-18:00"]}, holidays: CN, makeup_as: mon}
    - {id: always, hours: {mon-sun: ["00:00-24:00"]}}
  commitments:
    - {id: working, about: case, starts: [opened], stops: [solved], within: 2wd, calendar: office}
    - {id: elapsed, about: case, starts: [opened], stops: [solved], within: 48h}
  measures:
    - {id: in-working-time, kind: proportion, basis: clock, population: "commitment = 'working'",
       numerator: "met = TRUE", minimum: 1, target: 60%}
    - {id: in-elapsed-time, kind: proportion, basis: clock, population: "commitment = 'elapsed'",
       numerator: "met = TRUE", minimum: 1, target: 70%}
    - {id: csat, kind: mean, basis: case, value: attr.csat, minimum: 1, target: 4}
    - {id: cases, kind: count, basis: case}
  scorecards:
    - id: staff
      of: staff
      period: month
      tree:
        - id: speed
          weight: 60
          measures:
            - {measure: in-working-time, weight: 50, points: {share: target}}
            - {measure: in-elapsed-time, weight: 50, points: {share: target}}
        - {id: voice, weight: 40, measures: [{measure: csat, weight: 100, points: {share: target}}]}
      grades: [{id: good, from: 80}, {id: fail, from: 0}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred cases around Labour Day 2026, solved after up to six days by four people."""
    dice = random.Random(20260501)
    facts = []
    for n in range(200):
        opened = datetime(2026, 4, 20) + timedelta(minutes=dice.randrange(30 * 24 * 60))
        solved = opened + timedelta(minutes=dice.randrange(6 * 24 * 60))
        facts += case(f"c{n}", opened.isoformat(), solved.isoformat(), staff=f"s{n % 4}", csat=dice.randrange(1, 6))
    return ledger(tmp_path_factory.mktemp("sensitivity") / "ledger", facts)


def run(folder: Path, rules: sy.Policy, **more: object) -> sy.Assessment:
    return sy.assess([rules], folder, ["2026-04", "2026-05"], as_of="2026-07-01", **more)  # type: ignore[arg-type]


def changed(before: sy.Assessment, after: sy.Assessment, table: str) -> dict[tuple[object, ...], set[str]]:
    """The columns that differ, by the key of their row."""
    keys = ("of", "subject", "measure", "period") if table == "figures" else ("scorecard", "subject", "period", "path")
    old, new = (
        {tuple(row[k] for k in keys): row for row in getattr(run, table).to_pylist()} for run in (before, after)
    )
    assert old.keys() == new.keys()
    found = {key: {name for name in row if row[name] != new[key][name]} for key, row in old.items()}
    return {key: names for key, names in found.items() if names}


def rewritten(change: Callable[[str], str]) -> sy.Policy:
    text = change(POLICY)
    assert text != POLICY
    return policy(text)


def test_a_wrong_holiday_moves_only_figures_in_working_time(folder: Path) -> None:
    table = holidays.table("CN")
    wrong = replace(table, days=tuple(day for day in table.days if day.on != date(2026, 5, 4)))
    before, after = run(folder, policy(POLICY)), run(folder, policy(POLICY), holiday_tables={"CN": wrong})
    assert {key[2] for key in changed(before, after, "figures")} == {"in-working-time"}
    assert before.manifest["calendars"] != after.manifest["calendars"]


def test_a_wrong_target_moves_only_its_own_measure_and_the_scores_above_it(folder: Path) -> None:
    before = run(folder, policy(POLICY))
    after = run(folder, rewritten(lambda text: text.replace("target: 70%", "target: 20%")))
    figures, scores = changed(before, after, "figures"), changed(before, after, "scores")
    assert {key[2] for key in figures} == {"in-elapsed-time"}
    assert set().union(*figures.values()) == {"target", "on_target"}
    assert {key[3] for key in scores} == {"speed/in-elapsed-time", "speed", "total"}


def test_a_wrong_weight_moves_no_figure_and_only_the_scores_above_it(folder: Path) -> None:
    before = run(folder, policy(POLICY))
    after = run(
        folder,
        rewritten(lambda text: text.replace("weight: 60", "weight: 70").replace("weight: 40", "weight: 30")),
    )
    assert not changed(before, after, "figures")
    scores = changed(before, after, "scores")
    assert {key[3] for key in scores if scores[key] - {"weight"}} == {"total"}
    assert {key[3] for key in scores} == {"speed", "voice", "total"}


def test_facts_of_others_move_nothing_of_mine(folder: Path, tmp_path: Path) -> None:
    """A day more of somebody else's work, and a letter to a case, change exactly that person and the whole."""
    before = run(folder, policy(POLICY))
    other = ledger(tmp_path / "ledger", *[_plain(one) for n in range(200) for one in sy.facts_of(folder, f"c{n}")])
    assert run(other, policy(POLICY)).manifest["fingerprint"] == before.manifest["fingerprint"]
    ledger(other, case("new", "2026-05-12T09:00", "2026-05-12T10:00", staff="s1", csat=1))
    ledger(other, fact("informed", "2026-05-13T09:00", "case", "new", staff="s1"))
    after = run(other, policy(POLICY))
    assert {key[:2] for key in changed(before, after, "figures")} == {("organisation", ""), ("staff", "s1")}
    assert {key[1] for key in changed(before, after, "scores") if key[3] != "total"} == {"s1"}


def _plain(stored: dict[str, object]) -> dict[str, object]:
    """A stored fact as it was before it was sealed."""
    import json

    data = stored["data"]
    return {
        **{k: stored[k] for k in ("kind", "occurred_at", "about_type", "about_id", "staff", "unit", "actor")},
        "data": json.loads(data) if isinstance(data, str) else data,
    }
