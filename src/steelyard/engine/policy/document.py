"""A YAML document as a small tree of texts with their places: what policies and mappings are read from.

Only the plain part of YAML 1.2 is taken: mappings, lists and scalars. A scalar stays text until a schema asks
for something else, so ``on``, ``yes`` and ``1.10`` mean what they say and a quoted value equals a plain one.
Anchors, aliases, tags, duplicate keys and further documents are problems with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from steelyard.engine.errors import Place, Problem, SteelyardError
from steelyard.engine.words import N_

LARGEST: Final = 2_000_000
"""Bytes of the largest document that is read."""

DEEPEST: Final = 60
MOST_PROBLEMS: Final = 200

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Scalar:
    """A text as written. ``is_null`` says that it is plain and means nothing: empty, ``~`` or ``null``."""

    path: str
    text: str
    is_null: bool


@dataclass(slots=True)
class Items:
    """A list."""

    path: str
    items: list[Node]


@dataclass(slots=True)
class Entries:
    """A mapping, in the order written."""

    path: str
    entries: dict[str, Node]


@dataclass(slots=True)
class Broken:
    """A value that was refused already: whoever reads it says nothing more."""

    path: str


Node = Scalar | Items | Entries | Broken


@dataclass(slots=True)
class Document:
    """The tree with its places. ``values`` and ``keys`` give ``(line, column)``, from 1, by path.

    Problems are gathered in ``problems``; :meth:`refuse` adds one at a path.
    """

    file: str | None = None
    source: bytes = b""
    root: Node = field(default_factory=lambda: Broken(""))
    values: dict[str, tuple[int, int]] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: str, *, key: bool = False, at: str | None = None) -> Place:
        """Where ``path`` is: its value, or its key; ``at`` takes the line and column of another path."""
        places = self.keys if key else self.values
        line, column = places.get(at or path) or self.values.get(at or path) or (1, 1)
        return Place(self.file, line, column, path)

    def refuse(
        self,
        code: str,
        path: str,
        reason: str,
        *,
        remedy: str = "",
        key: bool = False,
        at: str | None = None,
        **params: object,
    ) -> None:
        """Note a problem with the value (or the key) at ``path``."""
        self.note(Problem(code, reason, params, remedy, self.place(path, key=key, at=at)))

    def note(self, problem: Problem) -> None:
        """Note ``problem``, once. After two hundred nobody reads on: then they are raised at once."""
        if problem not in self.problems:
            self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            self.raise_problems()

    def refuse_as(self, path: str, error: SteelyardError) -> None:
        """Note the problems of ``error``, which know no place, at ``path``."""
        for problem in error.problems:
            self.note(problem.at(self.place(path)))

    def raise_problems(self) -> None:
        """Raise SteelyardError with everything noted, if there is anything."""
        if self.problems:
            raise SteelyardError.of(self.problems)


def read(source: Path | str | bytes, *, file: str | None = None) -> Document:
    """The document in ``source`` (a path, or bytes), with the problems of its YAML noted.

    A document that is no YAML at all, is no UTF-8, or is too large raises SteelyardError at once.
    """
    if isinstance(source, bytes):
        document = Document(file=file, source=source)
    else:
        document = Document(file=file or str(source), source=_bytes_of(Path(source)))
    text = _text_of(document)
    _Composer(document, text).compose()
    return document


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        reason = N_("{file} cannot be read: {why}")
        params = {"file": str(path), "why": error.strerror or str(error)}
        raise SteelyardError(Problem("file", reason, params, place=Place(str(path)))) from None


def _text_of(document: Document) -> str:
    if len(document.source) > LARGEST:
        reason = N_("the document is larger than {largest} bytes")
        raise SteelyardError(Problem("size", reason, {"largest": LARGEST}, place=Place(document.file)))
    try:
        text = document.source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = document.source[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        place = Place(document.file, before.count(b"\n") + 1, column)
        remedy = N_("save the file as UTF-8")
        raise SteelyardError(Problem("encoding", N_("this is not UTF-8"), remedy=remedy, place=place)) from None
    strange = _UNPRINTABLE.search(text)
    if strange:
        line, column = _line_and_column(text, strange.start())
        reason = N_("the control character {code} has no place in a document")
        params = {"code": f"U+{ord(strange.group()):04X}"}
        raise SteelyardError(Problem("character", reason, params, place=Place(document.file, line, column)))
    return text


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Composer:
    """Builds the tree from libyaml's events, which know where they stand."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.events: Iterator[yaml.Event] = iter(())

    def compose(self) -> None:
        try:
            self.events = iter(yaml.parse(self.text, Loader=yaml.CSafeLoader))
            self._documents()
        except yaml.YAMLError as error:
            self._syntax(error)
            self.document.raise_problems()

    def _documents(self) -> None:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            self._note("empty", event, "", N_("the document is empty"))
            return
        self.document.root = self._node(next(self.events), "", 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._note("documents", event, "", N_("one document a file: a second one begins here"))

    def _node(self, event: yaml.Event, path: str, depth: int) -> Node:
        self.document.values[path] = _place_of(event)
        if isinstance(event, yaml.AliasEvent):
            self._note("anchor", event, path, N_("anchors and aliases are not allowed"), N_("write the value out"))
            return Broken(path)
        if depth > DEEPEST:
            reason = N_("the document is nested more than {deepest} deep")
            self._note("depth", event, path, reason, deepest=DEEPEST)
            self.document.raise_problems()
        self._refuse_properties(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(path, event.value, bool(event.implicit[0]) and event.value in _NULLS)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(path, self._items(path, depth + 1))
        return Entries(path, self._entries(path, depth + 1))

    def _items(self, path: str, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, f"{path}[{len(items)}]", depth))
        return items

    def _entries(self, path: str, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._note("key", event, path, N_("a key is a plain text"))
                self._node(event, f"{path}.?", depth)
                self._node(next(self.events), f"{path}.?", depth)
                continue
            self._refuse_properties(event, path)
            name = event.value
            below = f"{path}.{name}" if path else name
            if name in entries:
                self._note("duplicate-key", event, below, N_("{key} stands twice in one mapping"), key=name)
                self._node(next(self.events), f"{below}?", depth)
                continue
            self.document.keys[below] = _place_of(event)
            entries[name] = self._node(next(self.events), below, depth)
        return entries

    def _refuse_properties(self, event: yaml.Event, path: str) -> None:
        tag: str | None = getattr(event, "tag", None)
        if getattr(event, "anchor", None) is not None:
            self._note("anchor", event, path, N_("anchors and aliases are not allowed"), N_("write the value out"))
        if tag is not None:
            self._note("tag", event, path, N_("tags such as {tag} are not allowed"), tag=tag[:60])

    def _note(self, code: str, event: yaml.Event, path: str, reason: str, remedy: str = "", **params: object) -> None:
        line, column = _place_of(event)
        self.document.note(Problem(code, reason, params, remedy, Place(self.document.file, line, column, path or None)))

    def _syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        reason = N_("this is not YAML: {what}")
        lines = self.text.splitlines()
        if line and line <= len(lines) and lines[line - 1][: column or 0].endswith("\t"):
            reason = N_("a tab cannot indent a line: use blanks")
        what = str(getattr(error, "problem", None) or error).splitlines()[0]
        place = Place(self.document.file, line, column)
        self.document.note(Problem("yaml", reason, {"what": what}, place=place))


def _place_of(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
