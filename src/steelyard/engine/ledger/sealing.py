"""Sealing: facts get gapless positions and a chain of digests, so that any later edit shows.

A fact's digest is the SHA-256 of its columns in one unambiguous text. Facts are sealed in (recorded_at, fact_id)
order; each batch's head is the SHA-256 of the head before it and the digests of its facts, all as hexadecimal digits.
The first digits of its digest stand beside a fact in its file: they name the fact that was edited, where the chain
only names a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from steelyard.engine.ledger.manifest import Batch

BATCH: Final = 65_536
DIGITS: Final = 64
MARK: Final = 16
"""How many hexadecimal digits of a fact's digest stand beside it in its file, in the column ``digest``."""


_TEXTS: Final = ("kind", "about_type", "about_id", "staff", "unit", "actor", "data", "source")
DIGEST: Final = "sha256(concat_ws('|', {}))".format(
    ", ".join(
        [
            "fact_id",
            *("epoch_us(occurred_at)", "seq", "epoch_us(recorded_at)"),
            # The lengths first, -1 for none: no two facts can give the same text.
            *(f"coalesce(strlen({column}), -1)" for column in _TEXTS),
            *_TEXTS,
        ]
    )
)
"""The SQL of a fact's digest in hexadecimal digits."""


_ORDER: Final = "date_trunc('month', occurred_at), about_id, occurred_at, seq"


def seal(
    con: duckdb.DuckDBPyConnection, ids: str, facts: str, *, position: int, head: str, order: str = "fact_id"
) -> list[Batch]:
    """Make ``sealed``: every fact with its ``position`` and ``digest``, in the order of the files; the new batches.

    ``ids`` is a SELECT of the ids (as UUID); with their positions they become the table ``placed`` (``fact_id
    position``). ``facts`` is a SELECT that joins it to the columns of the facts. ``position`` and ``head`` are the
    ledger's before. ``order`` may be the id alone where all facts were recorded at once.
    """
    # Here positions say the order: keeping the rows in theirs as well would only cost memory.
    con.execute("SET preserve_insertion_order = false")
    number = f"{position} + row_number() OVER (ORDER BY {order})"
    con.execute(f"CREATE TABLE placed AS SELECT fact_id, {number} AS position FROM ({ids})")
    con.execute("SET preserve_insertion_order = true")
    con.execute(f"CREATE TABLE sealed AS SELECT *, {DIGEST} AS digest FROM ({facts}) ORDER BY {_ORDER}")
    return list(chain(con, "SELECT digest FROM sealed ORDER BY position", position=position, head=head))


def chain(
    con: duckdb.DuckDBPyConnection, digests: str, *, position: int, head: str, ends: Iterable[int] | None = None
) -> Iterator[Batch]:
    """Chain the digests that a SELECT gives in the order of their positions, after ``position`` and ``head``.

    A batch ends at each of ``ends``, by default when it is full, and where there are no more facts.
    """
    coming = iter(count(position + BATCH, BATCH) if ends is None else ends)
    first, end, taken = position + 1, _after(position, coming), hashlib.sha256(head.encode())
    for digits in _blocks(con, digests):
        while digits:
            part = digits if end is None else digits[: (end - position) * DIGITS]
            digits = digits[len(part) :]
            taken.update(part)
            position += len(part) // DIGITS
            if position == end:
                head = taken.hexdigest()
                yield Batch(first, position, head)
                first, end, taken = position + 1, _after(position, coming), hashlib.sha256(head.encode())
    if position >= first:
        yield Batch(first, position, taken.hexdigest())


def _after(position: int, ends: Iterator[int]) -> int | None:
    """The next end beyond ``position``; a manifest that was tampered with may name any number."""
    return next((end for end in ends if end > position), None)


def _blocks(con: duckdb.DuckDBPyConnection, digests: str) -> Iterator[memoryview]:
    """The digits of many digests in a row, without a Python object for each."""
    for batch in con.sql(digests).to_arrow_reader(BATCH):
        column = batch.column(0).cast(pa.large_string())
        _, offsets, digits = column.buffers()
        ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
        yield memoryview(digits)[ends[0] : ends[-1]]
