"""The worked examples, through the command line, digit for digit."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest

import steelyard.engine as sy
from tests.shared import shared_path

NOT_COMPARED = {"unit", "peers", "policy_version"}


def steelyard(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "steelyard", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(path: Path) -> list[dict[str, str]]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode())))


def lines(rows: list[dict[str, str]], names: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name] for name in names) for row in rows)


class Case:
    """An example folder imported and assessed once."""

    def __init__(self, name: str, source: Path, folder: Path) -> None:
        self.shared = shared_path("examples") / name
        self.expected = json.loads((self.shared / "expected.json").read_text())
        self.ledger, self.out = folder / "ledger", folder / "out"
        self.imported = json.loads(
            steelyard(
                "ledger", "import", "--mapping", self.shared / "mapping.yaml", "--ledger", self.ledger, "--json", source
            )
        )
        periods = [word for period in self.expected["periods"] for word in ("--period", period)]
        steelyard(
            *("assess", "--policy", self.shared / "policy.yaml", "--ledger", self.ledger),
            *(*periods, "--csv", "--out", self.out),
        )

    def assert_table(self, name: str, expected: Path, *, only: set[str] | None = None) -> None:
        wanted, got = read(expected), read(self.out / f"{name}.csv")
        names = [column for column in wanted[0] if column not in NOT_COMPARED]
        if only is not None:
            got = [row for row in got if row["case"] in only]
        missing, extra = lines(wanted, names) - lines(got, names), lines(got, names) - lines(wanted, names)
        assert (list(missing)[:5], list(extra)[:5]) == ([], [])


@pytest.fixture(scope="module", params=["hand", "phonenow", "uci"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp(request.param)
    data = shared_path("data")
    if request.param == "uci":
        with zipfile.ZipFile(data / "uci-incidents" / "incidents.zip") as archive:
            archive.extract("incident_event_log.csv", folder)
        source = folder / "incident_event_log.csv"
    else:
        source = (
            data / "phonenow" / "calls.csv"
            if request.param == "phonenow"
            else shared_path("examples") / "hand" / "cases.csv"
        )
    return Case(request.param, source, folder)


def test_the_import_counts_and_rejects_are_those_expected(case: Case) -> None:
    for name, count in case.expected["import_counts"].items():
        assert case.imported[name] == count
    rejects = [
        {"line": int(row["line"]), "column": row["column"], "value": row["value"], "reason": row["reason"]}
        for row in read(next(case.ledger.rglob("rejects*.csv")))
    ]
    assert rejects == case.expected["rejects"]


def test_every_figure_agrees(case: Case) -> None:
    suffix = ".csv.gz" if case.shared.name == "uci" else ".csv"
    case.assert_table("figures", case.shared / f"figures{suffix}")


def test_every_score_agrees(case: Case) -> None:
    suffix = ".csv.gz" if case.shared.name == "uci" else ".csv"
    case.assert_table("scores", case.shared / f"scores{suffix}")


def test_the_fingerprint_agrees(case: Case) -> None:
    manifest = json.loads((case.out / "manifest.json").read_text())
    assert manifest["fingerprint"] == case.expected["fingerprint"]


def test_every_clock_agrees(case: Case) -> None:
    if case.shared.name == "hand":
        case.assert_table("clocks", case.shared / "clocks.csv")
    elif case.shared.name == "uci":
        expected = case.shared / "clocks-sample.csv.gz"
        case.assert_table("clocks", expected, only={row["case"] for row in read(expected)})


def test_a_recomputed_run_has_the_same_fingerprint(case: Case) -> None:
    assert json.loads(steelyard("verify", "--out", case.out, "--ledger", case.ledger, "--json"))["agrees"]


def test_rows_summed_with_plain_sql_are_the_figures(case: Case) -> None:
    """Organisation, staff and lowest units: nothing but GROUP BY over ``rows``."""
    kinds = [(m.id, m.kind) for m in sy.load_policy(case.shared / "policy.yaml").measures]
    with duckdb.connect() as con:
        con.execute("CREATE TABLE kinds (measure VARCHAR, kind VARCHAR)")
        con.executemany("INSERT INTO kinds VALUES (?, ?)", kinds)
        for of, subject in (("organisation", "''"), ("staff", "subject_staff"), ("unit:group", "subject_unit")):
            different = con.execute(
                f"""
                WITH summed AS (
                  SELECT measure, {subject} AS subject, coalesce(stratum, '') AS stratum, period,
                    count(*) FILTER (NOT excluded AND NOT excepted) AS kept, count(*) FILTER (hit) AS hits,
                    sum(value) FILTER (NOT excluded) AS total, count(value) FILTER (NOT excluded) AS valued
                  FROM '{case.out}/rows.parquet' GROUP BY ALL
                ), compared AS (
                  SELECT f.measure, f.subject, f.stratum, f.period, kind,
                    CAST(f.numerator AS DECIMAL(38,10)) AS numerator, CAST(f.denominator AS BIGINT) AS denominator,
                    coalesce(kept, 0) AS kept, coalesce(hits, 0) AS hits, coalesce(total, 0) AS total,
                    coalesce(valued, 0) AS valued
                  FROM '{case.out}/figures.parquet' AS f JOIN kinds USING (measure)
                  LEFT JOIN summed USING (measure, subject, stratum, period)
                  WHERE f."of" = '{of}' AND kind IN ('proportion', 'mean', 'count', 'sum') AND f.numerator IS NOT NULL
                )
                SELECT * FROM compared WHERE NOT CASE kind
                  WHEN 'proportion' THEN numerator = hits AND denominator = kept
                  WHEN 'mean' THEN numerator = total AND denominator = valued
                  WHEN 'count' THEN numerator = kept
                  ELSE numerator = total END
                """
            ).fetchall()
            assert not different
