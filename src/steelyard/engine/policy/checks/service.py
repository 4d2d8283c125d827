"""Checks of the sections that say how one serves: zone, lifecycle, attributes, kinds, calendars, duties, forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from steelyard.engine.policy import columns, model
from steelyard.engine.policy.checks.context import SECTIONS, Context
from steelyard.engine.policy.duration import Duration
from steelyard.engine.policy.kinds import Written
from steelyard.engine.policy.shapes import Record, refuse_early_default
from steelyard.engine.words import N_

_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,3}")


def check_zone(context: Context) -> None:
    """The zone exists; it is known before anything else, for wall times are read in it."""
    name = context.spec.text("timezone")
    if name is None:
        return
    try:
        if _ZONE.fullmatch(name):
            context.zone = ZoneInfo(name)
            return
    except (KeyError, ValueError, OSError):
        pass
    remedy = N_("write a name such as Asia/Shanghai")
    context.document.refuse(
        "timezone", context.spec.at("timezone"), N_("no time zone {name}"), remedy=remedy, name=name[:60]
    )


def check_ids(context: Context) -> None:
    """Every id stands once in its section; duties and programme share theirs, for both are commitments of clocks."""
    for section in SECTIONS:
        _refuse_repeats(context, context.spec.records(section), "id")
    _refuse_repeats(context, context.spec.records("facts"), "kind")
    promises = [record for name in ("commitments", "duties", "programme") for record in context.spec.records(name)]
    _refuse_repeats(context, promises, "id")


def check_attributes(context: Context) -> None:
    """Attributes are declared once for each owner; those of cases and contacts meet in the basis ``clock``."""
    types: dict[tuple[str, str], str] = {}
    found = []
    for record in context.spec.records("attributes"):
        name, type_, of = record.text("name"), record.text("type"), record.text("of")
        if name is None or type_ is None or of is None:
            continue
        if (name, of) in types:
            reason = N_("attribute {name} of {of} is declared twice")
            context.document.refuse("duplicate", record.at("name"), reason, name=name, of=of)
        other = types.get((name, {"case": "contact", "contact": "case"}.get(of, "")), type_)
        if other != type_:
            reason = N_("attribute {name} is {other} elsewhere: clocks run on cases and on contacts and see both")
            context.document.refuse("type", record.at("type"), reason, name=name, other=other)
        types[name, of] = type_
        found.append(model.Attribute(name, type_, of))  # type: ignore[arg-type]  # the grammar holds the types
    context.attributes = tuple(found)


def check_lifecycle(context: Context) -> None:
    """A pilot ends after it began."""
    pilot = context.spec.record("lifecycle").record("pilot")
    first, last = pilot.get("from", date), pilot.get("to", date)
    if first and last and last < first:
        context.document.refuse("range", pilot.at("to"), N_("the pilot ends before it begins on {first}"), first=first)


def check_clauses(context: Context) -> None:
    """A clause that is not measured yet says why."""
    for record in context.spec.records("clauses"):
        if record.text("measured") == "not_yet" and "because" not in record.written:
            reason = N_("a clause that is not measured yet says because of what")
            context.document.refuse("required", record.at("because"), reason, at=record.at("measured"))


def check_kinds(context: Context) -> None:
    """States and verbs of kinds fit together; channels name kinds that are declared."""
    for record in context.spec.records("kinds"):
        _refuse_repeats(context, record.records("states"), "id")
        if "states" in record.written and "verbs" not in record.written:
            reason = N_("a kind with its own states needs its own verbs")
            context.document.refuse("required", record.at("verbs"), reason, at=record.path)
        states = {state.text("id") or "" for state in record.records("states")} or set(DEFAULT_STATES)
        for verb in record.records("verbs"):
            for path, value in [*verb.located("from", str), (verb.at("to"), verb.text("to") or "")]:
                if value and value not in states:
                    context.unknown(path, "state", value, states)
            context.fact(verb, "fact")
            context.refer(verb, "form", "forms")
    for channel in context.spec.records("channels") if context.ids("kinds") else ():
        context.refer_all(channel, "kinds", "kinds")


DEFAULT_STATES: Final = ("new", "working", "pending", "solved", "closed", "cancelled")


def check_flow(context: Context) -> None:
    """Steps name commitments that exist."""
    for record in context.spec.records("flow"):
        context.refer_all(record, "commitments", "commitments")
    _refuse_repeats(context, context.spec.records("flow"), "step")


def check_calendars(context: Context) -> None:
    """Holiday tables are published somewhere, and a date is opened once."""
    for record in context.spec.records("calendars"):
        table = record.text("holidays")
        if table and context.holidays is not None and table not in context.holidays:
            context.unknown(record.at("holidays"), "holiday table", table, context.holidays)
        opened: set[date] = set()
        for day in record.records("open"):
            on = day.get("on", date)
            if on in opened:
                context.document.refuse("duplicate", day.at("on"), N_("{day} stands twice"), day=on)
            opened |= {on} if on else set()


def check_segments(context: Context) -> None:
    """Segments ask about customers; the first that is TRUE is taken, so only the last may ask nothing."""
    records = context.spec.records("segments")
    refuse_early_default(records, context.document)
    for record in records:
        context.ask(record, "when", "customer", columns.of_segment(context.attributes))


def check_duties(context: Context) -> None:
    """Duties and programme lines name what exists; ``for`` shows what they are done to (reading 39)."""
    for record in [*context.spec.records("duties"), *context.spec.records("programme")]:
        context.refer(record, "clause", "clauses")
        context.refer(record, "calendar", "calendars")
        context.refer(record, "form", "forms")
        context.fact(record, "produces")
        _check_every(context, record)
        _check_sample(context, record)
        _check_for(context, record)


def _check_every(context: Context, record: Record) -> None:
    every = record.get("every", Duration)
    if every and not (every.working_days or every.months or (every.seconds and every.seconds % 86_400 == 0)):
        remedy = N_("write 1wd, 1d, 1w, 1mo or 1q")
        context.document.refuse("duration", record.at("every"), N_("a duty comes back by whole days"), remedy=remedy)


def _check_sample(context: Context, record: Record) -> None:
    sample = record.get("sample", Record)
    if sample is None:
        return
    given = [name for name in ("size", "percent", "aql") if name in sample.written]
    if len(given) != 1:
        context.document.refuse("exclusive", sample.path, N_("a sample has exactly one of size, percent and aql"))


def _check_for(context: Context, record: Record) -> None:
    written = record.get("for", Written)
    if written is None:
        context.subjects[record.path] = "posting"
        return
    choices = columns.of_duty(context.attributes)
    everything = {name: type_ for seen in choices.values() for name, type_ in seen.items()}
    found = context.ask_written(written, "posting, unit or customer", everything)
    if found is None:
        return
    fitting = [subject for subject, seen in choices.items() if found.columns <= seen.keys()]
    if not fitting:
        reason = N_("these columns are not all of postings, of units or of customers")
        context.document.refuse("column", written.path, reason)
        return
    context.subjects[record.path] = fitting[0]


def check_forms(context: Context) -> None:
    """Questions of a form or survey stand once; a scale has two ends."""
    for section in ("forms", "surveys"):
        for record in context.spec.records(section):
            _refuse_repeats(context, record.records("questions"), "id")
            context.fact(record, "after")


def check_rules(context: Context) -> None:
    """Rules ask about what ``on`` names."""
    for record in context.spec.records("rules"):
        context.refer(record, "clause", "clauses")
        on = record.text("on")
        if on:
            context.ask(record, "when", on, columns.of_rule(on, context.attributes))


def _refuse_repeats(context: Context, records: Iterable[Record], name: str) -> None:
    seen: set[str] = set()
    for record in records:
        value = record.text(name)
        if value in seen:
            context.document.refuse("duplicate", record.at(name), N_("{name} stands twice"), name=value)
        seen |= {value} if value else set()
