"""One commitment over batches of facts: its terms at every fact, its lanes, and the clocks that come of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from steelyard.engine.policy.model import Commitment
from steelyard.engine.records import clocks_facts, fold_lanes, fold_terms
from steelyard.engine.records.clocks_batch import Batch, Coded
from steelyard.engine.records.clocks_facts import OWN_COLUMNS, Wanted
from steelyard.engine.records.fold_lanes import Bits, Ids, Lanes, Places
from steelyard.engine.records.fold_many import Clocks, fold_many
from steelyard.engine.records.fold_terms import Terms, WorkingTimes
from steelyard.engine.records.fold_values import typed
from steelyard.engine.worktime.work import Flags


@dataclass(frozen=True, slots=True)
class Folded:
    """The clocks of one commitment in one batch.

    ``subject`` is the place of each clock's subject in the batch, ``key`` the keys by lane; ``holder`` and ``stop`` are
    places of facts in the batch, -1 for none. ``unsure`` are the numbers of the subjects that were left out because
    their order, or what changed when, has to be looked at more closely.
    """

    clocks: Clocks
    subject: Places
    key: Sequence[str | None] | None
    holder: Places
    stop: Places
    unsure: Places


class CommitmentFold:
    """Folds one commitment of one policy version, batch after batch, from several threads."""

    def __init__(
        self, commitment: Commitment, wanted: Wanted, types: Mapping[str, str], times: WorkingTimes, as_of: int
    ) -> None:
        self.commitment = commitment
        self.as_of = as_of
        self._columns = sorted(clocks_facts.columns_of(commitment))
        self._bits = _bits_by_kind(commitment, wanted.kinds)
        self._book = _TermsBook(commitment, types, times)
        self._reads_holder = not set(OWN_COLUMNS).isdisjoint(self._columns)

    def fold(self, batch: Batch, only: Flags | None = None) -> Folded:
        """The clocks of ``batch``; ``only`` chooses subjects. A batch that knows what changed leaves nothing out."""
        bits = self._bits[batch.kind]
        terms = self._terms(batch)
        chosen = np.ones(len(batch.numbers), dtype=np.bool_) if only is None else only
        unsure = np.zeros(len(batch.numbers), dtype=np.bool_)
        if batch.changed is None:
            changed = _differs_in_subject(terms, batch.offsets)
            unsure = chosen & (batch.tied | self._depends_on_history(changed, bits, batch.offsets))
        else:
            changed = batch.changed
        bits = bits | (changed * np.uint16(fold_lanes.CHANGED))
        lanes, rows, subject, key = self._lanes(batch, bits, terms, chosen & ~unsure)
        clocks = fold_many(self.commitment, lanes, self._book.table(), self.as_of)
        return Folded(
            clocks=clocks,
            subject=subject[clocks.lane],
            key=None if key is None else [key[lane] for lane in clocks.lane],
            holder=_taken(rows, clocks.holder),
            stop=_taken(rows, clocks.stop),
            unsure=batch.numbers[unsure],
        )

    def _terms(self, batch: Batch) -> Ids:
        """The id of the terms after each fact."""
        if not self._columns:
            return np.full(len(batch.at), self._book.of({}), dtype=np.int32)
        columns = [batch.columns[name] for name in self._columns]
        seen, first = _combinations(columns)
        ids = [
            self._book.of({name: _value(column, place) for name, column in zip(self._columns, columns, strict=True)})
            for place in first.tolist()
        ]
        terms: Ids = np.array(ids, dtype=np.int32)[seen]
        return terms

    def _depends_on_history(self, changed: Flags, bits: Bits, offsets: Places) -> Flags:
        """Where it matters when exactly an attribute changed.

        Terms are read again when any attribute changes. While a clock runs that is at the latest when its terms
        change, except that terms may also change with the holder, who is no attribute; and what changed between a
        stop and a reopening is read at the next change after it.
        """
        differs = np.logical_or.reduceat(changed, offsets[:-1])
        if self._reads_holder:
            return differs
        if self.commitment.on_reopen != "resume":
            return np.zeros(len(differs), dtype=np.bool_)
        return differs & np.logical_or.reduceat((bits & fold_lanes.REOPEN) != 0, offsets[:-1])

    def _lanes(
        self, batch: Batch, bits: Bits, terms: Ids, chosen: Flags
    ) -> tuple[Lanes, Places | None, Places, Sequence[str | None] | None]:
        """The lanes, the places of their facts in the batch (None: as they are), their subjects and keys."""
        promised = batch.named[self.commitment.until] if self.commitment.until else None
        if self.commitment.each is None:
            if chosen.all():
                bits = bits | np.uint16(fold_lanes.OWN)
                return Lanes(batch.offsets, batch.at, bits, terms, promised), None, np.arange(len(chosen)), None
            subject, key, values = np.flatnonzero(chosen), None, None
        else:
            column = batch.keys[self.commitment.each]
            subject, key, values = _keyed(column, bits, batch.offsets, chosen)
        rows, offsets, lane = _expanded(batch.offsets, subject)
        bits = bits[rows]
        if key is None:
            bits = bits | np.uint16(fold_lanes.OWN)
        else:
            owned = batch.keys[self.commitment.each or ""].codes[rows] == key[lane]
            starts_or_stops = np.uint16(fold_lanes.START | fold_lanes.STOP)
            bits = np.where(owned, bits | np.uint16(fold_lanes.OWN), bits & ~starts_or_stops)
        lanes = Lanes(offsets, batch.at[rows], bits, terms[rows], None if promised is None else promised[rows])
        return lanes, rows, subject, values


class _TermsBook:
    """The terms of a commitment by id, found by what the predicates see."""

    def __init__(self, commitment: Commitment, types: Mapping[str, str], times: WorkingTimes) -> None:
        self._commitment, self._types, self._times = commitment, types, times
        self._ids: dict[Terms, int] = {}
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()

    def table(self) -> list[Terms]:
        """The terms so far, by id."""
        with self._lock:
            return list(self._ids)

    def of(self, row: Mapping[str, object]) -> int:
        """The id of the terms for ``row`` (raw values by column), -1 where nothing is promised."""
        seen = repr(row)
        known = self._known.get(seen)
        if known is None:
            found = fold_terms.read(
                self._commitment, lambda name: typed(row.get(name), self._types.get(name, "text")), self._times
            )
            with self._lock:
                known = -1 if found is None else self._ids.setdefault(found, len(self._ids))
                if len(self._known) < _MOST_KNOWN:
                    self._known[seen] = known
        return known


_MOST_KNOWN = 100_000


def _bits_by_kind(commitment: Commitment, kinds: Sequence[str]) -> Bits:
    """What a fact is to the commitment, by the number of its kind."""
    pauses = commitment.pauses
    by_kind = {
        fold_lanes.START: commitment.starts,
        fold_lanes.STOP: commitment.stops,
        fold_lanes.FROM: pauses.from_ if pauses else frozenset(),
        fold_lanes.TO: pauses.to | {"reopened"} if pauses else frozenset(),
        fold_lanes.CANCEL: {"cancelled"},
        fold_lanes.REOPEN: {"reopened"},
        fold_lanes.NAMED: {commitment.until[0]} if commitment.until else frozenset(),
    }
    bits = [sum(bit for bit, having in by_kind.items() if kind in having) for kind in kinds]
    return np.array([0, *bits], dtype=np.uint16)


def _combinations(columns: Sequence[Coded]) -> tuple[Places, Places]:
    """Each row's combination of values as a number from 0, and a row where each combination stands."""
    together = np.zeros(len(columns[0].codes), dtype=np.int64)
    most = 1
    for column in columns:
        width = len(column.values) + 1
        if most * width >= 2**62:
            together, most = _renumbered(together)
        together = together * width + (column.codes + 1)
        most *= width
    seen, count = _renumbered(together)
    first = np.empty(count, dtype=np.int64)
    first[seen] = np.arange(len(seen))
    return seen, first


