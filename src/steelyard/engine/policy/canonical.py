"""The meaning of a policy in one standard form, and its hash (SPEC §7).

Two documents mean the same when they differ in order of keys and entries, quotation marks, blanks, comments,
defaults spelled out, titles, texts, manuals and tests only.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

import rfc8785

from steelyard.engine.policy import model
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.predicate import Expression, Predicate
from steelyard.engine.policy.tree import decimal_text

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None

_PROSE: Final = frozenset({"title", "text", "manual"})
_NO_MEANING: Final = _PROSE | {"tests", "hash", "file", "source", "places", "written"}
_AUTHORS_KEYS: Final = frozenset({"points"})
"""Mappings whose keys are the author's own words: nothing is left out of them."""

_UNORDERED: Final[Mapping[str, str]] = {
    "attributes": "name",
    "facts": "kind",
    "clauses": "id",
    "channels": "id",
    "kinds": "id",
    "calendars": "id",
    "commitments": "id",
    "duties": "id",
    "programme": "id",
    "forms": "id",
    "surveys": "id",
    "measures": "id",
    "scorecards": "id",
    "rules": "id",
}
"""Sections in which the order of entries says nothing, with what tells the entries apart."""


def meaning(policy: model.Policy) -> dict[str, Json]:
    """The policy as JSON values: decimals as strings, sections of things with ids in the order of their ids."""
    found = _fields(policy)
    for section in _UNORDERED:
        entries = found.get(section)
        if isinstance(entries, list):
            found[section] = sorted(entries, key=lambda entry: rfc8785.dumps(_identity(entry)))
    return found


def meaning_hash(policy: model.Policy) -> str:
    """SHA-256 (hex) of the RFC 8785 canonical JSON of :func:`meaning`."""
    return hashlib.sha256(rfc8785.dumps(meaning(policy))).hexdigest()


def _identity(entry: Json) -> Json:
    names = ("id", "kind", "name", "of")
    return [entry.get(name) for name in names] if isinstance(entry, dict) else entry


def _fields(value: object) -> dict[str, Json]:
    """The fields of a dataclass that carry meaning; empty and absent ones say nothing and are left out."""
    fields = (each.name for each in dataclasses.fields(value) if each.name not in _NO_MEANING)  # type: ignore[arg-type]
    pairs = ((name.rstrip("_"), _json(getattr(value, name))) for name in fields)
    return {name: found for name, found in pairs if found not in (None, [], {})}


def _json(value: object) -> Json:
    match value:
        case None | bool() | str():
            return value
        case int():
            return str(value)
        case Fraction():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case Duration() | Predicate() | Expression():
            return value.meaning
        case frozenset():
            return sorted((_json(each) for each in value), key=rfc8785.dumps)
        case tuple() | list():
            return [_json(each) for each in value]
        case Mapping():
            return _mapping(value)
        case _:
            return _fields(value)


def _mapping(value: Mapping[object, object]) -> Json:
    found: dict[str, Json] = {}
    for name, below in value.items():
        text = name.isoformat() if isinstance(name, date) else str(name)
        if text in _AUTHORS_KEYS and isinstance(below, Mapping):
            found[text] = {str(key): _json(each) for key, each in below.items()}
        elif text not in _PROSE:
            found[text] = _json(below)
    return {name: each for name, each in found.items() if each not in (None, [], {})}
