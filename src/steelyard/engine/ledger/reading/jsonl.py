"""One JSON object a line. Numbers keep their digits, objects within become dotted columns, lists stay JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.ledger.reading.encoded import as_utf8
from steelyard.engine.ledger.reading.parts import Parts
from steelyard.engine.ledger.reading.whole import WholeSource
from steelyard.engine.words import N_

LONGEST_LINE: Final = 1 << 24
MOST_COLUMNS: Final = 10_000


class _Digits(str):
    """A number as it was written."""


def read_jsonl(path: Path, *, encoding: str, folder: Path) -> WholeSource:
    """Read lines of JSON; a line that is no object is malformed. Raises SteelyardError ``jsonl`` or ``encoding``."""
    text = as_utf8(path, encoding, folder)
    parts, columns = Parts(folder), dict[str, int]()
    with text.path.open(encoding="utf-8-sig", newline="\n") as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                parts.reject(number, line, "line too long")
                continue
            if not line.strip():
                continue
            try:
                record = json.loads(line, parse_int=_Digits, parse_float=_Digits, parse_constant=_Digits)
            except (ValueError, RecursionError):
                if number == 1 and line.strip() == "[":
                    raise _refuse_list(path) from None
                parts.reject(number, line.rstrip("\r\n"), "not JSON")
                continue
            if isinstance(record, list) and number == 1 and len(record) and isinstance(record[0], dict):
                raise _refuse_list(path)
            if not isinstance(record, dict):
                parts.reject(number, line.rstrip("\r\n"), "not an object")
                continue
            parts.add(number, {columns.setdefault(name, len(columns)): text for name, text in _cells(record)})
            if len(columns) > MOST_COLUMNS:
                raise refuse(
                    "jsonl",
                    N_("there are more than {most} different keys"),
                    remedy=N_("write one object a line, each with the same keys"),
                    place=Place(str(path), number),
                    most=MOST_COLUMNS,
                )
    parts.finish()
    return WholeSource(str(path), tuple(columns), parts)


def _refuse_list(path: Path) -> SteelyardError:
    return refuse(
        "jsonl",
        N_("this is one JSON list, not an object a line"),
        remedy=N_("write each object on a line of its own, without brackets around them all"),
        place=Place(str(path), 1),
    )


def _cells(record: dict[str, object], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _cells(value, f"{name}.")
        else:
            yield name, _clean(_text(value))


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return str(value)
        case _:
            return _json(value)


def _json(value: object) -> str:
    """``value`` as JSON again, its numbers digit for digit."""
    match value:
        case _Digits():
            return str(value)
        case list():
            return "[" + ",".join(_json(item) for item in value) + "]"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_json(item)}" for key, item in value.items()) + "}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _clean(text: str | None) -> str | None:
    """JSON may name half of a surrogate pair, which is no character."""
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
