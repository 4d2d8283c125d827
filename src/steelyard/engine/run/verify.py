"""Verify: recompute a run from the policies and tables it kept, on the facts it saw, and compare the fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from steelyard.engine import policy as policies_
from steelyard.engine.run import calendars, tables
from steelyard.engine.run.assess import assess
from steelyard.engine.run.explain import read_manifest


@dataclass(frozen=True, slots=True)
class Verification:
    """Three fingerprints: ``written`` in the manifest, ``kept`` of the files as they are, ``recomputed`` anew."""

    written: str
    kept: str
    recomputed: str

    @property
    def agrees(self) -> bool:
        """Whether all three are the same."""
        return self.written == self.kept == self.recomputed


def verify(out: Path | str, ledger: Path | str) -> Verification:
    """Recompute the run at ``out`` from ``ledger`` up to the manifest's position.

    Raises:
        SteelyardError: ``no-run`` when ``out`` holds no run, or what :func:`assess` raises.
    """
    folder = Path(out)
    manifest = read_manifest(folder)
    loaded = [policies_.load(folder / str(entry["file"])) for entry in manifest["policies"]]
    simulated = bool(manifest["simulated"])
    recomputed = assess(
        loaded,
        ledger,
        [str(period) for period in manifest["periods"]],
        scorecard=manifest["scorecard"] and str(manifest["scorecard"]),  # type: ignore[arg-type]
        as_of=str(manifest["as_of"]),
        policy_as=loaded[0] if simulated else None,
        holiday_tables=calendars.kept(folder / "calendars"),
        position=int(manifest["ledger"]["position"]),  # type: ignore[call-overload]
    )
    kept = tables.fingerprint(pq.read_table(folder / "figures.parquet"), pq.read_table(folder / "scores.parquet"))
    return Verification(str(manifest["fingerprint"]), kept, str(recomputed.manifest["fingerprint"]))
