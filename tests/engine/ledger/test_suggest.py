"""A draft for an unknown file loads and imports as it stands, and marks what a person should confirm."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from steelyard.engine import ledger
from steelyard.engine.ledger import ImportReport, Mapping
from tests.engine.ledger.made import counts, lines, refusal, source
from tests.shared import shared_path


def drafted(path: Path, folder: Path) -> tuple[str, Mapping, ImportReport]:
    """The draft for ``path``, as text and as a mapping, and what importing by it gives."""
    text = ledger.suggest(path)
    mapping = ledger.load_mapping(text.encode())
    return text, mapping, ledger.import_source(mapping, folder / "ledger", path)


def kinds(mapping: Mapping) -> dict[str, str | None]:
    return {value: kind for event in mapping.events for value, kind in event.kinds.items()}


def test_the_problem_log_of_a_maker_of_trucks(tmp_path: Path) -> None:
    _, mapping, report = drafted(shared_path("data/volvo-problems/closed.xes.gz"), tmp_path)
    assert counts(report)[-1] == 0
    assert (mapping.source.format, mapping.source.timezone, mapping.rows) == ("xes", None, "events")
    assert kinds(mapping) == {
        "*": "opened",
        "Accepted/In Progress": "resumed",
        "Accepted/Wait": "waiting",
        "Accepted/Assigned": "assigned",
        "Queued/Awaiting Assignment": None,
        "Completed/Closed": "solved",
        "Completed/Cancelled": "cancelled",
        "Unmatched/Unmatched": None,
    }
    assert report.facts["opened"] == 1487


def test_the_incident_log_with_snapshots(tmp_path: Path) -> None:
    text, mapping, report = drafted(shared_path("data/uci-incidents/incidents.zip"), tmp_path)
    assert counts(report)[-1] == 0
    assert mapping.source.timestamps == ("%d/%m/%Y %H:%M",)
    assert mapping.source.nulls == ("", "?")
    assert mapping.instants["opened"].columns == ("opened_at",)
    assert all(event.on_change for event in mapping.events)
    assert {
        "Active": "resumed",
        "Awaiting Vendor": "waiting",
        "Resolved": "solved",
        "Closed": "closed",
    }.items() <= kinds(mapping).items()
    assert report.facts["reopened"] == 276
    assert '"-100": null  # ?' in text
    assert "timezone: UTC  # ?" in text


def test_calls_complaints_and_small_logs(tmp_path: Path) -> None:
    _, calls, report = drafted(shared_path("data/phonenow/calls.csv"), tmp_path / "calls")
    assert (calls.rows, calls.block["offered"].columns) == ("contacts", ("Date", "Time"))
    assert report.facts == {"contact.abandoned": 946, "contact.answered": 4054, "contact.offered": 5000}
    _, complaints, report = drafted(shared_path("data/cfpb/complaints.csv.gz"), tmp_path / "complaints")
    assert (complaints.source.timestamps, report.loaded) == (("%m/%d/%Y",), 3186)
    assert complaints.kind is not None
    assert complaints.kind.constant == "complaint"
    _, desk, report = drafted(shared_path("data/helpdesk/helpdesk_tax2017.csv"), tmp_path / "desk")
    assert (desk.rows, report.facts["opened"], counts(report)[-1]) == ("events", 3804, 0)
    _, example, report = drafted(shared_path("data/process-logs/running-example.csv"), tmp_path / "example")
    assert (kinds(example)["register request"], report.facts["opened"]) == ("opened", 6)
    _, survey, report = drafted(shared_path("data/mobile-survey/mobi.csv"), tmp_path / "survey")
    assert (survey.rows, len(survey.answers), report.loaded) == ("responses", 24, 250)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_log(encoding: str, tmp_path: Path) -> None:
    states = ("新建", "处理中", "等待客户回复", "处理中", "已解决", "已关闭")
    rows = [
        (f"GD{case:03}", state, f"2026/01/{1 + case % 9:02} 1{step}:00", "张三", "一组", "高", "电话")
        for case in range(40)
        for step, state in enumerate(states)
    ]
    header = ("工单编号", "状态", "操作时间", "处理人", "部门", "优先级", "渠道")
    path = source(tmp_path, lines(header, *rows).encode(encoding))
    text, mapping, report = drafted(path, tmp_path)
    assert counts(report) == (240, 240, 0, 0, 0, 0)
    assert mapping.source.encoding in ("utf-8", "gb18030", "utf-16")
    assert kinds(mapping) == {
        "新建": "opened", "处理中": "resumed", "等待客户回复": "waiting", "已解决": "solved", "已关闭": "closed",
    }  # fmt: skip
    assert mapping.staff is not None
    assert mapping.staff.columns == ("处理人",)
    assert mapping.attributes["priority"].map == {"高": "2"}
    assert "渠道" in text


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("%d/%m/%Y %H:%M", ("%d/%m/%Y %H:%M",)),
        ("%m/%d/%Y %I:%M %p", ("%m/%d/%Y %I:%M %p",)),
        ("%d.%m.%y %H:%M:%S", ("%d.%m.%y %H:%M:%S",)),
        ("%Y年%m月%d日 %H:%M", ("%Y年%m月%d日 %H:%M",)),
        ("%Y%m%d%H%M%S", ("%Y%m%d%H%M%S",)),
        ("%d-%b-%Y", ("%d-%b-%Y",)),
        ("%Y-%m-%dT%H:%M:%SZ", ()),
        ("%d/%m/%Y %H:%M +0100", ("%d/%m/%Y %H:%M %z",)),
    ],
)
def test_the_format_that_reads_all_stamps_is_found(format_: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    moments = [datetime(2026, 1, 1, 9, 30) + timedelta(days=7 * n, minutes=n) for n in range(40)]
    rows = [(f"T{n}", moment.strftime(format_), "ann") for n, moment in enumerate(moments)]
    text, mapping, report = drafted(source(tmp_path, lines(("Ticket ID", "Created", "Agent"), *rows)), tmp_path)
    assert mapping.source.timestamps == expected
    assert (mapping.source.timezone is None) == ("+0100" in format_ or "Z" in format_)
    assert counts(report) == (40, 40, 0, 0, 0, 0)
    assert "other way round" not in text


def test_a_doubt_between_day_and_month_is_marked(tmp_path: Path) -> None:
    rows = [(f"T{n}", f"0{1 + n % 9}/0{1 + n % 5}/2026") for n in range(20)]
    text, _, _ = drafted(source(tmp_path, lines(("Ticket ID", "Created"), *rows)), tmp_path)
    assert 'timestamp: "%d/%m/%Y"  # ? day and month may be the other way round' in text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str, tmp_path: Path) -> None:
    text = delimiter.join(["id", "opened", "note"]) + "\n" + delimiter.join(["a1", "2026-01-01", '"x, y; z"']) + "\n"
    _, mapping, report = drafted(source(tmp_path, text), tmp_path)
    assert (mapping.source.delimiter, report.loaded) == (delimiter, 1)


@pytest.mark.parametrize(
    "content", [b"", b"   \n", b"a,b\n1,2\n", b"id,name\nx,y\n", b"\x00\x01\x02" * 50, b"<log/>", b"{}\n"]
)
def test_a_file_without_instants_is_refused_or_drafted(content: bytes, tmp_path: Path) -> None:
    path = source(tmp_path, content)
    error = refusal(lambda: drafted(path, tmp_path))
    assert error is None or error.problems[0].code in {"empty", "no-stamps", "header", "xes"}


def test_odd_names_survive_in_the_draft(tmp_path: Path) -> None:
    names = ("case: id", "#state", "when?", "{who}", "- team", "*")
    rows = [(f"c{n // 3}", ("new", "yes", "null: x")[n % 3], f"2026-01-01 10:{n:02}", "a", "b", "c") for n in range(30)]
    _, mapping, report = drafted(source(tmp_path, lines(names, *rows)), tmp_path)
    assert counts(report)[-1] == 0
    assert mapping.id is not None


@pytest.mark.parametrize("format_", ["jsonl", "parquet", "xlsx"])
def test_other_formats_are_drafted_too(format_: str, tmp_path: Path) -> None:
    start = datetime(2026, 1, 5, 9)
    steps = ("New", "In Progress", "Pending Customer", "In Progress", "Resolved")
    rows = [
        {
            "ticket_id": f"T-{n // 5:03}",
            "status": steps[n % 5],
            "updated_at": start + timedelta(hours=n),
            "assignee": "ann",
        }
        for n in range(100)
    ]
    path = tmp_path / f"log.{format_}"
    if format_ == "jsonl":
        path.write_text("".join(json.dumps(row, default=lambda at: at.isoformat() + "+08:00") + "\n" for row in rows))
    elif format_ == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, list(rows[0]))
            for number, row in enumerate(rows, start=1):
                sheet.write_row(number, 0, list(row.values()))
    _, mapping, report = drafted(path, tmp_path)
    assert (mapping.source.format, mapping.source.timezone) == (format_, None if format_ == "jsonl" else "UTC")
    assert counts(report) == (100, 100, 0, 0, 0, 0)
    assert report.facts == {"opened": 20, "resumed": 40, "solved": 20, "waiting": 20}
