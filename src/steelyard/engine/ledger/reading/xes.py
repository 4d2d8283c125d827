"""Event logs in XES: events stream by, and no log, however long, is held in memory.

Attributes of an event are columns by their key, those of its trace ``case:<key>``. Values are the text of the
``value`` attribute as it stands. What is nested below an attribute, lists and containers are passed over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.parsers import expat

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.ledger.reading.parts import Parts
from steelyard.engine.ledger.reading.unpacked import unpacked
from steelyard.engine.ledger.reading.whole import WholeSource
from steelyard.engine.words import N_

LONGEST_TOKEN: Final = 1 << 24
MOST_COLUMNS: Final = 10_000
HELD_EVENTS: Final = 20_000
DEEPEST: Final = 100
_VALUES: Final = frozenset({"string", "date", "int", "float", "boolean", "id"})


def read_xes(path: Path, *, folder: Path) -> WholeSource:
    """Read an event log; raises SteelyardError ``xes`` where it is no well-formed XES, or has a document type."""
    log = _Log(str(path), Parts(folder))
    with unpacked(path) as stream:
        while chunk := stream.read(1 << 16):
            log.feed(chunk)
        log.finish()
    return WholeSource(str(path), tuple(log.columns), log.parts)


class _Log:
    """The parser's state: where in the document it is, and what the current trace and event have said so far."""

    def __init__(self, file: str, parts: Parts) -> None:
        self.columns: dict[str, int] = {}
        self.parts = parts
        self._file = file
        self._path: list[str] = []
        self._trace: dict[int, str | None] = {}
        self._event: dict[int, str | None] = {}
        self._line = 0
        self._held: list[tuple[int, dict[int, str | None]]] = []
        self._fed = 0
        self._seen_log = False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the document."""
        self._parse(chunk, False)
        self._fed += len(chunk)
        if self._fed - max(self._parser.CurrentByteIndex, 0) > LONGEST_TOKEN:
            raise self._refuse(N_("a single value is longer than {most} bytes"), most=LONGEST_TOKEN)

    def finish(self) -> None:
        """The document is over; refuse one that was not complete or is no log."""
        self._parse(b"", True)
        if not self._seen_log:
            raise self._refuse(N_("this is XML, but no XES event log"))
        self._flush()
        self.parts.finish()

    def _parse(self, chunk: bytes, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            place = Place(self._file, error.lineno, error.offset + 1)
            raise self._refuse(
                N_("this is not well-formed XML: {why}"), place, why=expat.ErrorString(error.code)
            ) from None
        except (LookupError, ValueError) as error:
            raise self._refuse(N_("this is not well-formed XML: {why}"), why=str(error)) from None

    def _refuse(self, reason: str, place: Place | None = None, **params: object) -> SteelyardError:
        place = place or Place(self._file, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)
        return refuse(
            "xes", reason, remedy=N_("export the log again; nothing of it was imported"), place=place, **params
        )

    def _doctype(self, *_: object) -> None:
        raise self._refuse(N_("a document type declaration is not accepted in a log"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        above = self._path[-1] if self._path else ""
        self._path.append(tag)
        if len(self._path) > DEEPEST:
            raise self._refuse(N_("elements are nested more than {most} deep"), most=DEEPEST)
        if tag == "log" and not above:
            self._seen_log = True
        elif tag == "trace" and above == "log":
            self._trace = {}
        elif tag == "event" and above in ("trace", "log"):
            self._event, self._line = {}, self._parser.CurrentLineNumber
        elif tag in _VALUES and above in ("trace", "event"):
            self._attribute(above, attributes)

    def _attribute(self, above: str, attributes: dict[str, str]) -> None:
        key, value = attributes.get("key"), attributes.get("value")
        if key is None:
            return
        of_trace = above == "trace"
        column = self.columns.setdefault(f"case:{key}" if of_trace else key, len(self.columns))
        if column >= MOST_COLUMNS:
            raise self._refuse(N_("there are more than {most} different keys"), most=MOST_COLUMNS)
        (self._trace if of_trace else self._event)[column] = value

    def _end(self, name: str) -> None:
        tag = self._path.pop()
        above = self._path[-1] if self._path else ""
        if tag == "event" and above in ("trace", "log"):
            self._held.append((self._line, self._event))
            if len(self._held) >= HELD_EVENTS:
                self._flush()
        elif tag == "trace" and above == "log":
            self._flush()
            self._trace = {}

    def _flush(self) -> None:
        """Events wait for the end of their trace, whose attributes may follow them; a very long trace does not wait."""
        for line, event in self._held:
            self.parts.add(line, {**self._trace, **event})
        self._held.clear()
