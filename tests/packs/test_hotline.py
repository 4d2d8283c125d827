"""The hotline pack: sound as it lies there, in three languages, and right about a month told fact by fact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard import engine
from steelyard.engine.policy import model
from tests.packs import sector
from tests.packs.sector import Result, Story

PACK = "hotline"
LIN = {"staff": "lin", "unit": "voice-a"}
HE = {"staff": "he", "unit": "text-desk"}
ZHOU = {"staff": "zhou", "unit": "quality"}
GAO = {"staff": "gao", "unit": "support"}


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


def test_who_looks_how_often_is_as_the_custom_of_hotlines_has_it() -> None:
    lines = {line.id: line for line in sector.load(PACK).programme}
    assert {name: line.every.text for name, line in lines.items()} == {
        "call-listening": "1d",
        "call-listening-each": "1w",
        "dial-test": "1w",
        "leader-dial-test": "1mo",
        "text-review": "1mo",
        "record-review": "1mo",
        "hardware-test": "1q",
        "management-evaluation": "6mo",
        "mystery-calls": "1q",
        "certification": "1y",
        "self-check": "1mo",
    }
    assert [name for name, line in lines.items() if line.optional] == ["leader-dial-test"]
    assert lines["hardware-test"].on == ("major_fault",)
    assert all(line.sample for line in lines.values())


def test_weights_compared_two_and_two_fall_from_voices_to_reach() -> None:
    cards = {card.id: card for card in sector.load(PACK).scorecards}
    found = {
        id_: {node.id: float(node.weight) for node in cards[id_].tree if isinstance(node, model.Node)}
        for id_ in ("team-quarterly", "centre-half-yearly")
    }
    assert found["team-quarterly"] == {"reach": 14.7996, "conduct": 16.3039, "solving": 32.6078, "voices": 36.2887}
    assert found["centre-half-yearly"] == {"outside": 44.3429, "inside": 38.7371, "loop": 16.92}


def test_every_measure_of_a_scorecard_lies_under_an_inside_or_an_outside_view() -> None:
    def views(node: model.Node | model.Leaf, above: str | None = None) -> Iterator[str | None]:
        if isinstance(node, model.Leaf):
            yield above
        else:
            for child in node.children:
                yield from views(child, node.source or above)

    for card in sector.load(PACK).scorecards:
        seen = [view for node in card.tree for view in views(node)]
        assert None not in seen, card.id
        assert {"internal", "external"} == set(seen) or card.id == "supervisors-monthly"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """March 2026 of lin, who speaks, and he, who writes; zhou inspects, gao keeps the switch running."""
    story = Story(tmp_path_factory.mktemp("hotline") / "ledger")
    organisation(story)
    calls(story)
    looks(story)
    answers(story)
    loop(story)
    return story


@pytest.fixture(scope="module")
def march(story: Story) -> Result:
    return story.assess(PACK, "2026-03")


@pytest.fixture(scope="module")
def half(story: Story) -> Result:
    return story.assess(PACK, "2026-H1")


def organisation(story: Story) -> None:
    at = "2026-01-01 00:00"
    for unit, parent, kind, media in [
        ("centre", None, "centre", None),
        ("floor", "centre", "department", None),
        ("quality", "centre", "department", None),
        ("support", "centre", "department", None),
        ("voice-a", "floor", "group", "voice"),
        ("text-desk", "floor", "group", "text"),
        ("switch", "support", "system", None),
    ]:
        said = {"media": media} if media else None
        story.tell("unit", at, unit, about="unit", unit=unit, parent=parent, kind=kind, name=unit, attributes=said)
    for who, role in [(LIN, "agent"), (HE, "text-agent"), (ZHOU, "quality-inspector"), (GAO, "technician")]:
        story.tell("posted", at, who["staff"], about="staff", **who, role=role)


def calls(story: Story) -> None:
    """A hundred calls: 89 answered in ten seconds, one in fifteen, five in sixteen, five given up after forty; two more
    hang up after three seconds and are out. Of the 95 answered 80 were solved, four of them only seemingly."""
    waits = [10] * 89 + [15] + [16] * 5
    for number in range(102):
        day, minute = f"2026-03-{number % 28 + 1:02d}", f"10:{number % 60:02d}"
        call = f"P{number:03d}"
        story.tell("contact.offered", f"{day} {minute}:00", call, about="contact", unit="voice-a", channel="phone")
        if number < len(waits):
            said = {"solved": number < 80, "repeated": number < 4}
            story.tell(
                "contact.answered", f"{day} {minute}:{waits[number]:02d}", call, about="contact", **LIN, attributes=said
            )
        else:
            seconds = "40" if number < 100 else "03"
            story.tell("contact.abandoned", f"{day} {minute}:{seconds}", call, about="contact", unit="voice-a")


def looks(story: Story) -> None:
    """A call of lin's heard on every day but the 7th and 8th; dialled in one week only; he was read four times."""
    for day in set(range(1, 32)) - {7, 8}:
        inspected(story, f"L{day:02d}", f"2026-03-{day:02d} 15:00", LIN, "call-form", "monitoring", 90)
    for number in range(3):
        inspected(story, f"D{number}", f"2026-03-04 1{number}:00", LIN, "dial-form", "dial-test", 84)
    for number in range(4):
        inspected(story, f"T{number}", f"2026-03-1{number} 11:00", HE, "text-form", "text-review", 92)
    for number in range(5):
        story.tell(
            "inspection.done",
            "2026-03-20 10:00",
            f"K{number}",
            about="inspection",
            **ZHOU,
            form="call-form",
            method="calibration",
            score=88,
            attributes={"deviation": 3 if number < 4 else 8},
        )


