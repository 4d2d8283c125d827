"""The rows behind a proportion of the organisation, misses first, as many as a page can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

ROWS: Final = 200
"""The most rows shown of one figure (SPEC §8)."""

_COUNTS: Final = """
SELECT measure, period,
  count(*) FILTER (NOT excluded AND NOT excepted AND hit IS NOT TRUE), count(*) FILTER (NOT excluded AND hit),
  count(*) FILTER (NOT excluded AND excepted), count(*) FILTER (excluded)
FROM read_parquet($file) WHERE stratum IS NULL AND hit IS NOT NULL GROUP BY ALL
"""
_ROWS: Final = """
SELECT id, subject_staff, subject_unit, counted_at,
  CASE WHEN excluded THEN 'excluded' WHEN excepted THEN 'excepted' WHEN hit THEN 'hit' ELSE 'miss' END
FROM read_parquet($file)
WHERE measure = $measure AND period = $period AND stratum IS NULL
ORDER BY excluded, hit = $good, excepted, counted_at, id, subject_staff, subject_unit
LIMIT $limit
"""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row that a figure was made of. ``membership`` is miss, excepted, hit or excluded."""

    id: str
    staff: str | None
    unit: str | None
    counted_at: datetime
    membership: str


@dataclass(frozen=True, slots=True)
class Populations:
    """How many rows of a figure became what."""

    misses: int
    hits: int
    excepted: int
    excluded: int

    @property
    def all(self) -> int:
        return self.misses + self.hits + self.excepted + self.excluded


class Evidence:
    """The rows of a run, read where they lie."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._con, self._path = con, str(path)

    def populations(self) -> Mapping[tuple[str, str], Populations]:
        """The number of rows by (measure, period), for the proportions of the run."""
        found = self._con.execute(_COUNTS, {"file": self._path}).fetchall()
        return {(measure, period): Populations(*counts) for measure, period, *counts in found}

    def rows(self, measure: str, period: str, *, hits_are_good: bool) -> list[EvidenceRow]:
        """At most :data:`ROWS` rows: what speaks against the figure first, the excluded last, each by its instant."""
        params = {
            "file": self._path,
            "measure": measure,
            "period": period,
            "good": hits_are_good,
            "limit": ROWS,
        }
        return [EvidenceRow(*row) for row in self._con.execute(_ROWS, params).fetchall()]


@contextmanager
def evidence(path: Path) -> Iterator[Evidence]:
    """The evidence in ``rows.parquet`` at ``path``."""
    with duckdb.connect() as con:
        yield Evidence(con, path)
