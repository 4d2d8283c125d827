"""Loading: what defaults are, and what every check of a policy refuses and where."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import load, model
from steelyard.engine.policy.duration import Duration
from tests.engine.policy.small import SMALL, problems


@pytest.fixture(scope="module")
def policy() -> model.Policy:
    return load(SMALL.encode(), file="small.yaml")


def test_what_is_not_written_has_its_default(policy: model.Policy) -> None:
    fetch, bring = policy.commitments
    assert (fetch.about, fetch.on_reopen, fetch.working_days) == ("case", "resume", "close")
    assert [branch.value for branch in fetch.calendar] == ["open-hours"]
    assert (bring.time, bring.calendar, bring.until) == ("elapsed", (), ("booked", "window_to"))
    assert policy.measures[0].by == "due_at"
    assert [state["id"] for state in policy.kinds[0]["states"]][:3] == ["new", "working", "pending"]  # type: ignore[attr-defined]


def test_working_days_are_working_time_by_themselves() -> None:
    text = SMALL.replace('within: [{when: "priority = 1", is: 1h30m}, {is: 4h}]\n      time: working', "within: 3wd")
    assert load(text.encode()).commitments[0].time == "working"


def test_numbers_are_exact_and_have_a_unit(policy: model.Policy) -> None:
    units = {measure.id: measure.unit for measure in policy.measures}
    assert units["fetched"] == units["promoters"] == "percent"
    assert units["wait"] == units["slow"] == "seconds"
    assert units["leaves"] == units["leaves-per-loan"] == "plain"
    wait = policy.measures[1].targets[0]
    assert (wait.value, wait.written) == (Fraction(90), "1m30s")
    assert policy.scorecards[0].vetoes[0].from_ == 172_800


def test_weights_from_comparison_are_in_the_tree(policy: model.Policy) -> None:
    assert [part.weight for part in policy.scorecards[1].tree] == [75, 25]


def test_a_duty_is_done_to_what_its_names_suggest(policy: model.Policy) -> None:
    assert [duty.subjects for duty in (*policy.duties, *policy.programme)] == ["unit", "posting"]


def test_a_null_in_a_test_is_kept(policy: model.Policy) -> None:
    clock_test, score_test = policy.tests
    assert isinstance(clock_test, model.ClockTest)
    assert isinstance(score_test, model.ScoreTest)
    assert clock_test.facts[0]["attributes"] == {"kind": "loan", "pages": "12", "priority": None}
    assert clock_test.expect[0] == {"commitment": "fetch", "state": "missed", "stopped_at": None}
    assert score_test.given == {"happy": "no_data", "fetched": Fraction(185, 2)}
    assert score_test.expect == {"grade": None}


def test_without_an_effective_date_it_is_a_draft_and_may_be_undecided() -> None:
    text = SMALL.replace("effective: 2026-02-01, ", "").replace("target: 4.2", "target: undecided")
    draft = load(text.encode())
    assert draft.lifecycle.effective is None
    assert next(m for m in draft.measures if m.id == "happy").targets[0].value is None


def test_only_names_a_version_a_zone_and_ids_are_required() -> None:
    head = "apiVersion: steelyard/v1\nkind: ServicePolicy\n"
    bare = load(f"{head}metadata: {{name: bare, version: 1}}\nspec: {{timezone: Asia/Taipei}}\n".encode())
    assert (bare.name, bare.version, bare.timezone) == ("bare", "1", "Asia/Taipei")


def test_hours_are_seconds_of_the_day_by_weekday(policy: model.Policy) -> None:
    calendar = policy.calendars[0]
    assert calendar.weekly[0] == (model.Hours(32_400, 45_000), model.Hours(46_800, 68_400))
    assert calendar.weekly[5] == (model.Hours(36_000, 50_400),)
    assert calendar.weekly[6] == ()
    assert calendar.closed == {date(2026, 5, 1)}


def test_months_and_years_are_months(policy: model.Policy) -> None:
    assert policy.lifecycle.review_every == Duration(months=6)
    assert policy.segments[0].valid == Duration(months=12)


LEAVES = "spec.scorecards[0].tree[0].measures"
REFUSED = [
    ("timezone: Europe/Berlin", "timezone: Europe/Atlantis", "timezone", "spec.timezone"),
    ("timezone: Europe/Berlin", "timezone: ../../etc/passwd", "timezone", "spec.timezone"),
    ("apiVersion: steelyard/v1", "apiVersion: steelyard/v2", "choice", "apiVersion"),
    ("  timezone: Europe/Berlin\n", "", "required", "spec.timezone"),
    ('version: "2", ', "", "required", "metadata.version"),
    ("name: shelf", "name: pages", "duplicate", "spec.attributes[1].name"),
    ("- {name: l", "- {name: pages, type: text, of: contact}\n    - {name: l", "type", "spec.attributes[2].type"),
    ("type: text, of: case", "type: string, of: case", "choice", "spec.attributes[0].type"),
    ("because: nobody counts", "publish: true", "required", "spec.clauses[1].because"),
    ("measured: by}", "measured: maybe}", "choice", "spec.clauses[0].measured"),
    ("{id: a2,", "{id: a1,", "duplicate", "spec.clauses[1].id"),
    ("kinds: [loan]", "kinds: [lone]", "reference", "spec.channels[0].kinds[0]"),
    ("commitments: [fetch]", "commitments: [fetched]", "reference", "spec.flow[0].commitments[0]"),
    ("title: {en: Loan}", "states: [{id: new, is: open}]", "required", "spec.kinds[0].verbs"),
    (
        "title: {en: Loan}",
        "verbs: [{verb: x, from: [gone], to: new, fact: started}]",
        "reference",
        "spec.kinds[0].verbs[0].from[0]",
    ),
    ("title: {en: Loan}", "title: {fr: Prêt}", "unknown-key", "spec.kinds[0].title.fr"),
    ('"13:00-19:00"', '"12:00-19:00"', "hours", "spec.calendars[0].hours.mon-fri[1]"),
    ('"13:00-19:00"', '"19:00-13:00"', "hours", "spec.calendars[0].hours.mon-fri[1]"),
    ('"13:00-19:00"', '"13:00-49:00"', "hours", "spec.calendars[0].hours.mon-fri[1]"),
    ("sat:", "fri:", "hours", "spec.calendars[0].hours.fri"),
    ("sat:", "sun-mon:", "unknown-key", "spec.calendars[0].hours.sun-mon"),
    ("closed: [2026-05-01]", "closed: [2026-05-32]", "date", "spec.calendars[0].closed[0]"),
    ('when: "loyal = TRUE", valid: 1y', "valid: 1y", "when", "spec.segments[0]"),
    ("loyal = TRUE", "faithful = TRUE", "column", "spec.segments[0].when"),
    ("starts: [opened]", "starts: [open]", "fact", "spec.commitments[0].starts[0]"),
    ("starts: [opened]", "starts: []", "length", "spec.commitments[0].starts"),
    ("from: [waiting]", "from: [wating]", "fact", "spec.commitments[0].pauses.from[0]"),
    ("until: booked.window_to", "until: boked.window_to", "fact", "spec.commitments[1].until"),
    ("until: booked.window_to", "until: tomorrow", "until", "spec.commitments[1].until"),
    ("      until: booked.window_to\n      grace: 10m\n", "", "required", "spec.commitments[1].within"),
    ("      until: booked.window_to\n", "      within: 1h\n", "key-of-kind", "spec.commitments[1].grace"),
    ("      warn: 75%\n", "", "reference", "spec.commitments[0].escalate[0].at"),
    ("at: due+30m", "at: due+1wd2h", "duration", "spec.commitments[0].escalate[1].at"),
    ("at: due+30m", "at: later", "choice", "spec.commitments[0].escalate[1].at"),
    ("time: working\n", "time: working\n      calendar: night\n", "reference", "spec.commitments[0].calendar"),
    ("attr.pages < 900.5", "attr.pages < 'many'", "type", "spec.commitments[0].applies"),
    ("kind = 'loan' AND attr", "commitment = 'x' AND attr", "column", "spec.commitments[0].applies"),
    ("every: 1w,", "every: 2h,", "duration", "spec.duties[0].every"),
    ("kind = 'shelf'", "kind = 'shelf' AND role = 'x' AND tier = 'y'", "column", "spec.duties[0].for"),
    ("produces: shelf.dusted", "produces: shelf.wiped", "fact", "spec.duties[0].produces"),
    ("id: dusting", "id: fetch", "duplicate", "spec.duties[0].id"),
    ("form: sheet", "form: paper", "reference", "spec.programme[0].form"),
    ("sample: {size: 2, seed: 1}", "sample: {size: 2, percent: 5%}", "exclusive", "spec.programme[0].sample"),
    ("type: scale", "type: stars", "choice", "spec.surveys[0].questions[0].type"),
    ("      numerator: \"met = TRUE\"\n", "", "required", "spec.measures[0].numerator"),
    ("basis: clock\n      population", "basis: clocks\n      population", "choice", "spec.measures[0].basis"),
    ("stratify: [channel]", "stratify: [tags]", "column", "spec.measures[0].stratify[0]"),
    ("stratify: [channel]", "stratify: [chanel]", "column", "spec.measures[0].stratify[0]"),
    ("stratify: [channel]", "by: commitment", "column", "spec.measures[0].by"),
    ("is: 90%", "is: 190%", "range", "spec.measures[0].targets[0].is"),
    ("from: 2026-Q3", "from: 2026-Q5", "period", "spec.measures[0].targets[1].from"),
    ("from: 2026-Q3", "from: 2026-W54", "period", "spec.measures[0].targets[1].from"),
    ("when: \"channel = 'desk'\"", "when: \"priority = 1\"", "column", "spec.measures[0].targets[1].when"),
    ("value: wait_s, direction", "value: queue, direction", "type", "spec.measures[1].value"),
    ("target: 1m30s", "target: 2wd", "unit", "spec.measures[1].target"),
    ("target: 4.2", "target: 4.2%", "unit", "spec.measures[3].target"),
    ("target: 4.2", "target: undecided", "undecided", "spec.measures[3].target"),
    ("target: 4.2", "target: 4.2, targets: [{is: 4}]", "exclusive", "spec.measures[3].targets"),
    ("p: 90", "p: 90.5", "number", "spec.measures[2].p"),
    ("kind: count, basis: case", "kind: count, minimum: 3, basis: case", "key-of-kind", "spec.measures[5].minimum"),
    ("denominator: loans", "denominator: loan", "reference", "spec.measures[7].denominator"),
    ("denominator: loans", "denominator: leaves-per-loan", "circle", "spec.measures[7].denominator"),
    ("numerator: leaves, d", "basis: case, numerator: leaves, d", "key-of-kind", "spec.measures[7].basis"),
    ("of: staff\n", "of: stuff\n", "choice", "spec.scorecards[0].of"),
    ("of: attribute:channel", "of: attribute:attr.shelf", "", ""),
    ("of: attribute:channel", "of: attribute:attr.shelves", "column", "spec.scorecards[1].of"),
    ("of: attribute:channel", "of: attribute:tags", "column", "spec.scorecards[1].of"),
    ("          weight: 60\n", "", "required", "spec.scorecards[0].tree[0].weight"),
    ("weight: 70, points", "weight: 0, points", "range", f"{LEAVES}[0].weight"),
    ("weight: 70, points", "weight: 69.9, points", "weights", "spec.scorecards[0].tree[0].measures"),
    ("[[95%, 100], [90, 80]]", "[[95s, 100], [90, 80]]", "unit", f"{LEAVES}[0].points.table[0][0]"),
    ("[[95%, 100], [90, 80]]", "[[90%, 100], [90, 80]]", "table-order", f"{LEAVES}[0].points.table[1]"),
    ("[[30s, 100], [120, 0]]", "[[120, 0], [30, 100]]", "table-order", f"{LEAVES}[1].points.linear[1]"),
    ("{table: [[95%, 100], [90, 80]]}", "{share: 9, table: [[9, 1]]}", "exclusive", f"{LEAVES}[0].points"),
    ("{table: [[95%, 100], [90, 80]]}", "{}", "exclusive", f"{LEAVES}[0].points"),
    ("points: {share: target}", "points: {share: 0}", "range", "spec.scorecards[0].tree[1].measures[0].points.share"),
    (", target: 4.2", "", "reference", "spec.scorecards[0].tree[1].measures[0].points.share"),
    ("missing: {neutral: 80}", "missing: skip", "choice", "spec.scorecards[0].tree[1].missing"),
    ("missing: {neutral: 80}", "missing: {neutral: 101}", "range", "spec.scorecards[0].tree[1].missing.neutral"),
    ("id: liking", "id: speed", "duplicate", "spec.scorecards[0].tree[1].id"),
    ("id: liking", "id: total", "duplicate", "spec.scorecards[0].tree[1].id"),
    ("each: 0.1, cap: 3", "each: 0.1", "required", "spec.scorecards[0].adjustments[0].cap"),
    ("each: 0.1, cap: 3", "each: 0.1, cap: -3", "cap", "spec.scorecards[0].adjustments[0].cap"),
    ("each: 0.1, cap: 3", "each: 0, cap: 3", "range", "spec.scorecards[0].adjustments[0].each"),
    ("from: 2d", "from: 2%", "unit", "spec.scorecards[0].vetoes[0].from"),
    ("cap: fair", "cap: middling", "reference", "spec.scorecards[0].vetoes[0].cap"),
    ("{id: poor, from: 0}", "{id: poor, from: 1}", "grades-gap", "spec.scorecards[0].grades[2].from"),
    ("{id: fair, from: 50.5}", "{id: fair, from: 80}", "grades-overlap", "spec.scorecards[0].grades[1]"),
    ("{id: poor, from: 0}", "{id: fine, from: 0}", "duplicate", "spec.scorecards[0].grades[2].id"),
    ("pairwise: [[one, two, 3]]", "pairwise: [[one, two]]", "type", "spec.scorecards[1].weights.pairwise[0]"),
    ("[[one, two, 3]]", "[[one, three, 3]]", "pairwise-unknown", "spec.scorecards[1].weights.pairwise[0]"),
    ("{id: one, measures", "{id: one, weight: 50, measures", "exclusive", "spec.scorecards[1].tree[0].weight"),
    ("again: 2", "again: 0", "range", "spec.rules[0].again"),
    ("measure = 'fetched' AND", "measures = 'fetched' AND", "column", "spec.rules[0].when"),
    ("do: finding", "do: applaud", "choice", "spec.rules[0].do"),
    ("as_of: 2026-03-05", "as_of: soon", "type", "spec.tests[0].as_of"),
    ("commitment: fetch, state", "commitment: fech, state", "reference", "spec.tests[0].expect[0].commitment"),
    ("commitment: fetch, state", "commitment: fetch, status", "unknown-key", "spec.tests[0].expect[0].status"),
    ("scorecard: monthly", "scorecard: yearly", "reference", "spec.tests[1].scorecard"),
    ("given: {happy", "given: {hapy", "reference", "spec.tests[1].given.hapy"),
    ("expect: {grade: null}", "expect: {grade: best}", "reference", "spec.tests[1].expect.grade"),
    ("owner: reading,", "owner: ,", "value", "spec.lifecycle.owner"),
    ("owner: reading,", "owner: [reading],", "type", "spec.lifecycle.owner"),
    ("tests:\n", "test:\n", "unknown-key", "spec.test"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "path"), REFUSED)
def test_a_mistake_is_refused_at_its_place(old: str, new: str, code: str, path: str) -> None:
    found = problems(old, new)
    assert [(problem.code, problem.place.path) for problem in found] == ([(code, path)] if code else [])
    assert all(problem.place.line and problem.place.column and problem.text("zh-Hans") for problem in found)


def test_comparisons_that_contradict_each_other_name_their_ratio() -> None:
    text = SMALL.replace("[[one, two, 3]]", "[[one, two, 9], [two, three, 9], [three, one, 9]]")
    text = text.replace(
        "{share: 80%}}]}\n",
        "{share: 80%}}]}\n        - {id: three, measures: [{measure: loans, points: {deduct: {each: 1}}}]}\n",
    )
    with pytest.raises(SteelyardError, match=r"their ratio is [0-9.]+, at most 0.1 is allowed"):
        load(text.encode())


def test_all_mistakes_come_together_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("clause: a1\n      kind", "clause: a9\n      kind")
        .replace("p: 90", "p: 0")
        .replace("within: 1mo", "within: 1 month")
    )
    with pytest.raises(SteelyardError) as caught:
        load(text.encode())
    assert [problem.code for problem in caught.value.problems] == ["reference", "range", "duration"]


def test_a_holiday_table_that_nobody_publishes_is_refused_where_it_is_named() -> None:
    text = SMALL.replace("closed: [2026-05-01]", "holidays: DE").encode()
    assert load(text).calendars[0].holidays == "DE"
    with pytest.raises(SteelyardError, match="no holiday table DE") as caught:
        load(text, holidays=["CN"])
    assert caught.value.problems[0].place.path == "spec.calendars[0].holidays"


def test_a_refused_id_does_not_make_its_references_wrong() -> None:
    assert [problem.code for problem in problems("{id: loans,", "{id: Loans,")] == ["id"]


def test_shifts_that_run_into_the_next_day_are_taken() -> None:
    assert problems('sat: ["10:00-14:00"]', 'sat: ["20:00-28:00"], sun: ["00:30-01:30"]') == ()


def test_a_key_meant_otherwise_is_named() -> None:
    (problem,) = problems("stops: [arrived]", "stop: [arrived]")[:1]
    assert "stops is meant" in problem.text()
