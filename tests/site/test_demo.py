"""The demonstration from end to end: its counts add up, what is hidden comes to light, and its commands run."""

from __future__ import annotations

import csv
import io
import shlex
from contextlib import redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from steelyard import engine
from steelyard.site import cli, demo
from steelyard.site.scenario import files


@dataclass(frozen=True)
class Shown:
    folder: Path
    printed: str
    result: engine.Assessment

    def score(self, scorecard: str, period: str, path: str) -> dict[str, dict[str, object]]:
        """The rows of one path of a scorecard by subject."""
        return {
            row["subject"]: row
            for row in self.result.scores.to_pylist()
            if (row["scorecard"], row["period"], row["path"]) == (scorecard, period, path)
        }

    def figure(self, of: str, measure: str, period: str) -> dict[str, dict[str, object]]:
        """The figures of one measure by subject, without strata."""
        return figures(self.result, of, measure, period)


def figures(result: engine.Assessment, of: str, measure: str, period: str) -> dict[str, dict[str, object]]:
    return {
        row["subject"]: row
        for row in result.figures.to_pylist()
        if (row["of"], row["measure"], row["period"]) == (of, measure, period) and not row["stratum"]
    }


def show(folder: Path, **options: object) -> Shown:
    said = io.StringIO()
    with redirect_stdout(said):
        result = demo.run(**{"once": True, "pack": None, "folder": folder, **options})  # type: ignore[arg-type]
    return Shown(folder, said.getvalue(), result)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return show(tmp_path_factory.mktemp("demo") / "a folder")


