"""The sections that say how one serves: lifecycle, clauses, kinds, calendars, commitments, duties, forms, surveys."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from steelyard.engine.policy import names
from steelyard.engine.policy.columns import ATTRIBUTE_OWNERS
from steelyard.engine.policy.grammar.common import (
    CLAUSE_REF,
    COUNT,
    FACT,
    FACTS,
    ID,
    LONG_SPAN,
    SPAN,
    TEXT,
    TEXTS,
    TITLE,
    id_field,
)
from steelyard.engine.policy.kinds import PERCENT, Choice, Day, Id, Multilingual, Number, Question, Text, Truth
from steelyard.engine.policy.moments import WEEKDAYS, EscalationMoment, Openings, Until, Week
from steelyard.engine.policy.shapes import Either, Field, ListOf, MapOf, Shape, WhenList

LIFECYCLE: Final = Shape(
    "lifecycle",
    "Who answers for the policy and from when it holds.",
    Field("owner", TEXT, "The department that answers for the policy."),
    Field("review_by", TEXT, "Who reviews a draft."),
    Field("approve_by", TEXT, "Who approves it."),
    Field(
        "pilot",
        Shape(
            "pilot",
            "Where and when the draft is tried.",
            Field("units", TEXTS, "The units that try it."),
            Field("staff", TEXTS, "The staff who try it."),
            Field("customers", TEXTS, "The customers with whom it is tried."),
            Field("from", Day(), "First day."),
            Field("to", Day(), "Last day."),
        ),
    ),
    Field("ack_coverage", PERCENT, "The share of staff that must have read it."),
    Field("effective", Day(), "The day from which it holds, to the next version's; without it the policy is a draft."),
    Field("review_every", LONG_SPAN, "How often it is looked at again."),
)

ATTRIBUTE: Final = Shape(
    "attribute",
    "A column attr.<name> of rows.",
    Field("name", Id(names.ATTRIBUTE), "What stands after attr. in a condition.", required=True),
    Field("type", Choice(("text", "integer", "number", "boolean", "instant")), "What its values are.", required=True),
    Field("of", Choice(ATTRIBUTE_OWNERS), "What it is an attribute of.", required=True),
)

FACT_KIND: Final = Shape(
    "fact_kind",
    "A kind of fact beyond those the engine knows.",
    Field("kind", FACT, "Its name, <app>.<past-tense verb>.", required=True),
    Field("about", ID, "What such facts are about: case, customer …"),
)

CLAUSE: Final = Shape(
    "clause",
    "One clause of the written policy.",
    id_field("Its number, such as 2.1.", Id(names.CLAUSE)),
    TITLE,
    Field("text", Multilingual(), "The clause in words, by language."),
    Field("owner", TEXT, "The department that answers for it."),
    Field(
        "measured",
        Choice(("by", "text", "not_yet")),
        "by: something below makes it good; text: nothing is to be measured; not_yet: see because.",
        default="text",
    ),
    Field("because", TEXT, "Why it is not measured yet; asked for where measured is not_yet."),
    Field("basis", TEXTS, "Laws, standards and rules it rests on."),
    Field("publish", Truth(), "Whether customers may read it.", default=False),
)

CHANNEL: Final = Shape(
    "channel",
    "A way in.",
    id_field("The channel as facts name it."),
    TITLE,
    Field("owner", TEXT, "The unit responsible."),
    Field("kinds", ListOf(ID), "The kinds of case it takes."),
)

STATE: Final = Shape(
    "state",
    "A state of a kind of case.",
    id_field("The state."),
    TITLE,
    Field("is", Choice(("open", "waiting", "solved", "closed", "cancelled")), "What it counts as.", required=True),
)

VERB: Final = Shape(
    "verb",
    "What may be done to a case: it moves the state and appends its fact.",
    Field("verb", ID, "The verb.", required=True),
    TITLE,
    Field("from", ListOf(ID, least=1), "The states it starts from.", required=True),
    Field("to", ID, "The state it leads to.", required=True),
    Field("by", TEXTS, "The roles that may do it."),
    Field("fact", FACT, "The fact it appends.", required=True),
    Field("form", ID, "The form filled in with it."),
)

CASE_KIND: Final = Shape(
    "case_kind",
    "A kind of case with its life; without states and verbs it has the default flow.",
    id_field("The kind as facts name it."),
    TITLE,
    Field("facets", ListOf(ID), "What a case of this kind has beyond the common, such as plan or acceptance."),
    Field("confidential", Truth(), "Whether only those concerned may see it.", default=False),
    Field("states", ListOf(STATE, least=1), "Its states, the first one first."),
    Field("verbs", ListOf(VERB), "What moves it."),
)

STEP: Final = Shape(
    "flow_step",
    "A step of the process as it is drawn.",
    Field("step", ID, "The step.", required=True),
    TITLE,
    Field("by", TEXT, "The role that does it."),
    Field("commitments", ListOf(ID), "The promises that hold in it."),
    Field("manual", Either(TEXT, Multilingual()), "How it is done."),
)

CALENDAR: Final = Shape(
    "calendar",
    "Working hours.",
    id_field("The calendar."),
    TITLE,
    Field(
        "hours", Week(), "Openings by weekday: mon-fri: ['08:30-12:00', '13:30-18:00']; over midnight '22:00-30:00'."
    ),
    Field("holidays", Text(100), "The published table of holidays and make-up days, such as CN."),
    Field(
        "makeup_as",
        Choice(WEEKDAYS),
        "The weekday whose hours a make-up day takes; without it a make-up day has those of its own.",
    ),
    Field(
        "open",
        ListOf(
            Shape(
                "open_day",
                "A date with hours of its own.",
                Field("on", Day(), "The date.", required=True),
                Field("hours", Openings(), "Its openings.", required=True),
            )
        ),
        "Dates with hours of their own.",
    ),
    Field("closed", ListOf(Day()), "Dates without hours, whatever else says so."),
)

SEGMENT: Final = Shape(
    "segment",
    "A tier of customers; the first whose condition is TRUE is taken.",
    id_field("The tier."),
    TITLE,
    Field("when", Question(), "Who belongs to it; the last may omit it."),
    Field("valid", LONG_SPAN, "How long a customer stays in it."),
)

COMMITMENT: Final = Shape(
    "commitment",
    "A promise with a clock.",
    id_field("The promise."),
    TITLE,
    CLAUSE_REF,
    Field("about", Choice(("case", "contact", "posting", "duty")), "Whose facts run the clock.", default="case"),
    Field("each", Id(names.ATTRIBUTE), "A clock for each value of staff, unit or a name in the starting facts' data."),
    Field("applies", Question(), "For which of them it is promised; without it for all."),
    Field("starts", FACTS, "The facts that start the clock.", required=True),
    Field("stops", FACTS, "The facts that stop it; exactly at the due is in time.", required=True),
    Field(
        "pauses",
        Shape(
            "pauses",
            "When the clock stands still.",
            Field("from", FACTS, "The facts that pause it.", required=True),
            Field("to", FACTS, "The facts that let it run again.", required=True),
            Field("limit", SPAN, "How long it may stand still; then it runs again."),
        ),
    ),
    Field(
        "on_reopen",
        Choice(("resume", "ignore", "restart")),
        "resume: what was met is taken back, what was left runs on; ignore: nothing; restart: a further clock.",
        default="resume",
    ),
    Field("within", WhenList(SPAN), "How long it may take; this or until."),
    Field(
        "until",
        Until(),
        "The kind of fact and the name in its data that hold the instant promised, such as booked.window_to.",
    ),
    Field("grace", SPAN, "How much later than that instant is still in time."),
    Field("aim", WhenList(SPAN), "What one aims for; missing it warns."),
    Field(
        "time",
        Choice(("elapsed", "working")),
        "Which time counts: every hour, or open hours. Without it wd is working, anything else elapsed.",
    ),
    Field(
        "working_days",
        Choice(("close", "same_time")),
        "When the last of the working days ends: at its last closing, or at the time of day of the start.",
        default="close",
    ),
    Field("calendar", WhenList(ID), "The working hours; without one the policy's first calendar."),
    Field("warn", Number(above=0, high=100, percent=True), "The share of the time after which one is warned."),
    Field(
        "escalate",
        ListOf(
            Shape(
                "escalation",
                "Who is told when.",
                Field("at", EscalationMoment(), "warn, due or due+1h.", required=True),
                Field("to", TEXT, "The role told.", required=True),
            )
        ),
        "Who is told when.",
    ),
)

SAMPLE: Final = Shape(
    "sample",
    "How much is looked at: exactly one of size, percent and aql.",
    Field("size", COUNT, "So many."),
    Field("percent", Number(above=0, high=100, percent=True), "Such a share."),
    Field("aql", Number(above=0, high=1_000), "Acceptance sampling at this quality limit."),
    Field("per", ID, "Of whose work each time: staff, unit …"),
    Field("stratify", ListOf(TEXT), "Spread over the values of these columns."),
    Field("seed", Number(low=0, whole=True), "The seed that makes the choice repeatable."),
)

_DUTY: Final = (
    id_field("The duty."),
    TITLE,
    CLAUSE_REF,
    Field("who", TEXT, "The role that does it."),
    Field("every", LONG_SPAN, "How often: 1wd, 1w, 1mo, 1q …", required=True),
    Field("for", Question(), "To which postings, units or customers: whichever has all the columns it names."),
    Field("produces", FACT, "The fact that shows it was done.", required=True),
    Field("optional", Truth(), "Whether leaving it out is no miss.", default=False),
    Field("calendar", ID, "The working hours; without one the policy's first calendar."),
)

DUTY: Final = Shape("duty", "A commitment that comes again and again.", *_DUTY)

PROGRAMME: Final = Shape(
    "programme_line",
    "A line of the evaluation programme: who looks at what, how often and how.",
    *_DUTY,
    Field("look_at", ID, "What is looked at, such as calls."),
    Field("method", ID, "How, such as dial-test."),
    Field("form", ID, "The form that is filled in."),
    Field("sample", SAMPLE, "How much is looked at."),
    Field("by", TEXT, "The role that looks."),
    Field("on", ListOf(TEXT), "Events that call for it besides, such as major_fault."),
    Field("report_to", TEXT, "Who hears of it."),
    Field("independence", TEXT, "Whose work one may not look at, such as not_own_unit."),
)

FORM: Final = Shape(
    "form",
    "A versioned score form.",
    id_field("The form."),
    Field("version", COUNT, "Its version.", default=Fraction(1)),
    TITLE,
    Field(
        "questions",
        ListOf(
            Shape(
                "form_question",
                "A question of a form.",
                id_field("The question."),
                TITLE,
                Field("weight", Number(low=0), "Its weight."),
                Field("points", MapOf(Number()), "The points of each answer, by answer."),
                Field("na", Truth(), "Whether it may be left out.", default=False),
                Field("critical", Truth(), "Whether failing it fails the whole.", default=False),
            ),
            least=1,
        ),
        "What it asks.",
        required=True,
    ),
)

SURVEY: Final = Shape(
    "survey",
    "A survey of customers.",
    id_field("The survey."),
    TITLE,
    Field("after", FACTS, "The facts after which it goes out."),
    Field("valid", LONG_SPAN, "How long it may be answered."),
    Field(
        "questions",
        ListOf(
            Shape(
                "survey_question",
                "A question of a survey.",
                id_field("The question."),
                TITLE,
                Field("type", Choice(("scale", "nps", "choice", "text")), "How it is answered.", default="scale"),
                Field("min", Number(), "The lowest value of a scale."),
                Field("max", Number(), "The highest value of a scale."),
                Field("choices", ListOf(ID), "The answers to choose from."),
            ),
            least=1,
        ),
        "What it asks.",
        required=True,
    ),
)
