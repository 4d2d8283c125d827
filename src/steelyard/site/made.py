"""What the demonstration is made of: a quarter as exports and mappings, or a pack's own year told as facts."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from steelyard import engine
from steelyard.engine.policy import model
from steelyard.engine.words import N_, say
from steelyard.site.cli import show
from steelyard.site.scenario import files, scene
from steelyard.site.scenario.year import telling
from steelyard.site.scenario.year.settings import Scenario
from steelyard.site.scenario.year.world import World

QUARTER: Final = ("2026-05", "2026-06", "2026-Q2")
_WHOLE_YEAR_UP_TO: Final = 50_000
_LENGTHS: Final = {"month": "{}-12", "quarter": "{}-Q4", "half": "{}-H2", "year": "{}"}


class Made(Protocol):
    """A history that can be put into a ledger and assessed."""

    @property
    def size(self) -> int:
        """How many cases it has."""
        ...

    @property
    def periods(self) -> Sequence[str]:
        """What is assessed."""
        ...

    @property
    def looked_at(self) -> str:
        """The period that the commands to try look into."""
        ...

    def hidden(self, lang: str) -> str | None:
        """A sentence on what is hidden in the rows."""
        ...

    def title(self, folder: Path, lang: str) -> str:
        """What is made, in a sentence."""
        ...

    def fill(self, folder: Path, ledger: Path, lang: str) -> None:
        """Make it in ``folder``, put it into ``ledger``, and print what went in."""
        ...

    def names(self, lang: str) -> Mapping[str, str]:
        """What people and units are called, by id; the ledger itself knows ids only."""
        ...

    def places(self, folder: Path) -> Sequence[tuple[str, Path]]:
        """What else lies in the folder, beside the results."""
        ...

    def come_back(self, folder: Path) -> str | None:
        """A case whose clock was stopped just before its due, and which came back."""
        ...


@dataclass(frozen=True)
class Quarter:
    """A quarter of a service desk, as its systems would export it."""

    seed: int
    size: int
    own_policy: bool

    periods = QUARTER
    looked_at = QUARTER[1]

    def hidden(self, lang: str) -> str | None:
        if not self.own_policy:
            return None
        sentence = N_(
            "Hidden in the rows: somebody takes twice as long as the others; a group resolves its tickets just before "
            "they are due and sees them come back; one of the best did something serious in June. Do the figures tell?"
        )
        return say(sentence, lang)

    def title(self, folder: Path, lang: str) -> str:
        sentence = N_("A made-up quarter of a service desk with {size} tickets, in {folder}")
        return say(sentence, lang, size=self.size, folder=folder)

    def fill(self, folder: Path, ledger: Path, lang: str) -> None:
        files.write(folder, seed=self.seed, size=self.size)
        counts = ("rows_read", "loaded", "present", "changed", "ignored", "rejected")
        heads = (N_("rows read"), N_("loaded"), N_("present"), N_("changed"), N_("ignored"), N_("rejected"))
        table = [["", *(say(head, lang) for head in heads)]]
        for name in files.SOURCES:
            mapping = engine.load_mapping(folder / "mappings" / f"{name}.yaml")
            report = engine.import_source(mapping, ledger, folder / "exports" / f"{name}.csv")
            table.append([f"exports/{name}.csv", *(str(getattr(report, count)) for count in counts)])
        show.table(table)

    def names(self, lang: str) -> Mapping[str, str]:
        with (scene.DESK / "names.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row[lang] for row in csv.DictReader(file)}

    def places(self, folder: Path) -> Sequence[tuple[str, Path]]:
        return [(N_("exports and their mappings"), folder)]

    def come_back(self, folder: Path) -> str | None:
        with (folder / "exports" / "tickets.csv").open(encoding="utf-8", newline="") as file:
            reopened = {row["ticket"] for row in csv.DictReader(file) if row["event"] == "Reopened"}
        return next((case for case in _missed(folder, ["resolve"], ["onsite"]) if case in reopened), None)


@dataclass(frozen=True)
class Year:
    """A year under a pack's policy, told as facts by the pack's own parameters."""

    seed: int
    size: int
    scenario: Scenario
    policy: model.Policy

    @property
    def periods(self) -> Sequence[str]:
        """The last of each length that a scorecard has; of very many cases nothing longer than a quarter."""
        lengths = {card.period for card in self.policy.scorecards}
        if self.size > _WHOLE_YEAR_UP_TO:
            lengths -= {"half", "year"}
        return [form.format(self.scenario.year) for length, form in _LENGTHS.items() if length in lengths]

    @property
    def looked_at(self) -> str:
        of_staff = [card.period for card in self.policy.scorecards if card.of == "staff"]
        return _LENGTHS[of_staff[0]].format(self.scenario.year) if of_staff else self.periods[0]

    def hidden(self, lang: str) -> str | None:
        told, hidden = [], self.scenario.hidden
        if hidden.slow:
            told.append(N_("somebody takes much longer than the others"))
        if hidden.stops_the_clock:
            told.append(N_("a unit reports done just before the due what is not, and sees it come back"))
        if hidden.short_weighs:
            told.append(N_("a crew writes down less than it loads"))
        if hidden.shift_unit:
            told.append(N_("a unit has become slower"))
        if hidden.lenient:
            told.append(N_("an inspector is lenient"))
        listed = say(N_("; "), lang).join(say(each, lang) for each in told)
        return say(N_("Hidden in the rows: {listed}. Do the figures tell?"), lang, listed=listed) if told else None

    def title(self, folder: Path, lang: str) -> str:
        sentence = N_("A made-up year under the pack {pack} with {size} cases, in {folder}")
        return say(sentence, lang, pack=self.policy.name, size=self.size, folder=folder)

    def fill(self, folder: Path, ledger: Path, lang: str) -> None:
        count = telling.write(World(self.scenario, self.policy, self.seed, self.size), ledger)
        print(say(N_("{count} facts in the ledger."), lang, count=count))

    def names(self, lang: str) -> Mapping[str, str]:
        units = {unit.id: unit.names[lang] for unit in self.scenario.units}
        return {**units, **{person.id: person.names[lang] for person in self.scenario.people}}

    def places(self, folder: Path) -> Sequence[tuple[str, Path]]:
        return [(N_("ledger"), folder / "ledger")]

    def come_back(self, folder: Path) -> str | None:
        resumed = [commitment.id for commitment in self.policy.commitments if commitment.on_reopen == "resume"]
        missed = _missed(folder, resumed, self.scenario.hidden.stops_the_clock)
        prefix = next(life.prefix for life in self.scenario.lives if life.id == self.scenario.case)
        gaps = []
        for case in [case for case in missed if case.startswith(prefix)][:20]:
            facts = reversed(engine.facts_of(folder / "ledger", case))
            at = {fact["kind"]: fact["occurred_at"] for fact in facts if isinstance(fact["occurred_at"], datetime)}
            if "reopened" in at:
                gaps.append((at["reopened"] - at["solved"], case))
        return min(gaps)[1] if gaps else None


def clear(folder: Path) -> None:
    """Remove what an earlier demonstration made."""
    for name in ("ledger", "assessment", "exports", "mappings"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)


def _missed(folder: Path, commitments: Sequence[str], units: Sequence[str]) -> list[str]:
    """The cases with a missed clock of one of ``commitments`` and ``units``, in order."""
    columns = ["case", "commitment", "state", "unit"]
    clocks = pq.read_table(folder / "assessment" / "clocks.parquet", columns=columns)
    wanted = pc.equal(clocks["state"], "missed")
    for name, among in (("commitment", commitments), ("unit", units)):
        wanted = pc.and_(wanted, pc.is_in(clocks[name], value_set=pa.array(among, pa.string())))
    return sorted(set(clocks.filter(wanted)["case"].to_pylist()))
