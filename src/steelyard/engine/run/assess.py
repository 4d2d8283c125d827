"""Assess: policy versions and a ledger in; clocks, figures, scores and the rows behind them out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from steelyard import __version__
from steelyard.engine import ledger as ledgers
from steelyard.engine import report
from steelyard.engine.errors import refuse
from steelyard.engine.measure import evidence
from steelyard.engine.measure import periods as periods_
from steelyard.engine.measure.backends.duckdb import DuckDB
from steelyard.engine.measure.figures import Figure
from steelyard.engine.measure.periods import Period
from steelyard.engine.policy import model
from steelyard.engine.records import build
from steelyard.engine.run import calendars, scoring, tables, workspace
from steelyard.engine.run.measuring import measure_version
from steelyard.engine.run.subjects import Organisation
from steelyard.engine.run.versions import Versions
from steelyard.engine.words import N_
from steelyard.engine.worktime.holidays import HolidayTable


@dataclass(frozen=True, slots=True)
class Assessment:
    """The result of a run: its manifest and its tables; ``out`` is where the files are, if any were written."""

    manifest: Mapping[str, object]
    figures: pa.Table
    scores: pa.Table
    policies: tuple[model.Policy, ...]
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the periods with the version each falls under, and the as-of (UTC without a zone)."""

    versions: Versions
    periods: tuple[tuple[Period, int], ...]
    as_of: datetime
    scorecard: str | None

    @classmethod
    def ask(
        cls,
        policies: Sequence[model.Policy],
        periods: Sequence[str],
        *,
        policy_as: model.Policy | None = None,
        as_of: str | None = None,
        scorecard: str | None = None,
    ) -> Question:
        """Read the periods, find the version of each, and settle the as-of.

        Raises:
            SteelyardError: for a period or as-of that cannot be read, no policy in force, an unknown scorecard.
        """
        versions = Versions.only(policy_as) if policy_as else Versions.of(policies)
        asked = sorted({periods_.parse(text) for text in periods})
        if not asked:
            raise refuse("period", N_("no period was asked"), remedy=N_("say --period 2026-03"))
        placed = tuple((period, versions.for_period(period)) for period in asked)
        known = {card.id for _, index in placed for card in versions.policies[index].scorecards}
        if scorecard and scorecard not in known:
            raise refuse(
                "reference",
                N_("no scorecard {id} in the policy"),
                remedy=N_("the scorecards are {known}"),
                id=scorecard,
                known=", ".join(sorted(known)) or "–",
            )
        zone = versions.policies[placed[-1][1]].timezone
        latest = max(period.instants(versions.policies[index].timezone)[1] for period, index in placed)
        return cls(versions, placed, read_as_of(as_of, zone) if as_of else latest, scorecard)

    def cards(self, policy: model.Policy) -> tuple[model.Scorecard, ...]:
        """The scorecards asked for."""
        return tuple(card for card in policy.scorecards if self.scorecard in (None, card.id))


