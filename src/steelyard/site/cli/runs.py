"""``clock``, ``assess``, ``explain``, ``verify`` and ``demo``."""

from __future__ import annotations

from pathlib import Path

import typer

from steelyard.engine import run
from steelyard.engine.run import phrases
from steelyard.engine.words import N_, say
from steelyard.site.cli import show


def add_commands(app: typer.Typer, lang: str) -> None:
    """Add the verbs of a run to ``app`` with help in ``lang``."""
    json_option = typer.Option(False, "--json", help=say(N_("Print JSON."), lang))
    policy_option = typer.Option(..., "--policy", help=say(N_("A policy version; may repeat."), lang))
    ledger_option = typer.Option(..., "--ledger", help=say(N_("The ledger's folder."), lang))
    out_option = typer.Option(..., "--out", help=say(N_("The folder of a run."), lang))

    @app.command(help=say(N_("The timeline of a case: facts, running time, pauses, the due and why."), lang))
    def clock(
        policy: list[Path] = policy_option,
        ledger: Path = ledger_option,
        case: str = typer.Option(..., "--case", help=say(N_("The case's id."), lang)),
        as_of: str = typer.Option(
            None, "--as-of", help=say(N_("As of this instant or local date; default: now."), lang)
        ),
        as_json: bool = json_option,
    ) -> None:
        found = run.timeline([run.load_policy(file) for file in policy], ledger, case, as_of=as_of)
        if as_json:
            show.as_json(found.as_json(show.language))
        else:
            print("\n".join(found.lines(show.language)))

    @app.command(help=say(N_("Compute clocks, figures, scores and grades with the rows behind them."), lang))
    def assess(
        policy: list[Path] = typer.Option([], "--policy", help=say(N_("A policy version; may repeat."), lang)),
        ledger: Path = ledger_option,
        period: list[str] = typer.Option(
            ..., "--period", help=say(N_("2026, 2026-H1, 2026-Q1, 2026-03 …; may repeat."), lang)
        ),
        out: Path = out_option,
        scorecard: str = typer.Option(None, "--scorecard", help=say(N_("Only this scorecard."), lang)),
        as_of: str = typer.Option(None, "--as-of", help=say(N_("Default: the end of the latest period."), lang)),
        policy_as: Path = typer.Option(
            None, "--policy-as", help=say(N_("Put everything under this policy (simulated)."), lang)
        ),
        backend: str = typer.Option("duckdb", "--backend", help="duckdb"),
        csv: bool = typer.Option(False, "--csv", help=say(N_("Write CSV beside Parquet."), lang)),
        as_json: bool = json_option,
    ) -> None:
        if backend != "duckdb":
            raise typer.BadParameter(say(N_("there is no backend {name}; use duckdb"), show.language, name=backend))
        if not policy and policy_as is None:
            raise typer.BadParameter(say(N_("no policy was named: say --policy FILE"), show.language))
        result = run.assess(
            [run.load_policy(file) for file in policy],
            ledger,
            period,
            out=out,
            scorecard=scorecard,
            as_of=as_of,
            policy_as=run.load_policy(policy_as) if policy_as else None,
            as_csv=csv,
            lang=show.language,
        )
        if as_json:
            show.as_json(dict(result.manifest))
            return
        _print_totals(result)
        show.line(N_("fingerprint {fingerprint}"), fingerprint=result.manifest["fingerprint"])
        show.line(N_("The report is {file}"), file=out / "report.html")

    @app.command(help=say(N_("Open a figure: formula, clause, population and rows."), lang))
    def explain(
        out: Path = out_option,
        measure: str = typer.Option(..., "--measure", help=say(N_("The measure's id."), lang)),
        subject: str = typer.Option(
            "", "--subject", help=say(N_("A person, a unit …; empty: the organisation."), lang)
        ),
        period: str = typer.Option(None, "--period", help=say(N_("Default: every period of the run."), lang)),
        of: str = typer.Option(None, "--of", help=say(N_("staff, unit:KIND … when a name means several."), lang)),
        stratum: str = typer.Option("", "--stratum", help=say(N_("A part of it, such as channel=phone."), lang)),
        rows: int = typer.Option(20, "--rows", min=0, help=say(N_("At most this many rows a figure."), lang)),
        as_json: bool = json_option,
    ) -> None:
        found = run.explain(out, measure, subject, period=period, of=of, stratum=stratum, limit=rows)
        if as_json:
            show.as_json([one.as_json() for one in found])
        else:
            for one in found:
                print("\n".join(one.lines(show.language)))

    @app.command(help=say(N_("Recompute a run from the ledger and compare its fingerprint."), lang))
    def verify(out: Path = out_option, ledger: Path = ledger_option, as_json: bool = json_option) -> None:
        found = run.verify(out, ledger)
        if as_json:
            show.as_json(
                {"agrees": found.agrees, "written": found.written, "kept": found.kept, "recomputed": found.recomputed}
            )
        elif found.agrees:
            show.line(N_("The run agrees with the ledger: {fingerprint}"), fingerprint=found.recomputed)
        elif found.kept != found.written:
            show.line(
                N_("The files of the run were changed: {kept} instead of {written}"),
                kept=found.kept,
                written=found.written,
            )
        else:
            show.line(
                N_("The ledger gives other figures: {recomputed} instead of {written}"),
                recomputed=found.recomputed,
                written=found.written,
            )
        if not found.agrees:
            raise typer.Exit(1)

    @app.command(help=say(N_("Past facts under a draft: whose grade changes, which rows moved."), lang))
    def backtest(
        policy: list[Path] = policy_option,
        candidate: Path = typer.Option(..., "--candidate", help=say(N_("The draft to try."), lang)),
        ledger: Path = ledger_option,
        period: list[str] = typer.Option(..., "--period", help=say(N_("A period; may repeat."), lang)),
        out: Path = out_option,
        as_of: str = typer.Option(None, "--as-of", help=say(N_("Default: the end of the latest period."), lang)),
        as_json: bool = json_option,
    ) -> None:
        found = run.backtest(
            [run.load_policy(file) for file in policy],
            run.load_policy(candidate),
            ledger,
            period,
            out=out,
            as_of=as_of,
            lang=show.language,
        )
        if as_json:
            show.as_json({"changes": found.changes.to_pylist(), "missed": found.missed, "silent": found.silent})
        else:
            _print_backtest(found)

    @app.command(help=say(N_("See it work on generated data."), lang))
    def demo(
        once: bool = typer.Option(False, "--once", help=say(N_("Generate, assess, print the scorecard, end."), lang)),
        pack: str = typer.Option(None, "--pack", help=say(N_("Which pack."), lang)),
        size: int = typer.Option(None, "--size", min=1, help=say(N_("How many cases to make up."), lang)),
        folder: Path = typer.Option(None, "--folder", help=say(N_("Where to put it; default: var/demo."), lang)),
    ) -> None:
        from steelyard.site import demo as demonstration

        demonstration.run(once=once, pack=pack, folder=folder or _home() / "demo", size=size, lang=show.language)


