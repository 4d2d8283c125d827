"""Event logs: which column says what happened, when each row did, and what kinds of facts the values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.suggesting import vocabulary
from steelyard.engine.ledger.suggesting.profiling import FEW, Column, Profile
from steelyard.engine.ledger.suggesting.stamping import Stamp

JOIN: Final = "/"
_MOSTLY: Final = 0.9


@dataclass(frozen=True, slots=True)
class Happening:
    """A value with the kind of fact it seems to be; None for none. ``sure`` where the words say so themselves."""

    value: str
    kind: str | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Log:
    """What says what happened (one column, or state and substate), at which stamp, and whether rows are snapshots.

    ``opens_itself`` says that some value is the opening; else a case opens with its first row.
    """

    columns: tuple[Column, ...]
    at: Stamp
    happenings: tuple[Happening, ...]
    on_change: bool
    opens_itself: bool


def read_log(profile: Profile, case: Column, stamps: tuple[Stamp, ...], *, opened: bool) -> Log | None:
    """How the rows of ``case`` may be read; ``opened`` says that a stamp of its own tells the opening."""
    columns = _what_happened(profile, case)
    if not columns:
        return None
    at = _when(profile, case, stamps)
    values = _values(profile, columns)
    firsts, lasts = _ends(profile, case, columns)
    total = sum(firsts.values()) or 1
    unknown = "task_done" if profile.named("activity", among=columns) else None
    happenings = [
        _happening(value, opened=opened, final=_final(value, count, lasts, total), unknown=unknown)
        for value, count in values.items()
    ]
    opens = {h.value for h in happenings if h.kind == "opened"}
    opens_itself = sum(firsts.get(value, 0) for value in opens) >= _MOSTLY * total
    if not opens_itself:
        # A case opens with its first row; the words for it say nothing more, wherever they stand.
        happenings = [Happening(h.value, None, h.sure) if h.kind == "opened" else h for h in happenings]
    if any(h.kind == "waiting" for h in happenings):
        # What follows a wait ends it.
        happenings = [Happening(h.value, "resumed", h.sure) if h.kind == "started" else h for h in happenings]
    if not any(h.kind == "solved" for h in happenings):
        # Completed and closed: the state says that it is solved.
        happenings = [Happening(h.value, "solved", h.sure) if _says_solved(h) else h for h in happenings]
    return Log(columns, at, tuple(happenings), _repeats(profile, case, columns) > 0.15, opens_itself)


def _says_solved(happening: Happening) -> bool:
    parts = [part for part in happening.value.split(JOIN) if vocabulary.plain(part) != "complete"]
    return happening.kind == "closed" and any(vocabulary.kind_of(part) == "solved" for part in parts)


def _what_happened(profile: Profile, case: Column) -> tuple[Column, ...]:
    """The activity, or the state; of an activity with a life cycle of its own both."""
    few = [column for column in profile.columns if column.is_few and column is not case]
    activity = profile.named("activity", among=few)
    cycle = next((column for column in few if column.name == "lifecycle:transition"), None)
    state = profile.named("state", among=[column for column in few if _recognised(column) >= 0.3])
    if activity is not None and cycle is not None and len(_values(profile, (activity, cycle))) <= FEW:
        standard = {vocabulary.plain(value).replace(" ", "_") for value, _ in cycle.values} <= set(
            vocabulary.words()["transitions"]
        )
        return (activity,) if standard and cycle.distinct == 1 else (activity, cycle)
    if state is not None and (activity is None or _recognised(state) > _recognised(activity)):
        return (state,)
    return (activity,) if activity is not None else ()


def _recognised(column: Column) -> float:
    """The share of rows whose value is a known word."""
    total = sum(count for _, count in column.values) or 1
    return sum(count for value, count in column.values if vocabulary.kind_of(value)) / total


def _when(profile: Profile, case: Column, stamps: tuple[Stamp, ...]) -> Stamp:
    """The stamp that differs most within a case; of equals the one that is named so."""

    def different(stamp: Stamp) -> float:
        columns = ", ".join(column.sql for column in stamp.columns)
        return profile.number(
            f"SELECT avg(n) FROM (SELECT count(DISTINCT ({columns})) AS n FROM src GROUP BY {case.sql})"
        )

    def order(stamp: Stamp) -> tuple[float, int]:
        rank = vocabulary.rank("happened", stamp.name)
        return (-different(stamp), 99 if rank is None else rank)

    return min(stamps, key=order)


def sql(columns: tuple[Column, ...]) -> str:
    """The value of a row, as the mapping joins it."""
    if len(columns) == 1:
        return columns[0].sql
    return f"concat_ws({literal(JOIN)}, {', '.join(column.sql for column in columns)})"


def _values(profile: Profile, columns: tuple[Column, ...]) -> dict[str, int]:
    counted = f"SELECT {sql(columns)} AS value, count(*) AS times FROM src GROUP BY value"
    rows = profile.con.execute(f"{counted} ORDER BY times DESC, value LIMIT {FEW + 1}").fetchall()
    return {str(value): int(times) for value, times in rows if value}


def _ends(profile: Profile, case: Column, columns: tuple[Column, ...]) -> tuple[dict[str, int], dict[str, int]]:
    """How many cases begin, and how many end, with each value."""
    found = []
    for which in ("arg_min", "arg_max"):
        each = f"SELECT {which}({sql(columns)}, rowid) AS value FROM src GROUP BY {case.sql}"
        rows = profile.con.execute(f"SELECT value, count(*) FROM ({each}) GROUP BY value").fetchall()
        found.append({str(value): int(count) for value, count in rows})
    return found[0], found[1]


def _final(value: str, count: int, lasts: dict[str, int], cases: int) -> bool:
    """Whether a value ends nearly every case it occurs in, and many cases."""
    last = lasts.get(value, 0)
    return last >= _MOSTLY * count and last >= 0.1 * cases


def _happening(value: str, *, opened: bool, final: bool, unknown: str | None) -> Happening:
    """Of state and substate the substate says it, if its word is known; ``unknown`` is the kind of any other."""
    parts = value.split(JOIN)
    if len(parts) > 1 and vocabulary.plain(parts[-1]) in ("start", "schedule"):
        return Happening(value, None, sure=True)
    for part in reversed([value, *parts] if len(parts) == 1 else parts):
        if vocabulary.is_no_fact(part):
            return Happening(value, None, sure=False)
        kind = vocabulary.kind_of(part)
        if len(parts) > 1 and vocabulary.plain(part) == "complete":
            continue
        if kind is not None:
            return Happening(value, None if kind == "opened" and opened else kind, sure=True)
    return Happening(value, "closed" if final else unknown, sure=False)


def _repeats(profile: Profile, case: Column, columns: tuple[Column, ...]) -> float:
    """The share of rows that say the same as the case's row before."""
    before = f"lag({sql(columns)}) OVER (PARTITION BY {case.sql} ORDER BY rowid) AS before"
    each = f"SELECT {sql(columns)} AS value, {before} FROM src"
    return profile.number(f"SELECT avg(CASE WHEN value = before THEN 1 ELSE 0 END) FROM ({each})")
