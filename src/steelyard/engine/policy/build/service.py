"""Builds what says how one serves: lifecycle, clauses, kinds, calendars, segments, commitments, duties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final, Literal, TypeVar, cast

from steelyard.engine.policy import model
from steelyard.engine.policy.build.plain import mapping
from steelyard.engine.policy.checks.commitments import is_working_days, needs_calendar
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.checks.service import DEFAULT_STATES
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.moments import WEEKDAYS, Moment
from steelyard.engine.policy.predicate import Predicate
from steelyard.engine.policy.shapes import Option, Record

T = TypeVar("T")

_OPEN: Final = ("new", "working")
_HOLDERS: Final = ("holder", "unit-head")
_VERBS: Final = (
    ("take", ("new",), "working", "started"),
    ("wait", ("working",), "pending", "waiting"),
    ("resume", ("pending",), "working", "resumed"),
    ("solve", ("working", "pending"), "solved", "solved"),
    ("reopen", ("solved", "closed"), "working", "reopened"),
    ("close", ("solved",), "closed", "closed"),
    ("cancel", ("new", "working", "pending"), "cancelled", "cancelled"),
)


def must(value: T | None) -> T:
    """A value that the checks have seen to be there."""
    if value is None:
        raise AssertionError("the checks let a policy without a required value pass")
    return value


def texts(record: Record, name: str) -> model.Text:
    """The text ``name`` by language."""
    return cast("model.Text", record.get(name, dict) or {})


def asked(context: Context, record: Record, name: str) -> Predicate | None:
    """The predicate parsed at ``name``."""
    return context.predicates.get(record.at(name))


def lifecycle(record: Record) -> model.Lifecycle:
    pilot = record.get("pilot", Record)
    return model.Lifecycle(
        owner=record.text("owner"),
        review_by=record.text("review_by"),
        approve_by=record.text("approve_by"),
        pilot=mapping(pilot) if pilot else None,
        ack_coverage=record.get("ack_coverage", Fraction),
        effective=record.get("effective", date),
        review_every=record.get("review_every", Duration),
    )


def clause(record: Record) -> model.Clause:
    return model.Clause(
        id=must(record.text("id")),
        title=texts(record, "title"),
        text=texts(record, "text"),
        owner=record.text("owner"),
        measured=record.values["measured"],  # type: ignore[arg-type]  # the grammar holds the words
        because=record.text("because"),
        basis=record.all("basis", str),
        publish=record.get("publish", bool) or False,
    )


def fact_kind(record: Record) -> Mapping[str, str]:
    return cast("Mapping[str, str]", mapping(record))


def case_kind(record: Record) -> Mapping[str, object]:
    """A kind of case; one that names no flow has the default flow (SPEC §4)."""
    made = dict(mapping(record))
    if "states" not in record.written:
        made["states"] = tuple(
            {"id": name, "is": "open" if name in _OPEN else "waiting" if name == "pending" else name}
            for name in DEFAULT_STATES
        )
    if "verbs" not in record.written:
        made["verbs"] = tuple(
            {"verb": verb, "from": from_, "to": to, "by": _HOLDERS, "fact": fact} for verb, from_, to, fact in _VERBS
        )
    return made


def calendar(record: Record) -> model.Calendar:
    makeup_as = record.text("makeup_as")
    weekly = cast("tuple[tuple[model.Hours, ...], ...]", record.get("hours", tuple) or ((),) * 7)
    opened = {must(day.get("on", date)): day.all("hours", model.Hours) for day in record.records("open")}
    return model.Calendar(
        id=must(record.text("id")),
        weekly=weekly,
        holidays=record.text("holidays"),
        makeup_as=WEEKDAYS.index(makeup_as) if makeup_as else None,
        open=opened,
        closed=frozenset(record.all("closed", date)),
    )


def segment(context: Context, record: Record) -> model.Segment:
    return model.Segment(must(record.text("id")), asked(context, record, "when"), record.get("valid", Duration))


def commitment(context: Context, record: Record) -> model.Commitment:
    """A commitment with its defaults: the time of its targets, and the policy's first calendar where it needs one."""
    until = record.get("until", tuple)
    return model.Commitment(
        id=must(record.text("id")),
        about=record.values["about"],  # type: ignore[arg-type]  # the grammar holds the words
        starts=frozenset(record.all("starts", str)),
        stops=frozenset(record.all("stops", str)),
        clause=record.text("clause"),
        title=texts(record, "title"),
        each=record.text("each"),
        applies=asked(context, record, "applies"),
        pauses=_pauses(record.get("pauses", Record)),
        on_reopen=record.values["on_reopen"],  # type: ignore[arg-type]
        within=branches(context, record, "within", Duration),
        until=(str(until[0]), str(until[1])) if until else None,
        grace=record.get("grace", Duration),
        aim=branches(context, record, "aim", Duration),
        time=_time(record),
        working_days=record.values["working_days"],  # type: ignore[arg-type]
        calendar=_calendars(context, record),
        warn=record.get("warn", Fraction),
        escalate=tuple(_escalation(below) for below in record.records("escalate")),
    )


