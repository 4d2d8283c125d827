"""Who is assessed: those posted for an instant of the period, or, without postings, those who occur in rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from steelyard.engine.measure.counting import ORGANISATION, Counted


@dataclass(slots=True)
class Organisation:
    """Postings and tree as the run needs them: who was posted where, and which units stand above which."""

    postings: list[tuple[str, str, str | None, datetime, datetime | None]] = field(default_factory=list)
    tree: list[tuple[str, str, str | None, datetime, datetime]] = field(default_factory=list)

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection) -> Organisation:
        """Read what ``build_organisation`` made."""
        return cls(
            con.execute("SELECT staff, unit, role, valid_from, valid_to FROM postings ORDER BY valid_from").fetchall(),
            con.execute("SELECT unit, ancestor, kind, valid_from, valid_to FROM unit_tree").fetchall(),
        )

    def edges(self) -> set[datetime]:
        """The instants at which the tree changes."""
        return {edge for *_, start, end in self.tree for edge in (start, end)}

    def subjects(self, of: str, start: datetime, end: datetime, counted: Counted, period: str) -> list[str]:
        """The subjects of kind ``of`` in the period, sorted by code point."""
        if of == ORGANISATION:
            return [""]
        if of.startswith("attribute:") or not self.postings:
            return sorted(counted.present[of, period])
        posted = [
            (staff, unit) for staff, unit, _, first, last in self.postings if first < end and (last or end) > start
        ]
        if of == "staff":
            return sorted({staff for staff, _ in posted})
        units = {unit for _, unit in posted if unit}
        if not self.tree:
            return sorted(units)
        kind = of.removeprefix("unit:")
        return sorted(
            {
                ancestor
                for unit, ancestor, kind_, first, last in self.tree
                if unit in units and kind_ == kind and first < end and last > start
            }
        )

    def roles(self, start: datetime, end: datetime) -> dict[str, str | None]:
        """The role of each person in the period: that of the posting begun last."""
        roles: dict[str, str | None] = defaultdict(lambda: None)
        for staff, _, role, first, last in self.postings:
            if first < end and (last or end) > start:
                roles[staff] = role
        return roles
