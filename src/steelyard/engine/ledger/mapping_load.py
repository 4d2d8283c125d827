"""Reading a mapping document: every mistake at once, each with its line, its column and what to do about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as Dict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final, cast, get_args

from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.mapping_source import read_source
from steelyard.engine.ledger.mapping_values import ValueReader, fits
from steelyard.engine.policy import document as doc
from steelyard.engine.policy.predicate import Predicate, parse_loose
from steelyard.engine.words import N_

_ID: Final = re.compile(r"[a-z][a-z0-9-]*")
_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9_-]*")
_KIND: Final = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")
_OF_OTHERS: Final = ("contact.", "survey.", "inspection.", "mark.", "training.")
_COMMON_KEYS: Final = ("source", "covers", "rows", "staff", "unit", "actor", "kind", "attributes", "ignore")

BLOCKS: Final[Dict[model.Rows, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "contacts": (
        "contact",
        ("offered",),
        (
            "answered",
            "abandoned",
            "ended",
            "wait_s",
            "talk_s",
            "hold_s",
            "wrap_s",
            "queue",
            "channel",
            "direction",
            "case",
        ),
    ),
    "responses": ("response", (), ("answered_at", "invited_at", "survey", "channel", "case", "contact")),
    "inspections": (
        "inspection",
        ("inspected_at",),
        ("form", "form_version", "method", "score", "verdict", "critical", "inspector", "case", "contact"),
    ),
    "marks": ("mark", ("type", "occurred_at"), ("severity", "upheld", "case", "contact")),
    "trainings": ("training", ("completed_at",), ("course", "hours", "passed")),
    "postings": ("posting", ("from",), ("to", "role")),
    "units": ("tree", ("from",), ("to", "parent", "kind", "name")),
}
"""For each kind of rows: the name of its block, the fields it must have, and those it may have."""

ANSWERS: Final[Dict[model.Rows, tuple[str, ...]]] = {
    "responses": ("question", "score", "scale_min", "scale_max", "choice"),
    "inspections": ("question", "answer", "points", "max_points", "na"),
}
"""Fields of one answer; they stand in the block itself (one answer a row) or in its list ``answers``."""

_SUBJECTS: Final[Dict[model.Rows, tuple[str, ...]]] = {
    "events": ("case",),
    "cases": ("case",),
    "postings": ("staff", "unit"),
    "units": ("unit",),
}


def load_mapping(source: Path | str | bytes, *, file: str | None = None) -> model.Mapping:
    """Read and check the mapping in ``source`` (a path, or the bytes of a document named ``file``).

    Raises SteelyardError with every problem of the document.
    """
    document = doc.read(source, file=file)
    mapping = _Loader(document).load()
    document.raise_problems()
    assert mapping is not None
    return mapping


class _Loader:
    """Walks the document once; whatever cannot be read is noted there and left out."""

    def __init__(self, document: doc.Document) -> None:
        self.document = document
        self.read = ValueReader(document)

    def load(self) -> model.Mapping | None:
        keys = ("apiVersion", "kind", "metadata", "spec")
        top = self.read.entries(self.document.root, keys, required=("apiVersion", "kind", "metadata", "spec"))
        self.read.choice(top.get("apiVersion"), ("steelyard/v1",))
        self.read.choice(top.get("kind"), ("Mapping",))
        name = self._name(top.get("metadata"))
        spec = top.get("spec")
        rows = self._rows(spec)
        return None if rows is None else self._mapping(name, rows, spec)

    def _mapping(self, name: str, rows: model.Rows, node: doc.Node | None) -> model.Mapping:
        of_cases = rows in ("events", "cases")
        own = ("case", "event", "instants") if of_cases else ("id", "case", BLOCKS[rows][0])
        subject = _SUBJECTS.get(rows, ("id",))
        required = ("source", *subject) if of_cases else ("source", *subject, BLOCKS[rows][0])
        spec = self.read.entries(node, (*_COMMON_KEYS, *own), required=required)
        if of_cases and "event" not in spec and "instants" not in spec:
            self.document.refuse(
                "missing-key", "spec", N_("the mapping gives no facts"), remedy=N_("add instants or event")
            )
        attributes = self._values(spec.get("attributes"), typed=True, many=True)
        if "kind" in spec and "kind" in attributes:
            self.document.refuse("shape", "spec.attributes.kind", N_("the kind is given twice"), key=True)
        block, answers = ({}, ()) if of_cases else self._block(rows, spec.get(BLOCKS[rows][0]))
        return model.Mapping(
            name=name,
            source=read_source(self.read, spec.get("source")),
            rows=rows,
            id=self.read.value(spec.get("case" if of_cases else "id")),
            covers=self._covers(spec.get("covers")),
            case=None if of_cases else self.read.value(spec.get("case")),
            events=self._events(spec.get("event")),
            instants=self._instants(spec.get("instants")),
            staff=self.read.value(spec.get("staff")),
            unit=self.read.value(spec.get("unit")),
            actor=self.read.value(spec.get("actor")),
            kind=self.read.value(spec.get("kind")),
            attributes=attributes,
            ignore=self._ignore(spec.get("ignore")),
            block=block,
            answers=answers,
            file=self.document.file,
            hash=hashlib.sha256(self.document.source).hexdigest(),
            places=dict(self.document.values),
        )

    def _name(self, node: doc.Node | None) -> str:
        found = self.read.entries(node, ("name", "title", "description"), required=("name",))
        text = self.read.text(found.get("name"))
        if text is not None and not _ID.fullmatch(text):
            remedy = N_("an id begins with a small letter and holds small letters, digits and -")
            self.document.refuse("id", found["name"].path, N_("{id} is no id"), remedy=remedy, id=text)
        return text or ""

    def _rows(self, node: doc.Node | None) -> model.Rows | None:
        if not isinstance(node, doc.Entries):
            self.read.entries(node, ())
            return None
        known = get_args(model.Rows)
        if "rows" not in node.entries:
            remedy = N_("say what a row is: {known}")
            self.document.refuse(
                "missing-key", node.path, N_("{name} is missing"), remedy=remedy, name="rows", known=", ".join(known)
            )
            return None
        return cast("model.Rows | None", self.read.choice(node.entries["rows"], known))

    def _covers(self, node: doc.Node | None) -> tuple[date, date] | None:
        if node is None:
            return None
        texts = self.read.texts(node)
        days = [day for text in texts if (day := _day(text)) is not None]
        if len(texts) != 2 or len(days) != 2 or days[0] >= days[1]:
            self.document.refuse(
                "covers",
                node.path,
                N_("a first day and the day after the last are wanted"),
                remedy=N_("such as [2016-01-01, 2016-07-01]"),
            )
            return None
        return days[0], days[1]

    def _values(self, node: doc.Node | None, *, typed: bool = False, many: bool = False) -> dict[str, model.Value]:
        if node is None:
            return {}
        found = {}
        for name, below in self.read.entries(node, node.entries if isinstance(node, doc.Entries) else ()).items():
            if not _ATTRIBUTE.fullmatch(name):
                remedy = N_("begin with a small letter, then small letters, digits, - and _")
                self.document.refuse("id", below.path, N_("{id} is no id"), remedy=remedy, key=True, id=name)
            value = self.read.value(below, typed=typed, many=many)
            if value is not None:
                found[name] = self._priority(value) if name == "priority" else value
        return found

    def _priority(self, value: model.Value) -> model.Value:
        """``priority`` is an integer (SPEC §2), said or not."""
        if value.type not in (None, "integer"):
            self.document.refuse("type", f"{value.path}.type", N_("priority is an integer"))
        for key, text in (value.map or {}).items():
            if text is not None and not fits(text, "integer"):
                remedy = N_("map it to 1, 2, 3 …")
                self.document.refuse("type", f"{value.path}.map.{key}", N_("priority is an integer"), remedy=remedy)
        return replace(value, type="integer")

    def _instants(self, node: doc.Node | None) -> dict[str, model.Value]:
        if node is None:
            return {}
        found = {}
        for kind, below in self.read.entries(node, node.entries if isinstance(node, doc.Entries) else ()).items():
            self._check_kind(kind, below.path, key=True)
            value = self.read.value(below)
            if value is not None:
                self._refuse_map(value)
                found[kind] = value
        return found

    def _events(self, node: doc.Node | None) -> tuple[model.Event, ...]:
        if node is None:
            return ()
        blocks = node.items if isinstance(node, doc.Items) else [node]
        return tuple(event for block in blocks if (event := self._event(block)) is not None)

    def _event(self, node: doc.Node) -> model.Event | None:
        keys = ("column", "columns", "join", "at", "on_change", "kinds")
        found = self.read.entries(node, keys, required=("at", "kinds"))
        named: dict[str, doc.Node] = {name: found[name] for name in ("column", "columns", "join") if name in found}
        value = self.read.value(doc.Entries(node.path, named)) if found else None
        at = self.read.value(found.get("at"))
        if at is not None:
            self._refuse_map(at)
        kinds = found.get("kinds")
        if not isinstance(kinds, doc.Entries):
            self.read.entries(kinds, ())
            return None
        read = {text: self.read.nullable(below) for text, below in kinds.entries.items()}
        for text, kind in read.items():
            if kind is not None:
                self._check_kind(kind, kinds.entries[text].path)
        if value is None or at is None:
            return None
        return model.Event(value, at, read, self.read.flag(found.get("on_change")))

    def _check_kind(self, kind: str, path: str, *, key: bool = False) -> None:
        if not _KIND.fullmatch(kind):
            remedy = N_("kinds are written like opened or handed_over")
            self.document.refuse("kind", path, N_("{kind} is no kind of fact"), remedy=remedy, key=key, kind=kind)
        elif kind.startswith(_OF_OTHERS) or kind in ("posted", "unit", "corrected", "erased"):
            remedy = N_("use rows: contacts, responses, inspections, marks, trainings, postings or units")
            self.document.refuse("kind", path, N_("{kind} is no fact of a case"), remedy=remedy, key=key, kind=kind)

    def _block(
        self, rows: model.Rows, node: doc.Node | None
    ) -> tuple[dict[str, model.Value], tuple[dict[str, model.Value], ...]]:
        _, required, optional = BLOCKS[rows]
        answer_fields = ANSWERS.get(rows, ())
        many = ("answers",) if answer_fields else ()
        found = self.read.entries(node, (*required, *optional, *answer_fields, *many), required=required)
        fields = {
            name: value
            for name in (*required, *optional)
            if (value := self.read.value(found.get(name), typed=True)) is not None
        }
        for name, value in fields.items():
            if name in ("offered", "ended", "from", "to") or name.endswith("_at"):
                self._refuse_map(value)
        if rows == "responses" and not ("answered_at" in found or "invited_at" in found) and found:
            self.document.refuse(
                "missing-key",
                node.path if node else "",
                N_("{name} is missing"),
                remedy=N_("add {name}"),
                name="answered_at",
            )
        return fields, self._answers(found, answer_fields)

    def _answers(self, found: dict[str, doc.Node], fields: tuple[str, ...]) -> tuple[dict[str, model.Value], ...]:
        single = {name: found[name] for name in fields if name in found}
        listed = found.get("answers")
        if listed is None:
            groups = [single] if single else []
        elif not isinstance(listed, doc.Items) or single:
            self.document.refuse(
                "shape", listed.path, N_("answers is a list, and then no answer stands beside it"), key=True
            )
            groups = []
        else:
            groups = [self.read.entries(item, fields, required=("question",)) for item in listed.items]
        read = []
        for group in groups:
            read.append({n: v for n, node in group.items() if (v := self.read.value(node, typed=True)) is not None})
        return tuple(read)

    def _refuse_map(self, value: model.Value) -> None:
        if value.map is not None:
            self.document.refuse("shape", f"{value.path}.map", N_("an instant cannot be mapped"), key=True)

    def _ignore(self, node: doc.Node | None) -> Predicate | None:
        when = self.read.entries(node, ("when",), required=("when",)).get("when")
        text = self.read.text(when)
        if text is None or when is None:
            return None
        try:
            return parse_loose(text)
        except SteelyardError as error:
            self.document.refuse_as(when.path, error)
            return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
