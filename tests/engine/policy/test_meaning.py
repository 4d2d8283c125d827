"""The meaning hash: the same for whatever says the same, another for whatever does not."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import diff, load
from tests.engine.policy.small import SMALL
from tests.shared import shared_path

PROSE = {"title", "text", "manual", "tests"}
Tree = Any  # a document as YAML's base loader gives it: dicts, lists and texts


def _sources() -> list[str]:
    return [SMALL, shared_path("examples/full.policy.yaml").read_text()]


def _shuffled(node: Tree, chance: random.Random, name: str = "", above: str = "") -> Tree:
    """The same document with the keys of its mappings, and the entries of its sections, in another order."""
    if isinstance(node, dict):
        keys = list(node)
        chance.shuffle(keys)
        return {key: _shuffled(node[key], chance, key, name) for key in keys}
    if isinstance(node, list):
        items = [_shuffled(item, chance) for item in node]
        if above == "spec" and name not in {"flow", "segments", "calendars"}:
            chance.shuffle(items)
        return items
    return node


def _reworded(node: Tree) -> Tree:
    """The same document with other titles, texts and manuals, and without tests."""
    if isinstance(node, dict):
        kept = {key: below for key, below in node.items() if key != "tests"}
        return {key: {"en": "words"} if key in {"title", "text"} else _reworded(below) for key, below in kept.items()}
    return [_reworded(item) for item in node] if isinstance(node, list) else node


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), which=st.integers(0, 1), style=st.sampled_from([None, '"', "'"]), flow=st.booleans())
def test_order_and_quotes_say_nothing(seed: int, which: int, style: str | None, flow: bool) -> None:
    source = _sources()[which]
    tree = yaml.load(source, Loader=yaml.CBaseLoader)
    tree["spec"] = _shuffled({**tree["spec"], "tests": []}, random.Random(seed), "spec")
    again = yaml.dump(tree, default_style=style, default_flow_style=flow, sort_keys=False, allow_unicode=True, width=80)
    assert load(("# said anew\n" + again).encode()).hash == load(source.encode()).hash


@pytest.mark.parametrize("which", [0, 1])
def test_words_for_people_and_tests_say_nothing(which: int) -> None:
    source = _sources()[which]
    tree = yaml.load(source, Loader=yaml.CBaseLoader)
    again = load(json.dumps(_reworded(tree)).encode())
    assert again.hash == load(source.encode()).hash
    assert diff(load(source.encode()), again) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      starts: [opened]\n", "      about: case\n      starts: [opened]\n"),
        ("      starts: [booked]\n", "      starts: [booked]\n      on_reopen: resume\n      time: elapsed\n"),
        ("      time: working\n      warn", "      time: working\n      calendar: [{is: open-hours}]\n      warn"),
        ("stops: [solved, closed]", "stops: [closed, solved]"),
        ("is: 1h30m}", "is: 90m}"),
        ("is: 4h}", "is: 240m}"),
        ("warn: 75%", "warn: 75.0"),
        ("kind = 'loan' AND attr.pages < 900.5", "(kind='loan') and  attr.pages<900.50"),
        ("target: 1m30s", "targets: [{is: 90}]"),
        ("      basis: clock\n      pop", "      by: due_at\n      direction: up\n      basis: clock\n      pop"),
        ("valid: 1y", "valid: 12mo"),
        ("{deduct: {each: 2}}", "{deduct: {each: 2.0, from: 100, floor: 0}}"),
        ("{measure: happy, points", "{measure: happy, weight: 100, points"),
        ("period: month\n", "period: month\n      peers: none\n      missing: renormalise\n      require: 50%\n"),
        ("pairwise: [[one, two, 3]]", "pairwise: [[one, two, 3]], consistency_max: 0.1"),
        ('["09:00-12:30", "13:00-19:00"], sat', "[13:00-19:00, 9:00-12:30], sat"),
        ("{id: loan, title", "{id: loan, confidential: false, title"),
        ("numerator: leaves,", "per: 1, numerator: leaves,"),
        ("for: \"kind = 'shelf'\"", "optional: false, calendar: open-hours, for: \"kind = 'shelf'\""),
    ],
)  # fmt: skip
def test_what_says_the_same_has_the_same_hash(old: str, new: str) -> None:
    assert old in SMALL
    assert load(SMALL.replace(old, new, 1).encode()).hash == load(SMALL.encode()).hash


def _leaves(node: Tree, place: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], str]]:  # keys and numbers
    if isinstance(node, str):
        return [(place, node)]
    below = node.items() if isinstance(node, dict) else enumerate(node)
    return [found for name, child in below if name not in PROSE for found in _leaves(child, (*place, name))]


def _changed(text: str) -> str:
    """Another value of the same kind: a number one more, a text one letter longer."""
    number = re.match(r"[0-9]+", text)
    if text.lower() in ("true", "false"):
        return "false" if text.lower() == "true" else "true"
    return f"{int(number.group()) + 1}{text[number.end() :]}" if number else text + "x"


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_other_value_means_something_else(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(_sources()))
    tree = yaml.load(source, Loader=yaml.CBaseLoader)
    place, text = data.draw(st.sampled_from(_leaves(tree)))
    node = tree
    for name in place[:-1]:
        node = node[name]
    node[place[-1]] = _changed(text)
    try:
        other = load(json.dumps(tree).encode())
    except SteelyardError:
        assume(False)
    before = load(source.encode())
    assert other.hash != before.hash, place
    assert diff(before, other), place


def test_the_order_of_a_tree_and_of_branches_means_something() -> None:
    branches = SMALL.replace(
        '[{when: "priority = 1", is: 1h30m}, {is: 4h}]',
        '[{when: "priority = 1", is: 1h30m}, {when: "priority <= 2", is: 2h}, {is: 4h}]',
    )
    swapped = SMALL.replace(
        '[{when: "priority = 1", is: 1h30m}, {is: 4h}]',
        '[{when: "priority <= 2", is: 2h}, {when: "priority = 1", is: 1h30m}, {is: 4h}]',
    )
    assert load(branches.encode()).hash != load(swapped.encode()).hash
