"""Workbooks (``.xlsx``): the cells of one sheet as text, dates as ISO 8601, whole numbers without a point."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Final

import python_calamine

from steelyard.engine.errors import Place, refuse
from steelyard.engine.ledger.reading.parts import Parts
from steelyard.engine.ledger.reading.unpacked import spooled
from steelyard.engine.ledger.reading.whole import WholeSource
from steelyard.engine.words import N_

# A sheet is bounded by Excel itself (1,048,576 rows); unpacked, a workbook may still be a bomb.
MOST_BYTES: Final = 4 << 30
MOST_TIMES: Final = 300
FREE_BYTES: Final = 1 << 28

_Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def read_sheet(path: Path, *, sheet: str | None, folder: Path) -> WholeSource:
    """Read ``sheet`` (the first by default); its first row that is not blank names the columns.

    Raises SteelyardError ``workbook``, ``sheet`` or ``empty``.
    """
    plain = spooled(path, folder)
    _refuse_bomb(plain, str(path))
    parts = Parts(folder)
    columns: tuple[str, ...] = ()
    try:
        with python_calamine.load_workbook(plain) as book:
            table = book.get_sheet_by_name(_sheet_name(book.sheet_names, sheet, str(path)))
            for number, row in enumerate(table.iter_rows(), start=1):
                cells = [_text(cell) for cell in row]
                if not any(cell is not None for cell in cells):
                    continue
                if not columns:
                    columns = _header(cells)
                else:
                    parts.add(number, {index: cells[index] for index in range(len(columns))})
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _refuse(str(path), N_("the workbook cannot be read: {why}"), why=str(error)) from None
    except BaseException as error:
        # The reader is written in Rust; what it did not foresee arrives as a panic.
        if type(error).__name__ == "PanicException":
            raise _refuse(str(path), N_("the workbook cannot be read: {why}"), why=str(error)) from None
        raise
    if not columns:
        raise refuse("empty", N_("the sheet is empty"), remedy=N_("set source.sheet"), place=Place(str(path)))
    parts.finish()
    return WholeSource(str(path), columns, parts)


def _header(cells: list[str | None]) -> tuple[str, ...]:
    """Names up to the last cell that is not blank."""
    names = ["" if cell is None else cell for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _sheet_name(names: list[str], wanted: str | None, file: str) -> str:
    if wanted is None and names:
        return names[0]
    if wanted is not None and wanted in names:
        return wanted
    raise refuse(
        "sheet",
        N_("there is no sheet {sheet}; there are: {names}"),
        remedy=N_("set source.sheet"),
        place=Place(file),
        sheet=wanted or "",
        names=", ".join(names) or "–",
    )


def _text(cell: _Cell) -> str | None:
    match cell:
        case "":
            return None
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime.timedelta():
            return _duration(cell)
        case datetime.datetime() | datetime.date() | datetime.time():
            return cell.isoformat()
        case _:
            return str(cell)


def _duration(span: datetime.timedelta) -> str:
    """``h:mm:ss``, as the sheet shows it."""
    seconds = span.days * 86_400 + span.seconds
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minute:02}:{second:02}"


def _refuse_bomb(path: Path, file: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _refuse(file, N_("the workbook cannot be read: {why}"), why=str(error)) from None
    packed, size = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    if size > MOST_BYTES or size > max(FREE_BYTES, packed * MOST_TIMES):
        raise _refuse(file, N_("unpacked the workbook would have {size} bytes: that is no table"), size=size)


def _refuse(file: str, reason: str, **params: object) -> Exception:
    return refuse("workbook", reason, remedy=N_("save it again as .xlsx, or as .csv"), place=Place(file), **params)
