"""The published vectors of proportions, percentiles, NPS and quotients, counted by the backend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction

import duckdb
import pytest

from steelyard.engine.measure.backends import duckdb as backends
from steelyard.engine.measure.counting import Counter
from steelyard.engine.measure.figures import Count, Finisher, Key, divide
from steelyard.engine.measure.periods import Atom, parse
from steelyard.engine.policy import columns, model, predicate
from steelyard.engine.quality import rounding
from tests.shared import shared_path

PERIOD = parse("2026")
ATOM = Atom(datetime(2026, 1, 1), datetime(2027, 1, 1), ("2026",))
COLUMNS = (
    "answered_at TIMESTAMP, staff VARCHAR, unit VARCHAR, score DECIMAL(28,10), scale_min DECIMAL(28,10), "
    "scale_max DECIMAL(28,10), question VARCHAR, choice VARCHAR, exception VARCHAR, provisional BOOLEAN"
)


def vectors(op: str) -> list[Mapping[str, object]]:
    found = json.loads((shared_path("examples/scores/vectors.json")).read_text())["vectors"]
    return [vector for vector in found if vector["op"] == op]


def measured(measure: model.Measure, rows: Sequence[Sequence[object]]) -> tuple[Count, object]:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE basis_response ({COLUMNS})")
    if rows:
        con.executemany(
            "INSERT INTO basis_response VALUES ('2026-05-01', 'ann', 'east', ?, ?, ?, ?, ?, ?, FALSE)", list(rows)
        )
    counted = Counter(backends.DuckDB(con), [ATOM], ["staff"], has_tree=False).count([measure])
    count = counted.counts[measure.id].get(("staff", "ann", "2026", ""), Count())
    policy = model.Policy("p", "1", {}, "UTC", model.Lifecycle(), measures=(measure,))
    finisher = Finisher(policy, minimums={}, covered=lambda *_: True, partial=frozenset())
    return count, finisher.counted(measure, count, Key("staff", "ann", PERIOD))


def response(kind: str, **more: object) -> model.Measure:
    scope = predicate.Scope("response", columns.BASES["response"].columns())
    return model.Measure(
        "m",
        kind,  # type: ignore[arg-type]
        "response",
        population=predicate.parse("question = 'in'", scope),
        exclude=predicate.parse("choice = 'out'", scope),
        **more,  # type: ignore[arg-type]
    )


def value() -> predicate.Expression:
    return predicate.parse_value("score", predicate.Scope("response", columns.BASES["response"].columns()))


@pytest.mark.parametrize("vector", vectors("proportion"), ids=lambda v: v["id"])
def test_a_proportion_counts_as_published(vector: Mapping[str, object]) -> None:
    scope = predicate.Scope("response", columns.BASES["response"].columns())
    measure = response("proportion", numerator=predicate.parse("score = 1", scope), except_=frozenset(vector["except"]))
    rows = [
        [
            1 if row["numerator"] else 0,
            0,
            10,
            "in" if row["population"] else "x",
            "out" if row["exclude"] else "",
            row["exception"],
        ]
        for row in vector["rows"]
        for _ in range(row["count"])
    ]
    _, figure = measured(measure, rows)
    wanted = vector["expected"]
    assert (figure.excluded, figure.excepted, figure.status) == (
        wanted["excluded"],
        wanted["excepted"],
        wanted["status"],
    )
    assert (figure.numerator, figure.denominator) == (wanted["numerator"], wanted["denominator"])
    assert [_text(figure.value, 6), _plain(figure.low), _plain(figure.high)] == [
        wanted["value"],
        wanted["low"],
        wanted["high"],
    ]


@pytest.mark.parametrize("vector", vectors("percentile"), ids=lambda v: v["id"])
def test_a_percentile_is_the_nearest_rank(vector: Mapping[str, object]) -> None:
    rows = [[number, 0, 10, "in", "", None] for number in vector["values"]]
    _, figure = measured(response("percentile", value=value(), p=vector["p"]), rows)
    assert (figure.numerator, figure.denominator) == (
        vector["expected"]["numerator"],
        vector["expected"]["denominator"],
    )


@pytest.mark.parametrize("vector", vectors("percentile"), ids=lambda v: v["id"])
def test_the_portable_percentile_is_the_same(vector: Mapping[str, object]) -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t (k VARCHAR, v BIGINT)")
    con.executemany("INSERT INTO t VALUES ('a', ?)", [[number] for number in vector["values"]])
    assert con.execute(backends.nearest_rank("t", ["k"], "v", vector["p"])).fetchall() == [
        ("a", vector["expected"]["numerator"])
    ]


@pytest.mark.parametrize("vector", vectors("nps"), ids=lambda v: v["id"])
def test_an_nps_counts_as_published(vector: Mapping[str, object]) -> None:
    low, high = vector["scale"]
    rows = [[number, low, high, "in", "", None] for number in vector["values"]]
    _, figure = measured(response("nps", value=value()), rows)
    wanted = vector["expected"]
    assert (figure.numerator, figure.denominator, figure.status) == (
        wanted["numerator"],
        wanted["denominator"],
        wanted["status"],
    )
    assert _text(figure.value, 6) == wanted["value"]


@pytest.mark.parametrize("vector", vectors("quotient"), ids=lambda v: v["id"])
def test_a_quotient_is_exact(vector: Mapping[str, object]) -> None:
    above, below = ((Fraction(a), Fraction(b), "ok") for a, b in (vector["numerator"], vector["denominator"]))
    status, numerator, denominator, found = divide(above, below, Fraction(vector["per"]))
    wanted = vector["expected"]
    assert (status, numerator, denominator, _text(found, 6)) == (
        wanted["status"],
        wanted["numerator"],
        wanted["denominator"],
        wanted["value"],
    )


def _text(number: Fraction | None, places: int) -> str | None:
    return None if number is None else rounding.text(number, places)


def _plain(number: object) -> str | None:
    return None if number is None else str(number)
