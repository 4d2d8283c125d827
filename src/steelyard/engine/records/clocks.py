"""The ``clocks`` table: every clock of the ledger as of an instant, folded batch by batch.

The facts are numbered and sorted once for all commitments about the same kind of thing. Subjects whose story a batch
cannot tell surely (two facts at one instant and ``seq``; attributes whose moment of change matters) are folded again
in a second, closer pass.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from steelyard.engine.ledger.schema import INSTANT
from steelyard.engine.policy import columns
from steelyard.engine.policy.model import Policy
from steelyard.engine.records import clocks_batch, clocks_facts
from steelyard.engine.records.clocks_batch import Batch
from steelyard.engine.records.clocks_facts import InForce, Wanted
from steelyard.engine.records.clocks_fold import CommitmentFold, Folded
from steelyard.engine.records.fold_lanes import NEVER, Ids, Places
from steelyard.engine.records.fold_many import STATES
from steelyard.engine.worktime.units import Micros, instant_of
from steelyard.engine.worktime.work import Flags, Work

FACTS_A_BATCH: Final = 1_000_000
FOLDING_THREADS: Final = 2

CLOCKS: Final = pa.schema(
    [
        ("about", pa.string()),
        ("id", pa.string()),
        ("commitment", pa.string()),
        ("n", pa.int64()),
        ("key", pa.string()),
        ("started_at", INSTANT),
        ("due_at", INSTANT),
        ("stopped_at", INSTANT),
        ("judged_at", INSTANT),
        ("elapsed_s", pa.int64()),
        ("paused_s", pa.int64()),
        ("budget_s", pa.int64()),
        ("state", pa.string()),
        ("staff", pa.string()),
        ("unit", pa.string()),
        ("exception", pa.string()),
        ("provisional", pa.bool_()),
        ("met", pa.bool_()),
        ("judged", pa.bool_()),
        ("aimed", pa.bool_()),
        ("actor", pa.string()),
        ("warn_at", INSTANT),
    ]
)
"""Columns of ``clocks``. ``met`` is null unless the clock is judged; ``actor`` did the fact that stopped it."""


def create_table(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``clocks`` without rows."""
    con.register("_clocks", CLOCKS.empty_table())
    con.execute("CREATE OR REPLACE TABLE clocks AS SELECT * FROM _clocks")
    con.unregister("_clocks")


def build_clocks(
    con: duckdb.DuckDBPyConnection,
    policies: Sequence[Policy],
    *,
    in_force: InForce,
    as_of: datetime,
    times: Sequence[Mapping[str, Work]],
) -> None:
    """Make ``clocks`` from view ``facts`` and the tables ``cases``, ``contacts`` and ``postings``.

    ``in_force`` holds the half-open instants in which each policy was in force, ``times`` its compiled calendars;
    ``cases.version`` is an index into both. ``as_of`` is UTC without a zone.
    """
    create_table(con)
    builds = [_Build(con, about, policies, times, as_of) for about in ("case", "contact", "posting")]
    if not any(build.folds for build in builds):
        return
    clocks_facts.number_names(con)
    for build in builds:
        if build.folds:
            build.run(in_force)
    con.execute("DROP TABLE clock_names")


