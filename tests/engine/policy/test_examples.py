"""The worked examples: good policies load, and each broken one is refused exactly where it is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import load
from tests.shared import SHARED, shared_path

_EXPECTED = SHARED / "examples/bad/expected.json"
BROKEN: dict[str, Any] = json.loads(_EXPECTED.read_text()) if _EXPECTED.is_file() else {}  # as the file has it
GOOD = ["full.policy.yaml", "bad/valid.policy.yaml", "hand/policy.yaml", "phonenow/policy.yaml", "uci/policy.yaml"]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_policy_loads(name: str) -> None:
    policy = load(shared_path(f"examples/{name}"))
    assert policy.lifecycle.effective is not None
    assert len(policy.hash) == 64


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - {"failing-test.yaml"}))
def test_a_broken_policy_is_refused_where_it_is_broken(name: str) -> None:
    path: Path = shared_path(f"examples/bad/{name}")
    with pytest.raises(SteelyardError) as caught:
        load(path)
    (problem,) = caught.value.problems
    wanted = BROKEN[name]
    place = problem.place
    assert (place.file, place.line, place.path) == (str(path), wanted["line"], wanted["path"])
    assert (place.column, problem.code) == (wanted["column"], wanted["code"])


def test_a_failing_test_is_no_error_of_the_document_but_has_its_place() -> None:
    policy = load(shared_path("examples/bad/failing-test.yaml"))
    assert policy.places["spec.tests[0].expect[0].due_at"] == (68, 32)
