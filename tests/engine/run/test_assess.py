"""What a run must mean beyond the worked examples: organisation, versions, targets, cover, every basis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import steelyard.engine as sy
from tests.engine.run.world import case, fact, figure, ledger, part, policy, subjects

CARD = """
  scorecards:
    - id: monthly
      of: {of}
      period: month
      tree: [{{id: all, weight: 100, measures: [{{measure: {measure}, weight: 100, points: {{share: 100}}}}]}}]
      grades: [{{id: good, from: 80}}, {{id: fail, from: 0}}]
"""
SOLVED = """
  measures:
    - {id: solved, kind: proportion, basis: case, population: "kind = 'request'",
       numerator: "solved_at IS NOT NULL", minimum: 1}
"""
RESOLVE = """
  commitments:
    - {{id: resolve, about: case, starts: [opened], stops: [solved], within: {within}}}
  measures:
    - {{id: on-time, kind: proportion, basis: clock, population: "commitment = 'resolve'",
       numerator: "met = TRUE", minimum: 1}}
"""


def unit(name: str, kind: str, parent: str | None = None, from_: str = "2026-01-01") -> dict[str, object]:
    return fact("unit", "2026-01-01", "unit", name, **{"unit": name, "kind": kind, "parent": parent, "from": from_})


def posted(
    staff: str, where: str, role: str = "agent", from_: str = "2026-01-01", to: str | None = None
) -> dict[str, object]:
    data = {"staff": staff, "unit": where, "role": role, "from": from_, "to": to}
    return fact("posted", "2026-01-01", "staff", staff, **data)


def test_a_unit_pools_the_rows_below_it_and_never_averages_rates(tmp_path: Path) -> None:
    facts = [
        unit("house", "house"),
        unit("east", "desk", "house"),
        unit("west", "desk", "house"),
        *case("a", "2026-03-02T09:00", "2026-03-02T10:00", unit="east"),
        *[f for n in range(3) for f in case(f"w{n}", "2026-03-02T09:00", unit="west")],
    ]
    result = sy.assess(
        [policy(SOLVED + CARD.format(of="unit:house", measure="solved"))], ledger(tmp_path / "l", facts), ["2026-03"]
    )
    assert part(result, "solved", "house", of="unit:house") == "1/4 ok"
    assert subjects(result, "unit:house") == {"house"}


def test_a_unit_that_moved_counts_for_each_parent_while_it_was_below_it(tmp_path: Path) -> None:
    facts = [
        unit("north", "area"),
        unit("south", "area"),
        unit("east", "desk", "north"),
        unit("east", "desk", "south", "2026-03-16"),
        *case("early", "2026-03-02T09:00", "2026-03-02T10:00"),
        *case("late", "2026-03-20T09:00"),
    ]
    result = sy.assess(
        [policy(SOLVED + CARD.format(of="unit:area", measure="solved"))], ledger(tmp_path / "l", facts), ["2026-03"]
    )
    assert part(result, "solved", "north") == "1/1 ok"
    assert part(result, "solved", "south") == "0/1 ok"


def test_explain_opens_exactly_the_rows_of_the_tree_of_their_moment(tmp_path: Path) -> None:
    facts = [
        unit("north", "area"),
        unit("south", "area"),
        unit("east", "desk", "north"),
        unit("east", "desk", "south", "2026-03-16"),
        *case("early", "2026-03-02T09:00", "2026-03-02T10:00"),
        *case("late", "2026-03-20T09:00"),
    ]
    rules = policy(SOLVED + CARD.format(of="unit:area", measure="solved"))
    sy.assess([rules], ledger(tmp_path / "l", facts), ["2026-03"], out=tmp_path / "out")
    (found,) = sy.explain(tmp_path / "out", "solved", "south")
    assert [row["id"] for row in found.rows] == ["late"]
    assert found.populations == {"not hit": 1}


def test_with_postings_the_posted_are_assessed_and_nobody_else(tmp_path: Path) -> None:
    facts = [
        posted("ann", "east"),
        posted("bea", "east"),
        posted("cyd", "east", from_="2026-04-01"),
        *case("a", "2026-03-02T09:00", staff="ann", unit=None),
        *case("x", "2026-03-02T09:00", staff="guest"),
    ]
    result = sy.assess(
        [policy(SOLVED + CARD.format(of="staff", measure="solved"))], ledger(tmp_path / "l", facts), ["2026-03"]
    )
    assert subjects(result, "staff") == {"ann", "bea"}
    assert part(result, "solved", "bea") == "0/0 no_data"
    assert part(result, "solved") == "0/2 ok"
    assert result.manifest["subjects"] == "postings"


def test_a_fact_without_a_unit_takes_the_posting_of_its_moment(tmp_path: Path) -> None:
    facts = [
        posted("ann", "east", to="2026-03-16"),
        posted("ann", "west", from_="2026-03-16"),
        *case("a", "2026-03-02T09:00", unit=None),
        *case("b", "2026-03-20T09:00", unit=None),
    ]
    result = sy.assess(
        [policy(SOLVED + CARD.format(of="unit:desk", measure="solved"))], ledger(tmp_path / "l", facts), ["2026-03"]
    )
    assert part(result, "solved", "east") == "0/1 ok"
    assert part(result, "solved", "west") == "0/1 ok"


def test_peers_are_ranked_within_their_role(tmp_path: Path) -> None:
    facts = [posted("ann", "east"), posted("bea", "east"), posted("lea", "east", "lead")]
    for staff, solved in (("ann", 9), ("bea", 8), ("lea", 7)):
        for n in range(10):
            facts += case(f"{staff}{n}", "2026-03-02T09:00", "2026-03-02T10:00" if n < solved else None, staff=staff)
    body = SOLVED + CARD.format(of="staff", measure="solved").replace(
        "period: month", "period: month\n      peers: role"
    )
    result = sy.assess([policy(body)], ledger(tmp_path / "l", facts), ["2026-03"])
    ranks = {row["subject"]: (row["rank"], row["peers"]) for row in result.scores.to_pylist() if row["path"] == "total"}
    assert ranks == {"ann": (1, "agent"), "bea": (2, "agent"), "lea": (1, "lead")}


def test_a_case_keeps_the_version_it_was_opened_under(tmp_path: Path) -> None:
    facts = [*case("old", "2026-03-31T09:00", "2026-04-01T12:00"), *case("new", "2026-04-01T09:00", "2026-04-02T12:00")]
    versions = [
        policy(RESOLVE.format(within="48h"), version="1"),
        policy(RESOLVE.format(within="1h"), version="2", effective="2026-04-01"),
    ]
    result = sy.assess(versions, ledger(tmp_path / "l", facts), ["2026-04"])
    assert part(result, "on-time", period="2026-04") == "1/2 ok"
    assert figure(result, "on-time", period="2026-04")["policy_version"] == "2"


def test_a_period_before_any_policy_is_refused(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", case("a", "2025-12-02T09:00"))
    with pytest.raises(sy.SteelyardError) as refused:
        sy.assess([policy(SOLVED)], folder, ["2025-12"])
    assert refused.value.problems[0].code == "not-in-force"


def test_policy_as_puts_everything_under_one_version_and_says_simulated(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", case("a", "2025-12-02T09:00", "2025-12-02T12:00"))
    result = sy.assess([], folder, ["2025-12"], policy_as=policy(RESOLVE.format(within="1h")), out=tmp_path / "out")
    assert part(result, "on-time", period="2025-12") == "0/1 ok"
    assert result.manifest["simulated"] is True
    assert sy.verify(tmp_path / "out", folder).agrees


def test_staged_targets_follow_the_period_the_stratum_and_the_subject(tmp_path: Path) -> None:
    body = """
  measures:
    - id: solved
      kind: proportion
      basis: case
      numerator: "solved_at IS NOT NULL"
      minimum: 1
      stratify: [channel]
      targets:
        - {from: 2026-Q1, is: 50%}
        - {from: 2026-Q2, when: "channel = 'phone'", is: 95%}
        - {from: 2026-05, is: 60%}