class _Build:
    """The clocks about one kind of thing, of all policy versions."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        about: str,
        policies: Sequence[Policy],
        times: Sequence[Mapping[str, Work]],
        as_of: datetime,
    ) -> None:
        self.con, self.about, self.as_of = con, about, as_of
        own = [[each for each in policy.commitments if each.about == about] for policy in policies]
        self.wanted = Wanted.by(each for commitments in own for each in commitments)
        at = instant_of(as_of.replace(tzinfo=UTC))
        self.folds = {
            version: [
                CommitmentFold(each, self.wanted, columns.of_commitment(about, policy.attributes), times[version], at)
                for each in own[version]
            ]
            for version, policy in enumerate(policies)
            if own[version]
        }
        self.names: pa.Array = pa.array([], pa.string())
        self.said_names: list[str] = []

    def run(self, in_force: InForce) -> None:
        """Fold all facts, and then once more those of the subjects that were left out."""
        clocks_facts.number_subjects(self.con, self.about, list(self.folds), in_force)
        names = self.con.sql("SELECT name FROM clock_names ORDER BY code").to_arrow_table()
        self.names = names.column("name").combine_chunks()
        self.said_names = self.names.to_pylist()
        with _in_order(self.con):
            clocks_facts.sort_facts(self.con, self.about, self.wanted, self.as_of, table="clock_facts")
            unsure = self._fold("clock_facts", None)
            if unsure:
                self._table("clock_unsure", np.unique(np.concatenate(list(unsure.values()))))
                clocks_facts.sort_exactly(self.con, self.about, self.wanted, self.as_of, table="clock_facts")
                self._fold("clock_facts", unsure)
        clocks_facts.find_exceptions(self.con, self.about)
        for table in ("clock_facts", "clock_subjects", "clock_unsure"):
            self.con.execute(f"DROP TABLE IF EXISTS {table}")

    def _fold(self, table: str, only: Mapping[CommitmentFold, Places] | None) -> dict[CommitmentFold, Places]:
        """Fold every batch of ``table``; what each commitment was not sure of.

        While the threads fold one batch, the database reads the next.
        """
        unsure: dict[CommitmentFold, list[Places]] = defaultdict(list)
        with ThreadPoolExecutor(FOLDING_THREADS) as pool:
            waiting: deque[Future[list[tuple[CommitmentFold, Folded, pa.Table]]]] = deque()
            for version, facts, ids in self._batches(table):
                waiting.append(pool.submit(self._fold_batch, version, facts, ids, only))
                if len(waiting) >= FOLDING_THREADS:
                    self._store(waiting.popleft().result(), unsure)
            while waiting:
                self._store(waiting.popleft().result(), unsure)
        return {fold: np.concatenate(parts) for fold, parts in unsure.items()}

    def _batches(self, table: str) -> Iterator[tuple[int, pa.Table, pa.Table]]:
        """Version, facts and subjects of each batch: whole subjects, about ``FACTS_A_BATCH`` facts."""
        spans = self.con.execute(
            f"SELECT version, min(no), max(no), count(*) FROM {table} JOIN clock_subjects USING (no) GROUP BY ALL"
        ).fetchall()
        for version, lowest, highest, facts in spans:
            step = max(1, FACTS_A_BATCH * (highest - lowest + 1) // facts)
            for first in range(lowest, highest + 1, step):
                span = f"no BETWEEN {first} AND {min(first + step - 1, highest)}"
                found = self.con.sql(f"SELECT * FROM {table} WHERE {span}").to_arrow_table()
                ids = self.con.sql(f"SELECT no, id, n FROM clock_subjects WHERE {span} ORDER BY no").to_arrow_table()
                if len(found):
                    yield version, found, ids

    def _fold_batch(
        self, version: int, facts: pa.Table, ids: pa.Table, only: Mapping[CommitmentFold, Places] | None
    ) -> list[tuple[CommitmentFold, Folded, pa.Table]]:
        batch = clocks_batch.read(facts, self.wanted, self.said_names, self.about)
        done = []
        for fold in self.folds[version]:
            chosen = None if only is None else np.isin(batch.numbers, only.get(fold, ()))
            folded = fold.fold(batch, chosen)
            done.append((fold, folded, self._rows(fold, folded, batch, ids)))
        return done

    def _store(
        self, done: list[tuple[CommitmentFold, Folded, pa.Table]], unsure: dict[CommitmentFold, list[Places]]
    ) -> None:
        for fold, folded, rows in done:
            if len(folded.unsure):
                unsure[fold].append(folded.unsure)
            self.con.register("_clocks", rows)
            self.con.execute("INSERT INTO clocks SELECT * FROM _clocks")
            self.con.unregister("_clocks")

    def _table(self, name: str, numbers: Places) -> None:
        self.con.register("_numbers", pa.table({"no": numbers}))
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT no FROM _numbers")
        self.con.unregister("_numbers")

    def _rows(self, fold: CommitmentFold, folded: Folded, batch: Batch, ids: pa.Table) -> pa.Table:
        """The clocks as rows of the table."""
        clocks, held, stopped = folded.clocks, folded.holder >= 0, folded.stop >= 0
        subject = ids.take(batch.numbers[folded.subject] - int(ids.column("no")[0].as_py()))
        met, missed = clocks.state == STATES.index("met"), clocks.state == STATES.index("missed")
        count = len(clocks.state)

        def name(codes: Ids, places: Places, there: Flags) -> pa.Array:
            code = np.where(there, codes[np.maximum(places, 0)], -1)
            return self.names.take(pa.array(code, mask=code < 0))

        return pa.table(
            [
                pa.repeat(pa.scalar(self.about), count),
                subject.column("id"),
                pa.repeat(pa.scalar(fold.commitment.id), count),
                pa.array(subject.column("n").to_numpy() + clocks.n - 1),
                pa.nulls(count, pa.string()) if folded.key is None else pa.array(folded.key, pa.string()),
                _instants(clocks.started_at),
                _instants(clocks.due_at),
                _instants(clocks.stopped_at),
                _instants(clocks.judged_at),
                pa.array(clocks.elapsed_s),
                pa.array(clocks.paused_s),
                pa.array(clocks.budget_s),
                pa.DictionaryArray.from_arrays(clocks.state, list(STATES)).cast(pa.string()),
                name(batch.staff, folded.holder, held),
                name(batch.unit, folded.holder, held),
                pa.nulls(count, pa.string()),
                pa.array(clocks.provisional),
                pa.array(met, mask=~(met | missed)),
                pa.array(met | missed),
                pa.array(clocks.aimed == 1, mask=clocks.aimed < 0),
                name(batch.actor, folded.stop, stopped),
                _instants(clocks.warn_at),
            ],
            schema=CLOCKS,
        )


def _instants(at: Micros) -> pa.Array:
    return pa.array(at, mask=at == NEVER).cast(INSTANT)


@contextmanager
def _in_order(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tables keep the order in which they were made, so that a batch is read as it was sorted."""
    before = con.execute("SELECT current_setting('preserve_insertion_order')").fetchone()
    con.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        con.execute(f"SET preserve_insertion_order = {'true' if before and before[0] else 'false'}")
