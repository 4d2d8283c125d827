"""``steelyard ledger``: bring facts in, look at them, prove that they are whole."""

from __future__ import annotations

from pathlib import Path

import typer

from steelyard.engine import ledger as ledgers
from steelyard.engine.words import N_, say
from steelyard.site.cli import show


def commands(lang: str) -> typer.Typer:
    """The ``ledger`` commands with help in ``lang``."""
    app = typer.Typer(help=say(N_("The facts: import, look, verify."), lang), no_args_is_help=True)
    json_option = typer.Option(False, "--json", help=say(N_("Print JSON."), lang))
    ledger_option = typer.Option(..., "--ledger", help=say(N_("The ledger's folder."), lang))

    @app.command("import", help=say(N_("Import sources by a mapping; each file wholly or not at all."), lang))
    def import_(
        sources: list[Path] = typer.Argument(metavar="SOURCE..."),
        mapping: Path = typer.Option(..., "--mapping", help=say(N_("The mapping file."), lang)),
        ledger: Path = ledger_option,
        strict: bool = typer.Option(False, "--strict", help=say(N_("Fail if a row is rejected."), lang)),
        as_json: bool = json_option,
    ) -> None:
        loaded = ledgers.load_mapping(mapping)
        reports = [ledgers.import_source(loaded, ledger, source) for source in sources]
        if as_json:
            show.as_json(_together([report.as_json() for report in reports]))
        else:
            for report in reports:
                _print_report(report)
        if strict and any(report.rejected for report in reports):
            raise typer.Exit(1)

    @app.command("map", help=say(N_("Draft a mapping for an unknown file."), lang))
    def map_(
        source: Path = typer.Option(..., "--suggest", metavar="SOURCE", help=say(N_("The file to read."), lang)),
    ) -> None:
        print(ledgers.suggest(source, lang=show.language), end="")

    @app.command(help=say(N_("Check that no fact was changed, removed, added or moved."), lang))
    def verify(ledger: Path = ledger_option, as_json: bool = json_option) -> None:
        found = ledgers.verify(ledger)
        if as_json:
            show.as_json({"ok": not found, "problems": [problem.as_json(show.language) for problem in found]})
        elif found:
            show.problems(found)
        else:
            store = ledgers.open_ledger(ledger)
            show.line(N_("The ledger is whole: {count} facts, head {head}"), count=store.position, head=store.head())
        if found:
            raise typer.Exit(1)

    @app.command(help=say(N_("What is in a ledger."), lang))
    def stat(ledger: Path = ledger_option, as_json: bool = json_option) -> None:
        found = ledgers.stat(ledger)
        if as_json:
            show.as_json(found)
        else:
            for name, value in found.items():
                if isinstance(value, dict):
                    print(f"{name}:")
                    show.table([["  " + str(key), str(count)] for key, count in value.items()])
                else:
                    print(f"{name}: {value}")

    @app.command(help=say(N_("The facts of one case, in their order."), lang))
    def facts(
        ledger: Path = ledger_option,
        case: str = typer.Option(..., "--case", help=say(N_("The case's id."), lang)),
        as_json: bool = json_option,
    ) -> None:
        found = ledgers.facts_of(ledger, case)
        if as_json:
            show.as_json(found)
        else:
            names = ("occurred_at", "kind", "staff", "unit", "data")
            show.table([[str(fact[name] if fact[name] is not None else "–") for name in names] for fact in found])

    return app


_COUNTS = ("rows_read", "loaded", "present", "changed", "ignored", "rejected")


def _together(reports: list[dict[str, object]]) -> dict[str, object]:
    """One report as it is; of several their sums, with each under ``sources``."""
    if len(reports) == 1:
        return reports[0]
    sums = {name: sum(int(str(report[name])) for report in reports) for name in _COUNTS}
    return {**sums, "sources": reports}


def _print_report(report: ledgers.ImportReport) -> None:
    show.line(
        N_(
            "{rows_read} rows read = {loaded} loaded + {present} present + {changed} changed "
            "+ {ignored} ignored + {rejected} rejected"
        ),
        **{name: getattr(report, name) for name in _COUNTS},
    )
    if report.unmapped:
        show.line(N_("Columns not mapped: {columns}"), columns=", ".join(report.unmapped))
    for warning in report.warnings:
        print(warning.text(show.language))
