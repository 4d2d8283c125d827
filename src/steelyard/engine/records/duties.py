"""Occurrences of duties and of lines of the evaluation programme, as rows of ``clocks``.

One for each subject of ``for`` and calendar span of ``every``: started at the span's first opening, due at its last
closing, stopped by the first fact that ``produces`` names about that subject in the span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from steelyard.engine.ledger.schema import INSTANT
from steelyard.engine.policy.model import Duty, Policy
from steelyard.engine.records import duties_spans
from steelyard.engine.records.clocks import CLOCKS
from steelyard.engine.records.clocks_facts import InForce
from steelyard.engine.records.duties_spans import Span
from steelyard.engine.records.duties_subjects import ALWAYS, Subject, micros, subjects_of
from steelyard.engine.records.expressions import ORDER, literal
from steelyard.engine.worktime.elapsed import Elapsed
from steelyard.engine.worktime.units import SECOND
from steelyard.engine.worktime.work import Work


def build_duties(
    con: duckdb.DuckDBPyConnection,
    policies: Sequence[Policy],
    *,
    in_force: InForce,
    as_of: datetime,
    times: Sequence[Mapping[str, Work]],
) -> None:
    """Add the duties' rows to ``clocks`` from view ``facts`` and the tables ``postings`` and ``units``.

    Only spans that begin while their policy is in force, on or after the date of the ledger's first fact, and open
    before ``as_of`` (UTC without a zone).
    """
    found = con.execute("SELECT min(occurred_at) FROM facts").fetchone()
    if not found or found[0] is None:
        return
    for policy, (begins, ends), calendars in zip(policies, in_force, times, strict=True):
        first = _local(max(begins, found[0]), policy.timezone)
        last = _local(min(ends, as_of), policy.timezone)
        for duty in (*policy.duties, *policy.programme):
            work = calendars[duty.calendar] if duty.calendar else next(iter(calendars.values()), Elapsed())
            turns = duties_spans.spans(duty.every, work, policy.timezone, first, last)
            known = [span for span in turns if span.starts < micros(as_of) and span.begins < micros(ends)]
            subjects = list(subjects_of(con, policy, duty))
            if known and subjects:
                _add(con, duty, known, subjects, work, as_of)


def _add(
    con: duckdb.DuckDBPyConnection,
    duty: Duty,
    known: Sequence[Span],
    subjects: Sequence[Subject],
    work: Work,
    as_of: datetime,
) -> None:
    """Insert the occurrences of ``duty`` in its spans for its subjects, some subjects at a time."""
    _table(con, "duty_spans", [(span.key, span.begins, span.ends, span.starts, span.due) for span in known], _SPANS)
    _first_done(con, duty)
    # Somebody in two postings is one subject, so the stretches of one id stay together.
    by_id: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for each in subjects:
        by_id[each.id].append((each.id, each.staff, each.unit, each.since, each.until))
    stretches, some = list(by_id.values()), max(1, _ROWS_AT_ONCE // len(known))
    for at in range(0, len(stretches), some):
        _table(con, "duty_subjects", [row for rows in stretches[at : at + some] for row in rows], _SUBJECTS)
        _insert(con, duty, work, micros(as_of))
    con.execute("DROP TABLE duty_spans; DROP TABLE duty_subjects; DROP TABLE duty_done")


def _first_done(con: duckdb.DuckDBPyConnection, duty: Duty) -> None:
    """Make ``duty_done``: the first fact in each span that does the duty to a subject."""
    form = f"AND coalesce(data->>'$.form', {literal(duty.form)}) = {literal(duty.form)}" if duty.form else ""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE duty_done AS
        WITH customers AS (
          SELECT about_id AS id, arg_max({_CUSTOMER}, {ORDER}) AS customer FROM facts
          WHERE about_type = 'case' AND {"TRUE" if duty.subjects == "customer" else "FALSE"} GROUP BY ALL
        ),
        done AS (
          SELECT {_DONE_TO[duty.subjects]} AS subject, {ORDER} AS place,
            {{'done_at': epoch_us(occurred_at), 'staff': staff, 'unit': unit, 'actor': actor}} AS fact
          FROM facts LEFT JOIN customers ON about_type = 'case' AND customers.id = about_id
          WHERE kind = {literal(duty.produces)} {form}
        )
        SELECT done.subject, s.key, arg_min(fact, place) AS fact
        FROM done ASOF JOIN duty_spans AS s ON done.fact.done_at >= s.begins
        WHERE done.fact.done_at < s.ends AND done.subject IS NOT NULL GROUP BY ALL
        """
    )


_CUSTOMER = "coalesce(data->>'$.customer', data->>'$.attributes.customer')"
_DONE_TO = {
    "posting": "coalesce(staff, CASE WHEN about_type = 'staff' THEN about_id END)",
    "unit": "CASE WHEN about_type = 'unit' THEN about_id ELSE unit END",
    "customer": f"CASE WHEN about_type = 'customer' THEN about_id ELSE coalesce({_CUSTOMER}, customers.customer) END",
}
_ROWS_AT_ONCE = 1_000_000
_SPANS = pa.schema(
    [("key", pa.string()), ("begins", pa.int64()), ("ends", pa.int64()), ("starts", pa.int64()), ("due", pa.int64())]
)
_SUBJECTS = pa.schema(
    [
        ("id", pa.string()),
        ("staff", pa.string()),
        ("unit", pa.string()),
        ("since", pa.int64()),
        ("until", pa.int64()),
    ]
)


