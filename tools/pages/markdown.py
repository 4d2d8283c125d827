"""The few pieces of Markdown that the pages of the reference are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def opening(title: str, source: str, *paragraphs: str) -> list[str]:
    """The head of a page: its title, who wrote it from what, and what to know before reading on."""
    written = f"*Written by `./go reference` from {source}: change it there, not here.*"
    return [f"# {title}", "", written, *(line for paragraph in paragraphs for line in ("", paragraph))]


def heading(level: int, text: str) -> list[str]:
    """A heading between blank lines."""
    return ["", f"{'#' * level} {text}", ""]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; every cell is Markdown already."""
    return [_row(header), "|" + "---|" * len(header), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    shown = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in shown)


def code(text: str) -> str:
    """A literal; nothing for nothing."""
    return f"`{text}`" if text else ""


def words(texts: Iterable[str]) -> str:
    """Literals one of which is written."""
    return " · ".join(code(text) for text in texts)


def prose(text: str) -> str:
    """A sentence whose angle brackets and stars mean themselves."""
    return re.sub(r"([<*])", r"\\\1", text)


def link(text: str, title: str) -> str:
    """A link to the heading ``title`` of the same page, by the anchor that code hosts give it."""
    anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    return f"[{text}](#{anchor})"
