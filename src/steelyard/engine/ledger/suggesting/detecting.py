"""How an unknown file is written: format, encoding, delimiter."""

from __future__ import annotations

import codecs
import csv
import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.reading.encoded import as_utf8
from steelyard.engine.ledger.reading.unpacked import unpacked
from steelyard.engine.words import N_

HEAD: Final = 1 << 20
DELIMITERS: Final = ",;\t|"
ENCODINGS: Final = ("utf-8", "gb18030", "big5", "cp1252", "latin-1")
_CHINESE: Final = (("\u4e00", "\u9fff"), ("\u3000", "\u303f"), ("\uff00", "\uffef"))
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def detect(path: Path) -> model.Source:
    """How ``path`` is written, looking through ``.gz`` and ``.zip``; zones and stamps are not looked at yet.

    Raises SteelyardError for a file that is missing, damaged, empty, or in no known format.
    """
    with unpacked(path) as stream:
        head = stream.read(HEAD)
    if head.startswith(b"PAR1"):
        return model.Source("parquet")
    if head.startswith(b"PK\x03\x04"):
        return model.Source("xlsx")
    if b"<log" in head[:20_000] and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return model.Source("xes")
    encoding, text = _encoding(path, head)
    if not text.strip():
        raise refuse("empty", N_("the file is empty"), place=Place(str(path)))
    if text.lstrip().startswith("{"):
        return model.Source("jsonl", encoding=encoding)
    return model.Source("csv", encoding=encoding, delimiter=_delimiter(text))


def _encoding(path: Path, head: bytes) -> tuple[str, str]:
    """The first encoding in which the whole file can be read, and the head in it."""
    if head.startswith(_UTF_16):
        return "utf-16", head.decode("utf-16", "ignore")
    with tempfile.TemporaryDirectory(prefix="steelyard-") as folder:
        for encoding in ENCODINGS:
            text = head.decode(encoding, "ignore")
            if encoding in ("gb18030", "big5") and not _looks_chinese(text):
                continue
            try:
                as_utf8(path, encoding, Path(folder))
            except SteelyardError as error:
                if error.problems[0].code == "encoding":
                    continue
                raise
            return encoding, text.removeprefix("\ufeff")
    raise AssertionError("latin-1 reads everything")


def _looks_chinese(text: str) -> bool:
    """Among the characters beyond ASCII most are common Chinese ones; European text read as Chinese has rare ones."""
    beyond = [character for character in text if ord(character) > 127]
    common = sum(any(first <= character <= last for first, last in _CHINESE) for character in beyond)
    return common > 0.9 * len(beyond)


def _delimiter(text: str) -> str:
    """The sign that cuts the most lines into the same number of parts, more than one."""
    lines = list(itertools.islice(text.splitlines(keepends=True)[:-1] or [text], 200))
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        except csv.Error:
            continue
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and (count / sum(widths.values()), width) > score:
            best, score = delimiter, (count / sum(widths.values()), width)
    return best
