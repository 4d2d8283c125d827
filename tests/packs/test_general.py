"""The general pack: sound as it lies there, in three languages, and right about a quarter told fact by fact."""

from __future__ import annotations

import pytest

from steelyard import engine
from steelyard.engine.policy import model
from tests.packs import sector
from tests.packs.sector import Result, Story

PACK = "general"
CHEN = {"staff": "chen", "unit": "service-centre"}
WEI = {"staff": "wei", "unit": "technical-support"}
ZHOU = {"staff": "zhou", "unit": "quality"}


def test_the_pack_loads_and_its_own_tests_pass() -> None:
    policy = sector.load(PACK)
    assert engine.check(policy) == []
    assert {type(test) for test in policy.tests} == {model.ClockTest, model.ScoreTest}


def test_every_clause_that_says_it_is_measured_is() -> None:
    assert engine.coverage(sector.load(PACK)).findings == ()


def test_everything_people_read_is_there_in_three_languages() -> None:
    assert sector.wrong_texts(PACK) == []
    assert list(sector.untitled(sector.raw(PACK))) == []


def test_the_page_lists_each_clause_with_what_measures_it() -> None:
    assert sector.documented(PACK) == sector.covered(PACK)


def test_every_department_is_assessed_each_quarter_and_a_change_needs_review_and_approval() -> None:
    policy = sector.load(PACK)
    (card,) = (card for card in policy.scorecards if card.of == "unit:department")
    assert card.period == "quarter"
    assert (policy.lifecycle.review_by, policy.lifecycle.approve_by) == ("quality", "executive")
    assert {"revision-review", "revision-approval"} <= {commitment.id for commitment in policy.commitments}


