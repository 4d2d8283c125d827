"""Delimited text: by DuckDB's own reader where every record is sound, else record by record.

Sound text is read at full speed. Where DuckDB refuses a record, or where counting line breaks shows that it saw
other records than there are, the careful reader takes over: it finds each record's physical line, rejects what
cannot be read, and goes on with the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import duckdb

from steelyard.engine.errors import Place, refuse
from steelyard.engine.ledger.reading.encoded import Survey, as_utf8
from steelyard.engine.ledger.reading.parts import Parts
from steelyard.engine.ledger.sql import file, literal
from steelyard.engine.words import N_

QUOTE: Final = '"'
LONGEST_LINE: Final = 1 << 22
LONGEST_FIELD: Final = 1 << 20
MOST_COLUMNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class CommaSource:
    """A delimited file in UTF-8 whose header is read; ``fill`` makes ``src`` and ``malformed``."""

    file: str
    path: Path
    folder: Path
    survey: Survey
    delimiter: str
    columns: tuple[str, ...]
    header_lines: int

    def fill(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Make ``src`` and ``malformed`` (see the package); the SQL of a row's physical line."""
        if self._looks_sound() and (line := self._fill_fast(con, wanted, nulls)):
            return line
        return self._fill_carefully(con, wanted, nulls)

    def _looks_sound(self) -> bool:
        """Lone returns and blanks beside quotes are read in different ways; a single column hides blank lines."""
        lone_returns = self.survey.returns - self.survey.return_newlines
        return len(self.columns) > 1 and not lone_returns and not self.survey.has_odd

    def _fill_fast(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Read with DuckDB; nothing, and no table, where it cannot be sure of every record and its line."""
        names = [f"c{index}" for index in range(len(self.columns))]
        options = {
            "auto_detect": "false",
            "header": "false",
            "skip": "1",
            "delim": literal(self.delimiter),
            "quote": literal(QUOTE),
            "escape": literal(QUOTE),
            "strict_mode": "true",
            "max_line_size": str(LONGEST_LINE),
            "nullstr": f"[{', '.join(literal(null) for null in nulls)}]" if nulls else "'\x01\x02'",
            "columns": "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}",
        }
        source = f"read_csv({file(self.path)}, {', '.join(f'{key} = {value}' for key, value in options.items())})"
        try:
            picked = ", ".join(f"c{index}" for index in wanted or (0,))
            con.execute(f"CREATE TABLE src AS SELECT {picked} FROM {source}")
            breaks = self._breaks_within(con, source, names)
        except duckdb.InvalidInputException:
            breaks = None
        if breaks is None:
            con.execute("DROP TABLE IF EXISTS src")
            con.execute("DROP TABLE IF EXISTS breaking")
            return ""
        con.execute("CREATE TABLE malformed (line BIGINT, value VARCHAR, reason VARCHAR)")
        first = self.header_lines + 1
        if not breaks:
            return f"{first} + src.rowid"
        con.execute(
            f"""
            CREATE TABLE lines AS SELECT {first} + rowid + coalesce(sum(breaks) OVER (
              ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS line
            FROM breaking ORDER BY rowid
            """
        )
        con.execute("DROP TABLE breaking")
        return "(SELECT line FROM lines WHERE lines.rowid = src.rowid)"

    def _breaks_within(self, con: duckdb.DuckDBPyConnection, source: str, names: Sequence[str]) -> int | None:
        """How many line breaks lie inside quoted values; None when records and line breaks do not add up."""
        rows = _count(con, "SELECT count(*) FROM src")
        missing = self._lines() - rows - self.header_lines
        if missing == 0:
            return 0
        if missing < 0 or not self.survey.quotes:
            return None
        each = " + ".join(f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)" for name in names)
        con.execute(f"CREATE TABLE breaking AS SELECT {each} AS breaks FROM {source}")
        found = _count(con, "SELECT coalesce(sum(breaks), 0)::BIGINT FROM breaking")
        return found if found == missing else None

    def _lines(self) -> int:
        """Physical lines up to the last that is not blank."""
        tail = self.survey.tail.rstrip(b"\r\n")
        blank = self.survey.tail[len(tail) :].count(b"\n")
        return self.survey.newlines - blank + 1

    def _fill_carefully(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        parts = Parts(self.folder)
        with self.path.open(encoding="utf-8-sig", newline="") as stream, _long_fields():
            records = _Records(stream, self.delimiter)
            width = len(self.columns)
            for line, cells, raw in records:
                if line <= self.header_lines:
                    continue
                if isinstance(cells, str):
                    parts.reject(line, raw, cells)
                elif len(cells) >= width and not any(cells[width:]):
                    parts.add(line, {index: cells[index] for index in wanted})
                elif len(cells) < width:
                    parts.reject(line, raw, "too few columns")
                else:
                    parts.reject(line, raw, "too many columns")
        parts.finish()
        return parts.fill(con, wanted, nulls)


def read_comma(path: Path, *, encoding: str, delimiter: str, folder: Path) -> CommaSource:
    """Open a delimited file; raises SteelyardError ``empty`` or ``header`` when it has no usable first line."""
    text = as_utf8(path, encoding, folder, odd=_spaced(delimiter))
    with text.path.open(encoding="utf-8-sig", newline="") as stream, _long_fields():
        records = _Records(stream, delimiter)
        line, header, _ = next(records, (0, [], ""))
        lines = records.line
    if isinstance(header, str) or not header or len(header) > MOST_COLUMNS:
        raise refuse(
            "header",
            N_("the first line cannot be read as the names of columns") if header else N_("the file is empty"),
            remedy=N_("the first line must name the columns; look at source.delimiter and source.encoding"),
            place=Place(str(path), line or None),
        )
    return CommaSource(str(path), text.path, folder, text.survey, delimiter, tuple(header), lines)


def _spaced(delimiter: str) -> tuple[bytes, ...]:
    """A blank beside a quotation mark at the border of a value: part of the value or not, as one reads it."""
    return tuple(mark.encode() for mark in (f'{delimiter} "', '\n "', f'" {delimiter}', '" \n', '" \r'))


class _Records:
    """Iterates ``(line, cells, raw)``; ``cells`` is a reason where the record cannot be read. Blank lines are none."""

    def __init__(self, stream: TextIO, delimiter: str) -> None:
        self.line = 0
        self._stream = stream
        self._delimiter = delimiter
        self._again: list[str] = []
        self._taken: list[str] = []
        self._cut = False
        self._reader = self._fresh()

    def __iter__(self) -> Iterator[tuple[int, list[str] | str, str]]:
        return self

    def __next__(self) -> tuple[int, list[str] | str, str]:
        while True:
            first, self._cut = self.line + 1, False
            self._taken.clear()
            try:
                cells = next(self._reader)
            except csv.Error as error:
                raw = self._taken[0].rstrip("\r\n")
                self._go_back()
                return first, _reason(error), raw
            if self._cut:
                return first, "line too long", self._taken[0]
            if cells:
                return first, cells, "".join(self._taken).rstrip("\r\n")

    def _fresh(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, quotechar=QUOTE, strict=True)

    def _lines(self) -> Iterator[str]:
        """Physical lines, remembered until the record is complete."""
        while True:
            line = self._again.pop() if self._again else self._physical()
            if not line:
                return
            self.line += 1
            self._taken.append(line)
            yield line

    def _physical(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            self._cut = True
            while (rest := self._stream.readline(LONGEST_LINE)) and not rest.endswith("\n"):
                pass
        return line

    def _go_back(self) -> None:
        """After a bad record the next one begins on the next physical line, whatever the quotes had swallowed."""
        self._again.extend(reversed(self._taken[1:]))
        self.line -= len(self._taken) - 1
        self._reader = self._fresh()


@contextmanager
def _long_fields() -> Iterator[None]:
    """The csv module's limit is one for the whole process: it is put back."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _reason(error: csv.Error) -> str:
    return "field too long" if "field larger" in str(error) else "open quote"


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
