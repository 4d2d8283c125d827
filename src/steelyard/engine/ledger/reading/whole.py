"""A source whose columns are known only once it was read: it lies in parts already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from steelyard.engine.ledger.reading.parts import Parts


@dataclass(frozen=True, slots=True)
class WholeSource:
    """Columns in the order they first turned up, and the parts their rows were set down in."""

    file: str
    columns: tuple[str, ...]
    parts: Parts

    def fill(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[int], nulls: Sequence[str]) -> str:
        """Make ``src`` and ``malformed`` (see the package); the SQL of a row's physical line."""
        return self.parts.fill(con, wanted, nulls)
