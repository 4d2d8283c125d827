"""Figures and scores as tables with the columns of SPEC §8, and the fingerprint over them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from steelyard.engine.measure.figures import Exact, Figure
from steelyard.engine.quality import rounding

_TEXT, _COUNT, _FLAG = pa.string(), pa.int64(), pa.bool_()

FIGURES: Final = pa.schema(
    [
        ("of", _TEXT),
        ("subject", _TEXT),
        ("measure", _TEXT),
        ("stratum", _TEXT),
        ("period", _TEXT),
        ("unit", _TEXT),
        ("n", _COUNT),
        ("numerator", _TEXT),
        ("denominator", _TEXT),
        ("value", _TEXT),
        ("low", _TEXT),
        ("high", _TEXT),
        ("excluded", _COUNT),
        ("excepted", _COUNT),
        ("status", _TEXT),
        ("target", _TEXT),
        ("on_target", _FLAG),
        ("partial", _FLAG),
        ("provisional", _FLAG),
        ("policy_version", _TEXT),
    ]
)
SCORES: Final = pa.schema(
    [
        ("scorecard", _TEXT),
        ("of", _TEXT),
        ("subject", _TEXT),
        ("period", _TEXT),
        ("path", _TEXT),
        ("weight", _TEXT),
        ("value", _TEXT),
        ("points", _TEXT),
        ("score", _TEXT),
        ("adjustment", _TEXT),
        ("grade", _TEXT),
        ("rank", _COUNT),
        ("peers", _TEXT),
        ("missing", _TEXT),
        ("status", _TEXT),
    ]
)


def exact(number: Exact | None) -> str | None:
    """A number as people write it: ``12``, ``12.5``; a fraction only where no decimal ends."""
    if number is None:
        return None
    if number.denominator == 1:
        return str(number.numerator)
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{number.numerator}/{number.denominator}"
    return rounding.text(number, 30).rstrip("0")


def target_text(target: Fraction | None) -> str | None:
    """A target as it was written: whole numbers bare, others with six decimals."""
    if target is None:
        return None
    return str(target.numerator) if target.denominator == 1 else rounding.text(target, 6)


def figures_table(figures: Sequence[Figure]) -> pa.Table:
    """The figures as an Arrow table: numbers as exact decimal strings, null for nothing."""
    columns = dict(zip(Figure._fields, zip(*figures, strict=True), strict=True)) if figures else {}
    shown = {
        "numerator": exact,
        "denominator": exact,
        "value": lambda value: None if value is None else rounding.text(value, 6),
        "low": _text,
        "high": _text,
        "target": target_text,
    }
    arrays = [
        pa.array([shown[name](value) for value in columns.get(name, ())], FIGURES.field(name).type)
        if name in shown
        else pa.array(columns.get(name, ()), FIGURES.field(name).type)
        for name in FIGURES.names
    ]
    return pa.table(arrays, schema=FIGURES)


def fingerprint(figures: pa.Table, scores: pa.Table) -> str:
    """SHA-256 over the sorted lines of figures and scores (SPEC §7)."""
    lines = [
        *_lines("f", figures, ("of", "subject", "measure", "stratum", "period", "numerator", "denominator", "status")),
        *_lines("s", scores, ("scorecard", "subject", "period", "path", "score", "grade", "rank", "status")),
    ]
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()


def _lines(mark: str, table: pa.Table, names: Sequence[str]) -> Iterable[bytes]:
    columns = [["" if value is None else str(value) for value in table.column(name).to_pylist()] for name in names]
    return (line.encode() for line in map("|".join, zip(repeat(mark), *columns, strict=False)))


def write(table: pa.Table, folder: Path, name: str, *, as_csv: bool) -> None:
    """Write ``name.parquet`` and, if asked, ``name.csv``."""
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    if as_csv:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.column_names)
            for batch in table.to_batches():
                writer.writerows([_cell(value) for value in row] for row in zip(*_columns(batch), strict=True))


def _columns(batch: pa.RecordBatch) -> list[list[object]]:
    return [column.to_pylist() for column in batch.columns]


def _cell(value: object) -> object:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def scores_table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """The rows of scores as an Arrow table."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=SCORES)
