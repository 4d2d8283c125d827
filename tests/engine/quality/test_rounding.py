from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from steelyard.engine.quality import rounding
from tests.shared import shared_path

PLACES = {"print": 6, "round": 2}


def test_a_half_goes_away_from_zero_on_both_sides() -> None:
    assert rounding.text(Fraction(-5, 1000), 2) == "-0.01"
    assert rounding.text(Fraction(89995, 1000), 2) == "90.00"
    assert rounding.half_away(Fraction(5, 2), 0) == Decimal(3)


def test_a_value_rounded_to_zero_has_no_sign() -> None:
    assert rounding.text(Fraction(-1, 10**9), 6) == "0.000000"


def test_large_values_keep_every_digit() -> None:
    assert str(rounding.half_away(Fraction(10**40 + 1), 6)) == f"{10**40 + 1}.000000"


def test_the_worked_examples_of_printing_and_rounding_agree() -> None:
    vectors = json.loads(shared_path("examples/scores/vectors.json").read_text(encoding="utf-8"))["vectors"]
    seen = [vector for vector in vectors if vector["op"] in PLACES]
    assert len(seen) >= 14
    for vector in seen:
        assert rounding.text(Fraction(vector["value"]), PLACES[vector["op"]]) == vector["expected"], vector["id"]


@given(st.fractions(), st.integers(0, 12))
def test_rounding_is_never_off_by_more_than_half_a_unit(value: Fraction, places: int) -> None:
    rounded = Fraction(rounding.half_away(value, places))
    half = Fraction(1, 2 * 10**places)
    assert abs(rounded - value) <= half
    if abs(rounded - value) == half:
        assert abs(rounded) > abs(value)
