"""The made-up quarter is the same everywhere, hangs together, and keeps the hours of the policy beside it."""

from __future__ import annotations

import csv
import hashlib
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard import engine
from steelyard.engine.policy import model
from steelyard.site.scenario import files, scene, tickets

Rows = list[dict[str, str]]


def written(folder: Path, *, seed: int = 7, size: int = 400) -> dict[str, bytes]:
    files.write(folder, seed=seed, size=size)
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    folder = tmp_path_factory.mktemp("quarter")
    files.write(folder, seed=7, size=400)
    found = {}
    for name in files.SOURCES:
        with (folder / "exports" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = written(tmp_path / "a")
    assert written(tmp_path / "b") == first
    changed = {name for name, content in written(tmp_path / "c", seed=8).items() if content != first[name]}
    assert changed == {f"exports/{name}.csv" for name in ("tickets", "calls", "survey", "inspections", "marks")}


def test_the_bytes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    digest = hashlib.sha256()
    for name, content in written(tmp_path).items():
        if name.startswith("exports/"):
            digest.update(content)
    assert digest.hexdigest() == "1e4ff75f0d188c5e7801252cd2f31c3bbc9888c889d1d2e70913cd6005a1204e"


def test_each_ticket_is_there_once_begins_new_and_goes_forward(exports: dict[str, Rows]) -> None:
    lives: dict[str, Rows] = {}
    for row in exports["tickets"]:
        lives.setdefault(row["ticket"], []).append(row)
    assert len(lives) == 400
    for life in lives.values():
        instants = [row["at"] for row in life]
        assert instants == sorted(instants)
        assert [row["event"] for row in life].count("New") == 1
        assert life[0]["event"] == "New"
        assert life[0]["agent"] == ""


def test_a_ticket_is_held_by_somebody_who_was_posted_there_that_day(exports: dict[str, Rows]) -> None:
    for row in exports["tickets"]:
        if row["agent"]:
            assert scene.unit_of(row["agent"], datetime.fromisoformat(row["at"]).date()) == row["group"]


def test_nothing_happens_outside_the_quarter(exports: dict[str, Rows]) -> None:
    instants = [
        row[column]
        for name in ("tickets", "calls", "survey", "inspections", "marks")
        for row in exports[name]
        for column in ("at", "offered_at", "invited_at", "answered_at")
        if row.get(column)
    ]
    assert scene.FIRST.isoformat() <= min(instants)
    assert max(instants) < scene.END.isoformat()


def test_ids_are_given_once(exports: dict[str, Rows]) -> None:
    for name, column in [("calls", "call"), ("survey", "invitation"), ("inspections", "inspection"), ("marks", "mark")]:
        ids = [row[column] for row in exports[name]]
        assert len(ids) == len(set(ids)) > 0


def test_the_hours_and_promises_of_the_scene_are_those_of_its_policy() -> None:
    policy = engine.load_policy(scene.DESK / "policy.yaml")
    assert policy.timezone == scene.TIMEZONE
    assert policy.calendars == (scene.office().calendar,)
    resolve = next(commitment for commitment in policy.commitments if commitment.id == "resolve")
    promised = [(branch.value.working_days, branch.value.seconds) for branch in resolve.within]
    assert promised == [tickets.PROMISED[priority] for priority in (1, 2, 3, 4)]


def test_every_mapping_of_the_scene_is_sound_and_knows_every_event(exports: dict[str, Rows]) -> None:
    mappings = {name: engine.load_mapping(scene.DESK / "mappings" / f"{name}.yaml") for name in files.SOURCES}
    (event,) = mappings["tickets"].events
    assert {row["event"] for row in exports["tickets"]} <= set(event.kinds)
    assert {mapping.name for mapping in mappings.values()} == {f"desk-{name}" for name in files.SOURCES}


def test_the_policy_of_the_scene_passes_its_own_tests() -> None:
    policy = engine.load_policy(scene.DESK / "policy.yaml")
    assert {type(test) for test in policy.tests} == {model.ClockTest, model.ScoreTest}
    assert engine.check(policy) == []


@given(total=st.integers(0, 10_000), weights=st.lists(st.integers(0, 50), min_size=1).filter(any))
def test_shares_are_whole_and_add_up(total: int, weights: list[int]) -> None:
    parts = scene.share_out(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) <= 1 for part, weight in zip(parts, weights, strict=True))


@given(seed=st.integers(), steps=st.lists(st.integers(0, 10**6), min_size=2).map(sorted))
def test_a_number_is_drawn_from_within_its_steps(seed: int, steps: list[int]) -> None:
    assert steps[0] <= scene.spread(Random(seed), steps) <= steps[-1]
