"""A batch of sorted facts as arrays: whole subjects, one after another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from steelyard.engine.records.clocks_facts import NULL, Wanted
from steelyard.engine.records.fold_lanes import NEVER, Ids, Places
from steelyard.engine.records.fold_values import Known, instant
from steelyard.engine.worktime.units import Micros
from steelyard.engine.worktime.work import Flags


@dataclass(frozen=True, slots=True)
class Coded:
    """A column by codes: ``values[code]`` is what was said, -1 stands for nothing."""

    codes: Ids
    values: Sequence[object]


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts in order; subject ``numbers[i]`` has those from ``offsets[i]`` to ``offsets[i + 1]``.

    ``columns`` hold what is known after each fact, ``named`` the instant that ``until`` has read last (by kind and
    name). ``tied`` marks subjects of which two facts have the same instant and ``seq``. ``changed`` says at which
    facts an attribute changed; None where that was not looked at.
    """

    numbers: Places
    offsets: Places
    at: Micros
    kind: npt.NDArray[np.int16]
    staff: Ids
    unit: Ids
    actor: Ids
    columns: Mapping[str, Coded]
    keys: Mapping[str, Coded]
    named: Mapping[tuple[str, str], Micros]
    tied: Flags
    changed: Flags | None


def read(table: pa.Table, wanted: Wanted, names: Sequence[object], about: str) -> Batch:
    """The batch of ``table``, whose columns are those of ``clocks_facts``; ``names`` are people and units by code."""
    order = _order(table)
    if order is not None:
        table = table.take(order)
    numbers, at, seq = (_integers(table, name) for name in ("no", "at", "seq"))
    firsts = np.flatnonzero(np.diff(numbers, prepend=-1) != 0)
    offsets = np.append(firsts, len(numbers))
    first = np.repeat(firsts, np.diff(offsets))
    staff, unit = _integers(table, "staff").astype(np.int32), _integers(table, "unit").astype(np.int32)
    own = {"staff": Coded(staff, names), "unit": Coded(unit, names)}
    said = {name: _coded(table, f"c{i}", _list if name == "tags" else _plain) for i, name in enumerate(wanted.columns)}
    kind = _integers(table, "kind").astype(np.int16)
    return Batch(
        numbers=numbers[firsts],
        offsets=offsets,
        at=at,
        kind=kind,
        staff=staff,
        unit=unit,
        actor=_integers(table, "actor").astype(np.int32),
        columns={**own, **{name: Coded(filled(column.codes, first), column.values) for name, column in said.items()}},
        keys={**own, **{name: _coded(table, f"k{i}", _plain) for i, name in enumerate(wanted.keys)}},
        named={
            until: _instants(_coded(table, f"u{i}", instant), kind == wanted.kinds.index(until[0]) + 1, first)
            for i, until in enumerate(wanted.instants)
        },
        tied=_tied(numbers, at, seq, firsts),
        changed=_changed(table, numbers, about) if "data" in table.column_names else None,
    )


def filled(codes: Ids, first: Places) -> Ids:
    """Each code carried on to later facts of its subject that say nothing; ``first`` is the subject's first fact."""
    latest = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), first))
    carried: Ids = codes[latest]
    return carried


def _order(table: pa.Table) -> Places | None:
    """The sorted order of the rows, None if that is how they come."""
    numbers, at, seq = (_integers(table, name) for name in ("no", "at", "seq"))
    same, later = numbers[1:] == numbers[:-1], at[1:] > at[:-1]
    same_instant = at[1:] == at[:-1]
    sorted_ = (numbers[1:] > numbers[:-1]) | (same & (later | (same_instant & (seq[1:] >= seq[:-1]))))
    if sorted_.all():
        return None
    found: Places = np.lexsort((seq, at, numbers))
    return found


def _tied(numbers: Places, at: Micros, seq: Places, firsts: Places) -> Flags:
    same = (np.diff(numbers, prepend=-1) == 0) & (np.diff(at, prepend=0) == 0) & (np.diff(seq, prepend=0) == 0)
    if not same.any():
        return np.zeros(len(firsts), dtype=np.bool_)
    tied: Flags = np.logical_or.reduceat(same, firsts)
    return tied


def _coded(table: pa.Table, name: str, value: Callable[[str], object]) -> Coded:
    column = table.column(name).combine_chunks().dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(codes, [value(text) for text in column.dictionary.to_pylist()])


def _plain(text: str) -> object:
    return None if text == NULL else text


def _list(text: str) -> object:
    return json.loads(text)


def _instants(column: Coded, names: Flags, first: Places) -> Micros:
    """The instant named by the latest fact that ``names`` one, NEVER where that is none; on every fact."""
    table = np.array([NEVER if value is None else value for value in column.values] + [NEVER], dtype=np.int64)
    latest = np.maximum.accumulate(np.where(names, np.arange(len(first)), first))
    instants: Micros = table[np.where(names[latest], column.codes[latest], -1)]
    return instants


def _changed(table: pa.Table, numbers: Places, about: str) -> Flags:
    """At which facts an attribute differs from its last value: read from the data themselves."""
    changed = np.zeros(len(numbers), dtype=np.bool_)
    known, subject, heard = Known(about, "", {}, {}), -1, ""
    for place, (number, data) in enumerate(zip(numbers.tolist(), table.column("data").to_pylist(), strict=True)):
        if number != subject:
            known, subject, heard = Known(about, "", {}, {}), number, ""
        if data and data != heard and (about == "contact" or '"attributes"' in data):
            heard = data
            changed[place] = known.hear(*_parts(data))
    return changed


@lru_cache(maxsize=10_000)
def _parts(data: str) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The attributes and the other members of a fact's data."""
    parsed = json.loads(data)
    return parsed.pop("attributes", None) or {}, parsed


def _integers(table: pa.Table, name: str) -> Places:
    found: Places = table.column(name).to_numpy()
    return found