def branches(context: Context, record: Record, name: str, type_: type[T]) -> model.Branches[T]:
    """The when-list ``name`` as branches."""
    found = []
    for option in record.all(name, Option):
        when = context.predicates[option.when.path] if option.when else None
        if isinstance(option.value, type_):
            found.append(model.Branch(when, option.value))
    return tuple(found)


def _time(record: Record) -> Literal["elapsed", "working"]:
    """As written; else working where every target is in working days, and elapsed otherwise."""
    written = record.text("time")
    targets = record.all("within", Option)
    if written is None:
        return "working" if targets and all(is_working_days(target.value) for target in targets) else "elapsed"
    return "working" if written == "working" else "elapsed"


def _calendars(context: Context, record: Record) -> model.Branches[str]:
    written: model.Branches[str] = branches(context, record, "calendar", str)
    calendars = context.spec.records("calendars")
    if written or not calendars or not needs_calendar(record):
        return written
    return (model.Branch(None, must(calendars[0].text("id"))),)


def _pauses(record: Record | None) -> model.Pauses | None:
    if record is None:
        return None
    limit = record.get("limit", Duration)
    return model.Pauses(frozenset(record.all("from", str)), frozenset(record.all("to", str)), limit)


def _escalation(record: Record) -> model.Escalation:
    moment = must(record.get("at", Moment))
    return model.Escalation(moment.at, moment.after, must(record.text("to")))


def duty(context: Context, record: Record) -> model.Duty:
    sample = record.get("sample", Record)
    calendars = context.spec.records("calendars")
    return model.Duty(
        id=must(record.text("id")),
        clause=record.text("clause"),
        who=record.text("who"),
        every=must(record.get("every", Duration)),
        for_=asked(context, record, "for"),
        subjects=context.subjects[record.path],  # type: ignore[arg-type]  # columns.of_duty holds the words
        produces=must(record.text("produces")),
        optional=record.get("optional", bool) or False,
        title=texts(record, "title"),
        look_at=record.text("look_at"),
        method=record.text("method"),
        form=record.text("form"),
        sample=_sample(sample) if sample else None,
        by=record.text("by"),
        on=record.all("on", str),
        report_to=record.text("report_to"),
        independence=record.text("independence"),
        calendar=record.text("calendar") or (calendars[0].text("id") if calendars else None),
    )


def _sample(record: Record) -> model.Sample:
    size, seed = record.get("size", Fraction), record.get("seed", Fraction)
    return model.Sample(
        size=None if size is None else int(size),
        percent=record.get("percent", Fraction),
        aql=record.get("aql", Fraction),
        per=record.text("per"),
        stratify=record.all("stratify", str),
        seed=None if seed is None else int(seed),
    )
