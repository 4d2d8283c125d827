"""Checks of commitments: what starts and stops them, how long they may take and in which time."""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.engine.policy import columns
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.shapes import Option, Record
from steelyard.engine.policy.tree import Type
from steelyard.engine.words import N_


def check(context: Context) -> None:
    """Everything SPEC §4 asks of commitments."""
    for record in context.spec.records("commitments"):
        context.refer(record, "clause", "clauses")
        context.fact(record, "starts")
        context.fact(record, "stops")
        context.fact(record.record("pauses"), "from")
        context.fact(record.record("pauses"), "to")
        _check_target(context, record)
        _check_time(context, record)
        _check_calendar(context, record)
        _check_warning(context, record)
        about = record.text("about")
        if about:
            _check_predicates(context, record, about, columns.of_commitment(about, context.attributes))


def _check_target(context: Context, record: Record) -> None:
    """One of ``within`` and ``until``, and ``grace`` for the latter only."""
    if "within" in record.written and "until" in record.written:
        context.document.refuse("exclusive", record.at("until"), N_("within or until, not both"), key=True)
    if not {"within", "until"} & set(record.written):
        context.document.refuse("required", record.at("within"), N_("within or until is missing"), at=record.path)
    if "grace" in record.written and "until" not in record.written:
        context.document.refuse("key-of-kind", record.at("grace"), N_("grace belongs to until"), key=True)
    until = record.get("until", tuple)
    known = context.facts()
    if until and until[0] not in known:
        context.refuse_fact(record.at("until"), str(until[0]), known)


def _check_time(context: Context, record: Record) -> None:
    """Working days are working time: a plain ``within: 2wd`` cannot be elapsed."""
    plain = [option for option in context.options(record, "within") if option.path == record.at("within")]
    if record.text("time") == "elapsed" and plain and is_working_days(plain[0].value):
        target = plain[0].value
        written = target.text if isinstance(target, Duration) else ""
        reason = N_("{target} is working time; time says elapsed")
        remedy = N_("write time: working, or hours")
        context.document.refuse("working-days", record.at("time"), reason, remedy=remedy, target=written)


def _check_calendar(context: Context, record: Record) -> None:
    for option in context.options(record, "calendar"):
        if isinstance(option.value, str):
            context.refer_to(option.value, option.value_path, "calendars")
    if needs_calendar(record) and "calendar" not in record.written and not context.spec.get("calendars", tuple):
        reason = N_("working time needs a calendar")
        context.document.refuse("required", record.at("calendar"), reason, at=record.path)


def _check_warning(context: Context, record: Record) -> None:
    """Nobody can be told at a warning that never comes."""
    for escalation in record.records("escalate"):
        moment = escalation.values.get("at")
        if getattr(moment, "at", None) == "warn" and "warn" not in record.written:
            reason = N_("there is no warning to escalate at")
            context.document.refuse("reference", escalation.at("at"), reason, remedy=N_("add warn: 80%"))


def _check_predicates(context: Context, record: Record, about: str, seen: Mapping[str, Type]) -> None:
    context.ask(record, "applies", about, seen)
    for name in ("within", "aim", "calendar"):
        for option in context.options(record, name):
            if option.when:
                context.ask_written(option.when, about, seen)


def is_working_days(value: object) -> bool:
    """Whether ``value`` is a duration in working days."""
    return isinstance(value, Duration) and value.is_working_days


def needs_calendar(record: Record) -> bool:
    """Whether any time of the commitment is working time."""
    spans = [option.value for name in ("within", "aim") for option in record.all(name, Option)]
    spans += [record.values.get("grace"), record.record("pauses").values.get("limit")]
    return record.text("time") == "working" or any(is_working_days(span) for span in spans)
