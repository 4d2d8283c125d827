"""docs/reference/cli.md: every command with its arguments, options and exit codes, from typer's own objects."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import typer.main

from steelyard.site import cli
from tools.pages.markdown import code, heading, opening, prose, table
from tools.pages.meanings import agreed

SOURCE = Path(cli.__file__).resolve().parents[2]
_INTRO = (
    "`steelyard COMMAND`, or `./go steelyard COMMAND` from a working copy. `--lang` may stand anywhere; `--help` "
    "says the same in the language it names. Results go to the output, problems to the error stream; with `--json` "
    "a result is JSON."
)
_EXITS = (
    ("0", "Done."),
    (
        "1",
        "The input is wrong: place, reason and remedy (see [problems](problems.md)). Or the answer is no, see below.",
    ),
    ("2", "The command is wrong: an option is missing or unknown."),
    ("130", "Interrupted; nothing is left half done."),
)
_PLACEHOLDERS: dict[object, str] = {Path: "PATH", str: "TEXT", int: "NUMBER"}

Command = Any  # typer brings its own copy of click, whose classes it does not export
Parameter = Any  # likewise


def page() -> list[str]:
    """The page, line by line."""
    root = typer.main.get_command(cli.app("en"))
    commands = dict(_commands(root, ""))
    says_no = agreed((name for name, command in commands.items() if _may_say_no(command.callback)), "exits")
    lines = opening("The command line", "`src/steelyard/site/cli/`", _INTRO)
    lines += [*heading(2, "Options of every command"), *_options(root)]
    lines += [*heading(2, "Exit codes"), *table(("code", "means"), _EXITS)]
    for name, command in commands.items():
        lines += [*heading(2, name), prose(command.help), "", "```text", _usage(name, command), "```"]
        if any(each.param_type_name == "option" for each in command.params):
            lines += ["", *_options(command)]
        if name in says_no:
            lines += ["", f"Exit 1 also when {says_no[name]}."]
    means = agreed(_variables(), "variables")
    rows = ([code(name), means[name]] for name in sorted(means))
    return [*lines, *heading(2, "Environment"), *table(("variable", "means"), rows)]


def _commands(group: Command, path: str) -> Iterator[tuple[str, Command]]:
    for name, command in group.commands.items():
        where = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from _commands(command, where)
        else:
            yield where, command


def _usage(name: str, command: Command) -> str:
    """The command with what it asks for; what may be left out stands in brackets."""
    required = [each for each in command.params if each.required]
    parts = [_flag(each) if each.param_type_name == "option" else _argument(each) for each in required]
    return " ".join(["steelyard", name, *parts, *(["[OPTIONS]"] if len(required) < len(command.params) else [])])


def _argument(each: Parameter) -> str:
    return str(each.metavar or each.name.upper())


def _flag(each: Parameter) -> str:
    if each.is_flag:
        return str(each.opts[0])
    annotation = each.type_descriptor.annotation
    kind = next(iter(get_args(annotation)), annotation)
    return f"{each.opts[0]} {each.metavar or _PLACEHOLDERS[kind]}"


def _options(command: Command) -> list[str]:
    rows = []
    for each in command.params:
        if each.param_type_name == "option":
            default = "" if each.is_flag or each.default in (None, "", []) else code(str(each.default))
            repeats = " May repeat." if each.multiple and "repeat" not in each.help else ""
            rows.append([code(_flag(each)), "yes" if each.required else "", default, prose(each.help) + repeats])
    return table(("option", "required", "default", "meaning"), rows)


def _may_say_no(callback: Callable[..., object]) -> bool:
    """Whether a command ends with exit 1 by itself, that is, raises ``typer.Exit(1)``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(callback)))
    return any(isinstance(node, ast.Call) and ast.unparse(node) == "typer.Exit(1)" for node in ast.walk(tree))


def _variables() -> Iterator[str]:
    """Every environment variable of our own that the code reads."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("STEELYARD_"):
                yield node.value
