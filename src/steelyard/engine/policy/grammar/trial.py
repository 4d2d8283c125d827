"""The tests a policy carries with it: facts and the clocks they give, figures and the score they come to."""

from __future__ import annotations

from typing import Final

from steelyard.engine.policy.document import Document, Entries, Node
from steelyard.engine.policy.grammar.common import FACT, ID, TEXT, id_field
from steelyard.engine.policy.kinds import Instant, Kind, Schema, TextOrNull
from steelyard.engine.policy.scoring_kinds import Given
from steelyard.engine.policy.shapes import Field, Free, ListOf, MapOf, Shape

_ROW: Final = (
    "about case commitment n key started_at due_at stopped_at judged_at elapsed_s paused_s budget_s state staff unit "
    "exception provisional"
)

CLOCK_TEST: Final = Shape(
    "clock_test",
    "Facts, an as-of, and the clock rows they must give.",
    id_field("The test."),
    Field(
        "facts",
        ListOf(
            Shape(
                "test_fact",
                "A fact.",
                Field("kind", FACT, "Its kind.", required=True),
                Field("at", Instant(), "When it happened.", required=True),
                Field("staff", TextOrNull(), "Who held it."),
                Field("unit", TextOrNull(), "The unit that held it."),
                Field("actor", TextOrNull(), "Who did it."),
                Field("about", TEXT, "The id of what it is about."),
                Field("attributes", Free(), "Attributes it sets."),
                Field("data", Free(), "Other values it holds."),
            ),
            least=1,
        ),
        "What happened.",
        required=True,
    ),
    Field("as_of", Instant(), "The instant at which one looks.", required=True),
    Field(
        "expect",
        ListOf(
            Shape(
                "expected_clock",
                "A row of clocks; only the fields given are compared.",
                *(
                    Field(name, TextOrNull(), f"The column {name} of clocks.", required=name == "commitment")
                    for name in _ROW.split()
                ),
            )
        ),
        "The clock rows; state: none says that there is none.",
        required=True,
    ),
)

SCORE_TEST: Final = Shape(
    "score_test",
    "Values or statuses of measures and nodes, and the score they must give.",
    id_field("The test."),
    Field("scorecard", ID, "The scorecard.", required=True),
    Field("given", MapOf(Given()), "A value or a status by measure or node.", required=True),
    Field(
        "expect",
        Shape(
            "expected_score",
            "Only the fields given are compared.",
            Field("total", TextOrNull(), "The total."),
            Field("grade", TextOrNull(), "The grade's id; null for none."),
            Field("status", TextOrNull(), "ok, insufficient or no_data."),
        ),
        "What it must come to.",
        required=True,
    ),
)


class TestKind(Kind):
    """A clock test, or a score test where a scorecard is named."""

    def read(self, node: Node, document: Document) -> object | None:
        is_score = isinstance(node, Entries) and not {"scorecard", "given"}.isdisjoint(node.entries)
        return (SCORE_TEST if is_score else CLOCK_TEST).read(node, document)

    def schema(self) -> Schema:
        return {"anyOf": [CLOCK_TEST.schema(), SCORE_TEST.schema()]}
