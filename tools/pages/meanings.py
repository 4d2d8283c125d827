"""What columns, keys and variables mean, where the code that decides on them has only their names: meanings.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yaml")


@cache
def _read() -> Mapping[str, Any]:  # YAML of our own, shaped differently from section to section
    found: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def section(*path: str) -> Mapping[str, Any]:  # as above
    """The part of the file under ``path``."""
    found = _read()
    for name in path:
        found = found[name]
    return found


def agreed(names: Iterable[str], *path: str) -> Mapping[str, Any]:  # as above
    """The section ``path``, which must explain ``names`` and nothing else.

    Raises ValueError with the names that nobody explains, and those explained that are not there.
    """
    wanted, explained = set(names), section(*path)
    missing, left_over = sorted(wanted - set(explained)), sorted(set(explained) - wanted)
    if missing or left_over:
        where = f"{FILE.name}, {'.'.join(path)}"
        raise ValueError(f"{where}: explain {missing}" if missing else f"{where}: {left_over} is no more")
    return explained
