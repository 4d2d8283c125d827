"""Explain: a figure opens into its formula, its clause, its population and the very rows behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from steelyard.engine import policy as policies_
from steelyard.engine.errors import refuse
from steelyard.engine.policy import model
from steelyard.engine.policy.predicate import Expression, Predicate
from steelyard.engine.run import phrases, workspace
from steelyard.engine.words import N_, aligned, say


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure with everything it was made of.

    ``figure`` has the columns of ``figures``; ``populations`` counts rows by what became of them; ``rows`` are at
    most as many as were asked for, with ``membership`` (counted, hit, excluded, excepted, no value).
    """

    figure: Mapping[str, object]
    measure: model.Measure
    clause: model.Clause | None
    policy: model.Policy
    populations: Mapping[str, int]
    rows: Sequence[Mapping[str, object]]
    parts: Sequence[Mapping[str, object]] = ()

    def as_json(self) -> dict[str, object]:
        """The explanation as plain data."""
        return {
            "figure": dict(self.figure),
            "formula": formula(self.measure),
            "clause": {"id": self.clause.id, "title": dict(self.clause.title)} if self.clause else None,
            "policy": {"name": self.policy.name, "version": self.policy.version, "hash": self.policy.hash},
            "populations": dict(self.populations),
            "rows": [dict(row) for row in self.rows],
            "parts": [dict(part) for part in self.parts],
        }

    def lines(self, lang: str = "en") -> list[str]:
        """The explanation as lines for a person."""
        figure, measure = self.figure, self.measure
        lines = [
            " ".join(str(figure[name]) for name in ("of", "subject", "measure", "stratum", "period") if figure[name]),
            f"  {formula(measure)}",
            "  "
            + say(
                N_("{numerator} / {denominator} = {value} {unit}, status {status}"),
                lang,
                numerator=_shown(figure["numerator"]),
                denominator=_shown(figure["denominator"]),
                value=_shown(figure["value"]),
                unit=phrases.word(figure["unit"], lang),
                status=phrases.word(figure["status"], lang),
            ),
        ]
        if self.clause:
            title = self.clause.title.get(lang) or next(iter(self.clause.title.values()), "")
            lines.append("  " + say(N_("clause {id}: {title}"), lang, id=self.clause.id, title=title))
        lines.append(
            "  "
            + say(N_("policy {name} version {version}"), lang, name=self.policy.name, version=self.policy.version)
            + f" ({self.policy.hash[:12]})"
        )
        lines += [f"  {phrases.word(name, lang)}: {count}" for name, count in self.populations.items()]
        for part in self.parts:
            lines.append(
                f"  {part['measure']} = {_shown(part['numerator'])} / {_shown(part['denominator'])} ({part['status']})"
            )
        lines += ["    " + line for line in self._table(lang)]
        total = sum(self.populations.values())
        if total > len(self.rows) and not self.parts:
            lines.append("    " + say(N_("… {rest} more rows (--rows shows more)"), lang, rest=total - len(self.rows)))
        return lines

    def _table(self, lang: str) -> list[str]:
        """The rows in aligned columns, instants in the policy's zone."""
        if not self.rows:
            return []
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [names, *([self._cell(name, row.get(name), lang) for name in names] for row in self.rows)]
        return aligned(cells)

    def _cell(self, name: str, value: object, lang: str) -> str:
        if name in ("membership", "state"):
            return phrases.word(value, lang)
        if isinstance(value, datetime):
            local = value.replace(tzinfo=UTC).astimezone(ZoneInfo(self.policy.timezone))
            return local.isoformat(sep=" ", timespec="seconds")
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        return _shown(value)


