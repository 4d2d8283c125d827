"""The translations of what the engine says: ``./go catalogues`` brings new sentences in, ``--check`` finds gaps.

A sentence is the literal in ``N_("…")``. Translations stand in ``engine.po`` of each language and are read as they are.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "steelyard"
LOCALES = ("zh_Hans", "zh_Hant")
HEADER = """\
# What the engine says, in {locale}. Written by ./go catalogues, translated by hand.
msgid ""
msgstr ""
"Language: {locale}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def po_path(locale: str) -> Path:
    return SOURCE / "locale" / locale / "LC_MESSAGES" / "engine.po"


def sentences(source: Path = SOURCE) -> dict[str, list[str]]:
    """Every marked sentence and the files that say it, relative to the root; ValueError where a mark is no literal."""
    found: dict[str, list[str]] = {}
    for file in sorted(source.rglob("*.py")):
        name = file.relative_to(source.parent.parent).as_posix()
        for sentence in _marked(ast.parse(file.read_text(encoding="utf-8")), name):
            places = found.setdefault(sentence, [])
            if name not in places:
                places.append(name)
    return dict(sorted(found.items()))


def _marked(tree: ast.AST, name: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _called(node.func) == "N_"):
            continue
        match node.args:
            case [ast.Constant(value=str(sentence))]:
                yield sentence
            case _:
                raise ValueError(f"{name}:{node.lineno}: N_() marks one string literal, and nothing else")


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def translations(path: Path) -> dict[str, str]:
    """The catalogue at ``path``; empty where it does not exist yet. A fuzzy entry counts as not translated."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {
            str(message.id): "" if message.fuzzy else str(message.string)
            for message in read_po(file, abort_invalid=True)
            if message.id
        }


def merge(locale: str, said: Mapping[str, list[str]]) -> tuple[int, int]:
    """Rewrite one catalogue with the sentences ``said``: how many have no translation yet, how many were dropped."""
    path = po_path(locale)
    known = translations(path)
    catalogue = Catalog(locale=locale, fuzzy=False)
    for sentence, files in said.items():
        catalogue.add(sentence, known.get(sentence, ""), locations=[(file, 0) for file in files])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(locale=locale).encode())
        write_po(file, catalogue, width=0, omit_header=True, include_lineno=False)
    return sum(not known.get(sentence) for sentence in said), len(known.keys() - said.keys())


def fields(sentence: str) -> frozenset[str] | None:
    """The named places of a sentence; None where its braces do not pair."""
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)
    except ValueError:
        return None


def faults(locale: str, said: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with one catalogue, as sentences; empty when it is complete."""
    known = translations(po_path(locale))
    found = [f"{locale}: nobody says this any more: {sentence!r}" for sentence in known.keys() - said.keys()]
    for sentence in said:
        translation = known.get(sentence, "")
        if not translation:
            found.append(f"{locale}: not translated: {sentence!r}")
        elif fields(translation) != fields(sentence):
            found.append(f"{locale}: other {{places}} than the English: {sentence!r}")
    return sorted(found)


def main(arguments: list[str]) -> int:
    """Merge, or with ``--check`` say what is wrong."""
    said = sentences()
    if "--check" not in arguments:
        for locale in LOCALES:
            missing, dropped = merge(locale, said)
            print(f"{locale}: {len(said)} sentences, {missing} not translated, {dropped} dropped")
        return 0
    found = [fault for locale in LOCALES for fault in faults(locale, said)]
    for fault in found:
        print(f"{fault}; see ./go catalogues", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
