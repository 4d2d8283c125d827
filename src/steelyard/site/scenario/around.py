"""What else the desk's systems export: calls, survey answers, inspections, and marks for praise and blame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Final

from steelyard.site.scenario import scene
from steelyard.site.scenario.scene import MINUTE, Person, chance, pick, spread
from steelyard.site.scenario.tickets import Ticket

Row = tuple[str, ...]

CALLS: Final = ("call", "offered_at", "answered", "wait_s", "talk", "agent", "group")
SURVEY: Final = ("invitation", "invited_at", "answered_at", "satisfied", "recommend", "ticket", "agent", "group")
INSPECTIONS: Final = ("inspection", "at", "form", "method", "score", "critical", "inspector", "agent")
MARKS: Final = ("mark", "at", "type", "severity", "upheld", "agent")

_FRONT: Final = "front-desk"
_WAIT: Final = (1, 3, 5, 7, 10, 13, 17, 21, 26, 38, 150)
_PATIENCE: Final = (25, 60, 90, 150, 300)
_TALK: Final = (40, 90, 140, 200, 270, 360, 480, 720)
_CALL_HOURS: Final = {"8": 5, "9": 16, "10": 17, "11": 12, "13": 6, "14": 16, "15": 14, "16": 9, "17": 5}
_RECOMMEND: Final[Mapping[str, tuple[int, ...]]] = {
    "5": (10, 10, 9, 9, 8),
    "4": (9, 8, 8, 7, 7),
    "3": (7, 6, 6, 5, 5),
    "2": (5, 4, 3, 3, 2),
    "1": (3, 2, 1, 0, 0),
}
_INSPECTORS: Final = ("qi-one", "qi-two")
_PRAISES: Final = 44
_COMPLAINTS: Final = 26


def calls(seed: int, size: int) -> Iterator[Row]:
    """``size`` calls to the front desk, on the days and at the hours it is open."""
    days = [day for day in scene.days() if scene.is_worked(day)]
    random = Random(f"{seed} calls")
    number = 0
    for day, volume in zip(days, scene.share_out(size, [52 - 2 * day.weekday() for day in days]), strict=True):
        for second in sorted(_ring(random) for _ in range(volume)):
            number += 1
            yield _call(random, number, day, second)


def _ring(random: Random) -> int:
    hour = int(pick(random, _CALL_HOURS))
    first = 1800 if hour in (8, 13) else 0
    return hour * 3600 + first + random.randrange(3600 - first)


def _call(random: Random, number: int, day: date, second: int) -> Row:
    wait, patience = spread(random, _WAIT), spread(random, _PATIENCE)
    front = {person.id: person.share for person in scene.group_on(_FRONT, day)}
    agent = pick(random, front)
    talk = spread(random, _TALK) * (60 + scene.people()[agent].pace * 2 // 5) // 100
    offered = scene.written(scene.at(day, second))
    if wait > patience:
        return (f"C{number:07d}", offered, "no", str(patience), "", "", _FRONT)
    length = f"{talk // 3600}:{talk // 60 % 60:02d}:{talk % 60:02d}"
    return (f"C{number:07d}", offered, "yes", str(wait), length, agent, _FRONT)


def survey(seed: int, ticket: Ticket, end: int) -> Row | None:
    """The invitation for a ticket that was asked about, with the answers if there are any before ``end``."""
    random = Random(f"{seed} survey {ticket.id}")
    if not chance(random, 300) or ticket.solved_at is None or ticket.solved_at >= end:
        return None
    solved = next(event for event in ticket.events if event[0] == ticket.solved_at and event[1] == "Resolved")
    invited = ticket.solved_at + random.randrange(1, 20) * MINUTE
    answered = invited + random.randrange(10, 4000) * MINUTE
    scores = _answers(random, scene.people()[solved[2]], content=ticket.content)
    if invited >= end:
        return None
    if answered >= end or not chance(random, 550):
        scores, when = ("", ""), ""
    else:
        when = scene.written(answered)
    return (f"V{ticket.id[1:]}", scene.written(invited), when, *scores, ticket.id, solved[2], solved[3])


def _answers(random: Random, person: Person, *, content: bool) -> tuple[str, str]:
    """Satisfied 1 to 5 and, in its light, recommend 0 to 10."""
    good = 30 + 14 * person.warmth + (14 if content else 0)
    satisfied = pick(random, {"5": good, "4": 30, "3": 14, "2": 6, "1": 4 if content else 10})
    return satisfied, str(_RECOMMEND[satisfied][random.randrange(5)])


def inspections(seed: int) -> Iterator[Row]:
    """Somebody looks at one or two pieces of everybody's work each week; at four in somebody's first."""
    random = Random(f"{seed} inspections")
    number = 0
    for monday in _mondays():
        for person in scene.people().values():
            first = scene.unit_of(person.id, monday - timedelta(days=7)) is None
            for _ in range(4 if first else 1 + random.randrange(2)):
                day = _worked_day(random, monday)
                at = scene.at(day, random.randrange(9 * 3600, 17 * 3600)) if day else scene.at(scene.END, 0)
                row = _inspection(random, person, at)
                if day and scene.unit_of(person.id, day):
                    number += 1
                    yield (f"Q{number:05d}", *row)


def _inspection(random: Random, person: Person, at: int) -> Row:
    critical = chance(random, 90 - person.care * 9 // 10)
    score = min(max(person.care + random.randrange(-9, 10) - (25 if critical else 0), 0), 100)
    form = pick(random, {"call-form": 1, "ticket-form": 1})
    method = "monitoring" if form == "call-form" else "work-record"
    inspector = _INSPECTORS[random.randrange(2)]
    return (scene.written(at), form, method, str(score), "yes" if critical else "no", inspector, person.id)


def marks(seed: int) -> Iterator[Row]:
    """Praise goes to the warm, complaints to the slow and the cool; some violations, one of them serious."""
    random = Random(f"{seed} marks")
    found = [_mark(random, "Praise", {p.id: 1 + 3 * p.warmth for p in _tenured()}) for _ in range(_PRAISES)]
    blamed = {p.id: p.pace // 30 + 3 * (2 - p.warmth) for p in _tenured()}
    found += [_mark(random, "Complaint", blamed) for _ in range(_COMPLAINTS)]
    found += [_mark(random, "Violation", {p.id: 1 for p in _tenured()}) for _ in range(3)]
    found.append((scene.at(date(2026, 6, 10), 10 * 3600), "Violation", "3", "yes", "chen-bo"))
    for number, (at, *rest) in enumerate(sorted(found), 1):
        yield (f"M{number:04d}", scene.written(at), *rest)


def _mark(random: Random, kind: str, weights: Mapping[str, int]) -> tuple[int, str, str, str, str]:
    day = scene.days()[random.randrange(len(scene.days()))]
    at = scene.at(day, random.randrange(9 * 3600, 18 * 3600))
    upheld = kind == "Praise" or chance(random, 650)
    severity = "" if kind == "Praise" else str(1 + random.randrange(2))
    return at, kind, severity, "yes" if upheld else "no", pick(random, weights)


def _tenured() -> list[Person]:
    """Those who were there for the whole quarter."""
    return [person for person in scene.people().values() if scene.unit_of(person.id, scene.FIRST)]


def _mondays() -> Iterator[date]:
    day = scene.FIRST - timedelta(days=scene.FIRST.weekday())
    while day < scene.END:
        yield day
        day += timedelta(days=7)


def _worked_day(random: Random, monday: date) -> date | None:
    """A day of the week on which the office opens, within the quarter."""
    week = [monday + timedelta(days=n) for n in range(7)]
    open_days = [day for day in week if scene.FIRST <= day < scene.END and scene.is_worked(day)]
    return open_days[random.randrange(len(open_days))] if open_days else None