def explain(
    out: Path | str,
    measure: str,
    subject: str = "",
    *,
    period: str | None = None,
    of: str | None = None,
    stratum: str = "",
    limit: int = 200,
) -> list[Explanation]:
    """Open the figures of ``measure`` for ``subject`` (empty: the organisation) in the run at ``out``.

    Without ``period`` every asked period is explained, in order; ``stratum`` opens a part, such as ``channel=phone``;
    ``limit`` bounds the rows shown of each figure.

    Raises:
        SteelyardError: ``no-run`` when ``out`` holds no run, ``no-figure`` when there is no such figure.
    """
    folder = Path(out)
    manifest = read_manifest(folder)
    loaded = [policies_.load(folder / str(entry["file"])) for entry in manifest["policies"]]
    subject = "" if subject == "organisation" else subject
    with workspace.connect() as con:
        figures = _figures(con, folder, measure, subject, stratum, period, of)
        if not figures:
            raise _no_figure(con, folder, measure, subject, period)
        return [_explain(con, folder, figure, loaded, limit) for figure in figures]


def read_manifest(folder: Path) -> dict[str, list[Mapping[str, object]]]:
    """The manifest of the run at ``folder``.

    Raises:
        SteelyardError: ``no-run`` when there is none that can be read.
    """
    try:
        manifest: dict[str, list[Mapping[str, object]]] = json.loads(
            (folder / "manifest.json").read_text(encoding="utf-8")
        )
        manifest["policies"], manifest["fingerprint"]
        return manifest
    except (OSError, ValueError, KeyError, TypeError):
        raise refuse(
            "no-run", N_("{folder} holds no finished run"), remedy=N_("make one with assess --out"), folder=folder
        ) from None


def formula(measure: model.Measure) -> str:
    """The measure's arithmetic in one line of the policy's own words."""

    def text(part: Predicate | Expression | None) -> str:
        return part.text if part else "TRUE"

    rows = f"{measure.basis}[{text(measure.population)}]"
    if measure.exclude:
        rows += f" − [{text(measure.exclude)}]"
    if measure.kind == "proportion":
        excepted = f" − excepted({', '.join(sorted(measure.except_))})" if measure.except_ else ""
        return f"100 · #({rows} ∧ {text(measure.numerator)}) ÷ #({rows}{excepted})"
    if measure.kind == "quotient":
        return f"{measure.per} · {measure.numerator_measure} ÷ {measure.denominator_measure}"
    if measure.kind == "count":
        return f"#({rows})"
    value = text(measure.value)
    return {
        "mean": f"Σ({value}) ÷ n over {rows}",
        "sum": f"Σ({value}) over {rows}",
        "percentile": f"the ⌈{measure.p}·n/100⌉-th smallest {value} over {rows}",
        "nps": f"100 · (#({value} ≥ 9) − #({value} ≤ 6)) ÷ n over {rows}",
    }[measure.kind]


def _figures(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    measure: str,
    subject: str,
    stratum: str,
    period: str | None,
    of: str | None,
) -> list[dict[str, object]]:
    return _records(
        con,
        """
        SELECT * FROM read_parquet(?)
        WHERE measure = ? AND subject = ? AND stratum = ? AND (? IS NULL OR period = ?) AND (? IS NULL OR "of" = ?)
        ORDER BY period, "of"
        """,
        [str(folder / "figures.parquet"), measure, subject, stratum, period, period, of, of],
    )


def _no_figure(
    con: duckdb.DuckDBPyConnection, folder: Path, measure: str, subject: str, period: str | None
) -> Exception:
    known = con.execute("SELECT DISTINCT measure FROM read_parquet(?)", [str(folder / "figures.parquet")]).fetchall()
    return refuse(
        "no-figure",
        N_("there is no figure of {measure} for {subject} in {period}"),
        remedy=N_("the measures are {known}; a subject is a person, a unit or an attribute's value"),
        measure=measure,
        subject=subject or "organisation",
        period=period or "–",
        known=", ".join(sorted(row[0] for row in known)),
    )


