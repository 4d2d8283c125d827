"""Where the counting is done. A backend renders the same statements in its dialect and returns integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Backend(Protocol):
    """What the measuring engine asks of a database."""

    @property
    def dialect(self) -> str:
        """The name of its SQL for sqlglot."""

    def run(self, sql: str) -> None:
        """Execute a statement that returns nothing."""

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query, decimals as ``Decimal``, sums of integers as ``int``."""

    def column_types(self, relation: str) -> dict[str, str]:
        """The columns of a table or view with their SQL types."""

    def percentiles(self, source: str, keys: Sequence[str], value: str, p: int) -> str:
        """A query of the nearest-rank ``p``-th percentile of ``value`` for each group of ``keys`` in ``source``."""
