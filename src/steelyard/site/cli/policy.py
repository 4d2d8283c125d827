"""``steelyard policy``: check, compare, describe and begin a policy."""

from __future__ import annotations

from pathlib import Path

import typer

from steelyard import packs
from steelyard.engine import policy as policies
from steelyard.engine import run
from steelyard.engine.errors import SteelyardError, refuse
from steelyard.engine.policy import model
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
        if not all(result["ok"] for result in results):
            raise typer.Exit(1)

    @app.command(help=say(N_("The JSON Schema of policy files, or the columns of the bases."), lang))
    def schema(
        bases: bool = typer.Option(False, "--bases", help=say(N_("The columns that measures see."), lang)),
    ) -> None:
        show.as_json(policies.bases() if bases else policies.json_schema())

    @app.command(help=say(N_("What changed in meaning between two policies, and whom it touches."), lang))
    def diff(before: Path, after: Path, as_json: bool = json_option) -> None:
        changes = policies.diff(run.load_policy(before), run.load_policy(after))
        if as_json:
            show.as_json([change.as_json() for change in changes])
        elif not changes:
            show.line(N_("The two mean the same."))
        else:
            print("\n".join(line for change in changes for line in change.lines(show.language)))

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
    """Load a policy, run its tests and see how its clauses are measured; speaks unless ``quiet``."""
    loaded = None
    try:
        loaded = run.load_policy(file)
        found = run.check(loaded)
    except SteelyardError as error:
        found = list(error.problems)
    covered = policies.coverage(loaded) if loaded else None
    if not quiet:
        show.problems(found)
        if loaded and covered and not found:
            _print_sound(file, loaded)
            for clause in covered.clauses:
                print("  " + clause.text(show.language))
    return {
        "file": str(file),
        "ok": not found,
        "problems": [problem.as_json(show.language) for problem in found],
        "policy": {"name": loaded.name, "version": loaded.version, "hash": loaded.hash} if loaded else None,
        "tests": len(loaded.tests) if loaded else 0,
        "coverage": [clause.as_json() for clause in covered.clauses] if covered else [],
        "findings": [problem.as_json(show.language) for problem in covered.findings] if covered else [],
    }


def _print_sound(file: Path, policy: model.Policy) -> None:
    show.line(
        N_("{file}: {name} {version} is sound; {tests} tests passed; meaning {hash}"),
        file=file,
        name=policy.name,
        version=policy.version,
        tests=len(policy.tests),
        hash=policy.hash[:12],
    )
