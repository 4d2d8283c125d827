"""What the columns of a source hold, counted in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import duckdb

from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.suggesting import vocabulary

FEW: Final = 60
SAMPLES: Final = 3000
LONGEST: Final = 200


@dataclass(frozen=True)
class Column:
    """A column: how many rows say something in it, how many different things, and which.

    ``values`` are the most frequent ones with their counts (all of them where there are few), ``samples`` some
    of the different ones.
    """

    index: int
    name: str
    filled: int
    distinct: int
    values: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The column in ``src``."""
        return f"c{self.index}"

    @property
    def is_few(self) -> bool:
        """Whether it holds a small number of different values: a state, a type, a flag."""
        return 0 < self.distinct <= FEW

    @cached_property
    def is_number(self) -> bool:
        """Whether every sample is a number."""
        return bool(self.samples) and all(_is_number(sample) for sample in self.samples)


@dataclass(frozen=True)
class Profile:
    """A source in ``src`` of a connection, with its columns."""

    con: duckdb.DuckDBPyConnection
    rows: int
    columns: tuple[Column, ...]
    nulls: tuple[str, ...]

    def named(
        self, role: str, *, among: Sequence[Column] | None = None, but: Sequence[Column | None] = ()
    ) -> Column | None:
        """The column whose name fits ``role`` best; of equals the first."""
        ranked = [
            (rank, column.index, column)
            for column in (self.columns if among is None else among)
            if column not in but and column.filled and (rank := vocabulary.rank(role, column.name)) is not None
        ]
        return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None

    def number(self, sql: str) -> float:
        """The one number that a query gives; 0 for NULL."""
        row = self.con.execute(sql).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0


def profile(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Profile:
    """Count what is in ``src``, whose columns have ``names``; texts that stand for nothing become NULL in it."""
    rows = con.execute("SELECT count(*) FROM src").fetchone()
    nulls = _nulls(con, len(names))
    among = ", ".join(literal(null) for null in nulls)
    cleaned = ", ".join(f"CASE WHEN c{i} IN ({among}) THEN NULL ELSE c{i} END AS c{i}" for i in range(len(names)))
    con.execute(f"CREATE TABLE cleaned AS SELECT {cleaned} FROM src")
    con.execute("DROP TABLE src")
    con.execute("ALTER TABLE cleaned RENAME TO src")
    columns = tuple(_column(con, index, name) for index, name in enumerate(names))
    return Profile(con, rows[0] if rows else 0, columns, nulls)


def _nulls(con: duckdb.DuckDBPyConnection, width: int) -> tuple[str, ...]:
    """Words for nothing that occur beside other values in some column."""
    known = ", ".join(literal(str(word)) for word in vocabulary.words()["nulls"])
    found: dict[str, None] = {"": None}
    for index in range(width):
        rows = con.execute(f"SELECT DISTINCT c{index} FROM src WHERE c{index} IN ({known}) ORDER BY 1").fetchall()
        found.update(dict.fromkeys(row[0] for row in rows))
    return tuple(found)


def _column(con: duckdb.DuckDBPyConnection, index: int, name: str) -> Column:
    column = f"c{index}"
    counted = con.execute(f"SELECT count({column}), count(DISTINCT {column}) FROM src").fetchone()
    assert counted is not None
    values = con.execute(
        f"""
        SELECT {column}, count(*) AS times FROM src WHERE {column} IS NOT NULL AND length({column}) <= {LONGEST}
        GROUP BY {column} ORDER BY times DESC, {column} LIMIT {FEW}
        """
    ).fetchall()
    samples = con.execute(
        f"SELECT DISTINCT {column} FROM src WHERE {column} IS NOT NULL ORDER BY hash({column}) LIMIT {SAMPLES}"
    ).fetchall()
    return Column(
        index=index,
        name=name,
        filled=counted[0],
        distinct=counted[1],
        values=tuple((str(value), int(times)) for value, times in values),
        samples=tuple(str(row[0]) for row in samples),
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower() not in ("nan", "inf", "infinity", "-inf")
