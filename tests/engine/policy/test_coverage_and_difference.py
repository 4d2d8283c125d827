"""Clause coverage, the difference between versions, and the data that describes the format."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from steelyard.engine.policy import bases, coverage, diff, json_schema, load
from tests.engine.policy.small import SMALL
from tests.shared import shared_path


def test_every_clause_says_how_it_is_measured() -> None:
    lines = {line.clause: line for line in coverage(load(SMALL.encode())).clauses}
    assert [str(binding) for binding in lines["a1"].bindings] == [
        "commitments/fetch",
        "commitments/bring",
        "duties/dusting",
        "measures/fetched",
        "rules/again",
    ]
    assert lines["a2"].text() == "clause a2 is not measured yet: nobody counts"


def test_a_clause_that_nothing_measures_is_a_finding() -> None:
    found = coverage(load(SMALL.replace("measured: not_yet, because: nobody counts", "measured: by").encode()))
    assert [(problem.code, problem.params["clause"]) for problem in found.findings] == [("unbound-clause", "a2")]
    assert found.clauses[1].as_json()["status"] == "unbound"


def test_a_text_that_something_measures_is_a_finding() -> None:
    found = coverage(load(SMALL.replace("owner: stacks, measured: by", "owner: stacks, measured: text").encode()))
    assert [problem.code for problem in found.findings] == ["bound-text"]


def _changes(*edits: tuple[str, str]) -> dict[str, Any]:  # plain data of changes by their place
    text = SMALL
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    found = diff(load(SMALL.encode()), load(text.encode()))
    assert all(change.lines("en") for change in found)
    return {f"{change.section}/{change.id}": change.as_json() for change in found}


def test_a_changed_target_time_names_the_field_and_whom_it_touches() -> None:
    (change,) = _changes(("is: 4h}", "is: 6h}")).values()
    assert change["fields"] == [
        {"field": "within", "before": "1h30m when priority = 1; 4h", "after": "1h30m when priority = 1; 6h"}
    ]
    assert {"what": "owner", "name": "stacks"} in change["touches"]
    assert {"what": "cases", "name": "kind = 'loan' AND attr.pages < 900.5"} in change["touches"]


def test_a_weight_deep_in_a_tree_is_named_by_its_place() -> None:
    found = _changes(("weight: 70, points", "weight: 60, points"), ("weight: 30, missing", "weight: 40, missing"))
    assert list(found) == ["scorecards/monthly"]
    assert [one["field"] for one in found["scorecards/monthly"]["fields"]] == [
        "tree[speed].children[fetched].weight",
        "tree[speed].children[wait].weight",
    ]
    assert found["scorecards/monthly"]["touches"] == [{"what": "subjects", "name": "staff"}]


def test_a_measure_touches_the_scorecards_it_feeds_also_through_a_quotient() -> None:
    (change,) = _changes(("value: attr.pages}", "value: attr.pages + 1}")).values()
    assert change["touches"] == [{"what": "scorecard", "name": "desks"}]


def test_things_added_and_removed_are_told_apart() -> None:
    found = _changes(("{id: promoters,", "{id: fans,"))
    assert {name: change["what"] for name, change in found.items()} == {
        "measures/promoters": "removed",
        "measures/fans": "added",
    }


def test_what_holds_for_the_whole_policy_is_one_change() -> None:
    found = _changes(
        ('version: "2"', 'version: "3"'), ("review_every: 6mo", "review_every: 1y"), ("by: page,", "by: boy,")
    )
    assert [(one["field"], one["before"], one["after"]) for one in found["policy/library"]["fields"]] == [
        ("version", "2", "3"),
        ("lifecycle.review_every", "6mo", "12mo"),
        ("flow[fetch].by", "page", "boy"),
    ]


def _fits(value: Any, schema: Any, root: Any) -> bool:  # JSON and the part of JSON Schema used here
    if "$ref" in schema:
        return _fits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in schema and not any(_fits(value, each, root) for each in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    types = schema.get("type", [])
    if types and not any(_is(value, type_) for type_ in ([types] if isinstance(types, str) else types)):
        return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if isinstance(value, list):
        kinds = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        return len(value) >= schema.get("minItems", 0) and all(map(_fits, value, kinds, [root] * len(value)))
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        if not set(schema.get("required", [])) <= value.keys() or not value.keys() <= known.keys():
            return False
        return all(_fits(below, known[name], root) for name, below in value.items())
    return True


def _is(value: Any, type_: str) -> bool:  # JSON
    kinds = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None), "integer": int}
    return isinstance(value, (int, float) if type_ == "number" else kinds[type_])


def _as_json(node: Any) -> Any:  # a document of texts; numbers and truths become what an editor takes them for
    if isinstance(node, dict):
        return {name: _as_json(below) for name, below in node.items()}
    if isinstance(node, list):
        return [_as_json(below) for below in node]
    plain = {"true": True, "false": False, "null": None}
    return float(node) if re.fullmatch(r"-?[0-9]+\.[0-9]+", node) else plain.get(node, node)


@pytest.mark.parametrize("name", ["small", "full.policy.yaml", "hand/policy.yaml", "uci/policy.yaml"])
def test_the_json_schema_takes_what_the_loader_takes(name: str) -> None:
    text = SMALL if name == "small" else shared_path(f"examples/{name}").read_text()
    document = _as_json(yaml.load(text, Loader=yaml.CBaseLoader))
    schema = json_schema()
    assert _fits(document, schema, schema)
    document["spec"]["measure"] = []
    assert not _fits(document, schema, schema)


def test_the_bases_are_plain_data() -> None:
    table = json.loads(json.dumps(bases()))
    assert [basis["basis"] for basis in table][:2] == ["case", "clock"]
    clock = {column["column"]: column["type"] for column in table[1]["columns"]}
    assert (clock["met"], clock["elapsed_s"], clock["tags"]) == ("boolean", "integer", "list")
