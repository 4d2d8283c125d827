"""The engine's public face is a file in review: a name comes or goes only together with ``surface.txt``."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

SURFACE = Path(__file__).with_name("surface.txt")


def test_the_engine_exports_exactly_the_names_of_the_list() -> None:
    exported: dict[str, object] = {}
    exec("from steelyard.engine import *", exported)
    names = sorted(
        name for name, value in exported.items() if not name.startswith("__") and not isinstance(value, ModuleType)
    )
    assert names == SURFACE.read_text(encoding="utf-8").split()
