"""The life of what is opened: step by step for many at once, each step a fact and an instant after the one before.

A life knows what it has been promised to take. Work is laid out in the promised time, in thousandths of it: what
takes more than all of it comes late, unless somebody stops the clock just before, and then it comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from steelyard.engine.worktime.units import SECOND
from steelyard.engine.worktime.work import Work, due_by_many
from steelyard.site.scenario.year import asking, columns, loads
from steelyard.site.scenario.year.draw import Draw, Flags, Numbers
from steelyard.site.scenario.year.drawn import Drawn
from steelyard.site.scenario.year.people import NOBODY
from steelyard.site.scenario.year.settings import Life, Promise, Step, Task, Weights
from steelyard.site.scenario.year.world import World

CHUNK: Final = 16_384
_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_LEFT: Final = (3 * _MINUTE, 8 * _MINUTE, 14 * _MINUTE, 20 * _MINUTE, 28 * _MINUTE)
_NEVER: Final = 2**62


def tell(world: World, life: Life, volume: int) -> Iterator[pa.RecordBatch]:
    """The facts of ``volume`` lives, some at a time."""
    for start in range(0, volume, CHUNK):
        numbers = np.arange(start, min(start + CHUNK, volume), dtype=np.int64)
        yield from _Lives(world, life, numbers, volume).live()


class _Lives:
    """Some lives of one kind while they are made."""

    def __init__(self, world: World, life: Life, numbers: Numbers, volume: int) -> None:
        self.world, self.life, self.numbers = world, life, numbers
        self.draw = world.draw.of(life.id)
        self.ids = columns.ids(life.prefix, numbers + 1)
        self.now = self._begin(volume)
        self.unit = self._units(life.units, self.draw, np.arange(len(numbers)))
        self.staff = np.full(len(numbers), NOBODY, dtype=np.int64)
        self.drawn = Drawn(numbers)
        self.at: dict[str, Numbers] = {}
        self.promises: dict[str, list[tuple[Numbers, Numbers, Work]]] = {}
        self.late = np.zeros(len(numbers), dtype=np.bool_)
        self.back = np.zeros(len(numbers), dtype=np.bool_)

    def live(self) -> Iterator[pa.RecordBatch]:
        """Every fact, step after step."""
        everyone = np.arange(len(self.numbers))
        self.drawn.put("unit", self.world.roster.units, self.unit)
        if self.life.held:
            self._take(everyone)
        yield from self._happen(self.life.first, everyone, self.now, by="holder" if self.life.held else "nobody")
        for step in self.life.steps:
            rows = self._rows(step)
            if step.task:
                yield from self._work(step, step.task, rows)
            elif len(rows):
                yield from self._happen(step, rows, self._when(step, rows))
        if self.life.survey and self.life.asked_at in self.at:
            rows = np.flatnonzero(self.at[self.life.asked_at] < _NEVER)
            yield from asking.tell(
                self.world,
                self.life,
                asking.Asked(
                    numbers=self.numbers[rows],
                    at=self.at[self.life.asked_at][rows],
                    cases=self.ids.take(pa.array(rows)),
                    staff=self.staff[rows],
                    unit=self.unit[rows],
                    late=self.late[rows],
                    back=self.back[rows],
                    channel=self.drawn.fragments(["channel"], rows, ([], rows), ([], rows))
                    if "channel" in self.drawn.codes
                    else [],
                ),
            )

    def _units(self, among: Weights, draw: Draw, rows: Numbers) -> Numbers:
        """A unit for each of ``rows``."""
        places = np.array([self.world.roster.units.index(str(unit)) for unit in among.values])
        found: Numbers = places[draw.of("unit").pick(self.numbers[rows], among.weights)]
        return found

    def _begin(self, volume: int) -> Numbers:
        """Evenly over the hours of the year in which they can begin, each anywhere within its part."""
        world = self.world
        hours = world.work(self.life.calendar)
        part = hours.elapsed(world.roster.first, world.roster.end) // volume
        amounts = self.numbers * part + self.draw.of("begin").spread(self.numbers, (0, part))
        return _whole(hours.due_many(np.full(len(self.numbers), world.roster.first), amounts))

    def _rows(self, step: Step) -> Numbers:
        """The lives in which the step happens."""
        there = self.draw.of(step.label).of("chance").chance(self.numbers, step.chance)
        there &= self.drawn.fits(step.when, np.arange(len(self.numbers)))
        there &= self.now < _NEVER
        if step.after:
            there &= self.at.get(step.after, np.full(len(self.numbers), _NEVER)) < _NEVER
        if step.unless and step.unless in self.at:
            there &= self.at[step.unless] == _NEVER
        return np.flatnonzero(there)

    def _when(self, step: Step, rows: Numbers) -> Numbers:
        """The instant of a step: so much later, in the hours of its calendar, longer for who is slow."""
        base = self.at[step.after][rows] if step.after else self.now[rows]
        takes = np.zeros(len(rows), dtype=np.int64)
        for steps, places in self.drawn.branch(step.takes, rows):
            takes[places] = self.draw.of(step.label).of("takes").spread(self.numbers[rows[places]], steps)
        if step.paced:
            self._take(rows)
            takes = takes * self._paces(rows, base) // 100
        return _whole(self.world.work(step.calendar).due_many(base, takes))

    def _paces(self, rows: Numbers, at: Numbers) -> Numbers:
        return self.world.roster.paces_at(self.staff[rows], self.unit[rows], at)

    def _take(self, rows: Numbers) -> None:
        """Who has nobody yet is taken by somebody of the unit."""
        free = rows[self.staff[rows] == NOBODY]
        if len(free):
            self.staff[free] = self._somebody(self.draw.of("taken"), free, self.unit[free], self.now[free])

    def _somebody(self, draw: Draw, rows: Numbers, units: Numbers, at: Numbers) -> Numbers:
        return self.world.roster.choose(draw, self.numbers[rows], units, at, self.life.trait)

    def _happen(self, step: Step, rows: Numbers, at: Numbers, by: str | None = None) -> Iterator[pa.RecordBatch]:
        """The fact of a step for ``rows``: who does it, what is drawn with it, what it promises."""
        by = by or step.by
        if by == "holder":
            self._take(rows)
        units = self._units(step.to, self.draw.of(step.label), rows) if step.to else self.unit[rows]
        staff = self.staff[rows]
        if by == "somebody":
            staff = self._somebody(self.draw.of(step.label).of("who"), rows, units, at)
        elif by == "nobody":
            staff = np.full(len(rows), NOBODY, dtype=np.int64)
        if step.hands_over:
            self.staff[rows], self.unit[rows] = staff, units
        for name, branches in (*step.attributes.items(), *step.data.items()):
            self.drawn.draw(self.draw.of(step.label), name, branches, rows)
        self.at.setdefault(step.label, np.full(len(self.numbers), _NEVER))[rows] = at
        if not step.aside:
            self.now[rows] = at
        extra = self._promise(step, step.promise, rows, at) if step.promise else []
        yield from self._told(step, rows, at, staff, units, "customer" if by == "customer" else None, extra)

    def _promise(self, step: Step, promise: Promise, rows: Numbers, at: Numbers) -> list[tuple[str, Numbers]]:
        """Note by when it is to be done; the instants for the data where the promise has a name there."""
        start = self.at[promise.since][rows] if promise.since else at
        due = np.full(len(rows), _NEVER)
        for (within, calendar), places in self.drawn.branch(promise.within, rows):
            hours = self.world.work(calendar)
            days, seconds = within.working_days, within.seconds
            due[places] = due_by_many(hours, start[places], working_days=days, seconds=seconds)
            starts, dues = np.full(len(self.numbers), _NEVER), np.full(len(self.numbers), _NEVER)
            starts[rows[places]], dues[rows[places]] = start[places], due[places]
            self.promises.setdefault(step.label, []).append((starts, dues, hours))
        return [(promise.name, due)] if promise.name else []

    def _work(self, step: Step, task: Task, rows: Numbers) -> Iterator[pa.RecordBatch]:
        """Work against a promise, in the hours it was promised in."""
        for starts, dues, hours in self.promises.get(task.of, ()):
            own = rows[dues[rows] < _NEVER]
            if len(own):
                yield from self._worked(step, task, own, starts[own], dues[own], hours)

    def _worked(
        self, step: Step, task: Task, rows: Numbers, start: Numbers, due: Numbers, hours: Work
    ) -> Iterator[pa.RecordBatch]:
        """With waits, tricks, and what comes back."""
        self._take(rows)
        draw, numbers = self.draw.of(step.label), self.numbers[rows]
        now = self.at[step.after][rows] if step.after else self.now[rows]
        budget, used = hours.elapsed_many(start, due), hours.elapsed_many(start, now)
        share = draw.of("takes").spread(numbers, task.takes) * self._paces(rows, now) // 100
        needed = np.maximum(budget // 1000 * share, used + 5 * _MINUTE)
        late = needed > budget
        tricked = late & self.world.roster.tricks[self.unit[rows]] & (budget - _LEFT[-1] > used)
        waits = draw.of("waits").chance(numbers, task.waits) & (needed - used > 30 * _MINUTE) & ~tricked
        rest = np.where(tricked, budget - draw.of("left").spread(numbers, _LEFT), needed) - used
        if waits.any():
            places = np.flatnonzero(waits)
            before = rest[places] * draw.of("before").spread(numbers[places], (100, 500)) // 1000
            waiting = _whole(hours.due_many(now[places], before))
            yield from self._happen(_plain("waiting", step), rows[places], waiting)
            waited = draw.of("waiting").spread(numbers[places], task.waiting)
            resumed = _whole(hours.due_many(waiting, waited))
            yield from self._happen(_plain("resumed", step, "customer"), rows[places], resumed)
            now[places], rest[places] = resumed, rest[places] - before
        done = _whole(hours.due_many(now, rest))
        self.late[rows] |= late
        yield from self._happen(step, rows, done)
        yield from self._come_back(step, rows, done, hours, budget, tricked, needed)

    def _come_back(
        self, step: Step, rows: Numbers, done: Numbers, hours: Work, budget: Numbers, tricked: Flags, needed: Numbers
    ) -> Iterator[pa.RecordBatch]:
        """It did not hold: taken up again, and done once more."""
        draw, numbers = self.draw.of(step.label).of("again"), self.numbers[rows]
        rates = self.world.roster.trait("returned", 0)[self.staff[rows]]
        back = np.where(tricked, draw.below(numbers, 1000) < 960, draw.below(numbers, 1000) < rates)
        places = np.flatnonzero(back)
        if not len(places) or step.fact != "solved":
            return
        own, trick = rows[places], tricked[places]
        after = np.where(
            trick,
            draw.of("soon").spread(numbers[places], (20 * _MINUTE, 300 * _MINUTE)),
            draw.of("later").spread(numbers[places], (_HOUR, 16 * _HOUR)),
        )
        reopened = _whole(hours.due_many(done[places], after))
        yield from self._happen(_plain("reopened", step, "customer"), own, reopened)
        more = budget[places] // 1000 * draw.of("more").spread(numbers[places], (30, 250))
        more = np.where(
            trick, np.maximum(needed[places] - budget[places], 40 * _MINUTE), np.maximum(more, 10 * _MINUTE)
        )
        self.late[own] = self.back[own] = True
        yield from self._happen(step, own, _whole(hours.due_many(reopened, more)))

    def _told(
        self,
        step: Step,
        rows: Numbers,
        at: Numbers,
        staff: Numbers,
        units: Numbers,
        actor: str | None,
        instants: list[tuple[str, Numbers]],
    ) -> Iterator[pa.RecordBatch]:
        """The facts of ``rows`` that have happened before the year ends."""
        seen = np.flatnonzero(at < self.world.roster.end)
        if not len(seen):
            return
        roster, those = self.world.roster, rows[seen]
        holders, places = (roster.people, self.staff[those]), (roster.units, units[seen])
        parts = self.drawn.fragments([*step.data], those, holders, places)
        parts += [columns.instant_fragments(name, due[seen]) for name, due in instants]
        about, ids = self.life.about, self.ids.take(pa.array(those))
        if step.about:
            parts.append(columns.text_fragments(self.life.about, ids))
            about, ids = step.about, pa.compute.binary_join_element_wise(step.label, ids, "-")
        if step.load:
            parts.append(
                loads.tell(self.world, step.load, self.draw, self.numbers[those], self.staff[those], units[seen])
            )
        attributes = self.drawn.fragments([*step.attributes], those, holders, places)
        if step is self.life.first and about == "case":
            attributes.append(columns.fragments("kind", [self.life.id], np.zeros(len(those), dtype=np.int64)))
        who = columns.named(roster.people, staff[seen])
        yield columns.batch(
            step.fact,
            at[seen],
            about,
            ids,
            who,
            columns.named(roster.units, units[seen]),
            pa.repeat(pa.scalar(actor, pa.string()), len(seen)) if actor else who,
            columns.together(parts, attributes, len(seen)),
        )


def _plain(fact: str, step: Step, by: str = "holder") -> Step:
    """A bare fact within the work of ``step``."""
    return Step(
        fact=fact,
        label=f"{step.label}.{fact}",
        by=by,
        to=None,
        hands_over=False,
        after=None,
        aside=False,
        paced=False,
        chance=1000,
        when={},
        unless=None,
        takes=(),
        calendar=None,
        attributes={},
        data={},
        promise=None,
        task=None,
        about=None,
        load=None,
    )


def _whole(at: Numbers) -> Numbers:
    """Instants at the whole second before them."""
    return at // SECOND * SECOND