def test_the_weights_compared_two_and_two_are_fifty_and_twice_twenty_five() -> None:
    (card,) = (card for card in sector.load(PACK).scorecards if card.id == "department-quarterly")
    assert [(node.id, node.weight) for node in card.tree if isinstance(node, model.Node)] == [
        ("voices", 50),
        ("promptness", 25),
        ("work", 25),
    ]


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The first quarter of 2026 of chen in the service centre and wei in technical support."""
    story = Story(tmp_path_factory.mktemp("general") / "ledger")
    for unit in ("service-centre", "technical-support", "quality"):
        story.tell("unit", "2026-01-01 00:00", unit, about="unit", unit=unit, kind="department", name=unit)
    for who in (CHEN, WEI, ZHOU):
        place = {**who, "role": "agent", "attributes": {"entry": "move"}}
        story.tell("posted", "2026-01-01 00:00", who["staff"], about="staff", **place)
    requests(story)
    supervision(story)
    looks(story)
    return story.assess(PACK, "2026-Q1")


def requests(story: Story) -> None:
    """Ten for each department on Monday 2 March at ten, and one that begins with chen and is handed to wei.

    Of chen's ten, the last is replied to a minute late and done the day after its due.
    """
    for number in range(1, 11):
        last = number == 10
        replied, solved = "10:31" if last else "10:10", "2026-03-04 10:00" if last else "2026-03-03 17:00"
        request(story, f"S{number:02d}", CHEN, f"2026-03-02 {replied}", solved)
        request(story, f"T{number:02d}", WEI, "2026-03-02 11:00", "2026-03-05 18:00")
    request(story, "H01", CHEN, "2026-03-02 10:20", None)
    story.tell("handed_over", "2026-03-02 15:00", "H01", **WEI, attributes={"department": "technical-support"})
    story.tell("solved", "2026-03-05 12:00", "H01", **WEI)


def request(story: Story, case: str, who: dict[str, str], replied: str, solved: str | None) -> None:
    about = {"kind": "request", "channel": "phone", "department": who["unit"]}
    story.tell("opened", "2026-03-02 10:00", case, **who, attributes=about)
    story.tell("responded", replied, case, **who)
    if solved:
        story.tell("solved", solved, case, **who)


def supervision(story: Story) -> None:
    """Two findings at technical support, one put right by its deadline, one without any and never; one complaint."""
    dated = {"kind": "finding", "channel": "inside", "fix_by": "2026-03-13T18:00+08:00"}
    story.tell("opened", "2026-03-09 10:00", "F01", **WEI, attributes=dated)
    story.tell("solved", "2026-03-13 18:00", "F01", **WEI)
    story.tell("closed", "2026-03-20 18:00", "F01", **WEI, actor="zhou")
    story.tell("opened", "2026-03-09 10:00", "F02", **WEI, attributes={"kind": "finding", "channel": "inside"})
    complaint = {"kind": "complaint", "channel": "email", "cause": "delay"}
    story.tell("opened", "2026-03-10 10:00", "C01", unit="quality", attributes=complaint)
    story.tell("contacted", "2026-03-11 18:00", "C01", **ZHOU)
    story.tell("solved", "2026-03-16 10:00", "C01", **ZHOU)
    story.tell("informed", "2026-03-18 09:00", "C01", **ZHOU)


def looks(story: Story) -> None:
    """Inspections of chen and of the service centre, ten answers about chen, a justified complaint about wei."""
    for number, (form, method, score) in enumerate(
        [("process-form", "work-record", 80), ("conduct-form", "monitoring", 95)] * 3
    ):
        seen = {"form": form, "form_version": 1, "method": method, "score": score, "critical": False}
        story.tell("inspection.done", "2026-03-17 15:00", f"I{number}", about="inspection", **CHEN, **seen)
    audit = {"form": "department-form", "form_version": 1, "method": "audit", "score": 88, "critical": False}
    story.tell("inspection.done", "2026-03-18 15:00", "D1", about="inspection", unit="service-centre", **audit)
    for number in range(1, 11):
        score = {"question": "satisfied", "score": 5 if number < 3 else 4, "scale_min": 1, "scale_max": 5}
        of = {"survey": "after-service", "case": f"S{number:02d}"}
        story.tell("survey.invited", "2026-03-05 09:00", f"V{number}", about="response", **CHEN, **of)
        story.tell("survey.answered", "2026-03-05 20:00", f"V{number}", about="response", **CHEN, **of, answers=[score])
    story.tell("mark.complained", "2026-03-16 10:00", "M1", about="mark", **WEI, upheld=True, severity=1)


@pytest.mark.parametrize(
    ("measure", "subject", "expected"),
    [
        ("responded-on-time", "service-centre", "10/11 ok"),  # who replied keeps the reply, though the request moved on
        ("responded-on-time", "technical-support", "10/10 ok"),
        ("resolved-on-time", "service-centre", "9/10 ok"),
        ("resolved-on-time", "technical-support", "11/11 ok"),  # the hand-over brought three days instead of one
        ("rectified-on-time", "technical-support", "1/2 ok"),
        ("complainants-called", "quality", "1/1 insufficient"),
        ("complaints-answered", "quality", "0/1 insufficient"),
    ],
)
def test_a_department_is_counted_by_its_own_limits(quarter: Result, measure: str, subject: str, expected: str) -> None:
    assert quarter.figure(measure, subject, "unit:department") == expected


def test_the_departments_quarter_is_weighed_as_by_hand(quarter: Result) -> None:
    """voices (0.6·90 + 0.2·100) / 0.8 = 92.5, nobody was called back · promptness 0.4·80 + 0.6·100 = 92 ·
    work 0.4·70 + 0.2·100 + 0.15·100 + 0.25·80 = 83, no finding · 46.25 + 23 + 20.75 = 90, just excellent."""
    assert quarter.score("department-quarterly", "service-centre", "voices")[0] == "92.50"
    assert quarter.score("department-quarterly", "service-centre", "promptness")[0] == "92.00"
    assert quarter.score("department-quarterly", "service-centre", "work")[0] == "83.00"
    assert quarter.total("department-quarterly", "service-centre") == ("90.00", "excellent", "ok")


def test_the_persons_quarter_is_weighed_as_by_hand(quarter: Result) -> None:
    """work 0.4·100 + 0.4·70 + 0.2·100 = 88 · promptness 80 · voices 90 · 35.2 + 24 + 27."""
    assert quarter.total("staff-quarterly", "chen") == ("86.20", "good", "ok")


def test_checks_that_were_due_and_not_made_are_missed(quarter: Result) -> None:
    """The quality department checked the service centre; technical support and itself it did not."""
    done, due = quarter.figure("checks-done").split()[0].split("/")
    assert 0 < int(done) < int(due)
