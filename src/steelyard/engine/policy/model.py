"""The written policy as data: what the loader returns and everything above it reads.

All values are decided: defaults are filled in, durations, percentages and numbers are parsed,
predicates are trees that were checked against the columns of their basis. Nothing here knows YAML.
Percentages are in percent points (``90%`` is ``Fraction(90)``), durations in seconds, money and
scores in their own units; all numbers are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Generic, Literal, TypeVar

from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.predicate import Expression, Predicate

T = TypeVar("T")
Text = Mapping[str, str]
"""A title or text by language: ``en``, ``zh-Hans``, ``zh-Hant``."""


@dataclass(frozen=True, slots=True)
class Branch(Generic[T]):
    """One entry of a when-list: the first whose ``when`` is TRUE (or absent) decides."""

    when: Predicate | None
    value: T


Branches = tuple[Branch[T], ...]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    owner: str | None = None
    review_by: str | None = None
    approve_by: str | None = None
    pilot: Mapping[str, object] | None = None
    ack_coverage: Fraction | None = None
    effective: date | None = None
    review_every: Duration | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A declared column ``attr.<name>`` of the rows of ``of`` (case, contact, customer …)."""

    name: str
    type: Literal["text", "integer", "number", "boolean", "instant"]
    of: str


@dataclass(frozen=True, slots=True)
class Clause:
    id: str
    title: Text = field(default_factory=dict)
    text: Text = field(default_factory=dict)
    owner: str | None = None
    measured: Literal["by", "text", "not_yet"] = "text"
    because: str | None = None
    basis: tuple[str, ...] = ()
    publish: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """One opening of a day in seconds from local midnight; ``closes`` may pass 86,400."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours as written. ``weekly`` has seven entries, Monday first."""

    id: str
    weekly: tuple[tuple[Hours, ...], ...]
    holidays: str | None = None
    makeup_as: int | None = None
    open: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Pauses:
    from_: frozenset[str]
    to: frozenset[str]
    limit: Duration | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom to tell when: at ``warn``, at ``due``, or ``after`` the due."""

    at: Literal["warn", "due"]
    after: Duration | None
    to: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise with a clock. Exactly one of ``within`` and ``until`` is there.

    ``time`` is the time of targets that are not in ``wd``; ``wd`` is always working time.
    ``until`` is ``(fact kind, name in its data or attributes)``.
    """

    id: str
    about: Literal["case", "contact", "posting", "duty"]
    starts: frozenset[str]
    stops: frozenset[str]
    clause: str | None = None
    title: Text = field(default_factory=dict)
    each: str | None = None
    applies: Predicate | None = None
    pauses: Pauses | None = None
    on_reopen: Literal["resume", "ignore", "restart"] = "resume"
    within: Branches[Duration] = ()
    until: tuple[str, str] | None = None
    grace: Duration | None = None
    aim: Branches[Duration] = ()
    time: Literal["elapsed", "working"] = "elapsed"
    working_days: Literal["close", "same_time"] = "close"
    calendar: Branches[str] = ()
    warn: Fraction | None = None
    escalate: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    size: int | None = None
    percent: Fraction | None = None
    aql: Fraction | None = None
    per: str | None = None
    stratify: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A recurring commitment; with ``look_at`` it is a line of the evaluation programme.

    ``for_`` sees the columns named in ``for_columns``: of postings (``role`` …), of units (``kind`` …) or of
    customers (``tier`` …), as its names suggest (reading 39); ``subjects`` says which.
    """

    id: str
    clause: str | None
    who: str | None
    every: Duration
    for_: Predicate | None
    subjects: Literal["posting", "unit", "customer"]
    produces: str
    optional: bool = False
    title: Text = field(default_factory=dict)
    look_at: str | None = None
    method: str | None = None
    form: str | None = None
    sample: Sample | None = None
    by: str | None = None
    on: tuple[str, ...] = ()
    report_to: str | None = None
    independence: str | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """``value`` None is undecided. ``from_`` is the text of the first period it holds for, e.g. ``2026-Q2``."""

    value: Fraction | None
    written: str
    from_: str | None = None
    when: Predicate | None = None
    benchmark: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted. ``minimum`` is the written one; None leaves the default (1, or 20 in staff scorecards).

    ``unit`` is ``percent`` (proportion, nps), ``seconds`` or ``plain``. A quotient names measures in
    ``numerator_measure`` and ``denominator_measure`` and has no basis.
    """

    id: str
    kind: Literal["proportion", "mean", "percentile", "nps", "count", "sum", "quotient"]
    basis: str | None
    title: Text = field(default_factory=dict)
    clause: str | None = None
    population: Predicate | None = None
    exclude: Predicate | None = None
    except_: frozenset[str] = frozenset()
    numerator: Predicate | None = None
    value: Expression | None = None
    p: int | None = None
    by: str | None = None
    direction: Literal["up", "down"] = "up"
    minimum: int | None = None
    stratify: tuple[str, ...] = ()
    attribute_to: Literal["opener", "closer", "holder", "actor"] = "holder"
    targets: tuple[Target, ...] = ()
    unit: Literal["percent", "seconds", "plain"] = "plain"
    numerator_measure: str | None = None
    denominator_measure: str | None = None
    per: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a child without a score does to its parent; ``neutral`` holds the value for rule ``neutral``."""

    rule: Literal["renormalise", "zero", "neutral"]
    neutral: Fraction | None = None
    written: str = "renormalise"


@dataclass(frozen=True, slots=True)
class Points:
    """How a value becomes 0–100 points. Exactly one shape, named by ``shape``.

    ``rows`` of ``linear`` ascend in x; of ``table`` they are at-least rows descending (at-most ascending with
    direction down). ``share`` is a number, or None for the measure's target. ``deduct``: each, start, floor.
    """

    shape: Literal["linear", "table", "share", "deduct"]
    rows: tuple[tuple[Fraction, Fraction], ...] = ()
    share: Fraction | None = None
    each: Fraction = Fraction(0)
    start: Fraction = Fraction(100)
    floor: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Leaf:
    measure: str
    weight: Fraction
    points: Points
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """An indicator: its children are indicators and measures, in the order written."""

    id: str
    weight: Fraction
    children: tuple[Node | Leaf, ...]
    title: Text = field(default_factory=dict)
    source: Literal["internal", "external"] | None = None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    measure: str
    each: Fraction
    cap: Fraction


@dataclass(frozen=True, slots=True)
class Veto:
    measure: str
    from_: Fraction
    cap: str


@dataclass(frozen=True, slots=True)
class Grade:
    id: str
    from_: Fraction
    title: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``of`` is ``staff``, ``organisation``, ``unit:<kind>`` or ``attribute:<column>``.

    Weights from pairwise comparison are already in ``tree``; ``grades`` descend; ``require`` is in percent.
    """

    id: str
    of: str
    period: Literal["day", "week", "month", "quarter", "half", "year"]
    tree: tuple[Node | Leaf, ...]
    grades: tuple[Grade, ...]
    title: Text = field(default_factory=dict)
    clause: str | None = None
    peers: Literal["role", "none"] = "none"
    missing: Missing = Missing("renormalise")
    require: Fraction = Fraction(50)
    adjustments: tuple[Adjustment, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    cycle: tuple[Mapping[str, object], ...] = ()
    pairwise: tuple[tuple[str, str, Fraction], ...] = ()
    consistency_max: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    clause: str | None
    on: Literal["clock", "response", "inspection", "figure", "grade"]
    when: Predicate | None
    again: int
    do: str
    to: str | None
    within: Duration | None


@dataclass(frozen=True, slots=True)
class Segment:
    id: str
    when: Predicate | None
    valid: Duration | None


@dataclass(frozen=True, slots=True)
class ClockTest:
    """Facts (plain mappings as written), an as-of instant and the clock rows expected, with their places."""

    id: str
    facts: tuple[Mapping[str, object], ...]
    as_of: str
    expect: tuple[Mapping[str, str | None], ...]
    path: str


@dataclass(frozen=True, slots=True)
class ScoreTest:
    """``given`` maps a measure or node to a value or a status; ``expect`` has total, grade, status (None is none)."""

    id: str
    scorecard: str
    given: Mapping[str, Fraction | str]
    expect: Mapping[str, str | None]
    path: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a service policy, checked and complete.

    ``hash`` is the meaning hash of SPEC §7. ``places`` maps a path such as ``spec.measures[0].target`` to
    ``(line, column)`` of its value (of its key, for what a test expects), for errors found later. ``file`` is
    where it was read from and ``source`` its bytes.
    """

    name: str
    version: str
    title: Text
    timezone: str
    lifecycle: Lifecycle
    attributes: tuple[Attribute, ...] = ()
    facts: tuple[Mapping[str, str], ...] = ()
    clauses: tuple[Clause, ...] = ()
    channels: tuple[Mapping[str, object], ...] = ()
    kinds: tuple[Mapping[str, object], ...] = ()
    flow: tuple[Mapping[str, object], ...] = ()
    calendars: tuple[Calendar, ...] = ()
    segments: tuple[Segment, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    duties: tuple[Duty, ...] = ()
    programme: tuple[Duty, ...] = ()
    forms: tuple[Mapping[str, object], ...] = ()
    surveys: tuple[Mapping[str, object], ...] = ()
    measures: tuple[Measure, ...] = ()
    scorecards: tuple[Scorecard, ...] = ()
    rules: tuple[Rule, ...] = ()
    tests: tuple[ClockTest | ScoreTest, ...] = ()
    hash: str = ""
    file: str | None = None
    source: bytes = b""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
