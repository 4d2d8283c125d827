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
        "How it is counted; it decides which of the keys below belong to it.",
        required=True,
    ),
    Field("basis", Choice(tuple(BASES)), "What a row is, see the bases; every kind but quotient asks for it."),
    Field("population", Question(), "Which rows are in; without it all."),
    Field("exclude", Question(), "Which of those are out: never in scope."),
    Field("except", ListOf(TEXT, least=1), "Of a proportion: reasons of exceptions that excuse a row that is no hit."),
    Field(
        "numerator", Question(), "Of a proportion: which rows are hits. Of a quotient: the id of the measure divided."
    ),
    Field("denominator", ID, "Of a quotient: the measure it is divided by."),
    Field("per", Number(above=0), "Of a quotient: per how many, such as 1000; without it 1."),
    Field("value", Question(), "Of mean, sum, percentile and nps: the number each row gives."),
    Field("p", Number(low=1, high=99, whole=True), "Of a percentile: which one; 50 is the median."),
    Field("by", _COLUMN, "The instant that puts a row into a period; without it that of the basis."),
    Field("direction", Choice(("up", "down")), "Which way is better.", default="up"),
    Field(
        "minimum",
        COUNT,
        "Of proportion, mean, nps and percentile: the fewest rows that make a figure, below it is insufficient. "
        "Without it 1, and 20 where a scorecard of staff uses the measure.",
    ),
    Field("stratify", ListOf(_COLUMN), "Columns by whose values figures are also given."),
    Field("attribute_to", Choice(("opener", "closer", "holder", "actor")), "Whose row it is.", default="holder"),
    Field(
        "target", Quantity(undecided=True), "What is to be reached, in the measure's unit; undecided in a draft only."
    ),
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
        "Instead of target: targets by period and condition; of those that hold, the one begun last.",
    ),
)

MISSING: Final = Either(
    Choice(("renormalise", "zero")),
    Shape(
        "missing",
        "Points that stand in.",
        Field("neutral", Number(low=0, high=100), "The points counted instead.", required=True),
    ),
)

POINTS: Final = Shape(
    "points",
    "How a value becomes 0 to 100 points: exactly one of the four.",
    Field(
        "linear",
        ListOf(TupleOf((Quantity(), Number())), least=1),
        "[value, points] with values ascending; straight lines between, level beyond the ends.",
    ),
    Field(
        "table",
        ListOf(TupleOf((Quantity(), Number())), least=1),
        "[at least, points], descending; below the last 0. With direction down [at most, points], ascending.",
    ),
    Field("share", Share(), "Points are the share of this number, or of the target, that was reached."),
    Field(
        "deduct",
        Shape(
            "deduct",
            "Points taken off: from - each * value, not below the floor.",
            Field("each", Number(low=0), "Points off for each.", required=True),
            Field("from", Number(low=0, high=100), "What one starts with.", default=Fraction(100)),
            Field("floor", Number(low=0, high=100), "What one keeps in any case.", default=Fraction(0)),
        ),
    ),
)

_WEIGHT: Final = Field(
    "weight",
    Number(above=0, high=100, percent=True),
    "The share among its siblings, which sum to 100; left out by an only child and where comparison gives it.",
)

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
    Field(
        "missing",
        MISSING,
        "What happens where a child has no score: its weight is left out, it counts 0, or it counts neutral.",
        default="renormalise",
    ),
    Field(
        "require",
        PERCENT,
        "The share of weight that must really be measured; below it no grade and no rank.",
        default=Fraction(50),
    ),
    Field("tree", ListOf(NODE, least=1), "The indicators, weighed from below.", required=True),
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
                Field("cap", Number(), "The most it may come to; of the same sign as each.", required=True),
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
                Field("cap", ID, "The best grade that is left; the total stays.", required=True),
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
    Field("again", COUNT, "How often it must show before something is proposed.", default=Fraction(1)),
    Field(
        "do",
        Choice(("finding", "improvement", "training", "coaching", "review", "honour", "coefficient", "notify")),
        "What it proposes.",
        required=True,
    ),
    Field("to", TEXT, "To whom."),
    Field("within", LONG_SPAN, "How soon."),
)
