"""How a pack's year is made: the same everywhere, within its year, and of no use to who tricks."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from steelyard import engine, packs
from steelyard.site.scenario.year import settings, telling
from steelyard.site.scenario.year.draw import Draw
from steelyard.site.scenario.year.settings import Scenario
from steelyard.site.scenario.year.world import World

SEED = 11


def world(name: str, *, size: int | None = None, scenario: Scenario | None = None, seed: int = SEED) -> World:
    written = packs.scenario(name)
    assert written is not None
    scenario = scenario or settings.load(written)
    return World(scenario, engine.load_policy(packs.policy(name)), seed, size or scenario.size)


def test_an_honest_unit_would_have_stood_better(tmp_path: Path) -> None:
    """The same year without the trick: what comes late is late once, and nothing comes back."""
    own = world("general", size=1600)
    hidden = own.scenario.hidden
    (unit,) = hidden.stops_the_clock
    honest = world("general", size=1600, scenario=replace(own.scenario, hidden=replace(hidden, stops_the_clock=())))
    values = {}
    for name, each in (("tricks", own), ("honest", honest)):
        telling.write(each, tmp_path / name)
        result = engine.assess([each.policy], tmp_path / name, ["2026-Q4"])
        values[name] = {
            (row["path"]): Decimal(str(row["score"]))
            for row in result.scores.to_pylist()
            if (row["of"], row["subject"], row["path"]) == ("unit:department", unit, "total")
        }
    assert values["tricks"]["total"] < values["honest"]["total"], values


def digest(own: World) -> str:
    found = hashlib.sha256()
    for batch in telling.tell(own):
        for column in batch.columns:
            found.update("\n".join(str(value) for value in column.to_pylist()).encode())
    return found.hexdigest()


def test_the_year_follows_from_the_seed(tmp_path: Path) -> None:
    first = digest(world("general", size=40))
    assert digest(world("general", size=40)) == first
    assert digest(world("general", size=40, seed=SEED + 1)) != first


def test_nothing_happens_after_the_year_and_ids_are_given_once() -> None:
    own = world("service-desk", size=200)
    facts = pa.Table.from_batches(telling.tell(own))
    instants = facts["occurred_at"].cast(pa.int64()).to_numpy()
    assert own.roster.first <= instants.min() <= instants.max() < own.roster.end
    assert len(set(facts["fact_id"].to_pylist())) == len(facts)


def test_draws_are_the_same_on_every_machine() -> None:
    assert Draw("a test").below(np.arange(6), 1000).tolist() == [721, 611, 975, 208, 357, 904]
    assert Draw("a test").uuids(np.arange(1)).tolist() == [b"668bcd76-ffbc-84e8-8d7b-229cb8b3da1f"]


def test_draws_keep_their_shares() -> None:
    numbers = np.arange(20_000)
    draw = Draw("a test")
    assert abs(int(draw.chance(numbers, 250).sum()) - 5000) < 250
    counts = np.bincount(draw.of("pick").pick(numbers, [1, 0, 3]))
    assert counts[1] == 0
    assert abs(int(counts[0]) - 5000) < 250
    spread = draw.spread(numbers, [0, 10, 1000])
    assert 0 <= spread.min() <= spread.max() < 1000
    assert abs(int((spread < 10).sum()) - 10_000) < 300
