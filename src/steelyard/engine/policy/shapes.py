"""The shapes a policy document is made of: records with named fields, lists, mappings and when-lists.

A shape reads a node into a :class:`Record` and notes every problem on the way; the same declaration gives the
JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from steelyard.engine.policy import names
from steelyard.engine.policy.document import Broken, Document, Entries, Items, Node, Scalar
from steelyard.engine.policy.kinds import Kind, Question, Schema, Written
from steelyard.engine.words import N_

T = TypeVar("T")

LONGEST: Final = 5_000
"""Entries of the longest list."""

_ALLOWED: Final = N_("allowed keys are {keys}")


@dataclass(slots=True)
class Record:
    """The values read from one mapping, by name. A value that was refused is absent from ``values``.

    ``written`` are the names that stand in the document, in their order, whether their values are right or not.
    """

    path: str
    values: dict[str, object] = field(default_factory=dict)
    written: tuple[str, ...] = ()

    def at(self, name: str) -> str:
        """The path of the value ``name``."""
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str, type_: type[T]) -> T | None:
        """The value ``name`` if it is there and of ``type_``."""
        value = self.values.get(name)
        return value if isinstance(value, type_) else None

    def text(self, name: str) -> str | None:
        """The text ``name``."""
        return self.get(name, str)

    def all(self, name: str, type_: type[T]) -> tuple[T, ...]:
        """The values of the list ``name``."""
        values = self.get(name, tuple) or ()
        return tuple(value for value in values if isinstance(value, type_))

    def records(self, name: str) -> tuple[Record, ...]:
        """The records of the list ``name``."""
        return self.all(name, Record)

    def record(self, name: str) -> Record:
        """The record ``name``; an empty one where there is none."""
        return self.get(name, Record) or Record(self.at(name))

    def located(self, name: str, type_: type[T]) -> Iterator[tuple[str, T]]:
        """The values of the list ``name`` with their paths, in which refused values keep their number."""
        for index, value in enumerate(self.get(name, tuple) or ()):
            if isinstance(value, type_):
                yield f"{self.at(name)}[{index}]", value


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record."""

    name: str
    kind: Kind
    doc: str = ""
    required: bool = False
    default: object = None


class Shape(Kind):
    """A record with the fields it may have. ``name`` stands for it in the JSON Schema."""

    def __init__(self, name: str, doc: str, *fields: Field) -> None:
        self.name = name
        self.doc = doc
        self.fields: Mapping[str, Field] = {each.name: each for each in fields}

    def read(self, node: Node, document: Document) -> Record | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Entries):
            keys = ", ".join(self.fields)
            document.refuse("type", node.path, N_("a mapping is asked for here"), remedy=_ALLOWED, keys=keys)
            return None
        values: dict[str, object] = {
            each.name: each.default for each in self.fields.values() if each.default is not None
        }
        meant: set[str] = set()
        for name, below in node.entries.items():
            values.pop(name, None)
            if name not in self.fields:
                meant.add(self._unknown(name, below.path, node, document))
                continue
            value = self.fields[name].kind.read(below, document)
            if value is not None:
                values[name] = value
        for each in self.fields.values():
            if each.required and each.name not in node.entries and each.name not in meant:
                path = f"{node.path}.{each.name}" if node.path else each.name
                document.refuse("required", path, N_("{name} is missing"), at=node.path, name=each.name)
        return Record(node.path, values, tuple(node.entries))

    def _unknown(self, name: str, path: str, node: Entries, document: Document) -> str:
        """Refuse the key ``name``; gives the key that was probably meant, or nothing."""
        close = names.nearest(name, self.fields.keys() - node.entries.keys()) or names.nearest(name, self.fields)
        remedy = N_("{close} is meant, perhaps") if close else _ALLOWED
        keys = ", ".join(self.fields)
        reason = N_("{name} is not a key that may stand here")
        document.refuse("unknown-key", path, reason, remedy=remedy, key=True, name=name[:60], close=close, keys=keys)
        return close

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}

    def definition(self) -> Schema:
        """The shape itself in JSON Schema."""
        properties = {each.name: _documented(each) for each in self.fields.values()}
        made: Schema = {
            "description": self.doc,
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        required = [each.name for each in self.fields.values() if each.required]
        return made | {"required": required} if required else made


def _documented(each: Field) -> Schema:
    made = dict(each.kind.schema())
    if each.doc:
        made["description"] = each.doc
    if isinstance(each.default, (str, bool, int)):
        made["default"] = each.default
    return made


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list; refused items leave a hole, so that later items keep their number."""

    kind: Kind
    least: int = 0

    def read(self, node: Node, document: Document) -> tuple[object, ...] | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Items):
            document.refuse("type", node.path, N_("a list is asked for here"), remedy=N_("write [one, two]"))
            return None
        if len(node.items) < self.least:
            document.refuse("length", node.path, N_("at least {least} are asked for here"), least=self.least)
            return None
        if len(node.items) > LONGEST:
            document.refuse("length", node.path, N_("at most {most} may stand in one list"), most=LONGEST)
            return None
        return tuple(self.kind.read(item, document) for item in node.items)

    def schema(self) -> Schema:
        made: Schema = {"type": "array", "items": self.kind.schema()}
        return made | {"minItems": self.least} if self.least else made


@dataclass(frozen=True, slots=True)
class TupleOf(Kind):
    """A list of fixed length, each place with its own kind."""

    kinds: Sequence[Kind]

    def read(self, node: Node, document: Document) -> tuple[object, ...] | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Items) or len(node.items) != len(self.kinds):
            document.refuse("type", node.path, N_("a list of {count} values is asked for here"), count=len(self.kinds))
            return None
        values = [kind.read(item, document) for kind, item in zip(self.kinds, node.items, strict=True)]
        return None if None in values else tuple(values)

    def schema(self) -> Schema:
        kinds = [kind.schema() for kind in self.kinds]
        return {"type": "array", "prefixItems": kinds, "minItems": len(kinds), "maxItems": len(kinds)}


@dataclass(frozen=True, slots=True)
class MapOf(Kind):
    """A mapping whose keys are the author's own."""

    kind: Kind

    def read(self, node: Node, document: Document) -> dict[str, object] | None:
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Entries):
            document.refuse("type", node.path, N_("a mapping is asked for here"))
            return None
        values = {name: self.kind.read(below, document) for name, below in node.entries.items()}
        return {name: value for name, value in values.items() if value is not None}

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(frozen=True, slots=True)
class Free(Kind):
    """A mapping of anything: texts, lists and mappings as they stand, a null as None."""

    def read(self, node: Node, document: Document) -> dict[str, object] | None:
        if not isinstance(node, Entries):
            MapOf(self).read(node, document)
            return None
        return {name: _as_it_stands(below) for name, below in node.entries.items()}

    def schema(self) -> Schema:
        return {"type": "object"}


