"""docs/reference/results.md: files and columns of a run, a backtest and a ledger, looked up in docs/example's."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

import steelyard.engine as sy
from tools.pages.markdown import code, heading, opening, table, words
from tools.pages.meanings import agreed

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example"
PERIOD = "2026-10"
_BROKEN_ROW = "T99,urgent,2026-10-08 09:20,,,,lin,repair,,\n"
_INTRO = (
    "A run writes its folder whole or not at all. Tables are Parquet; with `--csv` clocks, rows, figures and scores"
    " are CSV too, in which empty means null. Instants are UTC with microseconds. A number that must be exact is "
    "text: a decimal, or a fraction where no decimal ends."
)
_ROWS = (
    "Leave out what is `excluded` or `excepted` and group by `measure`, `stratum`, `period` and a subject. Then a "
    "proportion is the share of `hit`, a count the number of rows, a sum and a mean are those of `value`, and an "
    "NPS is the share from 9 up less the share up to 6. That gives the figures of the organisation, of staff and of"
    " the lowest units."
)


def page() -> list[str]:
    """The page, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        return _page(Path(folder))


def _page(folder: Path) -> list[str]:
    ledger, tried = folder / "ledger", folder / "tried"
    _make(ledger, tried)
    run = tried / "base"
    lines = opening("Results of a run", "a run of `docs/example/`", _INTRO)
    lines += [*heading(2, "The folder of `assess`"), *_files(run, "files")]
    sheets = words(CalamineWorkbook.from_path(str(run / "scorecards.xlsx")).sheet_names)
    lines += ["", f"The sheets of the workbook: {sheets}. One that is full goes on in the next."]
    for name in ("clocks", "rows", "figures", "scores", "units"):
        lines += heading(3, code(name))
        lines += [_ROWS, ""] if name == "rows" else []
        lines += _columns(run / f"{name}.parquet", name)
    lines += [*heading(3, "`manifest.json`"), *_manifest(run / "manifest.json")]
    lines += [*heading(2, "The folder of `backtest`"), *_files(tried, "backtest_files")]
    for name in ("changes", "moved"):
        lines += [*heading(3, code(name)), *_columns(tried / f"{name}.parquet", name)]
    lines += [*heading(2, "The folder of a ledger"), *_files(ledger, "ledger_files")]
    lines += [*heading(3, code("facts")), *_columns(next(ledger.rglob("*.parquet")), "facts")]
    return [*lines, *heading(3, "`rejects.csv`"), *_rejects(ledger / "rejects.csv")]


def _make(ledger: Path, tried: Path) -> None:
    """Import the example with one broken row, and backtest its policy against itself."""
    source = ledger.parent / "tickets.csv"
    source.write_text((EXAMPLE / "tickets.csv").read_text(encoding="utf-8") + _BROKEN_ROW, encoding="utf-8")
    sy.import_source(sy.load_mapping(EXAMPLE / "mapping.yaml"), ledger, source)
    policy = sy.load_policy(EXAMPLE / "policy.yaml")
    sy.backtest([policy], policy, ledger, [PERIOD], out=tried)


def _files(folder: Path, section: str) -> list[str]:
    visible = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    names = [path.name + ("/" if path.is_dir() else "") for path in visible]
    means = agreed(names, "results", section)
    return table(("file", "what is in it"), ([code(name), means[name]] for name in names))


def _columns(file: Path, section: str) -> list[str]:
    fields = pq.read_schema(file)
    means = agreed(fields.names, "results", section)
    rows = ([code(each.name), _type(each.type), means[each.name]] for each in fields)
    return table(("column", "type", "meaning"), rows)


def _type(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "instant"
    if pa.types.is_decimal(type_):
        return f"decimal, {type_.scale} places"
    return {"string": "text", "int64": "integer", "bool": "boolean", "binary": "bytes"}[str(type_)]


def _manifest(file: Path) -> list[str]:
    names = list(_keys(json.loads(file.read_text(encoding="utf-8")), ""))
    means = agreed(names, "results", "manifest")
    return table(("key", "meaning"), ([code(name), means[name]] for name in names))


def _keys(value: object, path: str) -> Iterator[str]:
    """The keys at and below ``value``; of a list those of its first member."""
    if isinstance(value, list) and value:
        yield from _keys(value[0], path)
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield f"{path}.{name}".lstrip(".")
            yield from _keys(below, f"{path}.{name}")


def _rejects(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as opened:
        names = next(csv.reader(opened))
    means = agreed(names, "results", "rejects")
    return table(("column", "meaning"), ([code(name), means[name]] for name in names))
