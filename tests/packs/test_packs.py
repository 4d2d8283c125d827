"""Each pack is sound as it lies there, speaks three languages, and the starter works on the plainest of logs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from steelyard import engine, packs
from steelyard.engine.policy import model
from steelyard.engine.words import LANGUAGES
from tests.shared import shared_path


@pytest.fixture(params=packs.names())
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> model.Policy:
    file = tmp_path / f"{request.param}.yaml"
    file.write_bytes(packs.policy(request.param))
    return engine.load_policy(file)


def test_there_is_a_pack_to_start_with() -> None:
    assert "starter" in packs.names()


def test_an_unknown_pack_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(engine.SteelyardError) as refused:
        packs.policy("../starter")
    assert "starter" in refused.value.problems[0].text("en")


def test_a_pack_loads_and_its_own_tests_pass(policy: model.Policy) -> None:
    assert {type(test) for test in policy.tests} == {model.ClockTest, model.ScoreTest}
    assert engine.check(policy) == []


def test_every_title_of_a_pack_is_there_in_three_languages(policy: model.Policy) -> None:
    assert [title for title in titles(policy) if set(title) != set(LANGUAGES)] == []


def titles(policy: model.Policy) -> Iterator[model.Text]:
    yield policy.title
    for clause in policy.clauses:
        yield clause.title
        if clause.text:
            yield clause.text
    yield from (measure.title for measure in policy.measures)
    for card in policy.scorecards:
        yield card.title
        yield from (grade.title for grade in card.grades)
        yield from (node.title for node in card.tree if isinstance(node, model.Node) and len(card.tree) > 1)


MAPPING = """
apiVersion: steelyard/v1
kind: Mapping
metadata: {{name: log}}
spec:
  source: {{format: csv, timezone: Asia/Shanghai, timestamp: "%Y-%m-%d %H:%M"}}
  covers: [2003-09-01, 2003-10-01]
  case: id
  {rows}
  staff: who
  unit: team
"""


def figures(folder: Path, rows: str, log: str) -> dict[tuple[str, str, str], tuple[str | None, str | None, str]]:
    """Figures of September 2003 under the starter: (of, subject, measure) to numerator, denominator and status."""
    (folder / "log.csv").write_text(log, encoding="utf-8")
    (folder / "policy.yaml").write_bytes(packs.policy("starter"))
    mapping = engine.load_mapping(MAPPING.format(rows=rows).encode(), file="mapping.yaml")
    engine.import_source(mapping, folder / "ledger", folder / "log.csv")
    result = engine.assess([engine.load_policy(folder / "policy.yaml")], folder / "ledger", ["2003-09"])
    return {
        (row["of"], row["subject"], row["measure"]): (row["numerator"], row["denominator"], row["status"])
        for row in result.figures.to_pylist()
        if not row["stratum"]
    }


def test_the_starter_measures_a_bare_list_of_cases(tmp_path: Path) -> None:
    """Twelve cases of one person, opened on Monday at ten; four of them are solved a week later than promised."""
    solved = ["2003-09-03 10:00"] * 8 + ["2003-09-15 10:00"] * 4
    log = "id,opened,solved,who,team\n" + "".join(
        f"{n},2003-09-01 10:00,{at},ann,east\n" for n, at in enumerate(solved)
    )
    found = figures(tmp_path, "rows: cases\n  instants: {opened: opened, solved: solved}", log)
    for of, subject in [("staff", "ann"), ("unit:group", "east"), ("organisation", "")]:
        assert found[of, subject, "resolved-on-time"] == ("8", "12", "ok")
        assert found[of, subject, "cases-opened"] == ("12", "1", "ok")
        assert found[of, subject, "reopen-rate"] == ("0", "12", "ok")


def test_the_starter_measures_a_log_of_events(tmp_path: Path) -> None:
    """Ten cases taken up within the day and solved in three hours; two of them come back and stay open."""
    life = [("open", "1 10:00"), ("take", "1 11:00"), ("done", "1 14:00")]
    again = [*life, ("back", "2 09:00")]
    log = "id,state,at,who,team\n" + "".join(
        f"{n},{state},2003-09-0{at},ann,east\n" for n in range(10) for state, at in (again if n < 2 else life)
    )
    event = "event: {column: state, at: at, kinds: {open: opened, take: started, done: solved, back: reopened}}"
    found = figures(tmp_path, f"rows: events\n  {event}", log)
    assert found["staff", "ann", "taken-up-on-time"] == ("10", "10", "ok")
    assert found["staff", "ann", "resolved-on-time"] == ("8", "10", "ok")
    assert found["staff", "ann", "reopen-rate"] == ("2", "10", "ok")


REAL = """
apiVersion: steelyard/v1
kind: Mapping
metadata: {name: real}
spec:
  source: {format: csv, timezone: Asia/Shanghai, timestamp: "%Y-%m-%d %H:%M:%S"}
  covers: [2012-01-01, 2013-01-01]
  case: CaseID
  rows: events
  event: {column: ActivityID, at: CompleteTimestamp, kinds: {"1": opened, "8": started, "6": solved, "*": null}}
"""


def test_the_starter_measures_a_real_log_that_names_no_staff(tmp_path: Path) -> None:
    """Needs the shared help-desk log. Cases opened are counted a second time, by hand."""
    source = shared_path("data/helpdesk/helpdesk_tax2017.csv")
    firsts: dict[str, dict[str, datetime]] = {}
    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at, seen = datetime.fromisoformat(row["CompleteTimestamp"]), firsts.setdefault(row["CaseID"], {})
            if row["ActivityID"] in ("1", "8", "6"):
                seen[row["ActivityID"]] = min(at, seen.get(row["ActivityID"], at))
    opened = [seen.get("1") or min(seen.values()) for seen in firsts.values() if seen]
    (tmp_path / "policy.yaml").write_bytes(packs.policy("starter"))
    engine.import_source(engine.load_mapping(REAL.encode(), file="real.yaml"), tmp_path / "ledger", source)
    result = engine.assess([engine.load_policy(tmp_path / "policy.yaml")], tmp_path / "ledger", ["2012-05"])
    found = {row["measure"]: row for row in result.figures.to_pylist() if not row["stratum"]}
    assert {row["of"] for row in result.figures.to_pylist()} == {"organisation"}
    assert int(found["cases-opened"]["numerator"]) == sum((at.year, at.month) == (2012, 5) for at in opened) > 100
    assert {row["status"] for row in found.values()} == {"ok"}
