"""The service-desk pack: sound as it lies there, in three languages, and right about a month told fact by fact."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard import engine
from steelyard.engine.policy import model
from tests.packs import sector
from tests.packs.sector import Result, Story

PACK = "service-desk"
LIN, SUN = {"staff": "lin", "unit": "front-desk"}, {"staff": "sun", "unit": "front-desk"}


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


def test_the_times_that_were_promised_are_those_of_the_clocks() -> None:
    within = {c.id: [branch.value.text for branch in c.within] for c in sector.load(PACK).commitments}
    assert within["chat-reply"] == ["1m"]
    assert within["triage"][0] == "5m"
    assert within["plan"] == ["5wd", "8h", "24h"]
    assert within["plan-review"] == ["2wd"]
    assert within["feedback-reply"] == ["3wd"]
    assert within["complaint-contact"] == ["1h"]
    assert within["complaint-resolve"] == ["5wd", "24h"]
    assert within["first-week"] == ["5wd"]


def test_a_person_is_weighed_forty_thirty_thirty() -> None:
    (card,) = (card for card in sector.load(PACK).scorecards if card.id == "staff-monthly")
    assert [(node.id, node.weight) for node in card.tree if isinstance(node, model.Node)] == [
        ("quality", 40),
        ("efficiency", 30),
        ("satisfaction", 30),
    ]


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """March 2026 of lin, who serves, and sun, who takes complaints; technical-support and supplies review."""
    story = Story(tmp_path_factory.mktemp("desk") / "ledger")
    organisation(story)
    requests(story)
    complaints(story)
    looks(story)
    return story.assess(PACK, "2026-03")


def organisation(story: Story) -> None:
    at = "2026-01-01 00:00"
    places = [("service-centre", None, "department"), ("front-desk", "service-centre", "group")]
    places += [(unit, None, "department") for unit in ("technical-support", "supplies", "quality")]
    for unit, parent, kind in [*places, ("store-one", "supplies", "store")]:
        story.tell("unit", at, unit, about="unit", unit=unit, parent=parent, kind=kind, name=unit)
    posted = {"lin": "front-desk", "sun": "front-desk", "gao": "technical-support", "wu": "supplies"}
    for staff, unit in posted.items():
        story.tell(
            "posted", at, staff, about="staff", staff=staff, unit=unit, role="agent", attributes={"entry": "move"}
        )
    story.tell("posted", "2026-03-02 09:00", "xu", about="staff", staff="xu", unit="front-desk", role="agent")
    story.tell(
        "training.completed",
        "2026-03-09 17:59",
        "xu",
        about="staff",
        staff="xu",
        unit="front-desk",
        course="induction",
        hours=30,
        passed=True,
    )
    story.tell("store.counted", "2026-03-31 17:00", "store-one", about="unit", unit="store-one")


def requests(story: Story) -> None:
    """Twelve requests on Monday the 9th at ten. The eleventh is planned a second late; the twelfth is complex."""
    for number in range(1, 13):
        case = f"R{number:02d}"
        complex_ = number == 12
        story.tell(
            "opened",
            "2026-03-09 10:00",
            case,
            unit="front-desk",
            attributes={"kind": "request", "channel": "phone", "tier": "general", "lead": "lin"},
        )
        judged = {"complexity": "complex"} if complex_ else {"template": "standard"}
        story.tell("classified", f"2026-03-09 10:0{6 if complex_ else 4}", case, **LIN, attributes=judged)
        planned = {11: "2026-03-10 10:00:01", 12: "2026-03-13 12:00"}.get(number, "2026-03-09 16:00")
        finish = "2026-03-20T18:00+08:00" if complex_ else "2026-03-11T18:00+08:00"
        story.tell("planned", planned, case, **LIN, finish_by=finish)
        story.tell("solved", "2026-03-20 18:30" if complex_ else "2026-03-11 17:00", case, **LIN)
    for unit, staff, at in [("technical-support", "gao", "2026-03-11 18:00"), ("supplies", "wu", "2026-03-11 18:01")]:
        story.tell("review_requested", "2026-03-09 11:00", "R12", unit=unit)
        story.tell("reviewed", at, "R12", staff=staff, unit=unit)
    for task, done in [("measure", "2026-03-10 12:00"), ("fit", "2026-03-11 16:30")]:
        story.tell("task.set", "2026-03-09 16:10", "R01", **LIN, task=task, due_at="2026-03-11T12:00+08:00")
        story.tell("task_done", done, "R01", **LIN, task=task)


def complaints(story: Story) -> None:
    """Five complaints on Tuesday the 10th at nine. The last is complex, and heard of a second after the hour."""
    for number in range(1, 6):
        case = f"C{number:02d}"
        complex_ = number == 5
        kind = {"kind": "complaint", "channel": "complaint-line", "tier": "general", "cause": "delay"}
        story.tell(
            "opened",
            "2026-03-10 09:00",
            case,
            unit="front-desk",
            attributes={**kind, **({"complexity": "complex"} if complex_ else {})},
        )
        story.tell("contacted", "2026-03-10 10:00:01" if complex_ else "2026-03-10 10:00", case, **SUN)
        story.tell("solved", "2026-03-17 18:00" if complex_ else "2026-03-11 09:00", case, **SUN)
        story.tell("informed", "2026-03-18 18:00" if complex_ else "2026-03-13 09:00", case, **SUN)


def looks(story: Story) -> None:
    """What is said and seen of lin: chats, inspections, answers, one praise."""
    for number in range(1, 11):
        chat = f"T{number:02d}"
        wait = 90 if number == 10 else 30
        story.tell(
            "contact.offered", f"2026-03-12 11:{number:02d}", chat, about="contact", unit="front-desk", channel="chat"
        )
        story.tell(
            "contact.answered", f"2026-03-12 11:{number + wait // 60:02d}:{wait % 60:02d}", chat, about="contact", **LIN
        )
    story.tell("contact.offered", "2026-03-12 12:00:00", "T11", about="contact", unit="front-desk", channel="chat")
    story.tell("contact.abandoned", "2026-03-12 12:00:03", "T11", about="contact", unit="front-desk")
    for number in range(1, 5):
        day = f"2026-03-{number * 7 - 4:02d} 15:00"
        story.tell(
            "inspection.done",
            day,
            f"I{number}",
            about="inspection",
            **LIN,
            form="conversation-form",
            form_version=1,
            method="monitoring",
            score=86,
            inspector="qi",
        )
        story.tell(
            "inspection.done",
            day,
            f"J{number}",
            about="inspection",
            **LIN,
            form="record-form",
            form_version=1,
            method="work-record",
            score=92,
            inspector="qi",
        )
    for number in range(1, 11):
        case, invitation = f"R{number:02d}", f"V{number:02d}"
        scores = {
            "attitude": 5,
            "result": 5 if number < 3 else 4,
            "timeliness": 5 if number < 3 else 4,
            "satisfied": 5 if number < 6 else 4,
        }
        answers = [{"question": q, "score": s, "scale_min": 1, "scale_max": 5} for q, s in scores.items()]
        story.tell(
            "survey.invited", "2026-03-12 09:00", invitation, about="response", **LIN, survey="after-service", case=case
        )
        story.tell(
            "survey.answered",
            "2026-03-12 20:00",
            invitation,
            about="response",
            **LIN,
            survey="after-service",
            case=case,
            answers=answers,
        )
    story.tell("survey.invited", "2026-03-12 09:00", "V11", about="response", **LIN, survey="after-service", case="R11")
    story.tell("mark.praised", "2026-03-16 10:00", "M1", about="mark", **LIN, upheld=True)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("chat-on-time", "9/10 ok"),  # who left after three seconds is out
        ("triage-on-time", "11/12 ok"),
        ("plan-on-time", "11/12 ok"),
        ("simple-plans-on-time", "10/11 ok"),
        ("complex-plans-on-time", "1/1 insufficient"),  # within five working days …
        ("complex-plans-in-three-days", "0/1 insufficient"),  # … and not within three
        ("reviews-on-time", "1/2 insufficient"),
        ("tasks-on-time", "1/2 insufficient"),
        ("delivery-on-time", "11/12 ok"),
        ("reopen-rate", "0/12 ok"),
        ("response-rate", "10/11 insufficient"),  # one row an invitation, however many questions it had
        ("complainants-contacted", "4/5 ok"),
        ("general-complaints-on-time", "4/4 insufficient"),
        ("complex-complaints-on-time", "1/1 insufficient"),
        ("complaints-resolved-on-time", "5/5 ok"),
        ("results-told", "1/5 ok"),
        ("causes-named", "5/5 ok"),
        ("induction-on-time", "1/1 ok"),  # who only moved was not asked
        ("requests", "12/1 ok"),
    ],
)
def test_the_month_comes_out_as_told(march: Result, measure: str, expected: str) -> None:
    assert march.figure(measure) == expected


def test_a_late_review_belongs_to_the_department_that_was_late(march: Result) -> None:
    assert march.figure("reviews-on-time", "technical-support", "unit:department") == "1/1 insufficient"
    assert march.figure("reviews-on-time", "supplies", "unit:department") == "0/1 insufficient"


def test_duties_due_in_the_month_are_counted_whether_done_or_not(march: Result) -> None:
    """Done: the stocktaking, four weeks of listening to lin, the month's reading of lin's records.

    Due: seven of single units (the public page, the evaluation, the meeting, the analysis, the roster, the team's day,
    the stocktaking), 4 weeks and a month of checks for 5 people (20 + 5), 4 patrols, calling back, the store's quarter,
    and the quarter's check of 4 departments.
    """
    assert march.figure("duties-done") == "6/42 ok"


def test_the_persons_month_is_weighed_as_by_hand(march: Result) -> None:
    """quality 0.6·82 + 0.2·94 + 0.2·100 = 88 · efficiency 0.3·80 + 0.3·80 + 0.2·100 + 0.2·80 = 84, for the request
    judged too late was nobody's yet and counts for the desk only · satisfaction 0.4·95 + 0.2·(100 + 90 + 90) = 94 ·
    35.2 + 25.2 + 28.2 = 88.6, one praise +1."""
    assert march.score("staff-monthly", "lin", "quality")[0] == "88.00"
    assert march.score("staff-monthly", "lin", "efficiency")[0] == "84.00"
    assert march.score("staff-monthly", "lin", "satisfaction")[0] == "94.00"
    assert march.total("staff-monthly", "lin") == ("89.60", "good", "ok")


def test_who_was_hardly_seen_is_not_graded(march: Result) -> None:
    assert march.total("staff-monthly", "sun")[1:] == (None, "no_data")


def test_the_month_of_the_whole_service_has_a_grade(march: Result) -> None:
    total, grade, status = march.total("house-monthly", "")
    assert status == "ok"
    assert grade in ("good", "pass")
    assert float(total) > 65


def test_a_report_is_made_of_a_month_without_anything(tmp_path: Path) -> None:
    """What never happened is no data, and no failure."""
    story = Story(tmp_path / "ledger")
    story.tell("opened", "2026-02-27 10:00", "R01", unit="front-desk", attributes={"kind": "request"})
    assert story.assess(PACK, "2026-03").total("house-monthly", "")[1:] == (None, "no_data")
