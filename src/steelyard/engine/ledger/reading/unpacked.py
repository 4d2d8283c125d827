"""The bytes of a source, plain or packed as ``.gz`` or ``.zip``, read as a stream and never wholly in memory."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from steelyard.engine.errors import Place, SteelyardError, refuse
from steelyard.engine.words import N_

CHUNK: Final = 1 << 20
# Honest logs shrink by a factor of ten to a hundred; a thousand is a bomb. Small ones are let through: they are small.
MOST_TIMES: Final = 300
FREE_BYTES: Final = 1 << 30
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"


class Readable(Protocol):
    """What ``gzip``, ``zipfile`` and plain files have in common."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        ...


class Unpacked:
    """A readable stream of the source's bytes; damage and bombs are refusals, not tracebacks."""

    def __init__(self, stream: Readable, file: str, packed_size: int | None) -> None:
        self._stream = stream
        self._file = file
        self._limit = None if packed_size is None else max(FREE_BYTES, packed_size * MOST_TIMES)
        self._given = 0

    def read(self, size: int = CHUNK) -> bytes:
        """Up to ``size`` bytes, fewer at the end; raises SteelyardError ``damaged`` or ``too-large``."""
        try:
            data = self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise _damaged(self._file, error) from None
        except (NotImplementedError, RuntimeError) as error:
            raise _unreadable(self._file, error) from None
        self._given += len(data)
        if self._limit is not None and self._given > self._limit:
            raise refuse(
                "too-large",
                N_("unpacked it is more than {times} times as large as packed: that is no log"),
                remedy=N_("unpack it yourself and look at what is inside"),
                place=Place(self._file),
                times=MOST_TIMES,
            )
        return data


def is_packed(path: Path) -> bool:
    """Whether ``path`` is a ``.gz`` or a ``.zip`` around one file (a workbook is a zip, but not packed)."""
    magic = _magic(path)
    return magic.startswith(_GZIP) or (magic in (_ZIP, _EMPTY_ZIP) and not _is_workbook(path))


@contextmanager
def unpacked(path: Path) -> Iterator[Unpacked]:
    """Open ``path`` for reading, looking through ``.gz`` and ``.zip``.

    Raises SteelyardError ``no-file``, ``damaged``, or ``archive`` when a zip holds none or several files.
    """
    file = str(path)
    magic = _magic(path)
    size = path.stat().st_size
    if magic.startswith(_GZIP):
        with gzip.open(path, "rb") as packed:
            yield Unpacked(packed, file, size)
    elif magic in (_ZIP, _EMPTY_ZIP) and not _is_workbook(path):
        with zipfile.ZipFile(path) as archive:
            member = _only_member(archive, file)
            try:
                inner = archive.open(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise _unreadable(file, error) from None
            with inner:
                yield Unpacked(inner, file, max(member.compress_size, 1))
    else:
        with path.open("rb") as plain:
            yield Unpacked(plain, file, None)


def spooled(path: Path, folder: Path) -> Path:
    """``path`` itself, or where it is packed a plain copy in ``folder``, for readers that need a file."""
    if not is_packed(path):
        return path
    copy = folder / "unpacked"
    with unpacked(path) as stream, copy.open("wb") as target:
        while chunk := stream.read():
            target.write(chunk)
    return copy


def inner_name(path: Path) -> str:
    """The name of the file inside: ``log.csv`` of ``log.csv.gz``, the only member of a zip."""
    magic = _magic(path)
    if magic.startswith(_GZIP):
        return path.name.removesuffix(".gz")
    if magic in (_ZIP, _EMPTY_ZIP) and not _is_workbook(path):
        with zipfile.ZipFile(path) as archive:
            return _only_member(archive, str(path)).filename
    return path.name


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise refuse(
            "no-file",
            N_("cannot be read: {why}"),
            remedy=N_("name a file that is there and that you may read"),
            place=Place(str(path)),
            why=error.strerror or type(error).__name__,
        ) from None


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except zipfile.BadZipFile as error:
        raise _damaged(str(path), error) from None


def _only_member(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.endswith(".DS_Store")
    ]
    if len(members) == 1:
        return members[0]
    names = ", ".join(member.filename for member in members[:5]) or "–"
    raise refuse(
        "archive",
        N_("the archive holds {count} files ({names}); one is wanted"),
        remedy=N_("unpack it and name the files one by one"),
        place=Place(file),
        count=len(members),
        names=names,
    )


def _damaged(file: str, error: Exception) -> SteelyardError:
    return refuse(
        "damaged",
        N_("the archive is damaged or cut short ({why})"),
        remedy=N_("fetch it again; nothing of it was imported"),
        place=Place(file),
        why=str(error) or type(error).__name__,
    )


def _unreadable(file: str, error: Exception) -> SteelyardError:
    return refuse(
        "archive",
        N_("the archive cannot be opened ({why})"),
        remedy=N_("unpack it yourself and name the file inside"),
        place=Place(file),
        why=str(error) or type(error).__name__,
    )
