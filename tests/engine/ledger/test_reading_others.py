"""Workbooks, lines of JSON, Parquet, XES, and all of them packed."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.reading import open_source, unpacked
from tests.engine.ledger.made import refusal
from tests.shared import shared_path

Rows = list[tuple[object, ...]]


def read(path: Path, source: model.Source) -> tuple[tuple[str, ...], Rows, Rows]:
    """Columns, ``(line, cells …)`` of each record, and what is none."""
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    reader = open_source(path, source, work)
    with duckdb.connect() as con:
        line = reader.fill(con, range(len(reader.columns)), source.nulls)
        cells = "".join(f", c{index}" for index in range(len(reader.columns)))
        rows = con.execute(f"SELECT {line}{cells} FROM src ORDER BY src.rowid").fetchall()
        return reader.columns, rows, con.execute("SELECT line, value, reason FROM malformed ORDER BY line").fetchall()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_sheet_is_read_as_text_with_its_own_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        book.add_worksheet("cover").write(0, 0, "nothing here")
        sheet = book.add_worksheet("cases")
        sheet.write_row(2, 1, ["id", "when", "day", "at", "count", "ok", ""])
        sheet.write_row(3, 1, ["a", datetime.datetime(2024, 1, 2, 3, 4, 5), datetime.date(2024, 1, 2)])
        sheet.write_datetime(3, 4, datetime.time(9, 12, 58), book.add_format({"num_format": "hh:mm:ss"}))
        sheet.write_row(3, 5, [109.0, True])
        sheet.write_row(5, 1, ["b", "2024-01-02 x", "", "", 1.5, False])
    columns, rows, malformed = read(path, model.Source("xlsx", sheet="cases"))
    assert columns[-6:] == ("id", "when", "day", "at", "count", "ok")
    assert [(row[0], *row[-6:]) for row in rows] == [
        (4, "a", "2024-01-02T03:04:05", "2024-01-02", "09:12:58", "109", "true"),
        (6, "b", "2024-01-02 x", None, None, "1.5", "false"),
    ]
    assert malformed == []


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("cases")
    error = refusal(lambda: read(path, model.Source("xlsx", sheet="casse")))
    assert error is not None
    assert (error.problems[0].code, error.problems[0].params["names"]) == ("sheet", "cases")


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_refused(content: bytes, tmp_path: Path) -> None:
    assert refusal(lambda: read(written(tmp_path / "a.xlsx", content), model.Source("xlsx"))) is not None


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    text = '{"id": "a", "n": 1.10, "big": 123456789012345678901, "of": {"b": 1e3}, "tags": ["x", 0.50], "yes": true}\n'
    text += '\nnot json\n[1]\n{"id": "b", "n": null, "new": "中"}\n'
    columns, rows, malformed = read(written(tmp_path / "a.jsonl", text.encode()), model.Source("jsonl"))
    assert columns == ("id", "n", "big", "of.b", "tags", "yes", "new")
    assert rows == [
        (1, "a", "1.10", "123456789012345678901", "1e3", '["x",0.50]', "true", None),
        (5, "b", None, None, None, None, None, "中"),
    ]
    assert malformed == [(3, "not json", "not JSON"), (4, "[1]", "not an object")]


@pytest.mark.parametrize("text", ['[{"id": 1}]', '[\n{"id": 1}\n]'])
def test_one_list_of_objects_is_refused_with_what_to_do(text: str, tmp_path: Path) -> None:
    error = refusal(lambda: read(written(tmp_path / "a.json", text.encode()), model.Source("jsonl")))
    assert error is not None
    assert error.problems[0].code == "jsonl"


def test_parquet_columns_become_text(tmp_path: Path) -> None:
    stamp = datetime.datetime(2024, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "id": [1, 2],
            "at": pa.array([stamp, None], pa.timestamp("ms")),
            "zoned": pa.array([stamp, None], pa.timestamp("us", tz="Asia/Shanghai")),
            "sum": pa.array([Decimal("1.10"), None], pa.decimal128(5, 2)),
            "tags": [["a", "b"], None],
            'odd "name"': ["?", "x"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    columns, rows, _ = read(tmp_path / "a.parquet", model.Source("parquet", nulls=("?",)))
    assert columns[-1] == 'odd "name"'
    assert rows == [
        (1, "1", "2024-01-02 03:04:05", "2024-01-02 03:04:05Z", "1.10", '["a","b"]', None),
        (2, "2", None, None, None, None, "x"),
    ]


XES = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a log -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <string key="concept:name" value="of the log"/>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <trace>
    <string key="concept:name" value="c&amp;1"><string key="below" value="no"/></string>
    <event>
      <string key="concept:name" value="a"/>
      <date key="time:timestamp" value="2020-01-01T10:00:00+01:00"/>
    </event>
    <event>
      <int key="cost" value="5"/><string key="concept:name" value="b"/><list key="l"><string key="x" value="y"/></list>
    </event>
    <boolean key="late" value="true"/>
  </trace>
  <trace><event/></trace>
</log>
"""


