"""The worked examples come out exactly: counts, rejects, unmapped columns, facts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from steelyard.engine import ledger
from tests.shared import shared_path

SOURCES = {
    "hand": "examples/hand/cases.csv",
    "phonenow": "data/phonenow/calls.csv",
    "uci": "data/uci-incidents/incidents.zip",
}


@pytest.mark.parametrize("example", SOURCES)
def test_the_example_is_imported_to_the_row(example: str, tmp_path: Path) -> None:
    expected = json.loads(shared_path(f"examples/{example}/expected.json").read_text(encoding="utf-8"))
    mapping = ledger.load_mapping(shared_path(f"examples/{example}/mapping.yaml"))
    source = shared_path(SOURCES[example])
    report = ledger.import_source(mapping, tmp_path / "ledger", source)
    found = report.as_json()
    assert {name: found[name] for name in expected["import_counts"]} == expected["import_counts"]
    assert list(report.unmapped) == expected["unmapped"]
    assert _rejects(tmp_path / "ledger" / "rejects.csv") == expected["rejects"]
    if "facts" in expected:
        assert report.facts == expected["facts"]
    assert ledger.verify(tmp_path / "ledger") == []
    again = ledger.import_source(mapping, tmp_path / "ledger", source)
    assert (again.loaded, again.changed, again.facts) == (0, 0, {})
    assert again.present == report.loaded + report.present


def test_stamps_of_the_skipped_hour_move_forward(tmp_path: Path) -> None:
    mapping = ledger.load_mapping(shared_path("examples/uci/mapping.yaml"))
    ledger.import_source(mapping, tmp_path, shared_path(SOURCES["uci"]))
    with duckdb.connect() as con:
        ledger.open_ledger(tmp_path).relation(con)
        # 27 March 2016, 01:00 to 02:00 does not exist in Lisbon: 01:20 is 02:20 summer time, 01:20 UTC.
        row = con.execute(
            "SELECT count(*) FROM facts WHERE occurred_at >= '2016-03-27 01:00' AND occurred_at < '2016-03-27 02:00'"
        ).fetchone()
    assert row is not None
    assert row[0] >= 1


def _rejects(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{**row, "line": int(row["line"])} for row in csv.DictReader(file)]
