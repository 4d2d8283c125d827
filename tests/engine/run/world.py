"""A small world to assess: facts written as people would say them, and policies as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import steelyard.engine as sy

HEAD = """
apiVersion: steelyard/v1
kind: ServicePolicy
metadata: {{name: world, version: "{version}"}}
spec:
  timezone: UTC
  lifecycle: {{effective: {effective}}}
"""


def policy(body: str, *, version: str = "1", effective: str = "2026-01-01") -> sy.Policy:
    """A policy in UTC with ``body`` under ``spec``."""
    return sy.load_policy((HEAD.format(version=version, effective=effective) + body).encode())


def fact(
    fact_kind: str,
    at: str,
    about: str,
    about_id: str,
    /,
    *,
    staff: str | None = None,
    actor: str | None = None,
    at_unit: str | None = None,
    **data: object,
) -> dict[str, object]:
    """One fact held by ``staff`` in ``at_unit``; ``at`` is UTC; everything else is its data."""
    return {
        "kind": fact_kind,
        "occurred_at": at,
        "about_type": about,
        "about_id": about_id,
        "staff": staff,
        "unit": at_unit,
        "actor": actor or staff,
        "data": data,
    }


def case(
    id: str,
    opened: str,
    solved: str | None = None,
    *,
    staff: str | None = "ann",
    unit: str | None = "east",
    **attributes: object,
) -> list[dict[str, object]]:
    """A request opened and perhaps solved by ``staff``."""
    attributes = {"kind": "request", **attributes}
    facts = [fact("opened", opened, "case", id, staff=staff, at_unit=unit, attributes=attributes)]
    if solved:
        facts.append(fact("solved", solved, "case", id, staff=staff, at_unit=unit))
    return facts


def ledger(
    folder: Path,
    *facts: Mapping[str, object] | Iterable[Mapping[str, object]],
    covers: tuple[str, str] = ("2026-01-01", "2027-01-01"),
) -> Path:
    """A ledger at ``folder`` with ``facts``; called again it adds to it."""
    flat: list[Mapping[str, object]] = []
    for one in facts:
        flat += [one] if isinstance(one, Mapping) else list(one)
    first, last = (date.fromisoformat(day) for day in covers)
    sy.append(folder, flat, source="test", covers=(first, last))
    return folder


def figure(
    result: sy.Assessment,
    measure: str,
    subject: str = "",
    period: str = "2026-03",
    of: str | None = None,
    stratum: str = "",
) -> dict[str, object]:
    """The one figure of ``measure`` for ``subject``."""
    found = [
        row
        for row in result.figures.to_pylist()
        if (row["measure"], row["subject"], row["period"], row["stratum"]) == (measure, subject, period, stratum)
        and of in (None, row["of"])
    ]
    assert len(found) == 1, found
    return found[0]


def part(result: sy.Assessment, measure: str, subject: str = "", period: str = "2026-03", **more: object) -> str:
    """``numerator/denominator status`` of a figure."""
    row = figure(result, measure, subject, period, **more)  # type: ignore[arg-type]
    return f"{row['numerator']}/{row['denominator']} {row['status']}"


def subjects(result: sy.Assessment, of: str, period: str = "2026-03") -> set[object]:
    """Who has figures of kind ``of``."""
    return {row["subject"] for row in result.figures.to_pylist() if (row["of"], row["period"]) == (of, period)}
