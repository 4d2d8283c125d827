"""What an import did, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from steelyard.engine.errors import Problem


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Counts of rows (``rows_read`` is the sum of the five others), of new facts by kind, and what to look at.

    ``unmapped`` are the source's columns that the mapping does not name, in the source's order; ``rejects`` is the
    file that lists the rejected rows; ``position`` is the ledger's last position after the import.
    """

    source: str
    file: str
    rows_read: int
    loaded: int
    present: int
    changed: int
    ignored: int
    rejected: int
    facts: Mapping[str, int] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    rejects: Path | None = None
    position: int = 0

    def as_json(self, lang: str = "en") -> dict[str, object]:
        """The report as plain data, for ``--json``."""
        return {
            "source": self.source,
            "file": self.file,
            "rows_read": self.rows_read,
            "loaded": self.loaded,
            "present": self.present,
            "changed": self.changed,
            "ignored": self.ignored,
            "rejected": self.rejected,
            "facts": dict(self.facts),
            "unmapped": list(self.unmapped),
            "warnings": [warning.as_json(lang) for warning in self.warnings],
            "rejects": str(self.rejects) if self.rejects is not None else None,
            "position": self.position,
        }
