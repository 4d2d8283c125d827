"""Whatever stands in a file, loading gives a policy or a refusal with places: never a traceback."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import load
from tests.engine.policy.small import SMALL
from tests.shared import shared_path

STRANGE = [
    None,
    "",
    "x",
    "95%",
    "0",
    "-1",
    "2wd",
    "30s",
    [],
    {},
    ["x"],
    {"x": "y"},
    "a.b",
    "TRUE",
    "=",
    "9" * 40,
    "2026-01-01",
    [[]],
]


def _full() -> bytes:
    return shared_path("examples/full.policy.yaml").read_bytes()


def _refused_or_loaded(source: bytes) -> None:
    try:
        load(source, file="fuzz.yaml")
    except SteelyardError as error:
        refused = error.problems
    else:
        return
    assert refused
    assert all(problem.text() and problem.place.file == "fuzz.yaml" for problem in refused)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mangled_bytes(data: st.DataObject) -> None:
    source = _full()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(source)))
        length = data.draw(st.integers(0, 40))
        source = source[:start] + data.draw(st.binary(max_size=12)) + source[start + length :]
    _refused_or_loaded(source)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "replace")))
def test_random_text(text: str) -> None:
    _refused_or_loaded(text.encode("utf-8", "surrogatepass"))


def _places(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # a document may hold anything
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place, *(found for name, child in below for found in _places(child, (*place, name)))]


def _swap(document: Any, place: tuple[Any, ...], value: Any) -> None:  # likewise
    for name in place[:-1]:
        document = document[name]
    document[place[-1]] = value


def _at(document: Any, place: tuple[Any, ...]) -> Any:  # likewise
    for name in place:
        document = document[name]
    return document


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_values_in_wrong_places(data: st.DataObject) -> None:
    document = yaml.load(_full(), Loader=yaml.CBaseLoader)
    places = _places(document)[1:]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        value = data.draw(st.sampled_from([*STRANGE, *(_at(document, other) for other in places)]))
        changed = copy.deepcopy(document)
        try:
            _swap(changed, place, copy.deepcopy(value))
        except (KeyError, IndexError, TypeError):
            continue
        document = changed
        places = _places(document)[1:]
    _refused_or_loaded(json.dumps(document, ensure_ascii=False).encode())


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_small_policy_with_parts_left_out(data: st.DataObject) -> None:
    document = yaml.load(SMALL, Loader=yaml.CBaseLoader)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(_places(document)[1:]))
        parent = _at(document, place[:-1])
        del parent[place[-1]]
    _refused_or_loaded(json.dumps(document).encode())
