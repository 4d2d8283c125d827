"""Reading the parts of a mapping document; each refusal is noted at its line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, cast, get_args

from steelyard.engine.ledger import mapping as model
from steelyard.engine.policy import document as doc
from steelyard.engine.words import N_

_SOURCES: Final = ("column", "columns", "value", "line")
NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class ValueReader:
    """Reads texts, choices, lists and values out of a document, noting what is wrong with them."""

    def __init__(self, document: doc.Document) -> None:
        self.document = document

    def entries(
        self, node: doc.Node | None, allowed: Collection[str], *, required: Sequence[str] = (), path: str = ""
    ) -> dict[str, doc.Node]:
        """The entries of a mapping whose keys are among ``allowed``; unknown and missing keys are noted."""
        if node is None or isinstance(node, doc.Broken):
            return {}
        if not isinstance(node, doc.Entries):
            self.document.refuse("shape", node.path, N_("keys and values are wanted here"))
            return {}
        for name, below in node.entries.items():
            if name not in allowed:
                self._unknown_key(below.path, name, allowed)
        for name in required:
            if name not in node.entries:
                self.document.refuse(
                    "missing-key", node.path, N_("{name} is missing"), remedy=N_("add {name}"), name=name
                )
        return {name: below for name, below in node.entries.items() if name in allowed}

    def _unknown_key(self, path: str, name: str, allowed: Collection[str]) -> None:
        near = difflib.get_close_matches(name, allowed, 1, 0.7)
        remedy = N_("did you mean {near}?") if near else N_("known are: {known}")
        self.document.refuse(
            "unknown-key",
            path,
            N_("{name} is not known here"),
            remedy=remedy,
            key=True,
            name=name,
            near=near[0] if near else "",
            known=", ".join(allowed),
        )

    def text(self, node: doc.Node | None) -> str | None:
        """A text; null and anything else are noted."""
        if node is None or isinstance(node, doc.Broken):
            return None
        if isinstance(node, doc.Scalar) and not node.is_null:
            return node.text
        self.document.refuse("shape", node.path, N_("a text is wanted here"))
        return None

    def nullable(self, node: doc.Node) -> str | None:
        """A text or null; anything else is noted."""
        return None if isinstance(node, doc.Scalar) and node.is_null else self.text(node)

    def choice(self, node: doc.Node | None, among: Sequence[str]) -> str | None:
        """One of the words ``among``."""
        text = self.text(node)
        if text is None or text in among or node is None:
            return text
        self.document.refuse(
            "choice",
            node.path,
            N_("{text} is not known here"),
            remedy=N_("known are: {known}"),
            text=text,
            known=", ".join(among),
        )
        return None

    def flag(self, node: doc.Node | None) -> bool:
        """``true`` or ``false``."""
        return self.choice(node, ("true", "false")) == "true"

    def texts(self, node: doc.Node | None) -> tuple[str, ...]:
        """A list of texts."""
        if node is None or isinstance(node, doc.Broken):
            return ()
        if not isinstance(node, doc.Items):
            self.document.refuse("shape", node.path, N_("a list is wanted here"))
            return ()
        return tuple(text for item in node.items if (text := self.text(item)) is not None)

    def value(self, node: doc.Node | None, *, typed: bool = False, many: bool = False) -> model.Value | None:
        """What stands where a column is named: a column, or ``{column | columns | value | line, map, else}``.

        ``typed`` allows ``type``, ``many`` the splitting of one text into several.
        """
        if node is None or isinstance(node, doc.Broken):
            return None
        if not isinstance(node, doc.Entries):
            column = self.text(node)
            return None if column is None else model.Value(node.path, (column,))
        allowed = [*_SOURCES, "join", "map", "else", *(["type"] if typed else []), *(["many"] if many else [])]
        found = self.entries(node, allowed)
        given = [name for name in _SOURCES if name in found]
        if len(given) != 1:
            self.document.refuse(
                "shape", node.path, N_("one of column, columns, value and line is wanted"), remedy=N_("name the column")
            )
            return None
        columns = self._columns(found)
        if columns is None:
            return None
        for name in ("map", "else", "many"):
            if name in found and not columns:
                self.document.refuse("shape", found[name].path, N_("{name} needs a column"), key=True, name=name)
        if "else" in found and "map" not in found:
            self.document.refuse("shape", found["else"].path, N_("else needs a map"), key=True)
        value = model.Value(
            path=node.path,
            columns=columns,
            join=self.text(found.get("join")) or "",
            constant=self.text(found.get("value")),
            map=self._map(found.get("map")),
            has_otherwise="else" in found,
            otherwise=self.nullable(found["else"]) if "else" in found else None,
            type=cast("model.Type | None", self.choice(found.get("type"), get_args(model.Type))),
            many=self._separator(found.get("many")),
        )
        self._check_results(value)
        return value

    def _columns(self, found: dict[str, doc.Node]) -> tuple[str, ...] | None:
        if "column" in found:
            column = self.text(found["column"])
            return None if column is None else (column,)
        if "columns" in found:
            columns = self.texts(found["columns"])
            if not columns:
                self.document.refuse("shape", found["columns"].path, N_("at least one column is wanted"))
                return None
            return columns
        if "line" in found and not self.flag(found["line"]):
            self.document.refuse("choice", found["line"].path, N_("only true makes sense here"))
        return ()

    def _map(self, node: doc.Node | None) -> dict[str, str | None] | None:
        if node is None or isinstance(node, doc.Broken):
            return None
        if not isinstance(node, doc.Entries):
            self.document.refuse("shape", node.path, N_("keys and values are wanted here"))
            return None
        return {name: self.nullable(below) for name, below in node.entries.items()}

    def _separator(self, node: doc.Node | None) -> str | None:
        text = self.text(node)
        if text == "" and node is not None:
            self.document.refuse("shape", node.path, N_("a separator is wanted here"), remedy=N_('such as ";"'))
            return None
        return text

    def _check_results(self, value: model.Value) -> None:
        """What a map gives, and a constant, must be of the declared type."""
        results = [(f"{value.path}.map.{key}", text) for key, text in (value.map or {}).items()]
        results += [(f"{value.path}.else", value.otherwise), (f"{value.path}.value", value.constant)]
        for path, text in results:
            if text is not None and not fits(text, value.type):
                self.document.refuse(
                    "type",
                    path,
                    N_("{text} is not {type}"),
                    remedy=N_("write another value, or another type"),
                    text=text,
                    type=value.type,
                )


def fits(text: str, type_: model.Type | None) -> bool:
    """Whether a text written in a mapping is of ``type_``."""
    match type_:
        case "integer":
            return bool(NUMBER.fullmatch(text)) and Decimal(text) % 1 == 0
        case "number":
            return bool(NUMBER.fullmatch(text))
        case "boolean":
            return text in ("true", "false")
        case _:
            return True
