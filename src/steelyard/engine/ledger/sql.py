"""Small pieces of SQL text."""

from __future__ import annotations

import json
from pathlib import Path


def literal(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def json_text(text: str) -> str:
    """``text`` as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def file(path: Path) -> str:
    """``path`` as an SQL string for a function that reads files: its signs are no pattern."""
    return literal("".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path)))
