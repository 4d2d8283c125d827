"""The parameters of a made-up year, as a pack's ``scenario.yaml`` writes them.

Whatever depends on a case is a when-list: ``[{when: {channel: [phone, chat]}, is: …}, {is: …}]``, the first that
fits wins; a plain value stands for all. Durations are written as in a policy, shares in thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Generic, TypeVar

import yaml

from steelyard.engine.policy import duration
from steelyard.engine.policy.duration import Duration
from steelyard.engine.worktime.units import SECOND

T = TypeVar("T")
Value = str | int | bool | None
Written = Mapping[str, Any]  # what YAML holds is only known when it has been read
LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")


@dataclass(frozen=True, slots=True)
class Branch(Generic[T]):
    """``is`` one value for the cases whose drawn attributes are among those that ``when`` names."""

    when: Mapping[str, tuple[Value, ...]]
    value: T


Branches = tuple[Branch[T], ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Values, each as likely as its weight."""

    values: tuple[Value, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """A time limit a life knows of, from the step it stands at or the one that ``since`` names, each branch in the
    hours of its calendar; ``name`` puts the instant into the fact's data."""

    within: Branches[tuple[Duration, str | None]]
    name: str | None
    since: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """Work against the promise made at step ``of``: thousandths of its time that it takes, and waits on the way."""

    of: str
    takes: tuple[int, ...]
    waits: int
    waiting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What is collected: so many lines, each of some kilograms at one of the prices."""

    lines: int
    kilograms: tuple[int, ...]
    prices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One fact that follows in a life, ``takes`` after the one before (or ``after`` the step of that label).

    ``by``: holder (drawn when there is none yet), customer, nobody, or somebody of ``to``, the unit the fact is told
    of (else the holder's own); ``hands_over`` makes that somebody the holder. ``aside``: what follows does not wait.
    """

    fact: str
    label: str
    by: str
    to: Weights | None
    hands_over: bool
    after: str | None
    aside: bool
    paced: bool
    chance: int
    when: Mapping[str, tuple[Value, ...]]
    unless: str | None
    takes: Branches[tuple[int, ...]]
    calendar: str | None
    attributes: Mapping[str, Branches[Weights]]
    data: Mapping[str, Branches[Weights]]
    promise: Promise | None
    task: Task | None
    about: str | None
    load: Load | None


@dataclass(frozen=True, slots=True)
class Life:
    """A kind of thing with a life: how many there are in a thousand of the size, where they begin, what follows.

    ``first`` is the fact it begins with, ``trait`` the weight by which somebody of the unit is chosen, ``held``
    whether that happens at the beginning already.
    """

    id: str
    prefix: str
    about: str
    volume: int
    least: int
    calendar: str | None
    units: Weights
    trait: str
    held: bool
    first: Step
    steps: tuple[Step, ...]
    survey: str | None
    asked_at: str
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; from each date on it lies under another parent."""

    id: str
    kind: str
    parents: tuple[tuple[date | None, str | None], ...]
    attributes: Mapping[str, Value]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, where they are posted from when on, and their ways.

    ``share`` part of the unit's work · ``pace`` percent of the usual time · ``care`` usual score of their work ·
    ``warmth`` 0 to 2, how customers like them · ``returned`` thousandths of their work that comes back.
    """

    id: str
    role: str
    postings: tuple[tuple[date | None, str], ...]
    names: Mapping[str, str]
    traits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Hidden:
    """What nobody is told, for the figures to bring to light.

    ``slow`` people and how many percent of the usual time they take · ``stops_the_clock`` units that report done
    just before the due what is not · ``short_weighs`` units that write down less than they load, so many loads in a
    thousand · ``shift`` a unit whose work takes so many percent from a date on · ``lenient``
    inspectors and the points they give too many · ``shows`` the measures that tell: ``in_time``, ``back`` (what came
    back), ``looked_at`` (what inspectors gave).
    """

    slow: Mapping[str, int]
    stops_the_clock: tuple[str, ...]
    short_weighs: Mapping[str, int]
    shift_unit: str | None
    shift_from: date | None
    shift_pace: int
    lenient: Mapping[str, int]
    shows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """How a duty is done: in how many of a thousand turns, and with what in the fact."""

    done: int
    attributes: Mapping[str, Branches[Weights]] = field(default_factory=dict)
    data: Mapping[str, Branches[Weights]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A made-up year; ``size`` counts the lives called ``case``, the other volumes are shares of it."""

    year: int
    size: int
    case: str
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    inspectors: tuple[str, ...]
    arrivals: tuple[Step, ...]
    customers: int
    customer_attributes: Mapping[str, Branches[Weights]]
    lives: tuple[Life, ...]
    duties: Mapping[str, Turn]
    diligence: int
    hidden: Hidden


def load(text: bytes) -> Scenario:
    """Read a ``scenario.yaml``."""
    raw: Written = yaml.safe_load(text)
    customers: Written = raw.get("customers", {})
    return Scenario(
        year=raw["year"],
        size=raw["size"],
        case=raw["case"],
        units=tuple(_unit(id_, written) for id_, written in raw["units"].items()),
        people=tuple(_person(id_, written) for id_, written in raw["people"].items()),
        inspectors=tuple(raw["inspectors"]),
        arrivals=tuple(_step(written) for written in raw.get("arrivals", ())),
        customers=customers.get("count", 0),
        customer_attributes=_all_drawn(customers.get("attributes", {})),
        lives=tuple(_life(id_, written) for id_, written in raw["lives"].items()),
        duties={id_: _turn(written) for id_, written in raw.get("duties", {}).items()},
        diligence=raw["diligence"],
        hidden=_hidden(raw["hidden"]),
    )


def _unit(id_: str, raw: Written) -> Unit:
    parents = [(None, raw.get("parent")), *sorted(raw.get("moves", {}).items())]
    return Unit(id_, raw["kind"], tuple(parents), raw.get("attributes", {}), _names(raw))


def _person(id_: str, raw: Written) -> Person:
    postings = [(raw.get("from"), raw["unit"]), *sorted(raw.get("moves", {}).items())]
    traits = {name: value for name, value in raw.items() if type(value) is int}
    return Person(id_, raw["role"], tuple(postings), _names(raw), traits)


def _names(raw: Written) -> Mapping[str, str]:
    return dict(zip(LANGUAGES, raw["name"], strict=True))


def _life(id_: str, raw: Written) -> Life:
    first = {"fact": "opened", **{key: raw[key] for key in ("attributes", "data", "promise") if key in raw}}
    if "first" in raw:
        first["fact"] = raw["first"]
    survey: Written = raw.get("survey", {})
    return Life(
        id=id_,
        prefix=raw["prefix"],
        about=raw.get("about", "case"),
        volume=raw["volume"],
        least=raw.get("least", 0),
        calendar=raw.get("hours"),
        units=_weights(raw["units"]),
        trait=raw.get("trait", "share"),
        held=raw.get("held", False),
        first=_step(first),
        steps=tuple(_step(written) for written in raw.get("steps", ())),
        survey=survey.get("id"),
        asked_at=survey.get("after", "solved"),
        asked=survey.get("asked", 0),
        answered=survey.get("answered", 0),
    )


def _step(raw: Written) -> Step:
    promise: Written | None = raw.get("promise")
    task: Written | None = raw.get("task")
    return Step(
        fact=raw["fact"],
        label=raw.get("as", raw["fact"]),
        by=raw.get("by", "holder"),
        to=_weights(raw["to"]) if "to" in raw else None,
        hands_over=raw.get("hands_over", False),
        after=raw.get("after"),
        aside=raw.get("aside", False),
        paced=raw.get("paced", False),
        chance=raw.get("chance", 1000),
        when=_when(raw.get("when", {})),
        unless=raw.get("unless"),
        takes=_branches(raw.get("takes", ["0s", "1s"]), _durations),
        calendar=raw.get("hours"),
        attributes=_all_drawn(raw.get("attributes", {})),
        data=_all_drawn(raw.get("data", {})),
        promise=_promise(promise) if promise else None,
        task=_task(task) if task else None,
        about=raw.get("about"),
        load=Load(raw["load"]["lines"], tuple(raw["load"]["kilograms"]), tuple(raw["load"]["prices"]))
        if "load" in raw
        else None,
    )


def _promise(raw: Written) -> Promise:
    written = raw["within"] if isinstance(raw["within"], list) else [{"is": raw["within"]}]
    within = tuple(
        Branch(_when(branch.get("when", {})), (duration.parse(branch["is"]), branch.get("hours", raw.get("hours"))))
        for branch in written
    )
    return Promise(within, raw.get("name"), raw.get("since"))


def _task(raw: Written) -> Task:
    return Task(raw["of"], tuple(raw["takes"]), raw.get("waits", 0), _durations(raw.get("waiting", ["1h", "1d"])))


def _turn(raw: Written) -> Turn:
    return Turn(raw.get("done", 1000), _all_drawn(raw.get("attributes", {})), _all_drawn(raw.get("data", {})))


def _hidden(raw: Written) -> Hidden:
    shift: Written = raw.get("shift", {})
    return Hidden(
        slow=raw.get("slow", {}),
        stops_the_clock=tuple(raw.get("stops_the_clock", ())),
        short_weighs=raw.get("short_weighs", {}),
        shift_unit=shift.get("unit"),
        shift_from=shift.get("from"),
        shift_pace=shift.get("pace", 100),
        lenient=raw.get("lenient", {}),
        shows=raw["shows"],
    )


def _all_drawn(raw: Written) -> Mapping[str, Branches[Weights]]:
    return {name: _branches(written, _weights) for name, written in raw.items()}


def _weights(raw: Any) -> Weights:
    """``{a: 3, b: 1}``, or a single value that is always it."""
    drawn = raw if isinstance(raw, Mapping) else {raw: 1}
    return Weights(tuple(drawn), tuple(drawn.values()))


def _branches(raw: Any, read: Any) -> Branches[Any]:
    """A when-list, or one value for all; ``read`` makes a value of what is written."""
    if isinstance(raw, Sequence) and raw and isinstance(raw[0], Mapping):
        return tuple(Branch(_when(branch.get("when", {})), read(branch["is"])) for branch in raw)
    return (Branch({}, read(raw)),)


def _when(raw: Written) -> Mapping[str, tuple[Value, ...]]:
    return {name: tuple(among) if isinstance(among, list) else (among,) for name, among in raw.items()}


def _durations(raw: Sequence[str]) -> tuple[int, ...]:
    return tuple(duration.parse(text).seconds * SECOND for text in raw)
