"""The clocks of a ledger, made in batches, against the scalar fold of each history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.engine.policy.model import Attribute, Commitment, Lifecycle, Policy
from steelyard.engine.records import clocks
from steelyard.engine.records.fold import Fact, Subject, fold
from tests.engine.records import ledger, vectors
from tests.engine.records.test_fold_many import HOUR, START, TIMES, commitments, histories

ALWAYS = [(datetime(2000, 1, 1), datetime(2100, 1, 1))]
ATTRIBUTES = tuple(
    Attribute(name.removeprefix("attr."), type_, "case")  # type: ignore[arg-type]
    for name, type_ in vectors.TYPES.items()
    if name.startswith("attr.")
)


def policy(*promised: Commitment) -> Policy:
    """A policy with nothing but commitments."""
    return Policy("p", "1", {}, "Asia/Shanghai", Lifecycle(), attributes=ATTRIBUTES, commitments=promised)


@pytest.mark.parametrize("batch", [3, 1_000_000])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(commitments(), min_size=1, max_size=3),
    st.lists(histories(), min_size=1, max_size=8),
    st.integers(1, 150),
)
def test_the_table_holds_the_clocks_of_every_history(
    batch: int, written: list[dict[str, Any]], found: list[list[Fact]], hours: int
) -> None:
    as_of = START + hours * HOUR
    promised = [replace(vectors.commitment(each), id=f"c{i}" if i else "c") for i, each in enumerate(written)]
    cases = {("case", f"case-{i}"): facts for i, facts in enumerate(found)}
    con = ledger.connect(cases, as_of)
    clocks.FACTS_A_BATCH = batch  # type: ignore[misc]
    clocks.build_clocks(con, [policy(*promised)], in_force=ALWAYS, as_of=ledger.moment(as_of), times=[TIMES])
    alone = [
        clock
        for (_, id_), facts in sorted(cases.items())
        for each in promised
        for clock in fold(each, facts, TIMES, as_of, subject=Subject(id_, types=vectors.TYPES))
    ]
    assert ledger.clocks(con) == alone
