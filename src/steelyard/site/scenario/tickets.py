"""The life of a ticket, from its opening to its closing, drawn on the axis of working time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final

from steelyard.engine.worktime.work import due_by
from steelyard.site.scenario import scene
from steelyard.site.scenario.scene import HOUR, MINUTE, Person, chance, pick, spread

HEADER: Final = ("ticket", "at", "event", "agent", "group", "priority", "channel", "category", "stars", "tags")

PROMISED: Final[Mapping[int, tuple[int, int]]] = {1: (0, 14400), 2: (1, 0), 3: (3, 0), 4: (5, 0)}
"""The time to resolve by priority: working days, or seconds."""

_TAKE_UP: Final[Mapping[int, int]] = {1: 30 * MINUTE, 2: 2 * HOUR, 3: 4 * HOUR, 4: 4 * HOUR}
_PRIORITIES: Final = {"1": 5, "2": 20, "3": 50, "4": 25}
_GROUPS: Final = {"front-desk": 46, "onsite": 27, "systems": 27}
_CHANNELS: Final = {"Phone": 60, "Web": 16, "Chat": 24}
_CATEGORIES: Final[Mapping[str, Mapping[str, int]]] = {
    "front-desk": {"account": 4, "order": 3, "how-to": 3},
    "onsite": {"device": 6, "printer": 3, "network": 2},
    "systems": {"software": 5, "access": 3, "report": 2},
}
_HOURS: Final = {"7": 2, "8": 8, "9": 16, "10": 15, "11": 10, "12": 4, "13": 8, "14": 14, "15": 12, "16": 9, "17": 6}
_EVENINGS: Final = {"18": 3, "19": 3, "20": 2, "21": 1, "22": 1}
_OUT_OF_HOURS: Final = 70  # tickets in a thousand, by web at night

# Quantiles: thousandths of the promised time that the work takes, minutes of waiting, hours until a rating.
_WORK: Final = (20, 90, 150, 220, 300, 380, 470, 570, 690, 830, 1120)
_TAKING: Final = (5, 20, 50, 90, 140, 200, 280, 370, 480, 640, 1080)
_WAITING: Final = (40, 90, 180, 300, 480, 720, 1440)
_LEFT_ON_THE_CLOCK: Final = (3, 8, 14, 20, 28)
_RATING: Final = (1, 3, 8, 20, 44)
_STARS: Final[tuple[Mapping[str, int], ...]] = (
    {"5": 34, "4": 36, "3": 18, "2": 8, "1": 4},
    {"5": 46, "4": 36, "3": 12, "2": 4, "1": 2},
    {"5": 62, "4": 28, "3": 7, "2": 2, "1": 1},
)


@dataclass(slots=True)
class Ticket:
    """A ticket with its events in order: instant, name, agent ("" for nobody), group, priority then, stars.

    ``content`` says that it was resolved in time and for good.
    """

    id: str
    priority: int
    channel: str
    category: str
    tags: str
    events: list[tuple[int, str, str, str, int, str]] = field(default_factory=list)
    solved_at: int | None = None
    content: bool = True

    def rows(self, end: int) -> Iterator[tuple[str, ...]]:
        """The events before ``end`` as the export has them."""
        for instant, name, agent, group, priority, stars in self.events:
            if instant < end:
                about = (self.channel, self.category, stars, self.tags)
                yield (self.id, scene.written(instant), name, agent, group, f"P{priority}", *about)


def tickets(seed: int, size: int) -> Iterator[Ticket]:
    """``size`` tickets in the order of their days; each is drawn by itself, so that none moves another."""
    random = Random(f"{seed} openings")
    days = scene.days()
    volumes = scene.share_out(size, [_weight(day) for day in days])
    number = 0
    for day, volume in zip(days, volumes, strict=True):
        for opened in sorted(_opening(random, day) for _ in range(volume)):
            number += 1
            yield _Life(Random(f"{seed} ticket {number}"), number, opened).live()


def _weight(day: date) -> int:
    """Mondays are busy; when the office is closed a few write by web."""
    if not scene.is_worked(day):
        return 4
    return (58, 50, 48, 47, 45, 40, 40)[day.weekday()]


def _opening(random: Random, day: date) -> int:
    late = chance(random, _OUT_OF_HOURS)
    return scene.at(day, int(pick(random, _EVENINGS if late else _HOURS)) * 3600 + random.randrange(3600))


class _Life:
    """One ticket while it is made: ``now``, how much work was ``used``, and who holds it."""

    def __init__(self, random: Random, number: int, opened: int) -> None:
        self.random = random
        self.office = scene.office()
        self.opened = self.now = opened
        self.used = 0
        self.stars = ""
        self.agent: Person | None = None
        self.group = pick(random, _GROUPS)
        is_open = self.office.elapsed(opened, opened + 1) > 0
        self.ticket = Ticket(
            id=f"S{number:07d}",
            priority=int(pick(random, _PRIORITIES)),
            channel=pick(random, _CHANNELS) if is_open else "Web",
            category=pick(random, _CATEGORIES[self.group]),
            tags="duplicate" if chance(random, 12) else "",
        )

    def live(self) -> Ticket:
        """The whole life, in order."""
        self._note("New")
        self._take_up()
        if chance(self.random, 30) and self.ticket.priority > 1:
            self.ticket.priority -= 1
            self._note("Priority changed")
        person = self._holder()
        budget = self._budget()
        needed = max(budget * spread(self.random, _WORK) * person.pace // 100_000, self.used + 5 * MINUTE)
        self._middle(min(needed, budget * 8 // 10))
        person = self._holder()
        if needed > budget and person.trick:
            self._stop_before_the_due(budget, needed)
        else:
            self._work_until(needed)
        self._solve(late=needed > budget)
        if chance(self.random, person.returned):
            self._come_back(budget)
        self._end()
        return self.ticket

    def _take_up(self) -> None:
        taking = _TAKE_UP[self.ticket.priority] * spread(self.random, _TAKING) // 1000
        group = scene.group_on(self.group, scene.day_of(self.office.due(self.now, max(taking, MINUTE))))
        self.agent = scene.people()[pick(self.random, {person.id: person.share for person in group})]
        self._work_until(max(taking * (50 + self.agent.pace // 2) // 100, MINUTE))
        self._note("Assigned")
        self._work_until(self.used + self.random.randrange(1, 12) * MINUTE)
        self._note("Work started")

    def _budget(self) -> int:
        days, seconds = PROMISED[self.ticket.priority]
        return self.office.elapsed(self.opened, due_by(self.office, self.opened, working_days=days, seconds=seconds))

    def _middle(self, until: int) -> None:
        """Waits and hand-overs, while ``until`` leaves room for them."""
        room = until - self.used
        if room > 30 * MINUTE and chance(self.random, 260):
            self._work_until(self.used + room * self.random.randrange(100, 500) // 1000)
            self._note("Waiting for customer")
            self._pass(spread(self.random, _WAITING) * MINUTE)
            self._note("Customer replied")
        room = until - self.used
        if room > 30 * MINUTE and chance(self.random, 60):
            self._work_until(self.used + room * self.random.randrange(100, 900) // 1000)
            others = {p.id: p.share for p in self._colleagues() if p is not self.agent}
            if others:
                self.agent = scene.people()[pick(self.random, others)]
                self._note("Handed over")

    def _colleagues(self) -> tuple[Person, ...]:
        return scene.group_on(self._unit(), scene.day_of(self.now))

    def _stop_before_the_due(self, budget: int, needed: int) -> None:
        """Resolved on paper with minutes left; the customer comes back, and the work is done after all."""
        self._work_until(max(budget - spread(self.random, _LEFT_ON_THE_CLOCK) * MINUTE, self.used + MINUTE))
        self._note("Resolved")
        if chance(self.random, 960):
            self._pass(self.random.randrange(20, 300) * MINUTE)
            self._note("Reopened")
            self._work_until(max(needed, self.used + 40 * MINUTE))

    def _solve(self, *, late: bool) -> None:
        if self.ticket.events[-1][1] != "Resolved":
            self._note("Resolved")
        self.ticket.content = not late
        self.ticket.solved_at = self.now

    def _come_back(self, budget: int) -> None:
        """It did not hold: reopened within a day or two, and a little more work."""
        self._pass(self.random.randrange(1, 16) * HOUR)
        self._note("Reopened")
        self._work_until(self.used + max(budget * self.random.randrange(30, 250) // 1000, 10 * MINUTE))
        self._solve(late=True)

    def _end(self) -> None:
        """A rating by some, at any hour, and closing two working days after the last resolution."""
        solved = self.now
        if chance(self.random, 420):
            stars = int(pick(self.random, _STARS[self._holder().warmth]))
            stars = max(stars - (not self.ticket.content and chance(self.random, 600)), 1)
            self.now = solved + spread(self.random, _RATING) * HOUR + self.random.randrange(60) * MINUTE
            self.stars = str(stars)
            self._note("Rated")
        self.now = max(self.now, self.office.close(solved, 2))
        self._note("Closed")

    def _work_until(self, used: int) -> None:
        """Go on working until so much has been used up of the ticket's time."""
        if used > self.used:
            self.now, self.used = self.office.due(self.now, used - self.used), used

    def _pass(self, amount: int) -> None:
        """Let working time pass that is not the ticket's."""
        self.now = self.office.due(self.now, amount)

    def _holder(self) -> Person:
        assert self.agent is not None
        return self.agent

    def _unit(self) -> str:
        """The group that holds it: the holder's of that day."""
        return (scene.unit_of(self.agent.id, scene.day_of(self.now)) if self.agent else None) or self.group

    def _note(self, name: str) -> None:
        agent = self.agent.id if self.agent else ""
        self.ticket.events.append((self.now, name, agent, self._unit(), self.ticket.priority, self.stars))
