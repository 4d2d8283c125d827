"""Refusals: what is wrong, where, and what to do about it.

A user's mistake is a :class:`Problem`; several are raised together as one :class:`SteelyardError`,
so that a policy with five mistakes is mended in one go. Codes are stable English; sentences are
translated when they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from steelyard.engine.words import N_, say


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is: a file, its line and column (both from 1) and the path inside the document."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        parts = [self.file or "", str(self.line or ""), str(self.column or "")]
        return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    ``reason`` and ``remedy`` are message ids with ``{named}`` places filled from ``params``.
    """

    code: str
    reason: str
    params: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    place: Place = Place()

    def text(self, lang: str = "en") -> str:
        """One line for a person: place, reason, remedy."""
        said = say(self.reason, lang, **self.params)
        if self.remedy:
            said = say(N_("{said} – {remedy}"), lang, said=said, remedy=say(self.remedy, lang, **self.params))
        where = str(self.place)
        if self.place.path:
            said = f"{self.place.path}: {said}"
        return f"{where}: {said}" if where else said

    def as_json(self, lang: str = "en") -> dict[str, object]:
        """The problem as plain data, for ``--json``."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "path": self.place.path,
            "code": self.code,
            "reason": say(self.reason, lang, **self.params),
            "remedy": say(self.remedy, lang, **self.params) if self.remedy else "",
        }

    def at(self, place: Place) -> Problem:
        """The same problem at ``place``."""
        return replace(self, place=place)


class SteelyardError(Exception):
    """The input is wrong: one or more problems, never half a result."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.text() for problem in problems))

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> SteelyardError:
        """Gather ``problems`` in the order of their places."""
        return cls(*sorted(problems, key=lambda p: (p.place.file or "", p.place.line or 0, p.place.column or 0)))


def refuse(code: str, reason: str, *, remedy: str = "", place: Place = Place(), **params: object) -> SteelyardError:
    """The error for a single problem, ready to be raised."""
    return SteelyardError(Problem(code=code, reason=reason, params=params, remedy=remedy, place=place))