def _explain(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    figure: Mapping[str, object],
    loaded: Sequence[model.Policy],
    limit: int,
) -> Explanation:
    policy = next(p for p in loaded if p.version == figure["policy_version"])
    measure = next(m for m in policy.measures if m.id == figure["measure"])
    clause = next((c for c in policy.clauses if c.id == measure.clause), None)
    if measure.kind == "quotient":
        parts = [
            part
            for name in (measure.numerator_measure, measure.denominator_measure)
            for part in _figures(
                con, folder, name or "", str(figure["subject"]), "", str(figure["period"]), str(figure["of"])
            )
        ]
        return Explanation(figure, measure, clause, policy, {}, (), parts)
    condition, parameters = _of_figure(con, folder, figure)
    source = f"FROM read_parquet(?) AS r WHERE {condition}"
    membership = _membership(measure)
    everything = [str(folder / "rows.parquet"), *parameters]
    populations = con.execute(f"SELECT {membership}, count(*) {source} GROUP BY 1 ORDER BY 1", everything).fetchall()
    rows = _records(
        con,
        f"SELECT id, subject_staff AS staff, subject_unit AS unit, value, counted_at, {membership} AS membership "
        f"{source} ORDER BY membership = 'hit', id LIMIT {int(limit)}",
        everything,
    )
    if measure.basis == "clock" and rows:
        rows = _with_clocks(con, folder, rows)
    return Explanation(figure, measure, clause, policy, dict(populations), rows)


def _membership(measure: model.Measure) -> str:
    """What became of a row: excluded, excepted, no value, hit or not hit (of a proportion), counted."""
    counted = "CASE WHEN hit THEN 'hit' ELSE 'not hit' END" if measure.kind == "proportion" else "'counted'"
    empty = "WHEN value IS NULL THEN 'no value' " if measure.value else ""
    return f"CASE WHEN excluded THEN 'excluded' WHEN excepted THEN 'excepted' {empty}ELSE {counted} END"


def _with_clocks(
    con: duckdb.DuckDBPyConnection, folder: Path, rows: Sequence[Mapping[str, object]]
) -> list[dict[str, object]]:
    """The rows with the dues and stops of their clocks."""
    # A clock's id begins with what it is about, which may hold slashes itself: every beginning is looked up.
    parts = [str(row["id"]).split("/") for row in rows]
    cases = sorted({"/".join(part[:length]) for part in parts for length in range(1, len(part))})
    found = _records(
        con,
        """
        SELECT "case" || '/' || commitment || coalesce('/' || key, '')
            || CASE WHEN n > 1 THEN '/' || n ELSE '' END AS id,
          started_at, due_at, stopped_at, elapsed_s, budget_s, state
        FROM read_parquet(?) WHERE "case" IN (SELECT unnest(?))
        """,
        [str(folder / "clocks.parquet"), cases],
    )
    clocks = {clock.pop("id"): clock for clock in found}
    return [{**row, **clocks.get(row["id"], {})} for row in rows]


def _records(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> list[dict[str, object]]:
    cursor = con.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _of_figure(con: duckdb.DuckDBPyConnection, folder: Path, figure: Mapping[str, object]) -> tuple[str, list[object]]:
    """The condition on ``rows`` that picks the figure's own."""
    conditions = ["measure = ?", "period = ?", "coalesce(stratum, '') = ?"]
    parameters: list[object] = [figure["measure"], figure["period"], figure["stratum"] or ""]
    of, subject = str(figure["of"]), figure["subject"]
    if of == "staff":
        conditions.append("subject_staff = ?")
        parameters.append(subject)
    elif of.startswith("unit:"):
        kind = of.removeprefix("unit:")
        if _has_tree(con, folder):
            conditions.append(
                "EXISTS (SELECT 1 FROM read_parquet(?) AS u "
                "WHERE u.unit = r.subject_unit AND u.ancestor = ? AND u.kind = ? "
                "AND u.valid_from <= r.counted_at AND r.counted_at < u.valid_to)"
            )
            parameters += [str(folder / "units.parquet"), subject, kind]
        else:
            conditions.append("subject_unit = ?")
            parameters.append(subject)
    elif of.startswith("attribute:"):
        conditions.append("list_contains(string_split(subject_attribute, ';'), ?)")
        parameters.append(f"{of.removeprefix('attribute:')}={subject}")
    return " AND ".join(conditions), parameters


def _has_tree(con: duckdb.DuckDBPyConnection, folder: Path) -> bool:
    found = con.execute("SELECT count(*) FROM read_parquet(?)", [str(folder / "units.parquet")]).fetchone()
    return bool(found and found[0])


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
