"""The words by which columns and values are recognised; they stand in ``words.yaml``."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml

_PLACES: Final = re.compile(r"[\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:  # YAML of our own
    """The vocabulary as it is written."""
    text = resources.files(__package__).joinpath("words.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def plain(name: str) -> str:
    """A name in small letters with one blank between words: ``CompleteTimestamp`` is ``complete timestamp``."""
    name = unicodedata.normalize("NFKC", name)
    return _PLACES.sub(" ", _CAMEL.sub(" ", name)).strip().lower()


def rank(role: str, name: str) -> int | None:
    """How well a column's name fits ``role``: 0 is best; None where it does not."""
    text = plain(name)
    return next((number for number, entry in enumerate(_patterns("columns", role)) if entry.fullmatch(text)), None)


def kind_of(value: str) -> str | None:
    """The kind of fact a state or an activity seems to mean."""
    text = plain(value)
    return next((kind for kind in words()["kinds"] if any(p.fullmatch(text) for p in _patterns("kinds", kind))), None)


def is_no_fact(value: str) -> bool:
    """Whether a state says that nothing happens."""
    return any(re.fullmatch(entry, plain(value)) for entry in words()["no_fact"])


@lru_cache(maxsize=256)
def _patterns(group: str, name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(entry) for entry in words()[group][name])
