"""Whatever bytes a source holds, an import is a report whose counts add up, or a refusal; never anything else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from steelyard.engine.ledger import ImportReport
from tests.engine.ledger.made import EVENTS, counts, facts, imported, refusal, rejects

NUMBERS = """
  attributes: {n: {column: n, type: number}, tags: {column: n, many: ";", type: integer}}
"""
FORMATS = {
    "csv": EVENTS + NUMBERS,
    "jsonl": EVENTS.replace("format: csv", "format: jsonl"),
    "xes": EVENTS.replace("format: csv", "format: xes"),
}
pieces = {
    "csv": [
        "id,state,at,n\n",
        "a,new,2026-01-01 10:00,1.5\n",
        "b",
        ",",
        '"',
        "\n",
        "\r\n",
        ";",
        "done",
        "2026-13-01 10:00",
        "\x00",
        "é",
        "'",
    ],
    "jsonl": [
        '{"id":"a","state":"new","at":"2026-01-01 10:00"}\n',
        "{",
        "}",
        '"id":',
        "1",
        "\n",
        "null",
        "[",
        ",",
        '"\\ud800"',
        "é",
    ],
    "xes": [
        "<log>",
        "</log>",
        "<trace>",
        "</trace>",
        "<event>",
        "</event>",
        '<string key="id" value="a"/>',
        '<string key="state" value="done"/>',
        '<date key="at" value="2026-01-01 10:00"/>',
        "<!DOCTYPE x>",
        "&amp;",
        "&x;",
        "<x",
        "é",
        "\x00",
    ],
}


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=20)
@given(data=st.data())
def test_any_bytes_are_a_report_or_a_refusal(
    format_: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts = data.draw(st.lists(st.sampled_from(pieces[format_]), max_size=14))
    start = pieces[format_][0] if data.draw(st.booleans()) else ""
    content = (start + "".join(parts)).encode("utf-8") + data.draw(st.sampled_from([b"", b"\xff", b"\n"]))
    folder = tmp_path_factory.mktemp("any")
    reports: list[ImportReport] = []
    error = refusal(lambda: reports.append(imported(folder, FORMATS[format_], content, name=f"x.{format_}")))
    if error is not None:
        assert error.problems
        assert not (folder / "ledger").exists()
        return
    read = counts(reports[0])
    assert len(rejects(folder)) == read[-1]
    assert ledger.verify(folder / "ledger") == []
    again = counts(imported(folder, FORMATS[format_], content, name=f"x.{format_}"))
    assert (again[1], again[3]) == (0, 0)


@settings(max_examples=15)
@given(
    values=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_goes_through_byte_for_byte(values: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("text")
    spec = """
      source: {format: csv, timezone: UTC, nulls: []}
      rows: cases
      case: {line: true}
      instants: {opened: {value: "2026-01-01"}}
      staff: v
      attributes: {v: v, parts: {column: v, many: "|"}}
    """
    text = "v,w\n" + "".join('"' + value.replace('"', '""') + '",\n' for value in values)
    assert counts(imported(folder, spec, text))[1] == len(values)
    with duckdb.connect() as con:
        ledger.open_ledger(folder / "ledger").relation(con)
        parts = "CAST(data->'$.attributes.parts' AS VARCHAR[])"
        found = con.execute(f"SELECT staff, data->>'$.attributes.v', {parts} FROM facts ORDER BY seq").fetchall()
    assert found == [(value, value, [part for part in value.split("|") if part]) for value in values]
    assert [row[0] for row in facts(folder, "staff")] == values
    assert ledger.verify(folder / "ledger") == []


def test_a_log_of_one_line_ends_and_a_name_with_signs(tmp_path: Path) -> None:
    spec = """
      source: {format: csv, timezone: UTC, delimiter: ";"}
      rows: cases
      case: "case 'id'"
      instants: {opened: "{at}"}
      attributes: {x: 'say "x"'}
      ignore: {when: "\\"case 'id'\\" = 'b' OR \\"say \\"\\"x\\"\\"\\" = 'no'"}
    """
    text = 'case \'id\';{at};"say ""x"""\na;2026-01-01;1\nb;2026-01-01;1\nc;2026-01-01;no\n'
    assert counts(imported(tmp_path, spec, text)) == (3, 1, 0, 0, 2, 0)
