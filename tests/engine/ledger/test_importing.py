"""What becomes of each row: against the sentences of SPEC §2, and against a slow reading of them."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from steelyard.engine.errors import SteelyardError
from tests.engine.ledger.made import CASES, EVENTS, counts, facts, imported, lines, mapping, refusal, rejects, source


def test_a_row_is_a_fact_with_staff_unit_and_attributes(tmp_path: Path) -> None:
    spec = (
        EVENTS
        + """
  staff: who
  unit: {column: team, map: {n: north}, else: other}
  kind: {value: request}
  attributes: {priority: {column: p, map: {High: 1}}, tags: {column: tags, many: ";"}, note: note}
"""
    )
    text = "id,state,at,who,team,p,tags,note\na ,new,2026-01-05 10:00,ann,n,High,x;y,\n"
    text += ' b,done,2026-01-05 11:00,,z,,,say "hi"\n'
    report = imported(tmp_path, spec, text)
    assert counts(report) == (2, 2, 0, 0, 0, 0)
    assert facts(tmp_path, "about_type, about_id, kind, occurred_at, staff, unit, source") == [
        ("case", "a ", "opened", datetime(2026, 1, 5, 9), "ann", "north", "desk"),
        ("case", " b", "solved", datetime(2026, 1, 5, 10), None, "other", "desk"),
    ]
    data = [json.loads(str(row[0])) for row in facts(tmp_path, "data")]
    assert data[0] == {"attributes": {"kind": "request", "priority": 1, "tags": ["x", "y"], "note": None}}
    assert data[1] == {"attributes": {"kind": "request", "priority": None, "tags": [], "note": 'say "hi"'}}
    assert all(UUID(str(row[0])).version == 8 for row in facts(tmp_path, "fact_id"))


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (",new,2026-01-05 10:00", "id", "", "missing"),
        ("a,odd,2026-01-05 10:00", "state", "odd", "unknown value"),
        ("a,new,2026-01-32 10:00", "at", "2026-01-32 10:00", "not instant"),
        ("a,new,", "at", "", "missing"),
        ("a,new", "", "a,new", "too few columns"),
    ],
)
def test_a_row_that_cannot_be_taken_is_listed_and_counts_nowhere(
    row: str, column: str, value: str, reason: str, tmp_path: Path
) -> None:
    report = imported(tmp_path, EVENTS, f"id,state,at\na,new,2026-01-05 10:00\n{row}\na,done,2026-01-06 10:00\n")
    assert counts(report) == (3, 2, 0, 0, 0, 1)
    assert rejects(tmp_path) == [(3, column, value, reason)]
    assert [warning.code for warning in report.warnings] == ["rejects"]


@pytest.mark.parametrize(
    ("type_", "good", "bad", "reason"),
    [
        ("integer", {"109.0": 109, "-7": -7, "+007": 7}, ["1.5", "x", "1e3", " 1"], "not integer"),
        ("number", {"1.10": 1.1, ".5": 0.5, "-1e3": -1000.0}, ["1,5", "NaN", "x"], "not number"),
        ("boolean", {"true": True, "FALSE": False, "Yes": True, "0": False}, ["maybe", "2"], "not boolean"),
        ("instant", {"2026-01-05 10:00": "2026-01-05T09:00:00Z"}, ["2026-01-05", "x"], "not instant"),
        ("text", {"109.0": "109.0", "true": "true"}, [], ""),
    ],
)
def test_attributes_are_of_their_declared_type(
    type_: str, good: dict[str, object], bad: list[str], reason: str, tmp_path: Path
) -> None:
    spec = EVENTS + f"  attributes: {{a: {{column: v, type: {type_}}}}}"
    rows = [f'{number},new,2026-01-05 10:00,"{text}"\n' for number, text in enumerate([*good, "", *bad])]
    report = imported(tmp_path, spec, "id,state,at,v\n" + "".join(rows))
    assert counts(report) == (len(rows), len(good) + 1, 0, 0, 0, len(bad))
    found = [json.loads(str(row[0]))["attributes"]["a"] for row in facts(tmp_path, "data")]
    assert found == [*good.values(), None]
    assert [row[1:] for row in rejects(tmp_path)] == [("v", text, reason) for text in bad]


def test_digits_of_numbers_are_kept(tmp_path: Path) -> None:
    spec = EVENTS + "  attributes: {a: {column: v, type: number}}"
    imported(tmp_path, spec, "id,state,at,v\na,new,2026-01-05 10:00,0.1234567890123456789\n")
    assert facts(tmp_path, "data") == [('{"attributes":{"a":0.1234567890123456789}}',)]


def test_on_change_compares_with_the_row_before_that_counts(tmp_path: Path) -> None:
    spec = """
      source: {format: csv, timezone: UTC, nulls: ["", "?"]}
      case: id
      rows: events
      instants: {opened: opened}
      event:
        - {column: who, at: at, on_change: true, kinds: {"*": assigned}}
        - {column: state, at: at, on_change: true, kinds: {new: null, go: started, done: solved}}
      staff: who
      ignore: {when: "flag = 'x'"}
    """
    text = lines(
        ("id", "state", "who", "at", "opened", "flag"),
        ("a", "new", "?", "2026-01-01", "2025-12-31", ""),
        ("b", "new", "eve", "2026-01-01", "2025-12-30", ""),
        ("a", "go", "ann", "2026-01-02", "2025-12-31", ""),
        ("a", "done", "bob", "2026-01-03", "2025-12-31", "x"),  # passed over
        ("a", "odd", "bob", "2026-01-03", "2025-12-31", ""),  # rejected
        ("a", "go", "ann", "2026-01-04", "2025-12-31", ""),  # nothing new
        ("a", "go", "?", "2026-01-05", "2025-12-31", ""),  # nobody: no fact
        ("a", "go", "ann", "2026-01-06", "2026-01-01", ""),  # assigned again, and opened anew
        ("a", "?", "ann", "2026-01-07", "2026-01-01", ""),
        ("a", "go", "ann", "2026-01-08", "2026-01-01", ""),  # after a null the state is new again
    )
    report = imported(tmp_path, spec, text)
    assert counts(report) == (10, 5, 3, 0, 1, 1)
    assert [(row[0], row[1], str(row[2])[:10]) for row in facts(tmp_path)] == [
        ("a", "opened", "2025-12-31"),
        ("b", "opened", "2025-12-30"),
        ("b", "assigned", "2026-01-01"),
        ("a", "assigned", "2026-01-02"),
        ("a", "started", "2026-01-02"),
        ("a", "opened", "2026-01-01"),
        ("a", "assigned", "2026-01-06"),
        ("a", "started", "2026-01-08"),
    ]


def test_facts_of_a_row_come_in_the_order_listed(tmp_path: Path) -> None:
    spec = """
      source: {format: csv, timezone: UTC}
      case: id
      rows: cases
      event:
        - {column: state, at: at, kinds: {done: closed}}
        - {column: who, at: at, kinds: {"*": assigned}}
      instants: {solved: at, opened: opened}
    """
    imported(tmp_path, spec, "id,state,who,at,opened\na,done,ann,2026-01-02,2026-01-01\n")
    assert [row[0] for row in facts(tmp_path, "kind")] == ["solved", "opened", "closed", "assigned"]


def test_a_blank_instant_is_no_fact_and_a_row_without_facts_is_present(tmp_path: Path) -> None:
    report = imported(tmp_path, CASES, "id,opened,solved,who,priority,amount\na,2026-01-01,,,,\nb,,,,,\n")
    assert counts(report) == (2, 1, 1, 0, 0, 0)


def test_columns_that_nothing_uses_are_listed_in_their_order(tmp_path: Path) -> None:
    spec = EVENTS + '  ignore: {when: "z IS NOT NULL"}'
    report = imported(tmp_path, spec, "z,id,y,state,at,\n,a,,new,2026-01-05 10:00,\n")
    assert report.unmapped == ("z", "y", "")


@pytest.mark.parametrize(
    ("header", "column", "near"),
    [("id,State,at", 19, "State"), ("id;state;at", 9, None), ("id,state,state,at", 19, None)],
)
def test_a_column_that_is_not_there_is_refused_at_its_place(
    header: str, column: int, near: str | None, tmp_path: Path
) -> None:
    with pytest.raises(SteelyardError) as caught:
        imported(tmp_path, EVENTS, header + "\n")
    problem = caught.value.problems[0]
    assert (problem.code, problem.place.column, problem.params.get("near")) == ("column", column, near)
    assert not (tmp_path / "ledger").exists()


def test_stamps_without_offset_need_a_zone(tmp_path: Path) -> None:
    spec = EVENTS.replace('timezone: Europe/Berlin, timestamp: "%Y-%m-%d %H:%M"', 'nulls: [""]')
    error = refusal(lambda: imported(tmp_path, spec, "id,state,at\na,new,2026-01-05 10:00\n"))
    assert error is not None
    assert error.problems[0].code == "timezone"
    report = imported(tmp_path, spec, "id,state,at\na,new,2026-01-05 10:00\na,done,2026-01-05T10:00Z\n")
    assert counts(report) == (2, 1, 0, 0, 0, 1)
    assert rejects(tmp_path) == [(2, "at", "2026-01-05 10:00", "no offset")]
    assert [warning.code for warning in report.warnings] == ["mixed-offsets", "rejects"]


def test_stops_before_the_start_are_counted(tmp_path: Path) -> None:
    text = "id,opened,solved,who,priority,amount\na,2026-01-02,2026-01-01,,,\nb,2026-01-02,2026-01-02,,,\n"
    report = imported(tmp_path, CASES, text)
    assert [(warning.code, warning.params["count"]) for warning in report.warnings] == [("stop-before-start", 1)]


CONTACTS = """
  source: {format: csv, timezone: UTC}
  rows: contacts
  id: id
  contact:
    {offered: at, answered: yes_at, abandoned: {column: gone, map: {Y: true, N: false}},
     wait_s: wait, talk_s: talk, queue: q}
  staff: who
  attributes: {channel: {value: phone}}
