from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engine.quality.intervals import wilson
from tests.shared import shared_path


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (81, 263, ".2553", ".3662"),
        (15, 148, ".0624", ".1605"),
        (0, 20, "0", ".1611"),
        (1, 29, ".0061", ".1718"),
        (4, 5, ".3755", ".9638"),
        (5, 5, ".5655", "1"),
        (45, 50, ".7864", ".9565"),
    ],
)
def test_published_intervals_are_reproduced(numerator: int, denominator: int, low: str, high: str) -> None:
    got = wilson(numerator, denominator)
    cut = Decimal("0.0001")
    assert [(share / 100).quantize(cut, ROUND_HALF_UP) for share in got] == [Decimal(low), Decimal(high)]


def test_the_worked_examples_agree_digit_for_digit() -> None:
    vectors = json.loads(shared_path("examples/scores/vectors.json").read_text(encoding="utf-8"))["vectors"]
    seen = [vector for vector in vectors if vector["op"] == "wilson"]
    assert len(seen) >= 22
    for vector in seen:
        low, high = wilson(vector["numerator"], vector["denominator"])
        assert (str(low), str(high)) == (vector["expected"]["low"], vector["expected"]["high"]), vector["id"]


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (-1, 5), (6, 5)])
def test_no_interval_without_a_proportion(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(numerator, denominator)


counts = st.integers(1, 10**12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_integers_agree_with_eighty_digits_of_decimals(count: tuple[int, int]) -> None:
    numerator, denominator = count
    with localcontext() as context:
        context.prec = 80
        k, n, z2 = Decimal(numerator), Decimal(denominator), Decimal("3.841459")
        root = (z2 * z2 + 4 * z2 * k * (n - k) / n).sqrt()
        ends = [100 * (2 * k + z2 - root) / (2 * (n + z2)), 100 * (2 * k + z2 + root) / (2 * (n + z2))]
        expected = tuple(end.quantize(Decimal("0.0001"), ROUND_HALF_UP).copy_abs() for end in ends)
    assert wilson(numerator, denominator) == expected


@given(counts)
def test_failures_mirror_hits(count: tuple[int, int]) -> None:
    numerator, denominator = count
    low, high = wilson(numerator, denominator)
    mirrored_low, mirrored_high = wilson(denominator - numerator, denominator)
    assert 0 <= low <= high <= 100
    # A value that ends exactly in half a unit rounds up on both sides of the mirror.
    assert abs(low + mirrored_high - 100) <= Decimal("0.0001")
    assert abs(high + mirrored_low - 100) <= Decimal("0.0001")
