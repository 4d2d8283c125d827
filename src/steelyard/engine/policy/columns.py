"""Which columns the predicates of a policy may name, where, and of what type and unit (SPEC §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from steelyard.engine.policy import tree
from steelyard.engine.policy.tree import Type

if TYPE_CHECKING:
    from steelyard.engine.policy.model import Attribute

Types = Mapping[str, Type]
Unit = Literal["percent", "seconds", "plain"]

ATTRIBUTE_OWNERS: Final = (
    "case",
    "contact",
    "customer",
    "response",
    "inspection",
    "item",
    "mark",
    "training",
    "posting",
    "unit",
    "staff",
)
"""What a declared attribute may be of."""


def _types(**by_type: str) -> dict[str, Type]:
    """Columns from their names, grouped by type: ``_types(text="id kind")``; ``priority`` comes where it is named."""
    return {name: type_ for type_, names in by_type.items() for name in names.split()}  # type: ignore[misc]  # the keys below are types


COMMON: Final[Types] = _types(
    text="id kind channel class tier staff unit exception source", integer="priority", list="tags"
)
"""Columns that the rows of every basis have."""

_LOOKS: Final = "exception source"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a measure counts: ``row`` says what a row is, ``by`` the instant that puts it into a period.

    ``further`` are its own columns beside the common ones; declared attributes of ``attributes_of`` are
    columns ``attr.<name>``.
    """

    name: str
    row: str
    by: str
    further: Types
    attributes_of: tuple[str, ...]

    def columns(self, attributes: Iterable[Attribute] = ()) -> dict[str, Type]:
        """All columns with their types, given the declared attributes."""
        return {**COMMON, **self.further, **declared(attributes, *self.attributes_of)}


BASES: Final[Mapping[str, Basis]] = {
    basis.name: basis
    for basis in (
        Basis(
            "case",
            "a case",
            "opened_at",
            _types(
                instant="opened_at first_responded_at solved_at closed_at",
                text="state",
                integer="reopens handovers contacts",
                number="rating",
            ),
            ("case",),
        ),
        Basis(
            "clock",
            "a judged clock: (case or other about, commitment, n)",
            "due_at",
            _types(
                text="commitment key state",
                integer="n elapsed_s paused_s budget_s",
                instant="started_at due_at stopped_at",
                boolean="met judged aimed",
            ),
            ("case", "contact"),
        ),
        Basis(
            "contact",
            "a call, chat or thread",
            "offered_at",
            _types(
                instant="offered_at",
                integer="wait_s talk_s hold_s wrap_s",
                boolean="answered abandoned",
                text="direction queue",
            ),
            ("contact",),
        ),
        Basis(
            "response",
            "(invitation, question)",
            "answered_at",
            _types(
                instant="answered_at invited_at",
                text="survey question choice",
                number="score scale_min scale_max",
                boolean="answered",
            ),
            ("response",),
        ),
        Basis(
            "inspection",
            "an evaluation",
            "inspected_at",
            _types(
                instant="inspected_at",
                text="form form_version method verdict inspector",
                number="score",
                boolean="critical",
            ),
            ("inspection",),
        ),
        Basis(
            "answer",
            "(inspection, question)",
            "inspected_at",
            _types(instant="inspected_at", text="form question answer", number="points max_points", boolean="na"),
            ("inspection",),
        ),
        Basis(
            "item",
            "a quoted or collected line",
            "collected_at",
            _types(instant="collected_at", number="recorded_qty actual_qty price", text="uom"),
            ("item",),
        ),
        Basis(
            "mark",
            "a praise, violation …",
            "occurred_at",
            _types(instant="occurred_at", text="type", number="severity", boolean="upheld"),
            ("mark",),
        ),
        Basis(
            "training",
            "a completed course",
            "completed_at",
            _types(instant="completed_at", text="course", number="hours", boolean="passed"),
            ("training",),
        ),
        Basis(
            "posting",
            "a staff member in a unit",
            "from",
            _types(text="role", instant="from to"),
            ("posting",),
        ),
    )
}

