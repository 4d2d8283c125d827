"""The embedded backend: DuckDB, out of core, on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb


class DuckDB:
    """Runs statements on a DuckDB connection."""

    dialect: Final = "duckdb"

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def run(self, sql: str) -> None:
        self.con.execute(sql)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.con.execute(sql).fetchall()

    def column_types(self, relation: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self.con.execute(f"DESCRIBE {relation}").fetchall()}

    def percentiles(self, source: str, keys: Sequence[str], value: str, p: int) -> str:
        # A decimal literal makes quantile_disc count in integers: exactly the ⌈p·n/100⌉-th smallest.
        grouped = ", ".join(keys)
        return f"SELECT {grouped}, quantile_disc({value}, {p / 100:.2f}) FROM {source} GROUP BY {grouped}"


def nearest_rank(source: str, keys: Sequence[str], value: str, p: int) -> str:
    """The same percentile in portable SQL, for backends whose own percentiles interpolate or approximate."""
    grouped = ", ".join(keys)
    return (
        f"SELECT {grouped}, MIN({value}) FROM (SELECT {grouped}, {value}, "
        f"ROW_NUMBER() OVER (PARTITION BY {grouped} ORDER BY {value}) AS rank_, "
        f"COUNT(*) OVER (PARTITION BY {grouped}) AS size_ FROM {source}) AS ranked "
        f"WHERE rank_ * 100 >= {p} * size_ GROUP BY {grouped}"
    )