def _renumbered(numbers: Places) -> tuple[Places, int]:
    encoded = pa.array(numbers).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _value(column: Coded, place: int) -> object:
    code = int(column.codes[place])
    return None if code < 0 else column.values[code]


def _differs_in_subject(ids: Ids, offsets: Places) -> Flags:
    """Where an id differs from the one before it in the same subject."""
    differs: Flags = np.diff(ids, prepend=ids[:1]) != 0
    differs[offsets[:-1]] = False
    return differs


def _keyed(column: Coded, bits: Bits, offsets: Places, chosen: Flags) -> tuple[Places, Ids, list[str | None]]:
    """Subject, code and text of each lane: one for each value in the starting facts of a subject."""
    starts = np.flatnonzero(((bits & fold_lanes.START) != 0) & (column.codes >= 0))
    subject = np.searchsorted(offsets, starts, side="right") - 1
    starts, subject = starts[chosen[subject]], subject[chosen[subject]]
    lanes = np.unique(subject * len(column.values) + column.codes[starts]) if len(starts) else starts
    subject, code = np.divmod(lanes, max(len(column.values), 1))
    return subject, code.astype(np.int32), [str(column.values[at]) for at in code]


def _expanded(offsets: Places, subject: Places) -> tuple[Places, Places, Places]:
    """The rows of each subject one after another, where each begins, and which of them a row belongs to."""
    lengths = offsets[subject + 1] - offsets[subject]
    begins = np.concatenate(([0], lengths.cumsum()))
    lane = np.repeat(np.arange(len(subject)), lengths)
    rows = np.arange(int(begins[-1])) + (offsets[subject] - begins[:-1])[lane]
    return rows, begins, lane


def _taken(rows: Places | None, places: Places) -> Places:
    """Places in the lanes as places in the batch."""
    if rows is None:
        return places
    taken: Places = np.where(places < 0, -1, rows[np.maximum(places, 0)]) if len(rows) else places
    return taken
