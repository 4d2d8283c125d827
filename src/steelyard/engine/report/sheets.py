"""Sheets as people open them: a title, a frozen header with filters, real numbers, a footer, rows without end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter

from steelyard.engine.report import numbers
from steelyard.engine.report.phrases import Words

ROWS: Final = 1_048_000
"""Lines of one sheet; a sheet ends at 1,048,576 (SPEC §8), and the title and header stand above them."""

FORMATS: Final = {
    "text": "@",
    "count": "#,##0",
    "number": "#,##0.00####",
    "score": "0.00",
    "percent": "0.00",
    "weight": "0.####",
}
_BLUE, _LINE, _SOFT = "#1F5FA8", "#D9D6CD", "#5A6069"
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_TITLE_ROW, _HEADER_ROW = 0, 2

# xlsxwriter ships no types.
Sheet = Any
Format = Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it holds (a key of ``FORMATS``) and its width in characters."""

    heading: str
    holds: str
    width: float


class Book:
    """A workbook whose sheets all look alike; nothing in it is ever a formula or a link."""

    def __init__(self, path: str, words: Words, *, title: str, fingerprint: str) -> None:
        self.words, self.title, self.fingerprint = words, title, fingerprint
        self._book = xlsxwriter.Workbook(
            path, {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
        )
        self._formats = {
            name: self._book.add_format({"num_format": code, "valign": "top", "bottom": 1, "bottom_color": _LINE})
            for name, code in FORMATS.items()
        }
        self._title = self._book.add_format({"bold": True, "font_size": 14})
        self._note = self._book.add_format({"font_color": _SOFT})
        self._header = self._book.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": _BLUE, "text_wrap": True, "valign": "vcenter"}
        )
        self._used: set[str] = set()

    def describe(self, generated: str) -> None:
        """The properties of the file."""
        self._book.set_properties({"title": self.title, "comments": f"{self.fingerprint} {generated}"})

    def table(self, name: str, note: str, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """A sheet with ``rows`` under ``columns``, going on in a further sheet when it is full."""
        sheet: Sheet = None
        line = part = 0
        for row in rows:
            if sheet is None or line == ROWS:
                if sheet is not None:
                    self._close(sheet, columns, line)
                part, line = part + 1, 0
                sheet = self._open(name, part, note, columns)
            self._write(sheet, _HEADER_ROW + 1 + line, columns, row)
            line += 1
        self._close(sheet or self._open(name, 1, note, columns), columns, line)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _open(self, name: str, part: int, note: str, columns: Sequence[Column]) -> Sheet:
        said = name if part == 1 else self.words("sheet_of", sheet=name, number=part)
        sheet = self._book.add_worksheet(self._unique(said))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_footer(f"&L&8{_footer(self.fingerprint)}&R&8{self.words('page', page='&P', pages='&N')}")
        sheet.freeze_panes(_HEADER_ROW + 1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
        sheet.write_string(_TITLE_ROW, 0, _clean(f"{self.title} – {said}"), self._title)
        sheet.write_string(_TITLE_ROW + 1, 0, _clean(note), self._note)
        sheet.set_row(_HEADER_ROW, 30)
        for place, column in enumerate(columns):
            sheet.write_string(_HEADER_ROW, place, _clean(column.heading), self._header)
        return sheet

    def _close(self, sheet: Sheet, columns: Sequence[Column], lines: int) -> None:
        sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + lines, len(columns) - 1)

    def _write(self, sheet: Sheet, at: int, columns: Sequence[Column], row: Sequence[object]) -> None:
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None or value == "":
                continue
            if column.holds == "text":
                sheet.write_string(at, place, _clean(str(value)), self._formats["text"])
            else:
                number = numbers.decimal_of(str(value))
                sheet.write_number(at, place, float(number or 0), self._formats[column.holds])

    def _unique(self, name: str) -> str:
        """A name Excel takes: at most 31 characters, none of its signs, no two alike."""
        base = _FORBIDDEN.sub(" ", name)[:31].strip("' ") or "-"
        found, number = base, 2
        while found.lower() in self._used:
            tail = f" {number}"
            found, number = base[: 31 - len(tail)] + tail, number + 1
        self._used.add(found.lower())
        return found


def _footer(text: str) -> str:
    """Text for a footer, where an ampersand begins a code."""
    return text.replace("&", "&&")


def _clean(text: str) -> str:
    """A cell's text: no longer than Excel holds."""
    return text[:32_767]
