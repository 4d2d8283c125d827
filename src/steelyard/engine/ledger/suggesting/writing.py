"""The text of a draft: YAML with a mark where a person should look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_.\u4e00-\u9fff/()+ -]*")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"})


def scalar(text: str) -> str:
    """``text`` as a YAML scalar, quoted where it could mean something else."""
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def flow(entries: Mapping[str, str]) -> str:
    """A mapping on one line; the values are YAML already."""
    return "{" + ", ".join(f"{scalar(key)}: {value}" for key, value in entries.items()) + "}"


def flow_list(items: Sequence[str]) -> str:
    """A list on one line; the items are YAML already."""
    return "[" + ", ".join(items) + "]"


def column(columns: Sequence[str]) -> str:
    """A column, or several joined by a blank."""
    if len(columns) == 1:
        return scalar(columns[0])
    return flow({"columns": flow_list([scalar(name) for name in columns]), "join": '" "'})


class Lines:
    """Collects the lines of a document; ``ask`` marks one with ``# ?`` and the question."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, depth: int, text: str, *, ask: str = "") -> None:
        """A line, indented."""
        self._lines.append("  " * depth + text + (f"  # ? {ask}" if ask else ""))

    def text(self) -> str:
        """The document."""
        return "\n".join(self._lines) + "\n"
