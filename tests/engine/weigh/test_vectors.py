"""The published vectors of points, scores and ranks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from steelyard.engine.policy import model
from steelyard.engine.quality import rounding
from steelyard.engine.weigh import grades, points
from steelyard.engine.weigh.tree import Card, Weighed
from tests.shared import shared_path

STATUSES = ("no_data", "insufficient", "not_evaluable")


def vectors(op: str) -> list[Mapping[str, object]]:
    found = json.loads(shared_path("examples/scores/vectors.json").read_text())["vectors"]
    return [vector for vector in found if vector["op"] == op]


def rule(written: Mapping[str, object]) -> model.Points:
    (shape, value), *_ = written.items()
    if shape == "share":
        return model.Points("share", share=None if value == "target" else Fraction(value))
    if shape == "deduct":
        return model.Points(
            "deduct",
            each=Fraction(value["each"]),
            start=Fraction(value.get("from", 100)),
            floor=Fraction(value.get("floor", 0)),
        )
    return model.Points(shape, rows=tuple((Fraction(a), Fraction(b)) for a, b in value))


def missing(written: object) -> model.Missing | None:
    if written is None:
        return None
    if isinstance(written, Mapping):
        return model.Missing("neutral", Fraction(written["neutral"]), f"neutral:{written['neutral']}")
    return model.Missing(written, written=written)


def children(node: Mapping[str, object]) -> tuple[model.Node | model.Leaf, ...]:
    nodes = [
        model.Node(child["id"], Fraction(child["weight"]), children(child), missing=missing(child.get("missing")))
        for child in node.get("indicators", ())
    ]
    leaves = [
        model.Leaf(child["measure"], Fraction(child["weight"]), rule(child["points"]), missing(child.get("missing")))
        for child in node.get("measures", ())
    ]
    return (*nodes, *leaves)


def text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def card(written: Mapping[str, object]) -> model.Scorecard:
    return model.Scorecard(
        "card",
        "staff",
        "month",
        tree=children({"indicators": written["tree"]}),
        grades=tuple(model.Grade(grade["id"], Fraction(grade["from"])) for grade in written["grades"]),
        missing=missing(written.get("missing")) or model.Missing("renormalise"),
        require=Fraction(str(written.get("require", "0%")).rstrip("%")),
        adjustments=tuple(
            model.Adjustment(one["measure"], Fraction(one["each"]), Fraction(one["cap"]))
            for one in written.get("adjustments", ())
        ),
        vetoes=tuple(
            model.Veto(one["measure"], Fraction(one["from"]), one["cap"]) for one in written.get("vetoes", ())
        ),
    )


@pytest.mark.parametrize("vector", vectors("points"), ids=lambda v: v["id"])
def test_points_come_out_as_published(vector: Mapping[str, object]) -> None:
    target = Fraction(vector["target"]) if "target" in vector else None
    got = points.scale(rule(vector["points"]), vector["direction"])(Fraction(vector["value"]), target)
    assert got is not None
    assert rounding.text(Fraction(got, 100), 2) == vector["expected"]


@pytest.mark.parametrize("vector", vectors("score"), ids=lambda v: v["id"])
def test_a_tree_is_scored_as_published(vector: Mapping[str, object]) -> None:
    figures = {
        name: Weighed(value) if value in STATUSES else Weighed("ok", Fraction(value))
        for name, value in vector["figures"].items()
    }
    found = Card(card(vector["scorecard"]), {}).score(figures)
    wanted = vector["expected"]
    rows = {row.path: row for row in found.rows}
    for row in wanted["rows"]:
        got = rows[row["path"]]
        rule_ = missing(row["missing"])
        assert (text(got.score), got.status) == (row["score"], row["status"])
        assert got.missing == (rule_ and rule_.written)
        if "adjustment" in row:
            assert text(got.adjustment) == row["adjustment"]
    assert [row.path for row in found.rows[:-1]] == [row["path"] for row in wanted["rows"]]
    assert (text(found.root), text(found.total)) == (wanted["root"], wanted["total"])
    assert (found.grade, found.status) == (wanted["grade"], wanted["status"])
    assert rounding.text(found.measured, 4) == wanted["measured_weight"]


@pytest.mark.parametrize("vector", vectors("rank"), ids=lambda v: v["id"])
def test_ranks_come_out_as_published(vector: Mapping[str, object]) -> None:
    order = [model.Grade(grade["id"], Fraction(grade["from"])) for grade in vector["grades"]]
    ranked = grades.rank(
        order,
        [
            grades.Ranked(
                one["subject"], one["total"] and Decimal(one["total"]), one["grade"], one["status"], one["peer"]
            )
            for one in vector["subjects"]
        ],
    )
    assert {one["subject"]: ranked.get(one["subject"]) for one in vector["subjects"]} == vector["expected"]