def read_as_of(text: str, zone: str) -> datetime:
    """An instant with offset, or a local date (its first instant in ``zone``), as UTC without a zone.

    Raises:
        SteelyardError: ``as-of`` when it is neither.
    """
    try:
        if len(text) == 10:
            return periods_.midnight(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise refuse(
            "as-of", N_("{text} is no as-of"), remedy=N_("write 2026-04-01 or 2026-04-01T00:00+08:00"), text=text
        ) from None


def assess(
    policies: Sequence[model.Policy],
    ledger: Path | str,
    periods: Sequence[str],
    *,
    out: Path | str | None = None,
    scorecard: str | None = None,
    as_of: str | None = None,
    policy_as: model.Policy | None = None,
    as_csv: bool = False,
    lang: str = "en",
    holiday_tables: Mapping[str, HolidayTable] | None = None,
    position: int | None = None,
) -> Assessment:
    """Compute clocks, figures and scores of ``periods`` from the folder ``ledger`` under ``policies``.

    With ``out`` everything of SPEC §8 is written there, whole or not at all. ``position`` reads the ledger as it
    was when that fact was its last; ``holiday_tables`` stand for the built-in ones.

    Raises:
        SteelyardError: for anything wrong with the input; nothing is written then.
    """
    question = Question.ask(policies, periods, policy_as=policy_as, as_of=as_of, scorecard=scorecard)
    used = question.versions.policies
    kept = dict(holiday_tables) if holiday_tables is not None else calendars.tables_of(used)
    store = ledgers.open_ledger(Path(ledger))
    target = Path(out).absolute() if out is not None else None
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with workspace.workspace(target.parent if target else None) as con:
        organisation = _records(con, store, question, kept, position)
        figures, score_rows = _figures_and_scores(con, store, question, organisation)
        figure_table, score_table = tables.figures_table(figures), tables.scores_table(score_rows)
        manifest = _manifest(con, store, question, kept, figure_table, score_table, organisation, position)
        result = Assessment(manifest, figure_table, score_table, used, target)
        if target is not None:
            with workspace.whole_or_nothing(target) as draft:
                _write(con, draft, question, result, organisation, kept, as_csv=as_csv, lang=lang)
    return result


def _records(
    con: duckdb.DuckDBPyConnection,
    store: ledgers.Ledger,
    question: Question,
    kept: Mapping[str, HolidayTable],
    position: int | None,
) -> Organisation:
    """Make the record tables in ``con`` from the facts before the as-of."""
    policies = question.versions.policies
    store.relation(con, name="ledger_facts", as_of=question.as_of, position=position)
    build.prepare_facts(con, policies[-1].timezone, one_source=len(store.manifest.imports) <= 1)
    needed = {measure.basis for policy in policies for measure in policy.measures if measure.basis}
    times = [calendars.working_times(policy, kept) for policy in policies]
    build.build_records(
        con,
        policies,
        in_force=question.versions.in_force,
        as_of=question.as_of,
        needed=frozenset(needed),
        times=times,
    )
    return Organisation.read(con)


def _figures_and_scores(
    con: duckdb.DuckDBPyConnection, store: ledgers.Ledger, question: Question, organisation: Organisation
) -> tuple[list[Figure], list[Mapping[str, object]]]:
    figures: list[Figure] = []
    rows: list[Mapping[str, object]] = []
    for index, policy in enumerate(question.versions.policies):
        own = [period for period, version in question.periods if version == index]
        if own:
            cards = question.cards(policy)
            measured = measure_version(con, store, policy, cards, own, question.as_of, organisation)
            figures += measured
            rows += scoring.score_version(policy, cards, own, measured, organisation)
    return figures, rows


def _manifest(
    con: duckdb.DuckDBPyConnection,
    store: ledgers.Ledger,
    question: Question,
    kept: Mapping[str, HolidayTable],
    figures: pa.Table,
    scores: pa.Table,
    organisation: Organisation,
    position: int | None,
) -> dict[str, object]:
    counts = {name: con.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("cases", "clocks", "facts")}
    unversioned = con.execute("SELECT count(*) FROM cases WHERE version IS NULL").fetchone()
    return {
        "engine": __version__,
        "policies": [
            {
                "name": policy.name,
                "version": policy.version,
                "hash": policy.hash,
                "effective": policy.lifecycle.effective.isoformat() if policy.lifecycle.effective else None,
                "file": policy_file(number, policy),
            }
            for number, policy in enumerate(question.versions.policies)
        ],
        "ledger": {"position": store.position if position is None else position, "head": store.head(position)},
        "as_of": question.as_of.isoformat() + "Z",
        "periods": [period.name for period, _ in question.periods],
        "scorecard": question.scorecard,
        "calendars": {name: table.version for name, table in kept.items()},
        "backend": "duckdb",
        "simulated": question.versions.simulated,
        "subjects": "postings" if organisation.postings else "rows",
        "counts": {
            **{name: found[0] if found else 0 for name, found in counts.items()},
            "cases_before_any_policy": unversioned[0] if unversioned else 0,
            "figures": figures.num_rows,
            "score_rows": scores.num_rows,
        },
        "fingerprint": tables.fingerprint(figures, scores),
    }


def policy_file(number: int, policy: model.Policy) -> str:
    """The name under which a run keeps a policy: numbered, for two may share name and version."""
    return f"policies/{number + 1:02d}-{policy.name}.yaml"


_CLOCKS = """
SELECT about, id AS "case", commitment, n, key, started_at, due_at, stopped_at, judged_at,
  elapsed_s, paused_s, budget_s, state, staff, unit, exception, provisional
FROM clocks ORDER BY about, "case", commitment, key, n
"""
_INSTANTS = ("started_at", "due_at", "stopped_at", "judged_at")


def _write(
    con: duckdb.DuckDBPyConnection,
    draft: Path,
    question: Question,
    result: Assessment,
    organisation: Organisation,
    kept: Mapping[str, HolidayTable],
    *,
    as_csv: bool,
    lang: str,
) -> None:
    tables.write(result.figures, draft, "figures", as_csv=as_csv)
    tables.write(result.scores, draft, "scores", as_csv=as_csv)
    _copy(con, _CLOCKS, draft / "clocks.parquet")
    _copy(con, _evidence(con, question, organisation), draft / "rows.parquet")
    _copy(con, "SELECT * FROM unit_tree ORDER BY ALL", draft / "units.parquet")
    if as_csv:
        shown = ", ".join(f"{_iso(name)} AS {name}" for name in _INSTANTS)
        clocks, rows = (f"read_parquet('{workspace.quoted(draft / f'{name}.parquet')}')" for name in ("clocks", "rows"))
        _copy(con, f"SELECT * REPLACE ({shown}) FROM {clocks}", draft / "clocks.csv")
        _copy(con, f"SELECT * REPLACE ({_iso('counted_at')} AS counted_at) FROM {rows}", draft / "rows.csv")
    (draft / "policies").mkdir()
    for number, policy in enumerate(result.policies):
        (draft / policy_file(number, policy)).write_bytes(policy.source)
    calendars.keep(kept, draft / "calendars")
    (draft / "manifest.json").write_text(
        json.dumps(result.manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    shared = {
        "figures": result.figures,
        "scores": result.scores,
        "manifest": dict(result.manifest),
        "policies": result.policies,
        "lang": lang,
        "generated": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    report.write_html(draft / "report.html", rows=draft / "rows.parquet", **shared)
    report.write_workbook(draft / "scorecards.xlsx", **shared)


def _evidence(con: duckdb.DuckDBPyConnection, question: Question, organisation: Organisation) -> str:
    """All rows of all measures, sorted so that the rows of one figure lie together."""
    selects: list[str] = []
    backend = DuckDB(con)
    for index, policy in enumerate(question.versions.policies):
        own = [period for period, version in question.periods if version == index]
        if own:
            cut = periods_.atoms([(p.name, *p.instants(policy.timezone)) for p in own], organisation.edges())
            ofs = [card.of for card in question.cards(policy)]
            attributes = sorted({of.removeprefix("attribute:") for of in ofs if of.startswith("attribute:")})
            name = f"atom_periods_{index}"
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} (atom INTEGER, period VARCHAR)")
            con.executemany(
                f"INSERT INTO {name} VALUES (?, ?)", [(n, p) for n, atom in enumerate(cut) for p in atom.periods]
            )
            selects += evidence.evidence(backend, policy.measures, cut, attributes, atom_periods=name)
    union = " UNION ALL ".join(selects) or evidence.NOTHING
    return f"SELECT * FROM ({union}) ORDER BY measure, period, stratum, subject_unit, subject_staff, id"


def _copy(con: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    form = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    con.execute(f"COPY ({select}) TO '{workspace.quoted(path)}' ({form})")


def _iso(name: str) -> str:
    """An instant as ISO 8601 with Z, its fraction only where there is one."""
    whole = f"strftime({name}, '%Y-%m-%dT%H:%M:%S')"
    fraction = f"rtrim(strftime({name}, '.%f'), '0')"
    return f"{whole} || CASE WHEN epoch_us({name}) % 1000000 = 0 THEN '' ELSE {fraction} END || 'Z'"
