"""Which facts a row of each kind may give: the mapping's blocks become slots, in the order of the row's facts.

A slot is one possible fact: its kind, its instant, and for event logs the value whose change makes it. Everything
is SQL over the steps of :mod:`terms`.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.sql import json_text, literal
from steelyard.engine.ledger.terms import MISSING, NOT_INSTANT, UNKNOWN_VALUE, Terms

_FIELD_TYPES: Final[Dict[str, str]] = {
    "wait_s": "seconds",
    "talk_s": "seconds",
    "hold_s": "seconds",
    "wrap_s": "seconds",
    "score": "number",
    "scale_min": "number",
    "scale_max": "number",
    "points": "number",
    "max_points": "number",
    "hours": "number",
    "severity": "number",
    "critical": "boolean",
    "upheld": "boolean",
    "passed": "boolean",
    "na": "boolean",
}
_MARKS: Final = {"praise": "mark.praised", "complaint": "mark.complained", "violation": "mark.violated"}
_SEPARATOR: Final = "\x1e"


@dataclass(frozen=True, slots=True)
class Slot:
    """One possible fact of a row. ``kind``, ``at`` and ``key`` are SQL; ``kind`` or ``at`` NULL: no fact.

    ``watched`` (SQL) makes the fact only where it differs from the case's previous row. ``fixed`` says that ``kind``
    is a constant, so that a blank instant means that this fact is no more. ``data`` is the fact's where it is not
    that of the whole row.
    """

    kind: str
    at: str
    fixed: bool = True
    watched: str | None = None
    key: str = "id"
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What a row of this mapping gives: its id, what its facts carry (columns as SQL by name), and its slots."""

    about_type: str
    id: str
    content: Dict[str, str]
    slots: tuple[Slot, ...]


def shape(mapping: model.Mapping, terms: Terms) -> Shape:
    """The shape of the rows of ``mapping``; texts, instants and checks are collected in ``terms``."""
    return _Shaper(mapping, terms).shape()