"""
    facts = [f for month in ("03", "04", "05") for f in case(month, f"2026-{month}-02T09:00", channel="phone")]
    result = sy.assess([policy(body)], ledger(tmp_path / "l", facts), ["2026-03", "2026-04", "2026-05"])
    whole = [figure(result, "solved", period=f"2026-{month}")["target"] for month in ("03", "04", "05")]
    phone = [
        figure(result, "solved", period=f"2026-{month}", stratum="channel=phone")["target"]
        for month in ("03", "04", "05")
    ]
    assert whole == ["50", "50", "60"]
    assert phone == ["50", "95", "60"]


def test_an_empty_count_is_zero_only_where_the_sources_cover_the_period(tmp_path: Path) -> None:
    body = "  measures: [{id: complaints, kind: count, basis: case, population: \"kind = 'complaint'\"}]"
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00"), covers=("2026-03-01", "2026-04-01"))
    result = sy.assess([policy(body)], folder, ["2026-03", "2026-04"])
    assert part(result, "complaints") == "0/1 ok"
    assert part(result, "complaints", period="2026-04") == "None/None not_evaluable"


def test_covers_of_two_sources_join_into_one(tmp_path: Path) -> None:
    body = "  measures: [{id: complaints, kind: count, basis: case, population: \"kind = 'complaint'\"}]"
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00"), covers=("2026-03-01", "2026-03-20"))
    ledger(folder, case("b", "2026-03-22T09:00"), covers=("2026-03-20", "2026-04-01"))
    assert part(sy.assess([policy(body)], folder, ["2026-03"]), "complaints") == "0/1 ok"


def test_a_period_not_over_at_the_as_of_is_partial(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00"), case("b", "2026-03-20T09:00"))
    result = sy.assess([policy(SOLVED)], folder, ["2026-03"], as_of="2026-03-10")
    assert part(result, "solved") == "0/1 ok"
    assert figure(result, "solved")["partial"] is True


def test_an_exception_takes_a_failure_out_of_the_denominator_and_leaves_a_hit(tmp_path: Path) -> None:
    body = RESOLVE.format(within="1h").replace("minimum: 1", "minimum: 1, except: [storm]")
    facts = [
        *case("met", "2026-03-02T09:00", "2026-03-02T09:30"),
        *case("late", "2026-03-02T09:00", "2026-03-02T12:00"),
        *case("plain", "2026-03-02T09:00", "2026-03-02T12:00"),
        fact("excepted", "2026-03-03T09:00", "case", "late", commitment="resolve", reason="storm"),
        fact("excepted", "2026-03-03T09:00", "case", "met", commitment="resolve", reason="storm"),
    ]
    result = sy.assess([policy(body)], ledger(tmp_path / "l", facts), ["2026-03"])
    assert part(result, "on-time") == "1/2 ok"
    assert figure(result, "on-time")["excepted"] == 1


BASES = """
  attributes: [{name: mood, type: text, of: response}, {name: material, type: text, of: item}]
  measures:
    - {id: calls, kind: count, basis: contact, population: "answered = TRUE"}
    - {id: waited, kind: mean, basis: contact, value: wait_s}
    - {id: happy, kind: mean, basis: response, population: "question = 'sat' AND attr.mood = 'calm'", value: score}
    - {id: response-rate, kind: proportion, basis: response, by: invited_at, numerator: "answered = TRUE"}
    - {id: recommend, kind: nps, basis: response, population: "question = 'nps'", value: score}
    - {id: quality, kind: mean, basis: inspection, population: "form = 'call' AND priority = 1", value: score}
    - {id: greeted, kind: proportion, basis: answer, population: "question = 'greet' AND na = FALSE",
       numerator: "points = max_points"}
    - {id: accuracy, kind: proportion, basis: item, numerator: "recorded_qty = actual_qty"}
    - {id: kilos, kind: sum, basis: item, value: "actual_qty * price"}
    - {id: paper, kind: count, basis: item, population: "attr.material = 'paper'"}
    - {id: praises, kind: count, basis: mark, population: "type = 'praise' AND upheld = TRUE"}
    - {id: hours, kind: sum, basis: training, population: "passed = TRUE", value: hours}
    - {id: joined, kind: count, basis: posting, population: "role = 'agent'"}
    - {id: rated, kind: mean, basis: case, value: rating}
    - {id: talked, kind: sum, basis: case, value: contacts}
