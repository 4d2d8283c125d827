"""``steelyard policy``: check, compare, describe and begin a policy."""

from __future__ import annotations

from pathlib import Path

import typer

from steelyard import packs
from steelyard.engine import policy as policies
from steelyard.engine import run
from steelyard.engine.errors import SteelyardError, refuse
from steelyard.engine.policy import columns
from steelyard.engine.words import N_, say
from steelyard.site.cli import show


def commands(lang: str) -> typer.Typer:
    """The ``policy`` commands with help in ``lang``."""
    app = typer.Typer(help=say(N_("The written policy: check, compare, begin."), lang), no_args_is_help=True)
    json_option = typer.Option(False, "--json", help=say(N_("Print JSON."), lang))

    @app.command(help=say(N_("Validate policies, run their tests, show how each clause is measured."), lang))
    def check(files: list[Path] = typer.Argument(metavar="FILE..."), as_json: bool = json_option) -> None:
        results = [_check(file, quiet=as_json) for file in files]
        if as_json:
            show.as_json(results)
        else:
            for result in results:
                if result["ok"]:
                    _print_coverage(result)
        if not all(result["ok"] for result in results):
            raise typer.Exit(1)

    @app.command(help=say(N_("The JSON Schema of policy files, or the columns of the bases."), lang))
    def schema(
        bases: bool = typer.Option(False, "--bases", help=say(N_("The columns that measures see."), lang)),
    ) -> None:
        show.as_json(columns.describe() if bases else policies.json_schema())

    @app.command(help=say(N_("What changed in meaning between two policies, and whom it touches."), lang))
    def diff(before: Path, after: Path, as_json: bool = json_option) -> None:
        changes = policies.diff(policies.load(before), policies.load(after))
        if as_json:
            show.as_json(changes.as_json(show.language))
        else:
            print("\n".join(changes.lines(show.language)))

    @app.command(help=say(N_("Begin a policy from a pack."), lang))
    def new(
        file: Path,
        pack: str = typer.Option(
            "starter", "--pack", help=say(N_("Which pack: {known}."), lang, known=", ".join(packs.names()))
        ),
    ) -> None:
        if file.exists():
            raise refuse("exists", N_("{file} is there already"), remedy=N_("name another file"), file=file)
        file.write_bytes(packs.policy(pack))
        show.line(N_("Wrote {file}. Check it with: steelyard policy check {file}"), file=file)

    return app


def _check(file: Path, *, quiet: bool) -> dict[str, object]:
    """Load a policy and run its tests; problems go to the error stream unless ``quiet``."""
    loaded = None
    try:
        loaded = policies.load(file)
        found = run.check(loaded)
    except SteelyardError as error:
        found = list(error.problems)
    if not quiet:
        show.problems(found)
    return {
        "file": str(file),
        "ok": not found,
        "problems": [problem.as_json(show.language) for problem in found],
        "policy": {"name": loaded.name, "version": loaded.version, "hash": loaded.hash} if loaded else None,
        "tests": len(loaded.tests) if loaded else 0,
        "coverage": policies.coverage_rows(loaded) if loaded else [],
    }


def _print_coverage(result: dict[str, object]) -> None:
    policy = result["policy"]
    assert isinstance(policy, dict)
    show.line(
        N_("{file}: {name} {version} is sound; {tests} tests passed; meaning {hash}"),
        file=result["file"],
        name=policy["name"],
        version=policy["version"],
        tests=result["tests"],
        hash=str(policy["hash"])[:12],
    )
    rows = result["coverage"]
    assert isinstance(rows, list)
    show.table(
        [
            ["  " + str(row["id"]), str(row["measured"]), ", ".join(row["bindings"]) or str(row["because"] or "")]
            for row in rows
        ]
    )
