"""What the tests of the sector packs share: the pack read twice (as a policy and as plain data), its table in the
documentation, and stories: facts as people would tell them, assessed under the pack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import yaml

from steelyard import engine, packs
from steelyard.engine.words import LANGUAGES

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "packs.md"
ONLY_SIMPLIFIED: Final = frozenset("务质处办复对时间级应当门户电话评维题调单价证标实况导检")
ONLY_TRADITIONAL: Final = frozenset("務質處辦複對時間級應當門戶電話評維題調單價證標實況導檢")
_TITLED: Final = frozenset(
    {
        *("clauses", "channels", "kinds", "states", "verbs", "flow", "calendars", "segments", "commitments", "duties"),
        *("programme", "forms", "surveys", "questions", "measures", "scorecards", "tree", "indicators", "grades"),
        *("cycle", "rules"),
    }
)
_ROW: Final = re.compile(r"^\| (?P<topic>[^|]+) \| `(?P<clause>[0-9.]+)` \| (?P<how>[^|]+) \|$", re.MULTILINE)


def load(name: str) -> engine.Policy:
    """The pack as the engine reads it."""
    return engine.load_policy(packs.policy(name))


def raw(name: str) -> dict[str, object]:
    """The pack as plain data."""
    data: dict[str, object] = yaml.safe_load(packs.policy(name))
    return data


def texts(value: object, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every text that is given by language, with its path."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        if set(value) & set(LANGUAGES):
            yield path, value
        else:
            for key, item in value.items():
                yield from texts(item, f"{path}.{key}")


def untitled(value: object, section: str = "", path: str = "") -> Iterator[str]:
    """The paths of things that people read and that have no title; the leaf of a scorecard shows its measure's."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            here = f"{path}[{number}]"
            if section in _TITLED and isinstance(item, dict) and not {"title", "measure"} & set(item):
                yield here
            yield from untitled(item, "", here)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "tests":
                yield from untitled(item, key, f"{path}.{key}")


def wrong_texts(name: str) -> list[str]:
    """Texts that lack a language, or are written in the signs of another."""
    found = []
    for path, text in texts(raw(name)):
        if set(text) != set(LANGUAGES) or not all(words.strip() for words in text.values()):
            found.append(f"{path}: {sorted(text)}")
        elif ONLY_TRADITIONAL & set(text["zh-Hans"]) or ONLY_SIMPLIFIED & set(text["zh-Hant"]):
            found.append(f"{path}: {text['zh-Hans']} / {text['zh-Hant']}")
    return found


def documented(name: str) -> dict[str, str]:
    """The table of the pack on the page: clause to what measures it, as written."""
    page = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", page, flags=re.MULTILINE)
    own = next(part for part in section if part.startswith(f"`{name}`"))
    rows = [(row["clause"], row["how"].strip()) for row in _ROW.finditer(own)]
    assert len(rows) == len(dict(rows)), "a clause stands twice on the page"
    return dict(rows)


_SHOWN: Final = {
    "commitments": "clock",
    "duties": "duty",
    "programme": "check",
    "measures": "measure",
    "scorecards": "scorecard",
    "rules": "rule",
}


def covered(name: str) -> dict[str, str]:
    """The same, as the policy itself says it."""
    found = {}
    for clause in engine.coverage(load(name)).clauses:
        parts = []
        for section, shown in _SHOWN.items():
            ids = [f"`{binding.id}`" for binding in clause.bindings if binding.section == section]
            parts += [f"{shown} {', '.join(ids)}"] if ids else []
        said = {"text": "text", "not_yet": f"not yet: {clause.because}"}
        found[clause.clause] = said.get(clause.status) or "; ".join(parts)
    return found


class Story:
    """Facts as they happened, in the wall time of the policy; assessed they become figures and scores."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: list[dict[str, object]] = []

    def tell(
        self,
        kind: str,
        at: str,
        about_id: str,
        /,
        *,
        about: str = "case",
        staff: str | None = None,
        unit: str | None = None,
        actor: str | None = None,
        attributes: Mapping[str, object] | None = None,
        **data: object,
    ) -> None:
        """``kind`` happened to ``about_id`` at ``at``, such as 2026-03-09 10:00 in Shanghai."""
        instant = datetime.fromisoformat(f"{at}+08:00").astimezone(UTC)
        self.facts.append(
            {
                "kind": kind,
                "occurred_at": instant.isoformat(),
                "about_type": about,
                "about_id": about_id,
                "staff": staff,
                "unit": unit,
                "actor": actor or staff,
                "data": {**data, **({"attributes": dict(attributes)} if attributes else {})},
            }
        )

    def assess(self, pack: str, *periods: str) -> Result:
        """The figures and scores of ``periods`` under ``pack``."""
        engine.append(self.folder, self.facts, source="story", covers=(date(2026, 1, 1), date(2027, 1, 1)))
        return Result(engine.assess([load(pack)], self.folder, list(periods)))


class Result:
    """An assessment, asked the way a test asks."""

    def __init__(self, result: engine.Assessment) -> None:
        self._figures = result.figures.to_pylist()
        self._scores = result.scores.to_pylist()

    def figure(self, measure: str, subject: str = "", of: str = "organisation", stratum: str = "") -> str:
        """``numerator/denominator status`` of a figure, such as ``11/12 ok``."""
        wanted = (measure, subject, of, stratum)
        (row,) = (r for r in self._figures if (r["measure"], r["subject"], r["of"], r["stratum"] or "") == wanted)
        return f"{row['numerator']}/{row['denominator']} {row['status']}"

    def total(self, scorecard: str, subject: str) -> tuple[str, str | None, str]:
        """Total, grade and status of a subject."""
        return self.score(scorecard, subject, "total")

    def score(self, scorecard: str, subject: str, path: str) -> tuple[str, str | None, str]:
        """Score, grade and status at ``path``."""
        wanted = (scorecard, subject, path)
        (row,) = (r for r in self._scores if (r["scorecard"], r["subject"], r["path"]) == wanted)
        return str(row["score"]), row["grade"], row["status"]
