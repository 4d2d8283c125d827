"""The made-up years of the packs: full scorecards, and what is hidden in them comes to light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from statistics import mean

import duckdb
import pytest

from steelyard import engine, packs
from steelyard.engine.policy import model
from steelyard.site import made
from steelyard.site.ranking import leaves
from steelyard.site.scenario.year import settings, telling
from steelyard.site.scenario.year.world import World

PACKS = [name for name in packs.names() if packs.scenario(name)]
SEED = 11
Row = dict[str, object]


def world(name: str) -> World:
    written = packs.scenario(name)
    assert written is not None
    scenario = settings.load(written)
    return World(scenario, engine.load_policy(packs.policy(name)), SEED, scenario.size)


@dataclass
class Told:
    """A year, its ledger, and the latest period of each scorecard with the quarter before."""

    world: World
    ledger: Path

    @cached_property
    def result(self) -> engine.Assessment:
        year = made.Year(SEED, self.world.size, self.world.scenario, self.world.policy)
        return engine.assess([self.world.policy], self.ledger, [*year.periods, "2026-Q3", "2026-Q4"])

    @cached_property
    def figures(self) -> list[Row]:
        return [row for row in self.result.figures.to_pylist() if not row["stratum"]]

    @cached_property
    def scores(self) -> list[Row]:
        return self.result.scores.to_pylist()

    def values(self, measure: str, of: str, period: str = "2026-Q4") -> Mapping[str, Decimal]:
        """The value of every subject that has one."""
        return {
            str(row["subject"]): Decimal(str(row["value"]))
            for row in self.figures
            if (row["measure"], row["of"], row["period"], row["status"]) == (measure, of, period, "ok")
        }

    def of_unit(self, unit: str) -> str:
        """The ``of`` under which figures of ``unit`` are made."""
        kind = next(each.kind for each in self.world.scenario.units if each.id == unit)
        return f"unit:{kind}"


@pytest.fixture(scope="module", params=PACKS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    own = world(request.param)
    ledger = tmp_path_factory.mktemp(request.param) / "ledger"
    telling.write(own, ledger)
    return Told(own, ledger)


def latest(told: Told, card: model.Scorecard) -> list[Row]:
    rows = [row for row in told.scores if row["scorecard"] == card.id]
    period = max(str(row["period"]) for row in rows)
    return [row for row in rows if row["period"] == period]


def test_most_of_those_with_data_are_ranked_on_every_scorecard(told: Told) -> None:
    for card in told.world.policy.scorecards:
        totals = [row for row in latest(told, card) if row["path"] == "total" and row["status"] != "no_data"]
        among = {role_of(told, row) for row in totals if row["status"] == "ok"}
        statuses = [row["status"] for row in totals if role_of(told, row) in among]
        assert statuses.count("ok") >= 0.7 * len(statuses) > 0, card.id


def role_of(told: Told, row: Row) -> str | None:
    """A card weighs the people of the roles it is made for."""
    return next((person.role for person in told.world.scenario.people if person.id == row["subject"]), None)


def test_every_measure_of_the_scorecards_has_data(told: Told) -> None:
    for card in told.world.policy.scorecards:
        period = latest(told, card)[0]["period"]
        found = {
            row["measure"]: row["status"]
            for row in told.figures
            if (row["of"], row["period"]) == ("organisation", period)
        }
        wanted = {leaf.measure for _, leaf, _ in leaves(card)} | {each.measure for each in card.adjustments}
        assert {measure: found[measure] for measure in wanted if found[measure] != "ok"} == {}, card.id


def test_not_everybody_is_excellent_and_not_everybody_fails(told: Told) -> None:
    cards = [card for card in told.world.policy.scorecards if card.of == "staff"]
    grades = {row["grade"] for row in latest(told, cards[0]) if row["path"] == "total" and row["grade"]}
    assert len(grades) >= 2


def test_who_is_slow_is_in_time_less_often_than_their_colleagues(told: Told) -> None:
    scenario, hidden = told.world.scenario, told.world.scenario.hidden
    values = told.values(hidden.shows["in_time"], "staff")
    place = {person.id: person.postings[-1][1] for person in scenario.people}
    for slow in hidden.slow:
        colleagues = [value for who, value in values.items() if place[who] == place[slow] and who != slow]
        assert values[slow] < min(colleagues) - 5


def test_stopping_the_clock_shows_in_what_comes_back_and_gains_nothing(told: Told) -> None:
    hidden = told.world.scenario.hidden
    for unit in hidden.stops_the_clock:
        of = told.of_unit(unit)
        in_time = told.values(hidden.shows["in_time"], of)
        assert in_time[unit] < sorted(in_time.values())[len(in_time) // 2]
        if "back" in hidden.shows:
            back = told.values(hidden.shows["back"], of)
            assert back[unit] > 3 * max(value for other, value in back.items() if other != unit)


def test_who_writes_down_less_than_they_load_is_last_in_accuracy_and_does_not_lead(told: Told) -> None:
    hidden = told.world.scenario.hidden
    for unit in hidden.short_weighs:
        of = told.of_unit(unit)
        accuracy = told.values(hidden.shows["weighed"], of)
        assert accuracy[unit] < min(value for other, value in accuracy.items() if other != unit) - 5
        (card,) = (card for card in told.world.policy.scorecards if card.of == of)
        ranks = {row["subject"]: row["rank"] for row in latest(told, card) if row["path"] == "total"}
        assert ranks[unit] != 1


def test_the_unit_that_became_slower_has_fallen_and_the_others_have_not(told: Told) -> None:
    hidden = told.world.scenario.hidden
    unit = str(hidden.shift_unit)
    before, after = (told.values(hidden.shows["in_time"], told.of_unit(unit), f"2026-{q}") for q in ("Q3", "Q4"))
    fallen = before[unit] - after[unit]
    assert fallen > 10
    assert all(abs(after[other] - before[other]) < max(fallen / 2, 8) for other in after if other != unit)


def test_a_lenient_inspector_gives_more_than_the_others(told: Told) -> None:
    hidden = told.world.scenario.hidden
    measure = next(each for each in told.world.policy.measures if each.id == hidden.shows["looked_at"])
    assert measure.population is not None
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT data->>'$.inspector', data->>'$.method', data->>'$.form', CAST(data->>'$.score' AS INT) "
            "FROM read_parquet(?) WHERE kind = 'inspection.done' AND data->>'$.critical' = 'false'",
            [f"{told.ledger}/facts/*/*.parquet"],
        ).fetchall()
    scores: dict[str, list[int]] = {}
    for inspector, method, form, score in rows:
        if measure.population.holds({"method": method, "form": form}.get):
            scores.setdefault(inspector, []).append(score)
    means = {inspector: mean(given) for inspector, given in scores.items()}
    for lenient in hidden.lenient:
        assert means[lenient] > max(value for other, value in means.items() if other not in hidden.lenient) + 1
