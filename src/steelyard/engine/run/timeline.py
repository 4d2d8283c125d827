"""The timeline of a case: its facts, how each clock ran and stood, when it is due and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from steelyard.engine import ledger as ledgers
from steelyard.engine.errors import refuse
from steelyard.engine.policy import model
from steelyard.engine.records import fold
from steelyard.engine.records.cases import COMMON
from steelyard.engine.records.fold_values import Fact
from steelyard.engine.run import calendars, phrases
from steelyard.engine.run.assess import read_as_of
from steelyard.engine.run.versions import Versions
from steelyard.engine.words import N_, padded, say

_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A case's facts in order, its clocks, and the segments of each commitment that ran on it."""

    case: str
    policy: model.Policy
    facts: Sequence[Mapping[str, object]]
    clocks: Sequence[fold.Clock]
    segments: Mapping[str, Sequence[fold.Segment]]

    def as_json(self, lang: str = "en") -> dict[str, object]:
        """The timeline as plain data, instants UTC."""
        return {
            "case": self.case,
            "policy": {"name": self.policy.name, "version": self.policy.version},
            "facts": list(self.facts),
            "clocks": [
                {name: _utc(value) if name.endswith("_at") else value for name, value in asdict(clock).items()}
                for clock in self.clocks
            ],
            "segments": [
                {
                    "commitment": commitment,
                    "key": segment.key,
                    "n": segment.n,
                    "phase": segment.phase,
                    "start": _utc(segment.start),
                    "end": _utc(segment.end),
                    "seconds": segment.seconds,
                    "due_at": _utc(segment.due_at),
                    "why": self._why(segment, lang),
                }
                for commitment, segments in self.segments.items()
                for segment in segments
            ],
        }

    def lines(self, lang: str = "en") -> list[str]:
        """The timeline for a person, in the policy's zone."""
        lines = [
            say(
                N_("case {case} under {policy} {version}"),
                lang,
                case=self.case,
                policy=self.policy.name,
                version=self.policy.version,
            )
        ]
        for fact in self.facts:
            held = " ".join(str(fact[name]) for name in ("staff", "unit") if fact[name])
            attributes = fact["attributes"] if isinstance(fact["attributes"], dict) else {}
            said = " ".join(f"{name}={value}" for name, value in attributes.items())
            lines.append(f"  {self._local(_micros(fact['occurred_at']))}  {fact['kind']}  {held}  {said}".rstrip())
        for clock in self.clocks:
            name = clock.commitment + (f"/{clock.key}" if clock.key else "") + (f" #{clock.n}" if clock.n > 1 else "")
            lines.append("")
            lines.append(
                say(
                    N_("{name}: {state}; due {due}; {elapsed} s used of {budget} s, {paused} s paused"),
                    lang,
                    name=name,
                    state=phrases.word(clock.state, lang),
                    due=self._local(clock.due_at),
                    elapsed=clock.elapsed_s,
                    budget=clock.budget_s,
                    paused=clock.paused_s,
                )
            )
            if clock.provisional:
                lines.append("  " + say(N_("provisional: the holidays of a year it touches are not announced"), lang))
            for segment in self.segments[clock.commitment]:
                if (segment.key, segment.n) == (clock.key, clock.n):
                    lines.append(
                        f"  {self._local(segment.start)} … {self._local(segment.end)}  "
                        f"{padded(phrases.word(segment.phase, lang), 9)} "
                        f"{segment.seconds:>8} s  {self._why(segment, lang)}"
                    )
        return lines

    def _why(self, segment: fold.Segment, lang: str) -> str:
        params = {
            name: self._local(value) if name.endswith("_at") and isinstance(value, int) else value
            for name, value in segment.params.items()
        }
        return say(segment.why, lang, **params)

    def _local(self, micros: int | None) -> str:
        if micros is None:
            return "–"
        whole, rest = divmod(micros, 1_000_000)
        moment = datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)
        return moment.astimezone(ZoneInfo(self.policy.timezone)).isoformat(sep=" ")


def timeline(policies: Sequence[model.Policy], ledger: Path | str, case: str, *, as_of: str | None = None) -> Timeline:
    """The timeline of ``case`` under the version in force when it was opened; ``as_of`` defaults to now.

    Raises:
        SteelyardError: ``no-case`` when the ledger has no such case, ``not-in-force`` when no policy was.
    """
    found = ledgers.facts_of(Path(ledger), case)
    if not found:
        raise refuse(
            "no-case", N_("the ledger has no case {case}"), remedy=N_("ledger stat shows what it holds"), case=case
        )
    facts = [_fact(row) for row in found]
    opened = min((f.occurred_at for f in facts if f.kind == "opened"), default=min(f.occurred_at for f in facts))
    policy = _policy_at(Versions.of(policies), opened)
    until = _micros(read_as_of(as_of, policy.timezone)) if as_of else _micros(datetime.now(UTC).replace(tzinfo=None))
    times = calendars.working_times(policy, calendars.tables_of([policy]))
    types = {**COMMON, **{f"attr.{attribute.name}": attribute.type for attribute in policy.attributes}}
    subject = fold.Subject(case, "case", types)
    clocks: list[fold.Clock] = []
    segments: dict[str, Sequence[fold.Segment]] = {}
    for commitment in policy.commitments:
        if commitment.about == "case":
            clocks += fold.fold(commitment, facts, times, until, subject=subject)
            segments[commitment.id] = fold.trace(commitment, facts, times, until, subject=subject)
    shown = [{**row, "attributes": dict(fact.attributes)} for row, fact in zip(found, facts, strict=True)]
    return Timeline(case, policy, shown, clocks, segments)


def _policy_at(versions: Versions, opened: int) -> model.Policy:
    for policy, (start, end) in zip(versions.policies, versions.in_force, strict=True):
        if _micros(start) <= opened < _micros(end):
            return policy
    raise refuse(
        "not-in-force",
        N_("no policy was in force when the case was opened, at {instant}"),
        remedy=N_("add the version of that time with --policy"),
        instant=_utc(opened),
    )


def _fact(row: Mapping[str, object]) -> Fact:
    data = row["data"]
    parsed = json.loads(data) if isinstance(data, str) else dict(data) if isinstance(data, Mapping) else {}
    attributes = parsed.pop("attributes", None) or {}
    return Fact(
        fact_id=str(row["fact_id"]),
        kind=str(row["kind"]),
        occurred_at=_micros(row["occurred_at"]),
        seq=int(str(row["seq"])),
        staff=_text(row["staff"]),
        unit=_text(row["unit"]),
        actor=_text(row["actor"]),
        attributes=attributes,
        data=parsed,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _micros(moment: object) -> int:
    """Microseconds since 1970 of a datetime without zone (UTC) or its ISO text."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    assert isinstance(moment, datetime)
    between = moment - _EPOCH
    return (between.days * 86_400 + between.seconds) * 1_000_000 + between.microseconds


def _utc(micros: int | None) -> str | None:
    if micros is None:
        return None
    whole, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest).isoformat().replace("+00:00", "Z")