def test_events_come_in_the_order_of_the_document(tmp_path: Path) -> None:
    columns, rows, _ = read(written(tmp_path / "a.xes", XES.encode()), model.Source("xes"))
    assert columns == ("case:concept:name", "concept:name", "time:timestamp", "cost", "case:late")
    assert rows == [
        (8, "c&1", "a", "2020-01-01T10:00:00+01:00", None, "true"),
        (12, "c&1", "b", None, "5", "true"),
        (17, None, None, None, None, None),
    ]


@pytest.mark.parametrize("name", ["volvo-problems/closed", "process-logs/repairExample", "process-logs/teleclaims"])
def test_real_logs_are_read_whole(name: str, tmp_path: Path) -> None:
    content = shared_path(f"data/{name}.xes.gz").read_bytes()
    events = gzip.decompress(content).count(b"<event>")
    columns, rows, malformed = read(written(tmp_path / "a.xes.gz", content), model.Source("xes"))
    assert {"concept:name", "time:timestamp", "case:concept:name"} <= set(columns)
    assert (len(rows), malformed) == (events, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<log>",
        "<html/>",
        "<log></log><log></log>",
        '<!DOCTYPE log [<!ENTITY a "b">]><log/>',
        '<?xml version="1.0" encoding="klingon"?><log/>',
        '<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>',
    ],
)
def test_what_is_no_log_is_refused(text: str, tmp_path: Path) -> None:
    error = refusal(lambda: read(written(tmp_path / "a.xes", text.encode()), model.Source("xes")))
    assert error is not None
    assert error.problems[0].code == "xes"


def test_one_endless_value_is_not_held_in_memory(tmp_path: Path) -> None:
    text = b'<log><trace><event><string key="a" value="' + b"x" * (20 << 20)
    error = refusal(lambda: read(written(tmp_path / "a.xes", text), model.Source("xes")))
    assert error is not None


@settings(max_examples=40)
@given(start=st.integers(0, len(XES)), length=st.integers(0, 30), put=st.binary(max_size=12))
def test_a_log_with_any_edit_is_read_or_refused(
    start: int, length: int, put: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = XES.encode()[:start] + put + XES.encode()[start + length :]
    path = written(tmp_path_factory.mktemp("xes") / "a.xes", content)
    refusal(lambda: read(path, model.Source("xes")))


CSV = b"a,b\n1,2\n3,4\n"


def packed(names: list[str], content: bytes = CSV) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(CSV, mtime=0)),
        ("a.csv.gz", gzip.compress(CSV[:4], mtime=0) + gzip.compress(CSV[4:], mtime=0)),
        ("a.zip", packed(["deep/a.csv"])),
        ("a.zip", packed(["a.csv", "__MACOSX/._a.csv"])),
        ("named-wrongly.csv", gzip.compress(CSV, mtime=0)),
    ],
    # Without names the bytes would be the name, and the time in them differs from worker to worker.
    ids=["gzip", "two gzip members", "zip", "zip of a Macintosh", "gzip with another name"],
)
def test_packed_sources_are_read_as_they_are(name: str, content: bytes, tmp_path: Path) -> None:
    assert read(written(tmp_path / name, content), model.Source("csv"))[1] == [(2, "1", "2"), (3, "3", "4")]


@pytest.mark.parametrize("format_", ["jsonl", "xes", "parquet", "xlsx"])
def test_every_format_may_be_packed(format_: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    if format_ == "xlsx":
        with xlsxwriter.Workbook(plain) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["a"])
            sheet.write_row(1, 0, ["1"])
    elif format_ == "parquet":
        pq.write_table(pa.table({"a": ["1"]}), plain)
    else:
        plain.write_text(
            {
                "jsonl": json.dumps({"a": "1"}),
                "xes": '<log><trace><event><string key="a" value="1"/></event></trace></log>',
            }[format_]
        )
    source = model.Source(format_)  # type: ignore[arg-type]  # one of the formats
    for path in (
        written(tmp_path / "a.gz", gzip.compress(plain.read_bytes(), mtime=0)),
        written(tmp_path / "a.zip", packed(["a"], plain.read_bytes())),
    ):
        columns, rows, _ = read(path, source)
        assert (columns, [row[1:] for row in rows]) == (("a",), [("1",)])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(CSV, mtime=0)[:-6], "damaged"),
        (gzip.compress(CSV * 1000, mtime=0)[:60], "damaged"),
        (gzip.compress(CSV, mtime=0)[:-4] + b"1234", "damaged"),
        (packed(["a.csv"])[:-10], "damaged"),
        (packed(["a.csv", "b.csv"]), "archive"),
        (packed([]), "archive"),
    ],
)
def test_a_broken_archive_is_refused_before_anything_is_imported(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(SteelyardError) as caught:
        read(written(tmp_path / "a.bin", content), model.Source("csv"))
    assert caught.value.problems[0].code == code


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "FREE_BYTES", 1 << 20)
    for content in (gzip.compress(bytes(50 << 20), mtime=0), packed(["a"], bytes(50 << 20))):
        with pytest.raises(SteelyardError) as caught:
            read(written(tmp_path / "a.bin", content), model.Source("csv"))
        assert caught.value.problems[0].code == "too-large"


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    for name in ("none.csv", "."):
        error = refusal(lambda name=name: read(tmp_path / name, model.Source("csv")))  # type: ignore[misc]  # bound at once
        assert error is not None
        assert error.problems[0].code == "no-file"
