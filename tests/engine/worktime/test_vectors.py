"""The worked examples of calendars, read from the shared material, must come out exactly."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np

from steelyard.engine.policy import duration
from steelyard.engine.worktime import work
from steelyard.engine.worktime.compile import WorkingTime, compile
from steelyard.engine.worktime.units import SECOND, datetime_of
from tests.engine.worktime.calendars import at, calendar
from tests.shared import shared_path

# A vector is JSON of many shapes.
Vector = dict[str, Any]


def written(name: str, spec: Vector) -> WorkingTime:
    opened = {day["on"]: day["hours"] for day in spec.get("open", [])}
    made = calendar(
        spec["hours"],
        name=name,
        holidays=spec.get("holidays"),
        makeup_as=spec.get("makeup_as"),
        opened=opened,
        closed=spec.get("closed", ()),
    )
    return compile(made, spec["timezone"])


def results(time: WorkingTime, vector: Vector) -> Vector:
    """What the vector expects, with the same keys."""
    if vector["op"] == "elapsed":
        start, end = at(vector["from"]), at(vector["to"])
        (many,) = time.elapsed_many(np.array([start]), np.array([end]))
        assert many == time.elapsed(start, end)
        return {"elapsed_s": int(many) // SECOND, "provisional": time.provisional(start, end)}
    start = at(vector["start"])
    amount = duration.parse(vector["amount"])
    rule = vector["op"] if vector["op"] in ("close", "same_time") else vector.get("rule", "close")
    given = {"working_days": amount.working_days, "seconds": amount.seconds, "rule": rule}
    due = work.due_by(time, start, **given)
    assert work.due_by_many(time, np.array([start]), **given).tolist() == [due]
    budget = time.elapsed(start, due)
    shown = due
    found: Vector = {"due_at": text(due), "budget_s": budget // SECOND, "provisional": time.provisional(start, due)}
    if vector["op"] == "warn":
        shown = work.warn_at(time, start, budget, Fraction(vector["share"].removesuffix("%")))
        found["warn_at"] = text(shown)
    local = (datetime_of(shown)).astimezone(time.zone.info)
    found["local"] = local.isoformat()
    return {key: found[key] for key in vector["expected"]}


def text(instant: int) -> str:
    return datetime_of(instant).isoformat().replace("+00:00", "Z")


def test_every_worked_example_comes_out_exactly() -> None:
    examples = json.loads(shared_path("examples/calendar/vectors.json").read_text(encoding="utf-8"))
    times = {name: written(name, spec) for name, spec in examples["calendars"].items()}
    assert len(examples["vectors"]) >= 165
    wrong = [
        (vector["id"], vector["note"], found, vector["expected"])
        for vector in examples["vectors"]
        if (found := results(times[vector["calendar"]], vector)) != vector["expected"]
    ]
    assert wrong == []
