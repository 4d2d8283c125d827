"""docs/reference/problems.md: every stable code with its sentences and remedies, followed through the source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import steelyard
from tools.pages.markdown import code, heading, opening, prose, table
from tools.pages.meanings import agreed, section
from tools.pages.sayings import Saying, Sayings

SOURCE = Path(steelyard.__file__).resolve().parent
AREAS = {
    "Any YAML document": ("engine/policy/document.py",),
    "The policy file": ("engine/policy/", "engine/quality/pairwise.py"),
    "A policy's own tests": ("engine/run/check.py", "engine/weigh/testing.py"),
    "Calendars and time zones": ("engine/worktime/", "engine/ledger/zones.py"),
    "The mapping": ("engine/ledger/mapping", "engine/ledger/timestamps.py"),
    "The ledger and imports": ("engine/ledger/",),
    "The ledger verified": ("engine/ledger/verifying.py",),
    "Runs": ("engine/",),
    "Commands": ("packs/", "site/"),
}
"""Where a sentence is said, by the beginnings of files; the longest that fits decides."""

_INTRO = (
    "What is wrong is said with its place (file, line, column, path), a sentence and, where there is one, a remedy;"
    " several problems come together. With `--json` each also has its code. Codes are stable English; sentences are"
    " translated, and what stands in `{braces}` is filled in."
)
_REJECTED = (
    "A row that cannot be taken is left out of the import and listed in `rejects.csv` with line, column, value and "
    "one of these reasons. `--strict` makes it a failure."
)


def page() -> list[str]:
    """The page, line by line."""
    sayings = Sayings(SOURCE)
    said = sayings.all()
    lines = opening("Problems", "every refusal in `src/steelyard/`", _INTRO)
    for area in AREAS:
        own = [saying for saying in said if _area(saying.file) == area]
        lines += [*heading(2, area), *table(("code", "sentence", "remedy"), _rows(own))]
    reasons = ([code(reason), meaning] for reason, meaning in sorted(_rejections(sayings).items()))
    return [*lines, *heading(2, "Rejected rows"), _REJECTED, "", *table(("reason", "meaning"), reasons)]


def _area(file: str) -> str:
    fitting = [(len(start), area) for area, starts in AREAS.items() for start in starts if file.startswith(start)]
    return max(fitting)[1]


def _rows(said: Iterable[Saying]) -> Iterator[list[str]]:
    """A row a code and sentence, with all remedies it may have; one that repeats is not written again."""
    remedies: dict[tuple[str, str], list[str]] = {}
    for saying in sorted(said, key=lambda each: each[1:]):
        known = remedies.setdefault((saying.code, saying.reason), [])
        known += [] if saying.remedy in ("", *known) else [saying.remedy]
    before = ("", "")
    for (code_, reason), several in remedies.items():
        remedy = " · ".join(map(prose, several))
        yield [code(code_), prose(reason), "likewise" if remedy and (code_, remedy) == before else remedy]
        before = (code_, remedy)


def _rejections(sayings: Sayings) -> Mapping[str, str]:
    """Why rows are rejected, with what it means; ValueError where a reason is not explained, or is no more."""
    literals = {
        node.value
        for module in sayings.modules
        if module.file.startswith("engine/ledger/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = sayings.given("reject", 2) | sayings.given("check", 2)
    return agreed(found | literals & set(section("rejections")), "rejections")
