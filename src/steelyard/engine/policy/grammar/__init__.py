"""The grammar of the policy document, declared once: it drives reading, errors about keys, and the JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from steelyard.engine.policy.grammar import scoring, service, trial
from steelyard.engine.policy.grammar.common import ID, TEXT, TITLE
from steelyard.engine.policy.kinds import Choice, Kind, Schema
from steelyard.engine.policy.shapes import Either, Field, ListOf, MapOf, Shape, TupleOf, WhenList

API_VERSION: Final = "steelyard/v1"
DOCUMENT_KIND: Final = "ServicePolicy"

METADATA: Final = Shape(
    "metadata",
    "The name of the policy and its version.",
    Field("name", ID, "What the policy is called, the same in all its versions.", required=True),
    Field("version", TEXT, "Its version; another one whenever the meaning changes.", required=True),
    TITLE,
)

SPEC: Final = Shape(
    "spec",
    "What the policy says.",
    Field("timezone", TEXT, "The zone of its wall clocks, such as Asia/Shanghai.", required=True),
    Field("lifecycle", service.LIFECYCLE, "From when it holds, and who answers for it."),
    Field("attributes", ListOf(service.ATTRIBUTE), "What rows have beyond the common columns: columns attr.<name>."),
    Field("facts", ListOf(service.FACT_KIND), "Kinds of facts beyond those the engine knows."),
    Field("clauses", ListOf(service.CLAUSE), "The policy in words."),
    Field("channels", ListOf(service.CHANNEL), "The ways in."),
    Field("kinds", ListOf(service.CASE_KIND), "The kinds of cases, with their states and verbs."),
    Field("flow", ListOf(service.STEP), "The process as it is drawn, step by step."),
    Field("calendars", ListOf(service.CALENDAR), "Working hours."),
    Field("segments", ListOf(service.SEGMENT), "Tiers of customers, the first that fits."),
    Field("commitments", ListOf(service.COMMITMENT), "Promises with clocks."),
    Field("duties", ListOf(service.DUTY), "What is to be done again and again, each time with a clock."),
    Field("programme", ListOf(service.PROGRAMME), "What is looked at, by whom and how often."),
    Field("forms", ListOf(service.FORM), "Score forms."),
    Field("surveys", ListOf(service.SURVEY), "Surveys of customers."),
    Field("measures", ListOf(scoring.MEASURE), "What is counted."),
    Field("scorecards", ListOf(scoring.SCORECARD), "How it is weighed."),
    Field("rules", ListOf(scoring.RULE), "What is proposed when something shows."),
    Field("tests", ListOf(trial.TestKind()), "Cases and scores one knows the answer to: policy check runs them."),
)

POLICY: Final = Shape(
    "policy",
    "A service policy.",
    Field("apiVersion", Choice((API_VERSION,)), "The version of this format.", required=True),
    Field("kind", Choice((DOCUMENT_KIND,)), "What this document is.", required=True),
    Field("metadata", METADATA, "Its name and version.", required=True),
    Field("spec", SPEC, "What it says.", required=True),
)


def json_schema() -> Schema:
    """The policy document as a JSON Schema (draft 2020-12), for editors and for other programs."""
    shapes = {shape.name: shape.definition() for shape in _shapes(POLICY, set())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Steelyard service policy",
        "$ref": f"#/$defs/{POLICY.name}",
        "$defs": dict(sorted(shapes.items())),
    }


def _shapes(kind: Kind, seen: set[str]) -> Iterator[Shape]:
    """All shapes at and below ``kind``, each once."""
    match kind:
        case Shape():
            if kind.name not in seen:
                seen.add(kind.name)
                yield kind
                for field in kind.fields.values():
                    yield from _shapes(field.kind, seen)
        case ListOf() | MapOf() | WhenList():
            yield from _shapes(kind.kind, seen)
        case TupleOf():
            for each in kind.kinds:
                yield from _shapes(each, seen)
        case Either():
            yield from _shapes(kind.scalar, seen)
            yield from _shapes(kind.mapping, seen)
        case trial.TestKind():
            yield from _shapes(trial.CLOCK_TEST, seen)
            yield from _shapes(trial.SCORE_TEST, seen)