"""


def test_contacts_answered_by_instant_or_flag(tmp_path: Path) -> None:
    text = lines(
        ("id", "at", "yes_at", "gone", "wait", "talk", "q", "who"),
        ("1", "2026-01-01T10:00", "2026-01-01T10:00:07", "N", "7.0", "0:02:03", "a", "ann"),
        ("2", "2026-01-01T10:00", "TRUE", "N", "5", "", "a", "ann"),
        ("3", "2026-01-01T10:00", "false", "Y", "", "", "", ""),
        ("4", "2026-01-01T10:00", "", "", "0:00:09", "", "", ""),
        ("5", "2026-01-01T10:00", "perhaps", "", "", "", "", ""),
        ("6", "2026-01-01T10:00", "", "X", "", "", "", ""),
        ("7", "2026-01-01T10:00", "", "", "2:03", "", "", ""),
        ("8", "", "", "", "", "", "", ""),
    )
    report = imported(tmp_path, CONTACTS, text)
    assert counts(report) == (8, 4, 0, 0, 0, 4)
    assert [(row[0], row[1], str(row[2])[11:]) for row in facts(tmp_path)] == [
        ("1", "contact.offered", "10:00:00"),
        ("1", "contact.answered", "10:00:07"),
        ("2", "contact.offered", "10:00:00"),
        ("2", "contact.answered", "10:00:05"),
        ("3", "contact.offered", "10:00:00"),
        ("3", "contact.abandoned", "10:00:00"),
        ("4", "contact.offered", "10:00:00"),
    ]
    first = json.loads(str(facts(tmp_path, "data")[0][0]))
    assert first == {"queue": "a", "wait_s": 7, "talk_s": 123, "attributes": {"channel": "phone"}}
    assert [row[1:] for row in rejects(tmp_path)] == [
        ("yes_at", "perhaps", "not instant"),
        ("gone", "X", "unknown value"),
        ("wait", "2:03", "not seconds"),
        ("at", "", "missing"),
    ]


def test_responses_one_question_a_row_or_many(tmp_path: Path) -> None:
    spec = """
      source: {format: csv, timezone: UTC}
      rows: responses
      id: inv
      case: case
      response:
        {survey: {value: csat}, question: q, score: s, scale_min: {value: 1}, scale_max: {value: 5},
         answered_at: at, invited_at: sent}
      unit: {value: desk}
    """
    text = lines(
        ("inv", "case", "q", "s", "at", "sent"),
        ("1", "c1", "fast", "5", "2026-01-02", "2026-01-01"),
        ("1", "c1", "kind", "3", "2026-01-02", "2026-01-01"),
        ("2", "c2", "", "", "", "2026-01-01"),
        ("3", "c3", "", "", "", ""),
    )
    report = imported(tmp_path, spec, text)
    assert counts(report) == (4, 3, 0, 0, 0, 1)
    found = [(row[0], row[1], json.loads(str(row[2]))) for row in facts(tmp_path, "about_id, kind, data")]
    assert [row[:2] for row in found] == [
        ("1", "survey.invited"),
        ("1", "survey.answered"),
        ("1", "survey.answered"),
        ("2", "survey.invited"),
    ]
    assert found[2][2] == {
        "invitation": "1",
        "survey": "csat",
        "case": "c1",
        "answers": [{"question": "kind", "score": 3, "scale_min": 1, "scale_max": 5}],
    }
    wide = """
      source: {format: csv, timezone: UTC}
      rows: responses
      id: {line: true}
      response:
        answered_at: {value: "2026-01-02"}
        answers: [{question: {value: q1}, score: a}, {question: {value: q2}, score: b}]
    """
    ledger.import_source(mapping(wide, name="wide"), tmp_path / "ledger", source(tmp_path, "a,b\n7,8\n"))
    data = json.loads(str(facts(tmp_path, "data", order="position")[-1][0]))
    assert data == {"invitation": "2", "answers": [{"question": "q1", "score": 7}, {"question": "q2", "score": 8}]}


def test_inspections_marks_trainings_postings_and_units(tmp_path: Path) -> None:
    def add(name: str, spec: str, text: str) -> tuple[int, ...]:
        return counts(ledger.import_source(mapping(spec, name=name), tmp_path / "ledger", source(tmp_path, text)))

    csv = "source: {format: csv, timezone: Asia/Shanghai}\n"
    assert add(
        "inspections",
        csv + "rows: inspections\nid: id\nstaff: who\n"
        "inspection: {inspected_at: at, form: f, score: s, critical: c, inspector: by}",
        "id,who,at,f,s,c,by\n1,ann,2026-01-02,calls,87.5,no,eve\n",
    ) == (1, 1, 0, 0, 0, 0)
    assert add(
        "marks",
        csv + "rows: marks\nid: id\nstaff: who\n"
        "mark: {type: {column: t, map: {P: praise, C: complaint}}, occurred_at: at, upheld: u}",
        "id,who,at,t,u\n1,ann,2026-01-02,P,\n2,ann,2026-01-02,C,true\n3,ann,2026-01-02,X,\n",
    ) == (3, 2, 0, 0, 0, 1)
    assert add(
        "trainings",
        csv + "rows: trainings\nid: id\nstaff: who\ntraining: {completed_at: at, course: c, hours: h, passed: p}",
        "id,who,at,c,h,p\n1,ann,2026-01-02,safety,7.5,Y\n",
    ) == (1, 1, 0, 0, 0, 0)
    assert add(
        "postings",
        csv + "rows: postings\nstaff: who\nunit: team\nposting: {from: a, to: b, role: r}",
        "who,team,a,b,r\nann,north,2026-01-01,2026-07-01,agent\nann,north,2026-01-01,2026-07-01,agent\n,x,2026-01-01,,\n",
    ) == (3, 1, 1, 0, 0, 1)
    assert add(
        "units",
        csv + "rows: units\nunit: id\ntree: {from: {value: 2026-01-01}, parent: p, kind: k, name: n}",
        "id,p,k,n\nnorth,all,team,North\nall,,company,All\n",
    ) == (2, 2, 0, 0, 0, 0)
    found = facts(tmp_path, "kind, about_type, about_id, staff, unit, actor, data", order="position")
    by_kind = {str(row[0]): (*row[1:6], json.loads(str(row[6]))) for row in found}
    assert by_kind["inspection.done"] == (
        "inspection",
        "1",
        "ann",
        None,
        "eve",
        {"form": "calls", "inspector": "eve", "score": 87.5, "critical": False},
    )
    assert by_kind["mark.praised"][:3] == ("mark", "1", "ann")
    assert by_kind["mark.complained"][5] == {"upheld": True}
    assert by_kind["training.completed"][5] == {"course": "safety", "hours": 7.5, "passed": True}
    assert by_kind["posted"] == (
        "staff",
        "ann",
        "ann",
        "north",
        None,
        {
            "staff": "ann",
            "unit": "north",
            "role": "agent",
            "from": "2025-12-31T16:00:00Z",
            "to": "2026-06-30T16:00:00Z",
        },
    )
    assert by_kind["unit"][:2] == ("unit", "all") or by_kind["unit"][:2] == ("unit", "north")
    assert ledger.verify(tmp_path / "ledger") == []


def test_lists_of_json_are_many_values(tmp_path: Path) -> None:
    spec = """
      source: {format: jsonl}
      case: id
      rows: cases
      instants: {opened: at}
      attributes: {tags: {column: tags, many: ",", map: {a: A, b: B}}}
    """
    text = '{"id": 1, "at": "2026-01-01T00:00:00Z", "tags": ["a", "b"]}\n'
    text += '{"id": 2, "at": "2026-01-01T00:00:00Z", "tags": "b,"}\n'
    text += '{"id": 3, "at": "2026-01-01T00:00:00Z", "tags": ["c"]}\n'
    assert counts(imported(tmp_path, spec, text)) == (3, 2, 0, 0, 0, 1)
    assert [json.loads(str(row[0]))["attributes"]["tags"] for row in facts(tmp_path, "data")] == [["A", "B"], ["B"]]


def test_covers_are_kept_for_what_the_source_feeds(tmp_path: Path) -> None:
    imported(tmp_path, CONTACTS + "  covers: [2026-01-01, 2026-02-01]", "id,at,yes_at,gone,wait,talk,q,who\n")
    store = ledger.open_ledger(tmp_path / "ledger")
    assert [str(day) for span in store.covers("contact") for day in span] == ["2026-01-01", "2026-02-01"]
    assert store.covers("case") == []


ids = st.sampled_from(["a", "b", ""])
states = st.sampled_from(["new", "go", "done", "", "odd"])
minutes = st.sampled_from([None, *range(4)])
people = st.sampled_from(["", "ann", "bob"])
flags = st.sampled_from(["", "", "", "x"])
logs = st.lists(st.tuples(ids, states, minutes, people, flags), max_size=14)

SPEC = """
  source: {format: csv, timezone: UTC}
  case: id
  rows: events
  instants: {classified: seen}
  event:
    - {column: who, at: at, on_change: true, kinds: {"*": assigned}}
    - {column: state, at: at, kinds: {new: opened, go: null, done: solved}}
  staff: who
  ignore: {when: "flag = 'x'"}
