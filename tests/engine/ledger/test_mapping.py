"""Reading mappings: what is taken, and where each mistake is said to be."""

from __future__ import annotations

import textwrap
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from steelyard.engine.errors import SteelyardError
from tests.engine.ledger.made import EVENTS, mapping, refusal


def refused(spec: str) -> tuple[set[tuple[int | None, int | None]], set[str], list[tuple[int, int]]]:
    """Places and codes of the problems of a mapping with this spec, and the places that the spec marks with ``§``."""
    written = textwrap.indent(textwrap.dedent(spec).strip("\n"), "  ")
    marks = [(number, line.index("§") + 1) for number, line in enumerate(written.splitlines(), 5) if "§" in line]
    with pytest.raises(SteelyardError) as caught:
        mapping(spec.replace("§", ""))
    problems = caught.value.problems
    return {(p.place.line, p.place.column) for p in problems}, {problem.code for problem in problems}, marks


def test_all_keys_of_a_log_are_read() -> None:
    found = mapping("""
      source: {format: csv, encoding: gb18030, delimiter: ";", nulls: ["", "?"], timezone: Asia/Tokyo, timestamp: "%F"}
      covers: [2016-01-01, 2016-07-01]
      case: number
      rows: events
      event:
        - {column: assigned, at: updated, on_change: true, kinds: {"*": assigned}}
        - {column: state, at: {columns: [day, time], join: " "}, kinds: {New: null, Done: solved}}
      instants: {opened: opened_at}
      staff: assigned
      unit: {column: team, map: {a: north}, else: south}
      kind: {value: request}
      attributes: {priority: {column: p, map: {High: 1}}, tags: {column: t, many: ";"}}
      ignore: {when: "caller IS NULL"}
    """)
    assert found.source.encoding == "gb18030"
    assert found.source.nulls == ("", "?")
    assert found.covers == (date(2016, 1, 1), date(2016, 7, 1))
    assert found.events[0].on_change
    assert found.events[0].kinds == {"*": "assigned"}
    assert found.events[1].at.columns == ("day", "time")
    assert found.events[1].kinds == {"New": None, "Done": "solved"}
    assert found.unit is not None
    assert (found.unit.map, found.unit.otherwise) == ({"a": "north"}, "south")
    assert found.kind is not None
    assert found.kind.constant == "request"
    assert found.attributes["priority"].type == "integer"
    assert found.attributes["tags"].many == ";"
    assert found.ignore is not None


def test_without_timestamp_and_zone_the_offsets_are_in_the_data() -> None:
    found = mapping("{source: {format: xes}, rows: cases, case: id, instants: {opened: at}}")
    assert (found.source.timestamps, found.source.timezone, found.source.nulls) == ((), None, ("",))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("case: id", "§caze: id", "unknown-key"),
        ("format: csv", "format: §cvs", "choice"),
        ("timezone: Europe/Berlin, timestamp: ", "timestamp: §", "timezone"),
        ("Europe/Berlin", "§Europe/Nowhere", "unknown-timezone"),
        ('"%Y-%m-%d %H:%M"', '§"%Y-%m-%d %H:%Q"', "timestamp"),
        ('"%Y-%m-%d %H:%M"', '§"%m-%d %H:%M"', "timestamp"),
        ('"%Y-%m-%d %H:%M"', '§["%Y-%m-%d", "%Y-%m-%d %z"]', "timestamp"),
        ("format: csv", "format: csv, delimiter: §ab", "delimiter"),
        ("format: csv", "format: csv, encoding: §rot13", "encoding"),
        ("format: csv", "format: xes, §sheet: a", "shape"),
        ("rows: events", "rows: §event", "choice"),
        ("kinds: {new: opened", "kinds: {new: §Opened", "kind"),
        ("kinds: {new: opened", "kinds: {new: §contact.offered", "kind"),
        ("rows: events", "rows: events\n  staff: {columns: §[]}", "shape"),
        ("rows: events", "rows: events\n  staff: §{column: a, value: b}", "shape"),
        ("rows: events", "rows: events\n  staff: {column: a, §else: b}", "shape"),
        ("rows: events", "rows: events\n  staff: §[a]", "shape"),
        ("rows: events", "rows: events\n  staff: §null", "shape"),
        ("rows: events", "rows: events\n  covers: §[2016-01-01]", "covers"),
        ("rows: events", "rows: events\n  covers: §[2016-01-01, 2016-01-01]", "covers"),
        ("rows: events", 'rows: events\n  ignore: {when: §"a ="}', "predicate"),
        ("rows: events", "rows: events\n  instants: {opened: {column: o, §map: {a: b}}}", "shape"),
        ("rows: events", "rows: events\n  attributes: {§Big: a}", "id"),
        ("rows: events", "rows: events\n  attributes: {a: {column: b, type: §int}}", "choice"),
        ("rows: events", "rows: events\n  attributes: {a: {column: b, type: integer, map: {x: §1.5}}}", "type"),
        ("rows: events", "rows: events\n  attributes: {priority: {column: b, map: {x: §High}}}", "type"),
        ("rows: events", "rows: events\n  kind: a\n  attributes: {§kind: b}", "shape"),
    ],
)
def test_a_mistake_is_found_at_its_line_and_column(old: str, new: str, code: str) -> None:
    assert old in EVENTS
    places, codes, marks = refused(EVENTS.replace(old, new))
    assert set(marks) <= places
    assert code in codes


