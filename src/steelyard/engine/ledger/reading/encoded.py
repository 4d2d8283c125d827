"""Text in any encoding becomes UTF-8 in one streaming pass that also counts what a CSV reader must know."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.ledger.reading.unpacked import CHUNK, is_packed, unpacked
from steelyard.engine.words import N_

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NEWLINE, _QUOTE, _BLANK = b'\n" '
_GUESSES: Final = ("utf-8", "gb18030", "latin-1")


@dataclass(slots=True)
class Survey:
    """What a reader of delimited text must know beforehand, counted in its UTF-8 bytes as they stream by.

    ``odd`` are byte strings (all with a blank beside a quotation mark) of which it wants to know whether any occurs.
    """

    odd: tuple[bytes, ...] = ()
    newlines: int = 0
    returns: int = 0
    return_newlines: int = 0
    quotes: bool = False
    has_odd: bool = False
    tail: bytes = b""
    """The last bytes, enough to see whether the text ends with blank lines."""

    def add(self, data: bytes) -> None:
        """Count in ``data``, also what lies across the border to the data before."""
        # numpy: a byte that is on every line is counted three times as fast as by bytes.count.
        array = np.frombuffer(data, np.uint8)
        self.newlines += int(np.count_nonzero(array == _NEWLINE))
        if b"\r" in data or self.tail.endswith(b"\r"):
            self.returns += data.count(b"\r")
            self.return_newlines += data.count(b"\r\n") + (self.tail[-1:] + data[:1] == b"\r\n")
        if b'"' in data:
            self.quotes = True
            if ((array[1:] == _QUOTE) & (array[:-1] == _BLANK) | (array[:-1] == _QUOTE) & (array[1:] == _BLANK)).any():
                self.has_odd = self.has_odd or any(mark in data for mark in self.odd)
        border = self.tail[-8:] + data[:8]
        self.has_odd = self.has_odd or any(mark in border for mark in self.odd)
        self.tail = (self.tail + data[-1024:])[-1024:]


@dataclass(frozen=True, slots=True)
class Text:
    """A file in UTF-8 (perhaps with a byte order mark) and what was counted in it."""

    path: Path
    survey: Survey


def as_utf8(path: Path, encoding: str, folder: Path, *, odd: tuple[bytes, ...] = ()) -> Text:
    """``path`` as a plain UTF-8 file: itself where it is one, else a copy in ``folder``.

    ``odd`` are byte strings of at most eight bytes to look for on the way. Raises SteelyardError ``encoding``
    with the position of the first byte that does not belong to the encoding.
    """
    survey = Survey(odd)
    plain = _is_utf8(encoding) and not is_packed(path)
    copy = path if plain else folder / "text"
    with unpacked(path) as stream:
        sink = None if plain else copy.open("wb")
        try:
            decoder = _Decoder(encoding, str(path))
            while chunk := stream.read(CHUNK):
                data = decoder.utf8(chunk)
                survey.add(data)
                if sink is not None:
                    sink.write(data)
            decoder.finish()
        finally:
            if sink is not None:
                sink.close()
    return Text(copy, survey)


class _Decoder:
    """Decodes chunk by chunk and knows at which byte of the file it is."""

    def __init__(self, encoding: str, file: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._encoding = encoding
        self._same = _is_utf8(encoding)
        self._file = file
        self._done = 0

    def utf8(self, chunk: bytes, *, final: bool = False) -> bytes:
        """The chunk as UTF-8. UTF-8 itself is checked and handed on as it is."""
        pending = len(self._decoder.getstate()[0])
        if self._same and not pending and chunk.isascii():
            self._done += len(chunk)
            return chunk
        try:
            text = self._decoder.decode(chunk, final)
            data = chunk if self._same else text.encode("utf-8")
        except UnicodeDecodeError as error:
            raise self._wrong(self._done - pending + error.start, error.object[error.start :]) from None
        except UnicodeError:
            raise self._wrong(self._done, chunk) from None
        self._done += len(chunk)
        return data

    def finish(self) -> None:
        """Refuse a text that ends in the middle of a character."""
        self.utf8(b"", final=True)

    def _wrong(self, position: int, rest: bytes) -> SteelyardError:
        """The refusal of the byte at ``position``, where ``rest`` begins."""
        guess = self._guess(position, rest[:4096])
        return refuse(
            "encoding",
            N_("byte {position} (0x{byte}) is not {encoding}"),
            remedy=N_("it may be {guess}; set source.encoding")
            if guess
            else N_("set source.encoding to what it is written in"),
            place=Place(self._file),
            position=position,
            byte=rest[:1].hex(),
            encoding=self._encoding,
            guess=guess,
        )

    def _guess(self, position: int, rest: bytes) -> str:
        for mark, name in _BOMS:
            if position == 0 and rest.startswith(mark):
                return name
        for name in _GUESSES:
            if codecs.lookup(name) != codecs.lookup(self._encoding) and _decodes(rest, name):
                return name
        return ""


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeError:
        return False
    return True


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
