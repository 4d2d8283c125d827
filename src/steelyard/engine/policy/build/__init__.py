"""Builds the policy out of records that were found right."""

from __future__ import annotations

import re
from typing import Final

from steelyard.engine.policy import model
from steelyard.engine.policy.build import scoring, service
from steelyard.engine.policy.build.plain import mapping
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.document import Document
from steelyard.engine.policy.shapes import Record

_EXPECTATION: Final = re.compile(r"spec\.tests\[[0-9]+\]\.expect(\[[0-9]+\])?\.[a-z_]+")


def policy(context: Context, metadata: Record) -> model.Policy:
    """The policy of ``context``, complete but for its meaning hash."""
    spec, document = context.spec, context.document
    return model.Policy(
        name=service.must(metadata.text("name")),
        version=service.must(metadata.text("version")),
        title=service.texts(metadata, "title"),
        timezone=service.must(spec.text("timezone")),
        lifecycle=service.lifecycle(spec.record("lifecycle")),
        attributes=context.attributes,
        facts=tuple(service.fact_kind(record) for record in spec.records("facts")),
        clauses=tuple(service.clause(record) for record in spec.records("clauses")),
        channels=tuple(mapping(record) for record in spec.records("channels")),
        kinds=tuple(service.case_kind(record) for record in spec.records("kinds")),
        flow=tuple(mapping(record) for record in spec.records("flow")),
        calendars=tuple(service.calendar(record) for record in spec.records("calendars")),
        segments=tuple(service.segment(context, record) for record in spec.records("segments")),
        commitments=tuple(service.commitment(context, record) for record in spec.records("commitments")),
        duties=tuple(service.duty(context, record) for record in spec.records("duties")),
        programme=tuple(service.duty(context, record) for record in spec.records("programme")),
        forms=tuple(mapping(record) for record in spec.records("forms")),
        surveys=tuple(mapping(record) for record in spec.records("surveys")),
        measures=tuple(scoring.measure(context, record) for record in spec.records("measures")),
        scorecards=tuple(scoring.scorecard(context, record) for record in spec.records("scorecards")),
        rules=tuple(scoring.rule(context, record) for record in spec.records("rules")),
        tests=tuple(scoring.test(record) for record in spec.records("tests")),
        file=document.file,
        source=document.source,
        places=_places(document),
    )


def _places(document: Document) -> dict[str, tuple[int, int]]:
    """Where each value stands; an expectation of a test is pointed to as a whole, from its key on."""
    expectations = {path: place for path, place in document.keys.items() if _EXPECTATION.fullmatch(path)}
    return {**document.values, **expectations}
