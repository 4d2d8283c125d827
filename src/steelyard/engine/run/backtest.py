"""Backtest: past facts under a draft beside what was in force: whose grade changes and which rows moved, by clause."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from steelyard.engine.policy import model
from steelyard.engine.run import workspace
from steelyard.engine.run.assess import Assessment, assess

CHANGES = pa.schema(
    [
        ("scorecard", pa.string()),
        ("subject", pa.string()),
        ("period", pa.string()),
        ("grade_before", pa.string()),
        ("grade_after", pa.string()),
        ("total_before", pa.string()),
        ("total_after", pa.string()),
        ("newly_failing", pa.bool_()),
    ]
)
"""Subjects whose grade or total changes, the newly failing first."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The two runs and what lies between them; ``missed`` are targets met before and missed under the candidate.

    ``silent`` are the candidate's measures that the past cannot answer, with their status for the organisation.
    """

    base: Assessment
    candidate: Assessment
    changes: pa.Table
    missed: Sequence[dict[str, object]]
    silent: Sequence[dict[str, object]]
    moved: int
    out: Path


def backtest(
    base: Sequence[model.Policy],
    candidate: model.Policy,
    ledger: Path | str,
    periods: Sequence[str],
    *,
    out: Path | str,
    as_of: str | None = None,
    lang: str = "en",
) -> Backtest:
    """Assess ``periods`` under ``base`` and again with everything under ``candidate``, and compare.

    Writes ``base/``, ``candidate/``, ``changes.parquet``, ``moved.parquet`` and ``manifest.json`` into ``out``, whole
    or not at all; the candidate's run is stamped simulated.

    Raises:
        SteelyardError: what :func:`assess` raises.
    """
    target = Path(out).absolute()
    with workspace.whole_or_nothing(target) as draft:
        before = assess(base, ledger, periods, out=draft / "base", as_of=as_of, lang=lang)
        instant = str(before.manifest["as_of"])
        after = assess([], ledger, periods, out=draft / "candidate", as_of=instant, policy_as=candidate, lang=lang)
        changes = _changes(before, after, candidate)
        pq.write_table(changes, draft / "changes.parquet")
        moved = _moved(draft, candidate)
        manifest = {
            "simulated": True,
            "periods": list(periods),
            "as_of": instant,
            "base": before.manifest["fingerprint"],
            "candidate": after.manifest["fingerprint"],
            "changes": changes.num_rows,
            "moved": moved,
        }
        (draft / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return Backtest(before, after, changes, _missed(before, after), _silent(after), moved, target)


def _totals(run: Assessment) -> dict[tuple[str, str, str], dict[str, str | None]]:
    return {
        (row["scorecard"], row["subject"], row["period"]): row
        for row in run.scores.to_pylist()
        if row["path"] == "total"
    }


def _changes(before: Assessment, after: Assessment, candidate: model.Policy) -> pa.Table:
    """Totals and grades of every subject that differ, or that only one of the two knows."""
    lowest = {card.id: card.grades[-1].id for card in candidate.scorecards if card.grades}
    old, new = _totals(before), _totals(after)
    rows = []
    for key in sorted(old.keys() | new.keys()):
        was, is_ = old.get(key, {}), new.get(key, {})
        if (was.get("grade"), was.get("score")) != (is_.get("grade"), is_.get("score")):
            failing = lowest.get(key[0])
            newly = is_.get("grade") == failing and is_.get("grade") is not None and was.get("grade") != failing
            values = (*key, was.get("grade"), is_.get("grade"), was.get("score"), is_.get("score"), newly)
            rows.append(dict(zip(CHANGES.names, values, strict=True)))
    rows.sort(key=lambda row: (not row["newly_failing"], row["grade_before"] == row["grade_after"]))
    return pa.Table.from_pylist(rows, CHANGES)


def _moved(draft: Path, candidate: model.Policy) -> int:
    """Write the rows whose membership differs (measure, id, before, after, clause); how many they are."""
    membership = (
        "CASE WHEN excluded THEN 'excluded' WHEN excepted THEN 'excepted' WHEN hit THEN 'hit' "
        "WHEN hit = FALSE THEN 'not hit' ELSE 'counted' END"
    )
    sides = {
        side: f"(SELECT measure, id, period, {membership} AS part, value "
        f"FROM read_parquet('{workspace.quoted(draft / side / 'rows.parquet')}') WHERE stratum IS NULL)"
        for side in ("base", "candidate")
    }
    with workspace.workspace(draft) as con:
        con.execute("CREATE TABLE clauses (measure VARCHAR, clause VARCHAR)")
        clauses = [[measure.id, measure.clause] for measure in candidate.measures]
        if clauses:
            con.executemany("INSERT INTO clauses VALUES (?, ?)", clauses)
        con.execute(
            f"""
            COPY (
              SELECT measure, id, period, coalesce(b.part, 'absent') AS before, coalesce(c.part, 'absent') AS after,
                clause
              FROM {sides["base"]} AS b FULL JOIN {sides["candidate"]} AS c USING (measure, id, period)
              LEFT JOIN clauses USING (measure)
              WHERE b.part IS DISTINCT FROM c.part OR b.value IS DISTINCT FROM c.value
              ORDER BY measure, period, id
            ) TO '{workspace.quoted(draft / "moved.parquet")}' (FORMAT parquet, COMPRESSION zstd)
            """
        )
    moved: int = pq.read_metadata(draft / "moved.parquet").num_rows
    return moved


def _missed(before: Assessment, after: Assessment) -> list[dict[str, object]]:
    """Figures on their target before, or without one, that miss it under the candidate."""
    names = ("of", "subject", "measure", "stratum", "period")
    met = {tuple(row[name] for name in names): row["on_target"] for row in before.figures.to_pylist()}
    return [
        row
        for row in after.figures.to_pylist()
        if row["on_target"] is False and met.get(tuple(row[name] for name in names)) is not False
    ]


def _silent(after: Assessment) -> list[dict[str, object]]:
    """The organisation's figures that the past cannot answer."""
    return [
        {"measure": row["measure"], "period": row["period"], "status": row["status"]}
        for row in after.figures.to_pylist()
        if row["of"] == "organisation" and not row["stratum"] and row["status"] in ("no_data", "not_evaluable")
    ]