"""


@settings(max_examples=15)
@given(log=logs)
def test_any_log_is_read_as_a_slow_reader_reads_it(
    log: list[tuple[str, str, int | None, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    rows = [
        (id_, state, "" if minute is None else f"2026-01-01 10:0{minute}", who, flag)
        for id_, state, minute, who, flag in log
    ]
    text = lines(("id", "state", "at", "who", "flag", "seen"), *[(*row, row[2]) for row in rows])
    report = imported(folder, SPEC, text)
    expected, outcome = slow_reading(rows)
    found = facts(folder, "about_id, kind, occurred_at, staff") if report.facts else []
    assert found == expected
    assert counts(report) == (
        len(rows),
        outcome["loaded"],
        outcome["present"],
        0,
        outcome["ignored"],
        outcome["rejected"],
    )
    ids_ = facts(folder, "fact_id") if report.facts else []
    assert len(set(ids_)) == len(ids_)


def slow_reading(rows: list[tuple[str, str, str, str, str]]) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    """Row by row, as SPEC §2 and Readings 17–19 say."""
    found: list[tuple[object, ...]] = []
    outcome: dict[str, int] = defaultdict(int)
    before: dict[str, tuple[str, str]] = {}
    for id_, state, at, who, flag in rows:
        moment = datetime.fromisoformat(at) if at else None
        if flag == "x":
            outcome["ignored"] += 1
            continue
        kind = {"new": "opened", "done": "solved"}.get(state)
        if not id_ or state == "odd" or ((who or kind) and moment is None):
            outcome["rejected"] += 1
            continue
        was_seen, was_who = before.get(id_, ("", ""))
        new: list[str] = []
        if at and at != was_seen:
            new.append("classified")
        if who and who != was_who:
            new.append("assigned")
        if kind:
            new.append(kind)
        before[id_] = (at, who)
        found += [(id_, name, moment, who or None) for name in new]
        outcome["loaded" if new else "present"] += 1
    return found, outcome


def test_a_wall_time_of_a_fold_is_its_first(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, "id,state,at\na,new,2026-10-25 02:30\n")
    assert facts(tmp_path, "occurred_at") == [(datetime(2026, 10, 25, 2, 30) - timedelta(hours=2),)]