def _as_it_stands(node: Node) -> object:
    if isinstance(node, Entries):
        return {name: _as_it_stands(below) for name, below in node.entries.items()}
    if isinstance(node, Items):
        return [_as_it_stands(item) for item in node.items]
    return node.text if isinstance(node, Scalar) and not node.is_null else None


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a when-list: the first whose ``when`` is TRUE, or absent, decides. ``path`` is the entry's."""

    path: str
    when: Written | None
    value: object
    value_path: str


@dataclass(frozen=True, slots=True)
class WhenList(Kind):
    """One value, or a list of ``{when: predicate, is: value}`` of which only the last may omit ``when``."""

    kind: Kind

    def read(self, node: Node, document: Document) -> tuple[Option, ...] | None:
        if not isinstance(node, Items):
            value = self.kind.read(node, document)
            return None if value is None else (Option(node.path, None, value, node.path),)
        if not node.items:
            document.refuse("length", node.path, N_("at least {least} are asked for here"), least=1)
            return None
        shape = Shape("when", "", Field("when", Question()), Field("is", self.kind, required=True))
        read = [shape.read(item, document) for item in node.items]
        refuse_early_default(read, document)
        return tuple(
            Option(record.path, record.get("when", Written), record.values["is"], record.at("is"))
            for record in read
            if record is not None and "is" in record.values
        )

    def schema(self) -> Schema:
        properties = {"when": Question().schema(), "is": self.kind.schema()}
        entry = {"type": "object", "properties": properties, "required": ["is"], "additionalProperties": False}
        return {"anyOf": [self.kind.schema(), {"type": "array", "items": entry, "minItems": 1}]}


def refuse_early_default(read: Sequence[Record | None], document: Document) -> None:
    """Refuse every entry but the last that has no ``when``: what follows it could never be reached."""
    for record in read[:-1]:
        if record is not None and "when" not in record.written:
            document.refuse(
                "when", record.path, N_("only the last entry may omit when"), remedy=N_("move it to the end")
            )


@dataclass(frozen=True, slots=True)
class Either(Kind):
    """A scalar of one kind, or a mapping of another."""

    scalar: Kind
    mapping: Kind

    def read(self, node: Node, document: Document) -> object | None:
        return (self.mapping if isinstance(node, Entries) else self.scalar).read(node, document)

    def schema(self) -> Schema:
        return {"anyOf": [self.scalar.schema(), self.mapping.schema()]}


class Later(Kind):
    """A kind that is declared further down, such as a tree within itself."""

    def __init__(self, name: str, find: Callable[[], Kind]) -> None:
        self.name = name
        self._find = find

    def read(self, node: Node, document: Document) -> object | None:
        return self._find().read(node, document)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}
