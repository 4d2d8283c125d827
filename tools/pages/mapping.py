"""docs/reference/mapping.md: every key of a mapping, asked of the loader itself, which lists them when one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, get_args

import yaml

from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.mapping_load import ANSWERS, BLOCKS, load_mapping
from tools.pages.markdown import code, heading, opening, table, words
from tools.pages.meanings import agreed

_WRONG: Final = "no such key"
_ROWS: Final[tuple[model.Rows, ...]] = get_args(model.Rows)
_CHOICES: Final = {"format": get_args(model.Format), "rows": _ROWS, "type": get_args(model.Type)}
_INTRO = (
    "A mapping says how the columns of one source become facts. It is YAML like a policy: no anchors, no key twice,"
    " and a key that is not named here is an error with its line and column. `steelyard ledger map --suggest FILE` "
    "drafts one; [from your own log to a report](../how-to/own-log.md) shows it at work."
)
_VALUES = (
    "Wherever a value is asked for stands the name of a column, or one of these. Text is kept byte for byte; a text"
    " that is not of its type, or not in its map, rejects the row with line, column and reason."
)


class Keys(NamedTuple):
    """The keys of one mapping, in the order the loader names them, and those it misses."""

    known: tuple[str, ...]
    required: frozenset[str]


def page() -> list[str]:
    """The page, line by line."""
    lines = opening("The mapping of a source", "`src/steelyard/engine/ledger/mapping*.py`", _INTRO)
    whole: dict[str, Any] = {_WRONG: ""}  # a document that is wrong on purpose
    lines += _section("The document", "document", _asked(whole, ""))
    lines += _section("metadata", "metadata", _asked({"metadata": {_WRONG: ""}}, "metadata"))
    lines += [*heading(2, "spec"), *_spec()]
    lines += _section("spec.source", "source", _of_spec("source", {_WRONG: ""}, "spec.source"))
    lines += _section("spec.event", "event", _of_spec("event", {_WRONG: ""}, "spec.event"))
    attribute = _of_spec("attributes", {"a": {_WRONG: ""}}, "spec.attributes.a")
    lines += _section("Values", "value", attribute, before=_VALUES)
    lines += _section("spec.ignore", "ignore", _of_spec("ignore", {_WRONG: ""}, "spec.ignore"))
    for rows, (block, _, _) in BLOCKS.items():
        lines += _block(rows, block)
    return lines


def _spec() -> list[str]:
    """The keys of ``spec`` for all kinds of rows together, each with the kinds that have it and that need it."""
    asked = {rows: _asked({"spec": {"rows": rows, _WRONG: ""}}, "spec") for rows in _ROWS}
    required = _asked({"spec": {_WRONG: ""}}, "spec").required
    names = list(dict.fromkeys(name for keys in asked.values() for name in keys.known))
    means = agreed(names, "mapping", "spec")

    def only(kinds: list[model.Rows]) -> str:
        return "" if len(kinds) == len(_ROWS) else words(kinds)

    rows = []
    for name in names:
        needed = [kind for kind, keys in asked.items() if name in keys.required | required]
        having = [kind for kind, keys in asked.items() if name in keys.known]
        must = "yes" if needed == having else only(needed)
        rows.append([code(name), _kind(name, means[name]), only(having), must, means[name]["means"]])
    return table(("key", "type", "only with rows", "required", "meaning"), rows)


def _section(title: str, name: str, keys: Keys, *, before: str = "") -> list[str]:
    means = agreed(keys.known, "mapping", name)
    rows = (
        [
            code(key),
            _kind(key, means[key]),
            "yes" if key in keys.required else "",
            means[key].get("default", ""),
            means[key]["means"],
        ]
        for key in keys.known
    )
    lines = [*heading(2, title), *([before, ""] if before else [])]
    return lines + table(("key", "type", "required", "default", "meaning"), rows)


def _block(rows: model.Rows, block: str) -> list[str]:
    """The fields of one block; those of an answer stand in it, or in its list ``answers``."""
    keys = _asked({"spec": {"rows": rows, block: {_WRONG: ""}}}, f"spec.{block}")
    means = agreed(keys.known, "mapping", block)
    answer = f" The last {len(ANSWERS[rows]) + 1} say what was answered." if rows in ANSWERS else ""
    lines = [*heading(2, f"spec.{block}"), f"With `rows: {rows}`. Every field is a [value](#values).{answer}", ""]
    fields = ([code(key), "yes" if key in keys.required else "", means[key]] for key in keys.known)
    return lines + table(("field", "required", "meaning"), fields)


def _kind(key: str, meaning: Mapping[str, str]) -> str:
    return words(_CHOICES[key]) if key in _CHOICES else meaning["is"]


def _of_spec(key: str, below: Mapping[str, Any], path: str) -> Keys:  # part of a document that is wrong on purpose
    return _asked({"spec": {"rows": "events", key: below}}, path)


def _asked(document: Mapping[str, Any], path: str) -> Keys:  # as above
    """What the loader says about the part of ``document`` at ``path``, which holds nothing but a wrong key."""
    try:
        load_mapping(yaml.safe_dump(document).encode())
    except SteelyardError as error:
        wrong = f"{path}.{_WRONG}".lstrip(".")
        known = next(
            (
                str(problem.params["known"])
                for problem in error.problems
                if problem.code == "unknown-key" and problem.place.path == wrong
            ),
            "",
        )
        missing = {
            str(problem.params["name"])
            for problem in error.problems
            if problem.code == "missing-key" and (problem.place.path or "") == path and "name" in problem.params
        }
        return Keys(tuple(known.split(", ")), frozenset(missing))
    raise AssertionError("the loader accepted a key that does not exist")
