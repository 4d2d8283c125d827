"""What the engine says to people, in the language they read.

Code marks each sentence with :func:`N_` where it is written and translates it where it is shown,
so that one problem can be printed in several languages. The catalogues are the ``.po`` files
themselves: there is no compiled copy that could fall behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from unicodedata import east_asian_width

from babel.messages.pofile import read_po

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"


def N_(message: str) -> str:
    """Mark ``message`` for translation; it is translated when it is shown."""
    return message


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(lang: str) -> Mapping[str, str]:
    path = LOCALE_DIR / lang.replace("-", "_") / "LC_MESSAGES" / "engine.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {
            message.id: message.string
            for message in read_po(file)
            # The entry without an id is the file's header; an empty message is to stay empty.
            if message.id and isinstance(message.id, str) and isinstance(message.string, str) and message.string
        }


def say(message: str, lang: str = "en", /, **params: object) -> str:
    """``message`` in ``lang`` with its ``{named}`` places filled; English where no translation exists."""
    text = _catalogue(lang).get(message, message) if lang != "en" else message
    return text.format(**params) if params else text


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """``rows`` as lines with aligned columns."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(padded, row, widths)).rstrip() for row in rows]


def padded(text: str, width: int) -> str:
    """``text`` filled with blanks to ``width`` columns of a terminal, in which a Chinese character takes two."""
    return text + " " * (width - width_of(text))


def width_of(text: str) -> int:
    """The columns that ``text`` takes on a terminal."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