def _insert(con: duckdb.DuckDBPyConnection, duty: Duty, work: Work, as_of: int) -> None:
    """Judge each occurrence: an optional duty is never missed, it is over at its due."""
    found = con.sql(_OCCURRENCES.format(duty=literal(duty.id), who=literal(_who(duty)))).to_arrow_table()
    starts, due = (found.column(name).to_numpy() for name in ("starts", "due"))
    done_at = found.column("done_at").fill_null(ALWAYS).to_numpy()
    met, over = done_at <= due, due < as_of
    cancelled = over & ~met if duty.optional else np.zeros(len(due), dtype=np.bool_)
    missed = over & ~met & ~cancelled
    stopped = (done_at < ALWAYS) & ~cancelled
    counted_to = np.where(stopped, done_at, np.where(cancelled, due, as_of))
    count = len(due)

    def instants(at: np.ndarray, there: np.ndarray) -> pa.Array:
        return pa.array(at, mask=~there).cast(INSTANT)

    def whose(name: str) -> pa.Array:
        own, done = found.column(name).combine_chunks(), found.column(f"done_{name}").combine_chunks()
        return pa.compute.if_else(pa.array(met), done, own)

    everywhere, nowhere = np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    state = np.where(met, "met", np.where(cancelled, "cancelled", np.where(missed, "missed", "running")))
    rows = {
        "about": pa.repeat(pa.scalar("duty"), count),
        "id": found.column("id"),
        "commitment": pa.repeat(pa.scalar(duty.id), count),
        "n": found.column("n"),
        "key": found.column("key"),
        "started_at": instants(starts, everywhere),
        "due_at": instants(due, everywhere),
        "stopped_at": instants(done_at, stopped),
        "judged_at": instants(np.where(met, done_at, due), met | missed),
        "elapsed_s": pa.array(work.elapsed_many(starts, counted_to) // SECOND),
        "paused_s": pa.array(np.zeros(count, dtype=np.int64)),
        "budget_s": pa.array(work.elapsed_many(starts, due) // SECOND),
        "state": pa.array(state.tolist(), pa.string()),
        "staff": whose("staff"),
        "unit": whose("unit"),
        "exception": pa.nulls(count, pa.string()),
        "provisional": pa.array(work.provisional_many(starts, due)),
        "met": pa.array(met, mask=~(met | missed)),
        "judged": pa.array(met | missed),
        "aimed": pa.nulls(count, pa.bool_()),
        "actor": pa.compute.if_else(pa.array(stopped), found.column("done_actor").combine_chunks(), None),
        "warn_at": instants(due, nowhere),
    }
    con.register("_duties", pa.table(rows, schema=CLOCKS))
    con.execute("INSERT INTO clocks SELECT * FROM _duties")
    con.unregister("_duties")


def _who(duty: Duty) -> str:
    """The role that answers for a unit nobody else does."""
    return duty.who or "" if duty.subjects == "unit" else ""


_OCCURRENCES = """
WITH earlier AS (
  SELECT id, max(n) AS n FROM clocks WHERE about = 'duty' AND commitment = {duty} GROUP BY id
),
alone AS (
  SELECT s.key, p.unit, min(p.staff) AS staff FROM duty_spans AS s
  JOIN postings AS p ON p.role = {who} AND epoch_us(p.valid_from) <= s.due
    AND (p.valid_to IS NULL OR s.due < epoch_us(p.valid_to))
  GROUP BY ALL HAVING count(DISTINCT p.staff) = 1
),
subjects AS (
  SELECT t.key, t.starts, t.due, s.id, arg_min({{'staff': s.staff, 'unit': s.unit}}, s.since) AS own
  FROM duty_spans AS t JOIN duty_subjects AS s ON s.since <= t.starts AND t.starts < s.until
  GROUP BY ALL
)
SELECT t.id, t.key, t.starts, t.due,
  row_number() OVER (PARTITION BY t.id ORDER BY t.starts) + coalesce(earlier.n, 0) AS n,
  coalesce(t.own.staff, alone.staff) AS staff, t.own.unit AS unit,
  duty_done.fact.done_at AS done_at, duty_done.fact.staff AS done_staff,
  coalesce(duty_done.fact.unit, t.own.unit) AS done_unit, duty_done.fact.actor AS done_actor
FROM subjects AS t
LEFT JOIN duty_done ON duty_done.subject = t.id AND duty_done.key = t.key
LEFT JOIN alone ON alone.key = t.key AND alone.unit = t.id
LEFT JOIN earlier ON earlier.id = t.id
ORDER BY t.id, t.starts
"""


def _table(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> None:
    columns_ = zip(*rows, strict=True)
    con.register(
        "_rows",
        pa.table([pa.array(column, field.type) for column, field in zip(columns_, schema, strict=True)], schema=schema),
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM _rows")
    con.unregister("_rows")


def _local(at: datetime, timezone: str) -> date:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
