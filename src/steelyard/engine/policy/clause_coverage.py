"""Clause coverage: of every clause, whether it is measured and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from steelyard.engine.errors import Problem
from steelyard.engine.policy import model
from steelyard.engine.words import N_, say

Status = Literal["measured", "unbound", "text", "not_yet"]

_SENTENCES: Final = {
    "measured": N_("clause {clause} is measured by {bindings}"),
    "unbound": N_("clause {clause} says that it is measured, but nothing is bound to it"),
    "text": N_("clause {clause} is text"),
    "not_yet": N_("clause {clause} is not measured yet: {because}"),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """Something that makes a clause good: the section it stands in and its id."""

    section: str
    id: str

    def __str__(self) -> str:
        return f"{self.section}/{self.id}"


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """How one clause is measured. ``unbound`` is a clause measured ``by`` something that is nowhere."""

    clause: str
    owner: str | None
    status: Status
    bindings: tuple[Binding, ...]
    because: str | None = None

    def text(self, lang: str = "en") -> str:
        """One line for a person."""
        bindings = ", ".join(str(binding) for binding in self.bindings)
        return say(_SENTENCES[self.status], lang, clause=self.clause, bindings=bindings, because=self.because or "")

    def as_json(self) -> dict[str, object]:
        """The same as plain data."""
        return {
            "clause": self.clause,
            "owner": self.owner,
            "status": self.status,
            "by": [{"section": binding.section, "id": binding.id} for binding in self.bindings],
            "because": self.because,
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of all clauses, in the policy's order, and what is to be found fault with."""

    clauses: tuple[ClauseCoverage, ...]
    findings: tuple[Problem, ...]


def coverage(policy: model.Policy) -> Coverage:
    """How each clause of ``policy`` is measured: by commitments, duties, programme, measures, scorecards, rules.

    A clause that says it is measured and is not, is a finding; so is one that says it is mere text and is bound.
    """
    bound: dict[str, list[Binding]] = {clause.id: [] for clause in policy.clauses}
    for clause, binding in _bindings(policy):
        bound[clause].append(binding)
    clauses = tuple(_covered(clause, tuple(bound[clause.id])) for clause in policy.clauses)
    return Coverage(clauses, tuple(_findings(clauses)))


def _bindings(policy: model.Policy) -> Iterator[tuple[str, Binding]]:
    sections: tuple[tuple[str, tuple[_Bound, ...]], ...] = (
        ("commitments", policy.commitments),
        ("duties", policy.duties),
        ("programme", policy.programme),
        ("measures", policy.measures),
        ("scorecards", policy.scorecards),
        ("rules", policy.rules),
    )
    for section, entries in sections:
        for entry in entries:
            if entry.clause is not None:
                yield entry.clause, Binding(section, entry.id)


_Bound = model.Commitment | model.Duty | model.Measure | model.Scorecard | model.Rule


def _covered(clause: model.Clause, bindings: tuple[Binding, ...]) -> ClauseCoverage:
    by: Status = "measured" if bindings else "unbound"
    status: Status = by if clause.measured == "by" else clause.measured
    return ClauseCoverage(clause.id, clause.owner, status, bindings, clause.because)


def _findings(clauses: tuple[ClauseCoverage, ...]) -> Iterator[Problem]:
    for clause in clauses:
        if clause.status == "unbound":
            remedy = N_("name the clause in a commitment, measure or duty, or say measured: not_yet because of what")
            yield Problem("unbound-clause", _SENTENCES["unbound"], {"clause": clause.clause}, remedy)
        elif clause.status != "measured" and clause.bindings:
            reason = N_("clause {clause} says that it is not measured, but {bindings} is bound to it")
            bindings = ", ".join(str(binding) for binding in clause.bindings)
            params = {"clause": clause.clause, "bindings": bindings}
            yield Problem("bound-text", reason, params, N_("say measured: by"))