FIGURES: Final[Types] = _types(
    text="of subject measure stratum period unit status policy_version",
    integer="n excluded excepted",
    number="numerator denominator value low high target",
    boolean="on_target partial provisional",
)
"""Columns of figures, for rules ``on: figure``."""

SCORES: Final[Types] = _types(
    text="scorecard of subject period path grade peers missing status",
    number="weight value points score adjustment",
    integer="rank",
)
"""Columns of scores, for rules ``on: grade``."""

_AT_WORK: Final[Types] = {name: type_ for name, type_ in COMMON.items() if name not in _LOOKS.split()}
"""What is known of a case or a contact while its clocks run: exceptions and sources come later."""

_POSTED: Final[Types] = _types(text="staff unit role")
_UNITS: Final[Types] = _types(text="unit kind parent name")
_POSTINGS: Final[Types] = _types(text="staff unit role kind parent", instant="from to")


def declared(attributes: Iterable[Attribute], *of: str, prefix: str = "attr.") -> dict[str, Type]:
    """The declared attributes of ``of`` as columns."""
    return {prefix + attribute.name: attribute.type for attribute in attributes if attribute.of in of}


def of_commitment(about: str, attributes: Iterable[Attribute]) -> dict[str, Type]:
    """What ``applies``, ``within``, ``aim`` and ``calendar`` of a commitment may name."""
    if about == "case":
        return {**_AT_WORK, **declared(attributes, "case")}
    if about == "contact":
        return {**_AT_WORK, **_types(text="direction queue case"), **declared(attributes, "contact")}
    posted = {**_POSTED, **declared(attributes, "posting")}
    return posted if about == "posting" else {**posted, **_UNITS}


def of_segment(attributes: Iterable[Attribute]) -> dict[str, Type]:
    """What ``when`` of a segment may name: the attributes of customers, bare as well as with ``attr.``."""
    attributes = tuple(attributes)
    bare = declared(attributes, "customer", prefix="")
    return {**_types(text="id tier"), **bare, **declared(attributes, "customer")}


def of_duty(attributes: Iterable[Attribute]) -> dict[Literal["unit", "posting", "customer"], dict[str, Type]]:
    """What ``for`` of a duty may name, by what the duty is done to; the first that knows all names is meant."""
    attributes = tuple(attributes)
    return {
        "unit": {**_UNITS, **declared(attributes, "unit")},
        "posting": {**_POSTINGS, **declared(attributes, "posting", "staff")},
        "customer": of_segment(attributes),
    }


def of_rule(on: str, attributes: Iterable[Attribute]) -> dict[str, Type]:
    """What ``when`` of a rule may name."""
    if on == "figure":
        return dict(FIGURES)
    if on == "grade":
        return dict(SCORES)
    return BASES[on].columns(attributes)


def of_target(seen: Types) -> dict[str, Type]:
    """What ``when`` of a target may name: whose figure it is, and the stratum and attribute columns ``seen``.

    ``kind`` is the kind of the unit, for figures of units.
    """
    return {**_types(text="staff unit kind"), **seen}


def unit_of(node: tree.Node) -> Unit:
    """The unit of a value: seconds where it is made of ``_s`` columns and literals only, else plain."""
    columns = set(node.columns())
    return "seconds" if columns and all(name.endswith("_s") for name in columns) and _is_linear(node) else "plain"


def _is_linear(node: tree.Node) -> bool:
    """Whether no two columns are multiplied: seconds times seconds are no seconds."""
    if isinstance(node, tree.Arithmetic) and node.op == "*" and all(list(part.columns()) for part in node.parts()):
        return False
    return all(_is_linear(part) for part in node.parts())


def table() -> list[dict[str, object]]:
    """The bases with their rows, default instants and columns as plain data, for people to read."""
    common = [{"column": name, "type": type_} for name, type_ in COMMON.items()]
    return [
        {
            "basis": basis.name,
            "row": basis.row,
            "by": basis.by,
            "columns": [*common, *({"column": name, "type": type_} for name, type_ in basis.further.items())],
            "attributes_of": list(basis.attributes_of),
        }
        for basis in BASES.values()
    ]
