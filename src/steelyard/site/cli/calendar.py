"""``steelyard calendar``: when something is due and how long it took, in working time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import typer

from steelyard.engine import run
from steelyard.engine.errors import refuse
from steelyard.engine.policy import duration, model
from steelyard.engine.run import calendars
from steelyard.engine.words import N_, say
from steelyard.engine.worktime.work import Work, due_by
from steelyard.site.cli import show


def commands(lang: str) -> typer.Typer:
    """The ``calendar`` commands with help in ``lang``."""
    app = typer.Typer(help=say(N_("Working time: dues and durations."), lang), no_args_is_help=True)
    json_option = typer.Option(False, "--json", help=say(N_("Print JSON."), lang))

    @app.command(help=say(N_("When AMOUNT after START is due."), lang))
    def due(
        policy: Path,
        calendar: str,
        start: str,
        amount: str,
        rule: str = typer.Option("close", help="close | same_time"),
        as_json: bool = json_option,
    ) -> None:
        loaded, work = _work(policy, calendar)
        begins = _instant(start, loaded.timezone)
        if rule not in ("close", "same_time"):
            raise refuse("rule", N_("{rule} is no rule"), remedy=N_("write close or same_time"), rule=rule)
        length = duration.parse(amount)
        at = due_by(work, begins, working_days=length.working_days, seconds=length.seconds, rule=_rule(rule))
        budget, provisional = work.elapsed(begins, at) // 1_000_000, work.provisional(begins, at)
        if as_json:
            show.as_json(
                {
                    "due_at": show.instant(at, "UTC").replace("+00:00", "Z"),
                    "local": show.instant(at, loaded.timezone),
                    "budget_s": budget,
                    "provisional": provisional,
                }
            )
            return
        print(show.instant(at, loaded.timezone))
        _say_provisional(provisional)

    @app.command(help=say(N_("The working seconds from one instant to another."), lang))
    def elapsed(
        policy: Path,
        calendar: str,
        start: str = typer.Argument(metavar="FROM"),
        end: str = typer.Argument(metavar="TO"),
        as_json: bool = json_option,
    ) -> None:
        loaded, work = _work(policy, calendar)
        begins, ends = _instant(start, loaded.timezone), _instant(end, loaded.timezone)
        seconds, provisional = work.elapsed(begins, ends) // 1_000_000, work.provisional(begins, ends)
        if as_json:
            show.as_json({"elapsed_s": seconds, "provisional": provisional})
            return
        print(seconds)
        _say_provisional(provisional)

    return app


def _rule(rule: str) -> Literal["close", "same_time"]:
    return "same_time" if rule == "same_time" else "close"


def _work(file: Path, name: str) -> tuple[model.Policy, Work]:
    loaded = run.load_policy(file)
    times = calendars.working_times(loaded, calendars.tables_of([loaded]))
    if name not in times:
        raise refuse(
            "reference",
            N_("no calendar {name} in the policy"),
            remedy=N_("the calendars are {known}"),
            name=name,
            known=", ".join(times) or "–",
        )
    return loaded, times[name]


def _instant(text: str, zone: str) -> int:
    """An ISO instant, or a wall time of the policy's zone, in microseconds UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
    except (ValueError, OverflowError):
        raise refuse(
            "instant",
            N_("{text} is no instant"),
            remedy=N_("write 2026-03-03T09:00 or 2026-03-03T09:00+08:00"),
            text=text,
        ) from None


def _say_provisional(provisional: bool) -> None:
    if provisional:
        show.line(N_("Provisional: it touches a year whose holidays are not announced yet."))