def test_every_row_read_is_accounted_for(shown: Shown) -> None:
    for name in files.SOURCES:
        (line,) = [line for line in shown.printed.splitlines() if line.startswith(f"exports/{name}.csv")]
        read, *parts = (int(number) for number in line.split()[1:])
        with (shown.folder / "exports" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert read == len(list(csv.DictReader(file)))
        assert parts == [read, 0, 0, 0, 0]


def test_every_ticket_is_counted_once_and_the_duplicates_are_named(shown: Shown) -> None:
    opened = shown.figure("organisation", "tickets-opened", "2026-Q2")[""]
    assert int(str(opened["numerator"])) + int(str(opened["excluded"])) == demo.SIZE
    by_department = shown.figure("unit:department", "tickets-opened", "2026-Q2")
    assert sum(int(str(row["numerator"])) for row in by_department.values()) == int(str(opened["numerator"]))


@pytest.mark.parametrize("period", ["2026-05", "2026-06"])
def test_the_slow_person_is_last_in_efficiency(shown: Shown, period: str) -> None:
    efficiency = shown.score("staff-monthly", period, "efficiency")
    scores = {subject: Decimal(str(row["score"])) for subject, row in efficiency.items() if row["score"] is not None}
    assert len(scores) == 11
    assert min(scores, key=lambda subject: scores[subject]) == "gao-ming"


def test_stopping_the_clock_before_the_due_gains_nothing(shown: Shown) -> None:
    """The on-site group looks best of all where reopenings are ignored, and is last as the policy counts."""
    policy = (shown.folder / "policy.yaml").read_text(encoding="utf-8")
    lenient = shown.folder / "lenient.yaml"
    lenient.write_text(policy.replace("on_reopen: resume", "on_reopen: ignore"), encoding="utf-8")
    ignored = engine.assess([engine.load_policy(lenient)], shown.folder / "ledger", ["2026-Q2"])
    looks = rates(figures(ignored, "unit:group", "resolved-on-time", "2026-Q2"))
    counts = rates(shown.figure("unit:group", "resolved-on-time", "2026-Q2"))
    assert max(looks, key=lambda unit: looks[unit]) == "onsite"
    assert min(counts, key=lambda unit: counts[unit]) == "onsite"
    assert looks["onsite"] > 98 > 85 > counts["onsite"]
    reopened = rates(shown.figure("unit:group", "reopen-rate", "2026-Q2"))
    assert reopened["onsite"] > 4 * max(rate for unit, rate in reopened.items() if unit != "onsite")


def rates(by_unit: dict[str, dict[str, object]]) -> dict[str, Decimal]:
    return {unit: Decimal(str(row["value"])) for unit, row in by_unit.items()}


def test_a_serious_violation_caps_the_grade_and_leaves_the_total(shown: Shown) -> None:
    may, june = (shown.score("staff-monthly", period, "total")["chen-bo"] for period in ("2026-05", "2026-06"))
    assert may["grade"] in ("good", "excellent")
    assert june["grade"] == "pass"
    assert Decimal(str(june["score"])) >= 80


def test_who_has_hardly_begun_is_shown_and_not_ranked_and_the_reason_is_printed(shown: Shown) -> None:
    total = shown.score("staff-monthly", "2026-06", "total")["xu-ran"]
    assert (total["status"], total["grade"], total["rank"]) == ("insufficient", None, None)
    (reason,) = [line for line in shown.printed.splitlines() if line.startswith("Xu Ran is not ranked: 24 of 100")]
    assert "of at least 20" in reason
    assert "xu-ran" not in shown.score("staff-monthly", "2026-05", "total")


def test_the_move_in_may_is_counted_by_the_chart_of_the_day(shown: Shown) -> None:
    """The on-site group's tickets are the old department's until May, and the new one's in June."""
    tickets = {period: shown.figure("unit:department", "tickets-opened", period) for period in demo.PERIODS}
    old, new = (
        {period: int(str(found[unit]["numerator"])) for period, found in tickets.items()}
        for unit in ("customer-service", "technical-support")
    )
    assert old["2026-06"] < new["2026-06"]
    assert old["2026-Q2"] - old["2026-05"] - old["2026-06"] > new["2026-Q2"] - new["2026-05"] - new["2026-06"]


def test_ranks_follow_the_totals_and_grades(shown: Shown) -> None:
    totals = shown.score("staff-monthly", "2026-06", "total").values()
    ranked = sorted((row for row in totals if row["rank"]), key=lambda row: int(str(row["rank"])))
    order = ["excellent", "good", "pass", "fail"]
    keys = [(order.index(str(row["grade"])), -Decimal(str(row["score"]))) for row in ranked]
    assert keys == sorted(keys)


def test_the_places_it_names_are_there(shown: Shown) -> None:
    lines = shown.printed.partition("What was made:\n")[2].partition("\n\n")[0].splitlines()
    places = [shown.folder / line.partition(str(shown.folder))[2].strip("/") for line in lines]
    assert len(places) == 5
    assert all(place.exists() for place in places)


def test_the_commands_it_prints_run_as_they_stand(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.strip() for line in shown.printed.splitlines() if line.startswith("  ")]
    commands = [shlex.split(line.removeprefix("./go "))[1:] for line in lines if "steelyard " in line]
    said = {}
    for words in commands:
        assert cli.app("en")(args=words, standalone_mode=False) in (None, 0)
        said[words[0]] = capsys.readouterr().out
    assert list(said) == ["explain", "clock", "verify", "policy", "assess"]
    assert "gao-ming" in said["explain"]
    assert "reopened" in said["clock"]
    assert str(shown.result.manifest["fingerprint"]) in said["verify"]


def test_made_anew_it_gives_the_same_fingerprint_and_keeps_a_policy_that_somebody_changed(tmp_path: Path) -> None:
    first = show(tmp_path / "demo", size=150)
    policy = tmp_path / "demo" / "policy.yaml"
    written = policy.read_text(encoding="utf-8")
    policy.write_text(written.replace("is: 5wd", "is: 4wd"), encoding="utf-8")
    again = show(tmp_path / "demo", size=150, lang="zh-Hans")
    assert again.result.manifest["fingerprint"] == first.result.manifest["fingerprint"]
    assert policy.read_text(encoding="utf-8") == written
    assert "is: 4wd" in policy.with_name("policy.before.yaml").read_text(encoding="utf-8")
    assert "policy.before.yaml" in again.printed
    assert "林悦" in again.printed


def test_with_a_pack_the_same_rows_are_assessed_by_its_policy(tmp_path: Path) -> None:
    packed = show(tmp_path / "demo", size=150, pack="starter", once=False)
    assert packed.result.policies[0].name == "starter"
    assert "Lin Yue" in packed.printed
    assert "no web service" in packed.printed


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(engine.SteelyardError) as refused:
        demo.run(once=True, pack=None, folder=tmp_path)
    assert "--folder" in refused.value.problems[0].text("en")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
