from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.quality.pairwise import Comparison, weights
from tests.shared import shared_path

LEADER = ("a", "b", "c", "d")
LEADER_COMPARISONS: list[Comparison] = [
    ("a", "b", Fraction(4)),
    ("a", "c", Fraction(3)),
    ("a", "d", Fraction(7)),
    ("b", "c", Fraction(1, 3)),
    ("b", "d", Fraction(3)),
    ("c", "d", Fraction(5)),
]


def codes(error: pytest.ExceptionInfo[SteelyardError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_the_published_choice_of_a_leader_is_reproduced() -> None:
    result = weights(LEADER, LEADER_COMPARISONS)
    shares = [float(round(weight / 100, 3)) for weight in result.weights.values()]
    assert shares == [0.548, 0.127, 0.270, 0.056]
    assert round(result.ratio, 3) == Decimal("0.044")


def test_the_published_drinks_are_reproduced() -> None:
    case = json.loads(shared_path("data/erlang-ahp/ahp_drinks.json").read_text(encoding="utf-8"))
    result = weights(case["order"], [(a, b, Fraction(times)) for a, b, times in case["comparisons"]])
    assert {item: float(round(weight / 100, 3)) for item, weight in result.weights.items()} == case["weights"]
    assert round(result.ratio, 3) == Decimal(str(case["CR_saaty_RI"]))


def test_weights_that_agree_come_out_exactly() -> None:
    pairs = [("a", "b", Fraction(2)), ("a", "c", Fraction(4)), ("b", "c", Fraction(2))]
    result = weights(("a", "b", "c"), pairs)
    assert list(result.weights.values()) == [Fraction("57.1429"), Fraction("28.5714"), Fraction("14.2857")]
    assert (result.ratio, result.index) == (0, 0)


def test_equals_share_and_the_first_takes_what_is_left_over() -> None:
    pairs = [(a, b, Fraction(1)) for a, b in combinations("abc", 2)]
    assert list(weights("abc", pairs).weights.values()) == [
        Fraction("33.3334"),
        Fraction("33.3333"),
        Fraction("33.3333"),
    ]


def test_one_or_two_items_cannot_contradict_themselves() -> None:
    assert weights(("a",), []).weights == {"a": Fraction(100)}
    two = weights(("a", "b"), [("b", "a", Fraction(3))])
    assert two.weights == {"a": Fraction(25), "b": Fraction(75)}
    assert two.ratio == 0


def test_a_circle_is_equal_and_very_inconsistent() -> None:
    pairs = [("a", "b", Fraction(1000)), ("b", "c", Fraction(1000)), ("c", "a", Fraction(1000))]
    result = weights(("a", "b", "c"), pairs)
    assert sorted(result.weights.values()) == [Fraction("33.3333"), Fraction("33.3333"), Fraction("33.3334")]
    assert result.ratio > 100


def test_every_missing_pair_is_named() -> None:
    with pytest.raises(SteelyardError) as error:
        weights(("a", "b", "c"), [("a", "b", Fraction(2))])
    assert codes(error) == ["pairwise-missing", "pairwise-missing"]
    assert "a and c are not compared" in str(error.value)


@pytest.mark.parametrize(
    ("comparison", "code"),
    [
        (("a", "b", Fraction(3)), "pairwise-contradiction"),
        (("b", "a", Fraction(2)), "pairwise-contradiction"),
        (("a", "a", Fraction(2)), "pairwise-self"),
        (("a", "x", Fraction(2)), "pairwise-unknown"),
        (("b", "c", Fraction(0)), "pairwise-ratio"),
        (("b", "c", Fraction(-1)), "pairwise-ratio"),
    ],
)
def test_impossible_comparisons_are_refused_at_their_place(comparison: Comparison, code: str) -> None:
    with pytest.raises(SteelyardError) as error:
        weights(("a", "b", "c"), [("a", "b", Fraction(2)), comparison])
    assert codes(error) == [code]
    assert error.value.problems[0].place.path == "pairwise[1]"


def test_the_same_comparison_twice_says_nothing_new() -> None:
    once = [("a", "b", Fraction(2))]
    assert weights(("a", "b"), [*once, ("b", "a", Fraction(1, 2))]) == weights(("a", "b"), once)


@pytest.mark.parametrize("order", [(), ("a", "a"), tuple("abcdefghijk")])
def test_no_items_repeated_items_and_too_many_items_are_refused(order: tuple[str, ...]) -> None:
    with pytest.raises(SteelyardError) as error:
        weights(order, [])
    assert codes(error) == ["pairwise-items"]


scale = st.sampled_from([Fraction(a, b) for a in (1, 2, 3, 5, 9) for b in (1, 2, 3, 7, 9)])


@given(st.integers(1, 6).flatmap(lambda n: st.lists(scale, min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2)))
def test_any_comparisons_give_weights_of_exactly_one_hundred(ratios: list[Fraction]) -> None:
    order = "abcdef"[: round((1 + (1 + 8 * len(ratios)) ** 0.5) / 2)]
    pairs = [(a, b, times) for (a, b), times in zip(combinations(order, 2), ratios, strict=True)]
    result = weights(order, pairs)
    assert sum(result.weights.values()) == 100
    assert all(weight > 0 for weight in result.weights.values())
    assert result.ratio >= 0


@given(st.lists(scale, min_size=2, max_size=6))
def test_ratios_of_given_weights_give_those_weights_back(given_weights: list[Fraction]) -> None:
    order = "abcdef"[: len(given_weights)]
    known = dict(zip(order, given_weights, strict=True))
    result = weights(order, [(a, b, known[a] / known[b]) for a, b in combinations(order, 2)])
    total = sum(given_weights)
    assert result.ratio == 0
    for item, weight in result.weights.items():
        assert abs(weight - 100 * known[item] / total) < Fraction(1, 10_000)
