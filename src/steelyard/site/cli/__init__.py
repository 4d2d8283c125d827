"""The command line: parse, call one verb of the engine, print.

Exit 0 done · 1 the input is wrong (place, reason, remedy) · 2 the command is wrong. ``--lang`` may stand anywhere.
"""

from __future__ import annotations

import os
import sys

import typer

from steelyard import __version__
from steelyard.engine.errors import SteelyardError
from steelyard.engine.words import LANGUAGES, N_, say
from steelyard.site.cli import calendar, ledger, policy, runs, show


def app(lang: str) -> typer.Typer:
    """The commands, with their help in ``lang``."""
    root = typer.Typer(
        name="steelyard",
        help=say(N_("Steelyard: service quality that can be proved."), lang),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.add_typer(policy.commands(lang), name="policy")
    root.add_typer(ledger.commands(lang), name="ledger")
    root.add_typer(calendar.commands(lang), name="calendar")
    runs.add_commands(root, lang)

    def print_version(asked: bool) -> None:
        if asked:
            typer.echo(__version__)
            raise typer.Exit

    @root.callback()
    def options(
        version: bool = typer.Option(
            False, "--version", is_eager=True, callback=print_version, help=say(N_("Print the version."), lang)
        ),
        language: str = typer.Option("en", "--lang", help=say(N_("en, zh-Hans or zh-Hant."), lang)),
    ) -> None:
        """Both are dealt with before any command runs; they stand here to be shown in the help."""

    return root


def main() -> None:
    """Run the command line and end the process with its exit code."""
    words, lang = _language(sys.argv[1:])
    show.language = lang
    try:
        app(lang)(args=words, prog_name="steelyard", standalone_mode=True)
    except SteelyardError as error:
        show.problems(error.problems)
        sys.exit(1)
    except KeyboardInterrupt:
        print(say(N_("Stopped; nothing was left half done."), lang), file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone: say nothing more, also not at the interpreter's own flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        print(
            say(N_("{reason}: {file}"), lang, reason=error.strerror or error, file=error.filename or "–"),
            file=sys.stderr,
        )
        sys.exit(1)


def _language(words: list[str]) -> tuple[list[str], str]:
    """Take ``--lang`` out of ``words``, wherever it stands; the environment may name a language too."""
    lang = os.environ.get("STEELYARD_LANG", "en")
    rest: list[str] = []
    waiting = False
    for word in words:
        if waiting:
            lang, waiting = word, False
        elif word == "--lang":
            waiting = True
        elif word.startswith("--lang="):
            lang = word.removeprefix("--lang=")
        else:
            rest.append(word)
    if waiting or lang not in LANGUAGES:
        print(say(N_("--lang is one of {known}"), "en", known=", ".join(LANGUAGES)), file=sys.stderr)
        sys.exit(2)
    return rest, lang