def inspected(story: Story, id_: str, at: str, who: dict[str, str], form: str, method: str, score: int) -> None:
    drawn = {"tester": "inspector", "drawn": True, "own_unit": False}
    story.tell(
        "inspection.done", at, id_, about="inspection", **who, actor="zhou", form=form, form_version=1, method=method,
        score=score, critical=False, attributes=drawn,
    )  # fmt: skip


def answers(story: Story) -> None:
    """Twelve callers asked, ten answer: six give five, four give four. One praises."""
    for number in range(12):
        asked = {"about": "response", **LIN, "survey": "after-call"}
        story.tell("survey.invited", "2026-03-16 09:00", f"V{number:02d}", **asked)
        if number < 10:
            score = {"question": "satisfied", "score": 5 if number < 6 else 4, "scale_min": 1, "scale_max": 5}
            story.tell("survey.answered", "2026-03-16 20:00", f"V{number:02d}", **asked, answers=[score])
    story.tell("mark.praised", "2026-03-17 09:00", "M1", about="mark", **LIN, upheld=True)


def loop(story: Story) -> None:
    """Ten requests, major faults of 13 and of 50 minutes, an outside report, three findings, an improvement."""
    for number in range(10):
        case = f"R{number:02d}"
        about = {"kind": "request", "channel": "phone", "class": "billing"}
        story.tell("opened", "2026-03-09 10:00", case, **LIN, attributes=about)
        story.tell("solved", "2026-03-12 09:00" if number == 9 else "2026-03-11 18:00", case, **LIN)
    for case, assessed, restored in [("F1", "14:05", "14:13"), ("F2", "15:20", "14:50")]:
        about = {"kind": "fault", "channel": "inside", "priority": 1}
        story.tell("opened", "2026-03-18 14:00", case, **GAO, attributes=about)
        story.tell("informed", "2026-03-18 14:10", case, **GAO)
        story.tell("reviewed", f"2026-03-18 {assessed}", case, **GAO)
        story.tell("solved", f"2026-03-18 {restored}", case, **GAO)
    outside = {"kind": "round", "channel": "inside", "side": "external"}
    story.tell("opened", "2026-03-02 09:00", "E1", **ZHOU, attributes=outside)
    story.tell("assigned", "2026-03-03 09:00", "E1", **ZHOU)
    story.tell("solved", "2026-03-13 17:00", "E1", **ZHOU)
    story.tell("informed", "2026-03-20 18:00", "E1", **ZHOU)
    for number, back in enumerate([False, False, True]):
        case = f"Q{number}"
        about = {"kind": "finding", "channel": "inside", "origin": "shopper", "priority": 2}
        story.tell("opened", "2026-03-16 10:00", case, **LIN, attributes=about)
        story.tell("solved", "2026-03-20 16:00", case, **LIN)
        if back:
            story.tell("reopened", "2026-03-24 10:00", case, **ZHOU)
        else:
            story.tell("closed", "2026-03-24 10:00", case, **ZHOU)
    better = {"kind": "improvement", "channel": "inside", "nature": "corrective", "origin": "management-review"}
    story.tell("opened", "2026-01-05 09:00", "B1", **ZHOU, attributes=better)
    story.tell("planned", "2026-01-08 09:00", "B1", **ZHOU, finish_by="2026-01-30T18:00+08:00")
    story.tell("solved", "2026-01-30 17:00", "B1", **ZHOU, attributes={"cause": "script", "method": "five-whys"})
    story.tell("effect.checked", "2026-03-05 10:00", "B1", **ZHOU, attributes={"effect": "reached"})
    story.tell("closed", "2026-03-06 10:00", "B1", **ZHOU, attributes={"standard": "2.6"})


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("answered-in-15s", "90/100 ok"),  # exactly fifteen is in time; who left after three seconds is not counted
        ("answer-rate", "95/100 ok"),
        ("first-call", "76/95 ok"),
        ("requests-on-time", "9/10 ok"),
        ("outage", "3780/1 ok"),  # 13 and 50 minutes in seconds
        ("announced-in-time", "2/2 ok"),
        ("faults-assessed", "1/2 ok"),
        ("outside-reports-on-time", "1/1 ok"),
        ("decisions-on-time", "0/0 no_data"),  # it fell due in January
        ("full-circles", "1/1 ok"),
        ("causes-by-method", "0/0 no_data"),  # counted by when the improvement began
        ("came-back", "1/3 insufficient"),
        ("drawn", "36/36 ok"),
        ("response-rate", "10/12 insufficient"),
    ],
)
def test_the_months_figures_are_those_counted_by_hand(march: Result, measure: str, expected: str) -> None:
    assert march.figure(measure) == expected