"""


def test_every_basis_is_counted_from_its_facts(tmp_path: Path) -> None:
    def answers(**scores: int) -> list[dict[str, object]]:
        return [
            {"question": q, "score": s, "scale_min": 0 if q == "nps" else 1, "scale_max": 10 if q == "nps" else 5}
            for q, s in scores.items()
        ]

    facts = [
        *case("c1", "2026-03-02T09:00", priority=1),
        fact("rated", "2026-03-03T09:00", "case", "c1", score=4),
        fact("rated", "2026-03-04T09:00", "case", "c1", score=5),
        fact("contact.offered", "2026-03-02T09:00", "contact", "k1", staff="ann", case="c1", channel="phone"),
        fact("contact.answered", "2026-03-02T09:00:30", "contact", "k1", staff="ann"),
        fact("contact.offered", "2026-03-02T09:00", "contact", "k2", channel="phone"),
        fact("contact.abandoned", "2026-03-02T09:01:30.900", "contact", "k2"),
        fact("survey.invited", "2026-03-03T09:00", "response", "i1", invitation="i1", survey="s", case="c1"),
        fact("survey.invited", "2026-03-03T09:00", "response", "i2", invitation="i2", survey="s", case="c1"),
        fact(
            "survey.answered",
            "2026-03-04T09:00",
            "response",
            "i1",
            invitation="i1",
            attributes={"mood": "calm"},
            answers=answers(sat=4, nps=9),
        ),
        fact("survey.answered", "2026-03-05T09:00", "response", "i1", invitation="i1", answers=answers(sat=1, nps=0)),
        fact(
            "inspection.done",
            "2026-03-05T09:00",
            "inspection",
            "q1",
            staff="ann",
            actor="eva",
            form="call",
            score=87.5,
            case="c1",
            answers=[
                {"question": "greet", "answer": "yes", "points": 10, "max_points": 10},
                {"question": "answer", "answer": "no", "points": 0, "max_points": 10},
            ],
        ),
        fact(
            "collected",
            "2026-03-06T09:00",
            "case",
            "c1",
            items=[
                {"recorded_qty": 2, "actual_qty": 2, "uom": "kg", "price": 1.25, "material": "paper"},
                {"recorded_qty": 3, "actual_qty": 2.5, "uom": "kg", "price": 2},
            ],
        ),
        fact("mark.praised", "2026-03-06T09:00", "mark", "m1", staff="ann", upheld=False),
        fact("mark.praised", "2026-04-06T09:00", "mark", "m1", staff="ann", upheld=True),
        fact("training.completed", "2026-03-06T09:00", "staff", "ann", staff="ann", course="x", hours=2.5, passed=True),
        posted("ann", "east", from_="2026-03-01"),
    ]
    result = sy.assess(
        [policy(BASES)], ledger(tmp_path / "l", facts), ["2026-03"], as_of="2026-05-01", out=tmp_path / "out"
    )
    wanted = {
        "calls": "1/1 ok",
        "waited": "120/2 ok",
        "happy": "4/1 ok",
        "response-rate": "2/3 ok",
        "recommend": "1/1 ok",
        "quality": "87.5/1 ok",
        "greeted": "1/1 ok",
        "accuracy": "1/2 ok",
        "kilos": "7.5/1 ok",
        "paper": "1/1 ok",
        "praises": "1/1 ok",
        "hours": "2.5/1 ok",
        "joined": "1/1 ok",
        "rated": "5/1 ok",
        "talked": "1/1 ok",
    }
    assert {measure: part(result, measure) for measure in wanted} == wanted
    assert sy.verify(tmp_path / "out", tmp_path / "l").agrees


def test_a_case_counts_for_whom_the_measure_says(tmp_path: Path) -> None:
    facts = [
        *case("a", "2026-03-02T09:00", staff="ann"),
        fact("handed_over", "2026-03-02T10:00", "case", "a", staff="bea"),
        fact("solved", "2026-03-02T11:00", "case", "a", staff="cyd"),
        fact("informed", "2026-03-02T12:00", "case", "a", staff="dan", actor="eva"),
    ]
    folder = ledger(tmp_path / "l", facts)
    for who, subject in (("opener", "ann"), ("holder", "dan"), ("closer", "cyd"), ("actor", "eva")):
        body = SOLVED.replace("minimum: 1", f"minimum: 1, attribute_to: {who}")
        result = sy.assess([policy(body + CARD.format(of="staff", measure="solved"))], folder, ["2026-03"])
        assert subjects(result, "staff") == {subject}


def test_a_correction_moves_the_figure_and_an_earlier_run_still_verifies(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00", "2026-03-02T12:00"))
    rules = policy(RESOLVE.format(within="1h"))
    before = sy.assess([rules], folder, ["2026-03"], out=tmp_path / "before")
    solved = next(f for f in sy.facts_of(folder, "a") if f["kind"] == "solved")
    correction = {
        "fact_id": solved["fact_id"],
        "field": "occurred_at",
        "was": "2026-03-02T12:00:00Z",
        "is": "2026-03-02T09:30:00Z",
    }
    ledger(folder, fact("corrected", "2026-03-05T09:00", "case", "a", **correction))
    after = sy.assess([rules], folder, ["2026-03"])
    assert (part(before, "on-time"), part(after, "on-time")) == ("0/1 ok", "1/1 ok")
    assert sy.verify(tmp_path / "before", folder).agrees


def test_a_run_takes_the_place_of_an_earlier_one_whole_and_touches_nothing_else(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00"))
    out = tmp_path / "out"
    sy.assess([policy(SOLVED)], folder, ["2026-03"], out=out)
    (out / "stale.txt").write_text("of the run before")
    sy.assess([policy(SOLVED)], folder, ["2026-03"], out=out)
    assert not (out / "stale.txt").exists()
    with pytest.raises(sy.SteelyardError):
        sy.assess([policy(SOLVED)], folder, ["2027-03"], out=out, scorecard="none")
    assert json.loads((out / "manifest.json").read_text())["periods"] == ["2026-03"]
    strangers = tmp_path / "precious"
    strangers.mkdir()
    (strangers / "photo.jpg").write_bytes(b"x")
    with pytest.raises(sy.SteelyardError) as refused:
        sy.assess([policy(SOLVED)], folder, ["2026-03"], out=strangers)
    assert refused.value.problems[0].code == "not-ours"
    assert (strangers / "photo.jpg").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"l", "out", "precious"}


def test_verify_notices_a_changed_figure(tmp_path: Path) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00", "2026-03-02T10:00"))
    sy.assess([policy(SOLVED)], folder, ["2026-03"], out=tmp_path / "out")
    file = tmp_path / "out" / "figures.parquet"
    table = pq.read_table(file)
    column = table.schema.get_field_index("numerator")
    pq.write_table(table.set_column(column, "numerator", pc.replace_substring(table["numerator"], "1", "0")), file)
    assert not sy.verify(tmp_path / "out", folder).agrees
