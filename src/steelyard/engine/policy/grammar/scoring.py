"""The sections that say how service is weighed: measures, scorecards and rules."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from steelyard.engine.policy.columns import BASES
from steelyard.engine.policy.grammar.common import CLAUSE_REF, COUNT, ID, LONG_SPAN, SPAN, TEXT, TITLE, id_field
from steelyard.engine.policy.kinds import PERCENT, Choice, Number, Period, Quantity, Question, Text
from steelyard.engine.policy.scoring_kinds import Share
from steelyard.engine.policy.shapes import Either, Field, Later, ListOf, Shape, TupleOf

_COLUMN: Final = Text(100)

BENCHMARK: Final = Shape(
    "benchmark",
    "What others reach.",
    Field("value", Quantity(), "The figure.", required=True),
    Field("source", TEXT, "Where it comes from."),
    Field("year", Number(low=1900, high=2200, whole=True), "Of which year."),
)

MEASURE: Final = Shape(
    "measure",
    "What is counted.",
    id_field("The measure."),
    TITLE,
    CLAUSE_REF,
    Field(
        "kind",
        Choice(("proportion", "mean", "percentile", "nps", "count", "sum", "quotient")),
        "How it is counted.",
        required=True,
    ),
    Field("basis", Choice(tuple(BASES)), "What is counted; a quotient has none."),
    Field("population", Question(), "Which rows are in."),
    Field("exclude", Question(), "Which of them are out: never in scope."),
    Field("except", ListOf(TEXT, least=1), "Reasons that excuse a failure of a proportion."),
    Field("numerator", Question(), "Which rows are hits; of a quotient, a measure."),
    Field("denominator", ID, "Of a quotient: a measure."),
    Field("per", Number(above=0), "Of a quotient: per how many."),
    Field("value", Question(), "What is averaged, added or ranked."),
    Field("p", Number(low=1, high=99, whole=True), "The percentile, 1 to 99."),
    Field("by", _COLUMN, "The instant that puts a row into a period."),
    Field("direction", Choice(("up", "down")), "Which way is better.", default="up"),
    Field("minimum", COUNT, "The fewest rows that make a figure."),
    Field("stratify", ListOf(_COLUMN), "Columns by whose values figures are also given."),
    Field("attribute_to", Choice(("opener", "closer", "holder", "actor")), "Whose row it is.", default="holder"),
    Field("target", Quantity(undecided=True), "What is to be reached."),
    Field(
        "targets",
        ListOf(
            Shape(
                "target",
                "What is to be reached, from when and for whom.",
                Field("from", Period(), "The first period it holds for."),
                Field("when", Question(), "For whom, by subject and stratum."),
                Field("is", Quantity(undecided=True), "The target.", required=True),
                Field("benchmark", BENCHMARK, "What others reach."),
            ),
            least=1,
        ),
        "Targets by period and condition.",
    ),
)

MISSING: Final = Either(
    Choice(("renormalise", "zero")),
    Shape(
        "missing", "The points that stand in.", Field("neutral", Number(low=0, high=100), "The points.", required=True)
    ),
)

POINTS: Final = Shape(
    "points",
    "How a value becomes 0 to 100 points: exactly one of the four.",
    Field("linear", ListOf(TupleOf((Quantity(), Number())), least=1), "[value, points], ascending, clamped."),
    Field("table", ListOf(TupleOf((Quantity(), Number())), least=1), "[at least, points], descending."),
    Field("share", Share(), "Points are the share of this number, or of the target, that was reached."),
    Field(
        "deduct",
        Shape(
            "deduct",
            "Points taken off for each.",
            Field("each", Number(low=0), "Off for each.", required=True),
            Field("from", Number(low=0, high=100), "What one starts with.", default=Fraction(100)),
            Field("floor", Number(low=0, high=100), "What one keeps in any case.", default=Fraction(0)),
        ),
    ),
)

_WEIGHT: Final = Field("weight", Number(above=0, high=100, percent=True), "The share among its siblings, in percent.")

LEAF: Final = Shape(
    "leaf",
    "A measure in the tree.",
    Field("measure", ID, "The measure.", required=True),
    _WEIGHT,
    Field("points", POINTS, "How its value becomes points.", required=True),
    Field("missing", MISSING, "What happens where it has no figure."),
)

NODE: Final[Shape] = Shape(
    "indicator",
    "An indicator of the tree.",
    id_field("The indicator."),
    TITLE,
    _WEIGHT,
    Field("source", Choice(("internal", "external")), "Whose view it is."),
    Field("missing", MISSING, "What happens where it has no score."),
    Field("indicators", ListOf(Later("indicator", lambda: NODE), least=1), "The indicators below it."),
    Field("measures", ListOf(LEAF, least=1), "The measures below it."),
)

SCORECARD: Final = Shape(
    "scorecard",
    "How figures become a score, a grade and a rank.",
    id_field("The scorecard."),
    TITLE,
    CLAUSE_REF,
    Field("of", TEXT, "staff, unit:<kind>, organisation or attribute:<column>.", required=True),
    Field(
        "period", Choice(("day", "week", "month", "quarter", "half", "year")), "How long a period is.", required=True
    ),
    Field("peers", Choice(("role", "none")), "Among whom one is ranked.", default="none"),
    Field("missing", MISSING, "What a child without a score does.", default="renormalise"),
    Field("require", PERCENT, "The share of weight that must really be measured.", default=Fraction(50)),
    Field("tree", ListOf(NODE, least=1), "The indicators.", required=True),
    Field(
        "weights",
        Shape(
            "weights",
            "The weights of the top indicators by comparing them two and two.",
            Field(
                "pairwise",
                ListOf(TupleOf((ID, ID, Number(above=0))), least=1),
                "[a, b, how many times a outweighs b].",
                required=True,
            ),
            Field("consistency_max", Number(low=0, high=1), "The most contradiction allowed.", default=Fraction(1, 10)),
        ),
    ),
    Field(
        "adjustments",
        ListOf(
            Shape(
                "adjustment",
                "Points beside the tree.",
                Field("measure", ID, "The measure.", required=True),
                Field("each", Number(), "Points for each.", required=True),
                Field("cap", Number(), "The most it may come to, on its own side.", required=True),
            )
        ),
        "Bonus and malus.",
    ),
    Field(
        "vetoes",
        ListOf(
            Shape(
                "veto",
                "What lowers the grade whatever the total.",
                Field("measure", ID, "The measure.", required=True),
                Field("from", Quantity(), "The value from which it holds.", required=True),
                Field("cap", ID, "The best grade left.", required=True),
            )
        ),
        "What lowers the grade.",
    ),
    Field(
        "grades",
        ListOf(
            Shape(
                "grade",
                "A grade.",
                id_field("The grade."),
                TITLE,
                Field("from", Number(low=0), "The total from which it holds.", required=True),
            ),
            least=1,
        ),
        "The grades, best first; the last from 0.",
    ),
    Field(
        "cycle",
        ListOf(
            Shape(
                "cycle_step",
                "A step of the assessment.",
                Field("step", ID, "The step.", required=True),
                TITLE,
                Field("by", TEXT, "Who does it."),
                Field("within", SPAN, "How long it may take."),
                Field("instances", COUNT, "How many instances there are."),
            )
        ),
        "How an assessment goes.",
    ),
)

RULE: Final = Shape(
    "rule",
    "What is proposed to a person when something shows.",
    id_field("The rule."),
    TITLE,
    CLAUSE_REF,
    Field("on", Choice(("clock", "response", "inspection", "figure", "grade")), "What it looks at.", required=True),
    Field("when", Question(), "What it looks for."),
    Field("again", COUNT, "How often before it speaks.", default=Fraction(1)),
    Field(
        "do",
        Choice(("finding", "improvement", "training", "coaching", "review", "honour", "coefficient", "notify")),
        "What it proposes.",
        required=True,
    ),
    Field("to", TEXT, "To whom."),
    Field("within", LONG_SPAN, "How soon."),
)