def test_a_day_without_a_call_heard_is_missed(march: Result) -> None:
    """31 days of the one team that speaks, two of them without; the team that writes has no such days."""
    assert march.figure("heard-daily") == "29/31 ok"
    assert march.figure("calls-heard") == "29/1 ok"


def test_leaders_who_did_not_dial_have_missed_nothing(march: Result) -> None:
    """Due: 31 days of lin's team, five weeks of lin and five of dialling (the first of them begins in February), a
    month of reading he, of reading zhou's records and of looking at three departments, and a quarter of the switch and
    of mystery calls to two teams. Done: 29 days, lin's five weeks, one of dialling, and reading he."""
    assert march.figure("leader-calls") == "0/1 ok"
    done, due = march.figure("planned-looks-done").split()[0].split("/")
    assert int(due) == 31 + 5 + 5 + 1 + 1 + 3 + 1 + 2
    assert int(done) == 29 + 5 + 1 + 1


def test_who_was_off_the_agreed_score_is_counted_by_points(march: Result) -> None:
    assert march.figure("calibration-gap", "zhou", "staff") == "20/5 ok"


def test_who_speaks_is_weighed_as_by_hand(march: Result) -> None:
    """looked at (0.4·90 + 0.2·78) / 0.6 = 86 · solving (0.4·90 + 0.35·80) / 0.75 = 85.33 · voices 92.5
    (4.6 of 5) · 43 + 21.3325 + 23.125 = 87.46, one praise +1."""
    assert march.score("staff-monthly", "lin", "looked-at")[0] == "86.00"
    assert march.score("staff-monthly", "lin", "solving")[0] == "85.33"
    assert march.score("staff-monthly", "lin", "voices")[0] == "92.50"
    assert march.total("staff-monthly", "lin") == ("88.46", "good", "ok")


def test_who_only_writes_and_was_only_read_is_shown_without_a_grade(march: Result) -> None:
    """92 gives 94 points; a fifth of the weight is measured."""
    assert march.total("staff-monthly", "he") == ("94.00", None, "insufficient")


def test_an_inspector_has_a_card_of_their_own(march: Result) -> None:
    """Four points off give 85; nobody read the records, so 30 of 100 are measured and there is no grade."""
    assert march.total("supervisors-monthly", "zhou") == ("85.00", None, "insufficient")


def test_what_was_due_in_winter_counts_for_the_half_year(half: Result) -> None:
    assert half.figure("decisions-on-time") == "1/1 ok"
    assert half.figure("causes-by-method") == "1/1 ok"
    assert half.figure("improvements-that-worked") == "1/1 ok"


def test_the_half_year_without_mystery_calls_is_still_weighed(half: Result) -> None:
    """outside: 4.6 of 4.5 and no justified complaint · promises (0.4·100 + 0.35·94.74) / 0.75 = 97.55 ·
    work (0.35·100 + 0.25·95.45 + 0.2·100) / 0.8 = 98.58 · equipment 100, no fault was too long ·
    inside 0.4·97.55 + 0.4·98.58 + 0.2·100. More than 60 of 100 parts of the weight are measured."""
    assert half.score("centre-half-yearly", "", "outside")[0] == "100.00"
    assert half.score("centre-half-yearly", "", "inside/promises")[0] == "97.55"
    assert half.score("centre-half-yearly", "", "inside/work")[0] == "98.58"
    assert half.score("centre-half-yearly", "", "inside")[0] == "98.45"
    assert half.total("centre-half-yearly", "")[1:] == ("good", "ok")


def test_a_report_is_made_of_a_half_year_without_anything(tmp_path: Path) -> None:
    story = Story(tmp_path / "ledger")
    story.tell("opened", "2026-06-30 10:00", "R01", unit="voice-a", attributes={"kind": "request", "class": "other"})
    assert story.assess(PACK, "2026-H1").total("centre-half-yearly", "")[1:] == (None, "no_data")