@dataclass(slots=True)
class _Shaper:
    mapping: model.Mapping
    terms: Terms
    members: list[tuple[str, str]] = field(default_factory=list)
    """Members of ``data`` beside the attributes: name and SQL of the JSON text."""

    def shape(self) -> Shape:
        mapping, terms = self.mapping, self.terms
        id_ = terms.required(mapping.id) if mapping.id is not None else None
        make = {
            "events": self._case,
            "cases": self._case,
            "contacts": self._contact,
            "responses": self._response,
            "inspections": self._inspection,
            "marks": self._mark,
            "trainings": self._training,
            "postings": self._posting,
            "units": self._unit,
        }[mapping.rows]
        slots = make()
        staff, unit, actor = (
            terms.text(value) if value else "NULL" for value in (mapping.staff, mapping.unit, mapping.actor)
        )
        if mapping.rows == "inspections" and mapping.actor is None and "inspector" in mapping.block:
            actor = terms.text(mapping.block["inspector"])
        about_type, about = {
            "events": ("case", id_),
            "cases": ("case", id_),
            "contacts": ("contact", id_),
            "responses": ("response", id_),
            "inspections": ("inspection", id_),
            "marks": ("mark", id_),
            "trainings": ("training", id_),
            "postings": ("staff", staff),
            "units": ("unit", unit),
        }[mapping.rows]
        content = {
            "about_id": f"CAST({about} AS VARCHAR)",
            "staff": f"CAST({staff} AS VARCHAR)",
            "unit": f"CAST({unit} AS VARCHAR)",
            "actor": f"CAST({actor} AS VARCHAR)",
            "data": self._data(),
        }
        return Shape(about_type, f"CAST({id_ or self._own_key()} AS VARCHAR)", content, tuple(slots))

    def _case(self) -> list[Slot]:
        on_change = self.mapping.rows == "events"
        slots = []
        for kind, value in self.mapping.instants.items():
            at = self.terms.instant(value)
            slots.append(Slot(literal(kind), at, watched=at if on_change else None))
        for event in self.mapping.events:
            slots.append(self._event(event))
        return slots

    def _event(self, event: model.Event) -> Slot:
        terms = self.terms
        text, at = terms.raw(event.value), terms.instant(event.at)
        named = {value: kind for value, kind in event.kinds.items() if value != "*"}
        branches = "".join(f" WHEN {literal(value)} THEN {_kind(kind)}" for value, kind in named.items())
        if "*" not in event.kinds:
            known = ", ".join(literal(value) for value in named)
            terms.check(
                f"{text} IS NOT NULL AND {text} NOT IN ({known})" if known else f"{text} IS NOT NULL",
                event.value,
                UNKNOWN_VALUE,
            )
        else:
            branches += f" WHEN {text} THEN {_kind(event.kinds['*'])}"
        kind = f"CAST(CASE {text}{branches} END AS VARCHAR)" if branches else "CAST(NULL AS VARCHAR)"
        terms.check(f"({kind}) IS NOT NULL AND coalesce({terms.raw(event.at)}, '') = ''", event.at, MISSING)
        return Slot(kind, at, fixed=False, watched=text if event.on_change else None)

    def _contact(self) -> list[Slot]:
        block, terms = self.mapping.block, self.terms
        offered = terms.instant(block["offered"], required=True)
        self._text_members("channel", "queue", "direction")
        self._reference("case")
        self._members("wait_s", "talk_s", "hold_s", "wrap_s")
        waited = f"coalesce(CAST({terms.json(block['wait_s'], 'seconds')} AS BIGINT), 0)" if "wait_s" in block else "0"
        flagged = f"{offered} + to_seconds({waited})"
        slots = [Slot("'contact.offered'", offered)]
        for name in ("answered", "abandoned"):
            if name in block:
                slots.append(Slot(f"'contact.{name}'", self._flag_or_instant(block[name], flagged)))
        if "ended" in block:
            slots.append(Slot("'contact.ended'", terms.instant(block["ended"])))
        return slots

    def _flag_or_instant(self, value: model.Value, flagged: str) -> str:
        """The instant itself, or where the value is a flag that is true, the instant ``flagged``."""
        flag = self.terms.flag(value)
        if flag is not None:
            return f"CASE WHEN {flag} THEN {flagged} END"
        text = self.terms.raw(value)
        instant = self.terms.instants.setdefault(text, f"i{len(self.terms.instants)}")
        self.terms.check(
            f"{instant} IS NULL AND {text} <> '' AND lower({text}) NOT IN ('true', 'false')", value, NOT_INSTANT
        )
        return f"CASE WHEN lower({text}) = 'true' THEN {flagged} ELSE {instant} END"

    def _response(self) -> list[Slot]:
        block, terms = self.mapping.block, self.terms
        id_ = terms.text(self.mapping.id) if self.mapping.id is not None else "NULL"
        given = {name: terms.instant(block[name]) for name in ("invited_at", "answered_at") if name in block}
        blank = " AND ".join(f"coalesce({terms.raw(block[name])}, '') = ''" for name in given)
        if given:
            terms.check(blank, block[next(reversed(given))], MISSING)
        self.members.append(("invitation", f"CAST(to_json({id_}) AS VARCHAR)"))
        self._text_members("survey", "channel")
        self._reference("case")
        self._reference("contact")
        invitation = self._data()
        self._answers()
        slots = []
        if "invited_at" in given:
            slots.append(Slot("'survey.invited'", given["invited_at"], data=invitation))
        if "answered_at" in given:
            slots.append(Slot("'survey.answered'", given["answered_at"], key=self._question_key()))
        return slots

    def _question_key(self) -> str:
        """Several rows may answer one invitation, a question each: the question is part of the row's key."""
        single = self.mapping.answers[0] if len(self.mapping.answers) == 1 else {}
        if "question" not in single or not single["question"].columns:
            return "id"
        return f"concat(id, {literal(_SEPARATOR)}, {self.terms.text(single['question'])})"

    def _inspection(self) -> list[Slot]:
        at = self.terms.instant(self.mapping.block["inspected_at"], required=True)
        self._text_members("form", "form_version", "method", "verdict", "inspector")
        self._members("score", "critical")
        self._reference("case")
        self._reference("contact")
        self._answers()
        return [Slot("'inspection.done'", at)]

    def _mark(self) -> list[Slot]:
        block, terms = self.mapping.block, self.terms
        type_ = terms.required(block["type"])
        known = ", ".join(literal(name) for name in _MARKS)
        terms.check(f"({type_}) NOT IN ({known})", block["type"], UNKNOWN_VALUE)
        at = terms.instant(block["occurred_at"], required=True)
        self._members("severity", "upheld")
        self._reference("case")
        self._reference("contact")
        return [
            Slot(literal(kind), f"CASE WHEN ({type_}) = {literal(name)} THEN {at} END") for name, kind in _MARKS.items()
        ]

    def _training(self) -> list[Slot]:
        at = self.terms.instant(self.mapping.block["completed_at"], required=True)
        self._text_members("course")
        self._members("hours", "passed")
        return [Slot("'training.completed'", at)]

    def _posting(self) -> list[Slot]:
        mapping, terms = self.mapping, self.terms
        for name, value in (("staff", mapping.staff), ("unit", mapping.unit)):
            if value is not None:
                self.members.append((name, f"CAST(to_json({terms.required(value)}) AS VARCHAR)"))
        self._text_members("role")
        return [Slot("'posted'", self._span())]

    def _unit(self) -> list[Slot]:
        if self.mapping.unit is not None:
            self.members.append(("unit", f"CAST(to_json({self.terms.required(self.mapping.unit)}) AS VARCHAR)"))
        self._text_members("parent", "kind", "name")
        return [Slot("'unit'", self._span())]

    def _span(self) -> str:
        block, terms = self.mapping.block, self.terms
        start = terms.instant(block["from"], required=True)
        self.members.append(("from", f"instant_json({start})"))
        if "to" in block:
            self.members.append(("to", f"instant_json({terms.instant(block['to'])})"))
        return start

    def _own_key(self) -> str:
        """Postings and units may have no id of their own: who, where, as what and since when makes one."""
        mapping, terms = self.mapping, self.terms
        parts = [mapping.staff, mapping.unit, mapping.block.get("role"), mapping.block.get("from")]
        return f"concat_ws({literal(_SEPARATOR)}, {', '.join(terms.raw(value) for value in parts if value)})"

    def _text_members(self, *names: str) -> None:
        for name in names:
            if name in self.mapping.block:
                self.members.append((name, f"CAST(to_json({self.terms.text(self.mapping.block[name])}) AS VARCHAR)"))

    def _members(self, *names: str) -> None:
        for name in names:
            if name in self.mapping.block:
                self.members.append((name, self.terms.json(self.mapping.block[name], _FIELD_TYPES[name])))

    def _reference(self, name: str) -> None:
        """The case or contact that the row belongs to, named in the block or beside it."""
        value = self.mapping.block.get(name) or (self.mapping.case if name == "case" else None)
        if value is not None:
            self.members.append((name, f"CAST(to_json({self.terms.text(value)}) AS VARCHAR)"))

    def _answers(self) -> None:
        answers = [
            _object([(name, self.terms.json(value, _FIELD_TYPES.get(name))) for name, value in answer.items()])
            for answer in self.mapping.answers
        ]
        if answers:
            self.members.append(("answers", "'[' || " + " || ',' || ".join(answers) + " || ']'"))

    def _data(self) -> str:
        attributes = []
        if self.mapping.kind is not None:
            attributes.append(("kind", f"CAST(to_json({self.terms.text(self.mapping.kind)}) AS VARCHAR)"))
        attributes += [(name, self.terms.json(value)) for name, value in self.mapping.attributes.items()]
        members = [*self.members, ("attributes", _object(attributes))] if attributes else self.members
        return _object(members)


def _object(members: Sequence[tuple[str, str]]) -> str:
    """The SQL of a JSON object from the SQL of its members' JSON texts; NULL becomes null."""
    if not members:
        return "'{}'"
    pieces = []
    for number, (name, value) in enumerate(members):
        opening = "{" if number == 0 else ","
        pieces.append(f"{literal(opening + json_text(name) + ':')} || coalesce({value}, 'null')")
    return "(" + " || ".join(pieces) + " || '}')"


def _kind(kind: str | None) -> str:
    return "NULL" if kind is None else literal(kind)