def test_what_is_missing_is_said_where_it_belongs() -> None:
    assert refused(EVENTS.replace("  case: id\n", ""))[:2] == ({(5, 3)}, {"missing-key"})
    assert refused(EVENTS.replace("  rows: events\n", ""))[:2] == ({(5, 3)}, {"missing-key"})
    assert refused(EVENTS.replace("at: at, ", ""))[1] == {"missing-key"}


def test_every_problem_says_what_to_do_or_names_the_thing() -> None:
    with pytest.raises(SteelyardError) as caught:
        mapping(EVENTS.replace("delimiter", "x").replace("kinds", "kindz"))
    assert "did you mean kinds?" in str(caught.value)


def test_the_blocks_of_other_rows_need_their_instants() -> None:
    places, codes, marks = refused("{source: {format: csv}, rows: marks, id: a, mark: §{type: b}}")
    assert (places, codes) == (set(marks), {"missing-key"})
    places, codes, marks = refused("{source: {format: csv}, rows: contacts, id: a, contact: §{answered: c}}")
    assert (places, codes) == (set(marks), {"missing-key"})


texts = st.text(max_size=8) | st.sampled_from(["csv", "events", "cases", "opened", "true", "%Y-%m-%d", "UTC", "1"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        "source",
        "covers",
        "case",
        "id",
        "rows",
        "event",
        "instants",
        "staff",
        "unit",
        "actor",
        "kind",
        "attributes",
        "ignore",
        "contact",
        "response",
        "mark",
        "posting",
        "tree",
        "inspection",
        "training",
        "format",
        "timezone",
        "timestamp",
        "nulls",
        "column",
        "columns",
        "at",
        "kinds",
        "map",
        "else",
        "type",
        "many",
        "value",
        "line",
    ]
)


@settings(max_examples=50)
@given(spec=st.dictionaries(keys, st.dictionaries(keys, trees, max_size=4) | trees, max_size=6))
def test_any_tree_is_a_mapping_or_a_refusal(spec: dict[str, object]) -> None:
    document = {
        "apiVersion": "steelyard/v1",
        "kind": "Mapping",
        "metadata": {"name": "x"},
        "spec": {"rows": "cases", **spec},
    }
    _read_or_refuse(yaml.safe_dump(document, allow_unicode=True).encode())


@settings(max_examples=50)
@given(document=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_mapping_or_a_refusal(document: bytes) -> None:
    _read_or_refuse(document)


def _read_or_refuse(document: bytes) -> None:
    error = refusal(lambda: ledger.load_mapping(document, file="map.yaml"))
    if error is not None:
        assert error.problems
        assert all(problem.text() for problem in error.problems)
