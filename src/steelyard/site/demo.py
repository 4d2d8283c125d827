"""The demonstration: a made-up history goes in, ranked scorecards come out, nothing is faked.

Everything goes through the face that anyone may use: exports are imported by their mappings or facts appended, the
policy is loaded from its file, and the run is an ordinary one. With a pack that knows a year of its own, it is that
year; else a quarter of a service desk.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import Final

from steelyard import engine, packs
from steelyard.engine.errors import refuse
from steelyard.engine.policy import model
from steelyard.engine.words import N_, say
from steelyard.site import made
from steelyard.site.cli import show
from steelyard.site.made import Made
from steelyard.site.ranking import leaves, ranking, title
from steelyard.site.scenario import scene
from steelyard.site.scenario.year import settings

PERIODS: Final = made.QUARTER
SEED: Final = 20260401
SIZE: Final = 3000
_CSV_UP_TO: Final = 20_000
_MARK: Final = "demo.json"


def run(
    *,
    once: bool,
    pack: str | None,
    folder: Path,
    lang: str = "en",
    size: int | None = None,
    seed: int = SEED,
) -> engine.Assessment:
    """Make a history with ``size`` cases in ``folder``, assess it, and print what came out and where it is.

    ``pack`` names the policy to assess with instead of the desk's own; if the pack knows a year of its own, that is
    made. ``once`` makes no difference as long as there is no service to stay with.

    Raises:
        SteelyardError: ``not-ours`` when ``folder`` holds something else, ``reference`` for an unknown pack.
    """
    written = packs.policy(pack) if pack else _own_policy()
    began = time.monotonic()
    history = _history(written, pack, size, seed)
    _make_room(folder, lang)
    (folder / _MARK).write_text(json.dumps({"seed": seed, "size": history.size, "pack": pack}) + "\n", encoding="utf-8")
    (folder / "policy.yaml").write_bytes(written)
    print(history.title(folder, lang))
    ledger, out = folder / "ledger", folder / "assessment"
    history.fill(folder, ledger, lang)
    policy = engine.load_policy(folder / "policy.yaml")
    as_csv = history.size <= _CSV_UP_TO
    result = engine.assess([policy], ledger, history.periods, out=out, as_csv=as_csv, lang=lang)
    names = {"": say(N_("all"), lang), **history.names(lang)}
    for card in policy.scorecards:
        _print_card(result, policy, card, names, lang)
    if hidden := history.hidden(lang):
        print()
        print(hidden)
    _tell(N_("Done in {seconds} s."), lang, seconds=round(time.monotonic() - began))
    _print_places(history, folder, out, lang)
    _print_next(history, result, folder, lang)
    if not once:
        print()
        _tell(N_("There is no web service in this release: this is all the demonstration there is."), lang)
    return result


def _history(written: bytes, pack: str | None, size: int | None, seed: int) -> Made:
    """The pack's own year, if it knows one; else the quarter of the desk."""
    parameters = packs.scenario(pack) if pack else None
    if parameters is None:
        return made.Quarter(seed, size or SIZE, own_policy=pack is None)
    scenario = settings.load(parameters)
    return made.Year(seed, size or scenario.size, scenario, engine.load_policy(written))


def _tell(message: str, lang: str, **params: object) -> None:
    print(say(message, lang, **params))


def _own_policy() -> bytes:
    return (scene.DESK / "policy.yaml").read_bytes()


def _make_room(folder: Path, lang: str) -> None:
    """Clear away an earlier demonstration, but for a policy somebody has changed; anything else is refused."""
    if folder.exists() and not (folder / _MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise refuse(
            "not-ours",
            N_("{folder} is there already and is no demonstration"),
            remedy=N_("name another with --folder"),
            folder=folder,
        )
    made.clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    policy, kept = folder / "policy.yaml", folder / "policy.before.yaml"
    if policy.exists() and policy.read_bytes() not in (_own_policy(), *map(packs.policy, packs.names())):
        policy.replace(kept)
        _tell(N_("The policy you had changed is kept as {file}"), lang, file=kept)


def _print_card(
    result: engine.Assessment, policy: model.Policy, card: model.Scorecard, names: Mapping[str, str], lang: str
) -> None:
    """The scorecard of the latest period of its length, if it was computed."""
    periods = [row["period"] for row in result.scores.to_pylist() if row["scorecard"] == card.id]
    if not periods:
        return
    shown = ranking(result, policy, card, max(periods), names=names, lang=lang)
    print()
    print(f"{title(card.title, card.id, lang)} · {max(periods)}")
    show.table([shown.header, *shown.rows])
    for reason in shown.reasons:
        print(reason)


def _print_places(history: Made, folder: Path, out: Path, lang: str) -> None:
    places = [
        (N_("report"), out / "report.html"),
        (N_("workbook"), out / "scorecards.xlsx"),
        (N_("figures and scores"), out),
        (N_("policy"), folder / "policy.yaml"),
        *history.places(folder),
    ]
    print()
    _tell(N_("What was made:"), lang)
    show.table([[f"  {say(name, lang)}", str(place)] for name, place in places])


def _print_next(history: Made, result: engine.Assessment, folder: Path, lang: str) -> None:
    """Commands that open what was just printed; they can be copied as they stand."""
    steelyard = "./go steelyard" if Path("go").is_file() else "steelyard"
    ledger, out, policy, mine = (quote(str(folder / name)) for name in ("ledger", "assessment", "policy.yaml", "mine"))
    period = history.looked_at
    figure, case = _worst(result, result.policies[0].scorecards, period), history.come_back(folder)
    steps = [
        (
            N_("Open a figure into its formula, its clause and its tickets:"),
            f"explain --out {out} --measure {figure[1]} --subject {figure[0]} --period {period}" if figure else None,
        ),
        (
            N_("See the clock of a ticket that was resolved just before its due, and reopened:"),
            f"clock --policy {policy} --ledger {ledger} --case {case}" if case else None,
        ),
        (N_("Recompute everything and compare the fingerprint:"), f"verify --out {out} --ledger {ledger}"),
        (N_("Change a line of the policy, and have it checked:"), f"policy check {policy}"),
        (
            N_("Assess the month again:"),
            f"assess --policy {policy} --ledger {ledger} --period {period} --out {mine}",
        ),
    ]
    print()
    for sentence, command in steps:
        if command:
            _tell(sentence, lang)
            print(f"  {steelyard} {command}")


def _worst(result: engine.Assessment, cards: Sequence[model.Scorecard], period: str) -> tuple[str, str] | None:
    """Who is furthest below a target that counts for them in ``period``: a figure that asks to be opened."""
    weighed = {leaf.measure for card in cards if card.of == "staff" for _, leaf, _ in leaves(card)}
    found = [
        (Decimal(row["value"]) / Decimal(row["target"]), row["subject"], row["measure"])
        for row in result.figures.to_pylist()
        if (row["of"], row["period"], row["on_target"]) == ("staff", period, False)
        and row["measure"] in weighed
        and not row["stratum"]
        and Decimal(row["value"]) < Decimal(row["target"])
    ]
    return min(found)[1:] if found else None