def _cell(result: run.Assessment, name: str, row: dict[str, object]) -> str:
    value = row[name]
    if value in (None, ""):
        return "–"
    if name == "grade":
        return phrases.grade_title(result.policies, str(row["scorecard"]), value, show.language)
    return phrases.word(value, show.language) if name == "status" else str(value)


def _print_backtest(found: run.Backtest) -> None:
    """Whose grade changes, how many rows moved, which targets would be missed, what the past cannot say."""
    show.line(
        N_("Simulated: {changes} totals or grades change, {moved} rows moved"),
        changes=found.changes.num_rows,
        moved=found.moved,
    )
    header = [
        say(word, show.language)
        for word in (
            N_("scorecard"),
            N_("period"),
            N_("subject"),
            N_("grade before"),
            N_("grade after"),
            N_("total before"),
            N_("total after"),
        )
    ]
    names = ("scorecard", "period", "subject", "grade_before", "grade_after", "total_before", "total_after")
    rows = [[str(row[name] or "–") for name in names] for row in found.changes.to_pylist()[:60]]
    show.table([header, *rows])
    if found.missed:
        show.line(N_("{count} targets would be missed that were not missed before"), count=len(found.missed))
    for measure in dict.fromkeys(str(row["measure"]) for row in found.silent):
        show.line(N_("The past cannot answer {measure}: it has no such facts"), measure=measure)
    show.line(N_("Both runs and the rows that moved are in {folder}"), folder=found.out)


def _home() -> Path:
    import os

    return Path(os.environ.get("STEELYARD_HOME", "var"))


def _print_totals(result: run.Assessment) -> None:
    """One line a subject that has a total, best first; of the others how many they are."""
    totals = [row for row in result.scores.to_pylist() if row["path"] == "total"]
    rows = [row for row in totals if row["score"] is not None]
    rows.sort(key=lambda row: (row["scorecard"], row["period"], row["rank"] or 1 << 30, row["subject"]))
    titles = (
        *(N_("scorecard"), N_("period"), N_("subject"), N_("total")),
        *(N_("grade"), N_("rank"), N_("status")),
    )
    header = [say(title, show.language) for title in titles]
    names = ("scorecard", "period", "subject", "score", "grade", "rank", "status")
    shown = [[_cell(result, name, row) for name in names] for row in rows[:60]]
    if shown:
        show.table([header, *shown])
    if len(rows) > len(shown):
        show.line(N_("… and {rest} more, in the report"), rest=len(rows) - len(shown))
    if len(totals) > len(rows):
        show.line(N_("{count} without data in the period"), count=len(totals) - len(rows))
