"""The templates, and the room a page has: fragments are made one by one and taken while they fit."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

PAGE_BYTES: Final = 14_900_000
"""The report holds at most 15 MB (SPEC §8); a little is kept for what stands between the fragments."""

# Characters that no page may hold, whatever a source called its people.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("steelyard.engine.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
    )


def render(template: str, **given: object) -> Markup:
    """A template filled with what was given, every text escaped."""
    return Markup(_FORBIDDEN.sub("\ufffd", _environment().get_template(template).render(given)))


class Room:
    """The bytes left on the page, or in a part of it that shares them."""

    def __init__(self, left: int, within: Room | None = None) -> None:
        self._left = left
        self._within = within

    @property
    def left(self) -> int:
        return min(self._left, self._within.left) if self._within else self._left

    def part(self, most: int) -> Room:
        """A part of the page that may use at most ``most`` bytes of what is left."""
        return Room(most, self)

    def takes(self, fragment: Markup) -> bool:
        """Whether the fragment still fits; if so its bytes are taken."""
        size = len(fragment.encode()) + 1
        if size > self.left:
            return False
        self.use(size)
        return True

    def use(self, size: int) -> None:
        self._left -= size
        if self._within:
            self._within.use(size)
