"""The demonstration: a made-up quarter of a service desk goes in, ranked scorecards come out, nothing is faked.

Everything goes through the face that anyone may use: the exports are imported by their mappings, the policy is
loaded from its file, and the run is an ordinary one.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import Final

import pyarrow.parquet as pq

from steelyard import engine, packs
from steelyard.engine.errors import refuse
from steelyard.engine.policy import model
from steelyard.engine.words import N_, say
from steelyard.site.cli import show
from steelyard.site.ranking import leaves, ranking, title
from steelyard.site.scenario import files, scene

PERIODS: Final = ("2026-05", "2026-06", "2026-Q2")
SEED: Final = 20260401
SIZE: Final = 3000
_MARK: Final = "demo.json"
_HIDDEN: Final = N_(
    "Hidden in the rows: somebody takes twice as long as the others; a group resolves its tickets just before they are "
    "due and sees them come back; one of the best did something serious in June. Do the figures tell?"
)


def run(
    *,
    once: bool,
    pack: str | None,
    folder: Path,
    lang: str = "en",
    size: int = SIZE,
    seed: int = SEED,
) -> engine.Assessment:
    """Make a quarter with ``size`` tickets in ``folder``, assess it, and print what came out and where it is.

    ``pack`` names the policy to assess it with instead of the desk's own. ``once`` makes no difference as long as
    there is no service to stay with.

    Raises:
        SteelyardError: ``not-ours`` when ``folder`` holds something else, ``reference`` for an unknown pack.
    """
    written = packs.policy(pack) if pack else _own_policy()
    began = time.monotonic()
    _make_room(folder, lang)
    (folder / _MARK).write_text(json.dumps({"seed": seed, "size": size, "pack": pack}) + "\n", encoding="utf-8")
    (folder / "policy.yaml").write_bytes(written)
    _tell(N_("A made-up quarter of a service desk with {size} tickets, in {folder}"), lang, size=size, folder=folder)
    files.write(folder, seed=seed, size=size)
    ledger, out = folder / "ledger", folder / "assessment"
    _import(folder, ledger, lang)
    policy = engine.load_policy(folder / "policy.yaml")
    result = engine.assess([policy], ledger, PERIODS, out=out, as_csv=True, lang=lang)
    names = _names(folder, lang)
    for card in policy.scorecards:
        _print_card(result, policy, card, names, lang)
    if not pack:
        print()
        _tell(_HIDDEN, lang)
    _tell(N_("Done in {seconds} s."), lang, seconds=round(time.monotonic() - began))
    _print_places(folder, out, lang)
    _print_next(result, folder, lang)
    if not once:
        print()
        _tell(N_("There is no web service in this release: this is all the demonstration there is."), lang)
    return result


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
    for name in ("ledger", "assessment", "exports", "mappings"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    folder.mkdir(parents=True, exist_ok=True)
    policy, kept = folder / "policy.yaml", folder / "policy.before.yaml"
    if policy.exists() and policy.read_bytes() not in (_own_policy(), *map(packs.policy, packs.names())):
        policy.replace(kept)
        _tell(N_("The policy you had changed is kept as {file}"), lang, file=kept)


def _import(folder: Path, ledger: Path, lang: str) -> None:
    """Bring every export into the ledger and print the counts, which add up."""
    counts = ("rows_read", "loaded", "present", "changed", "ignored", "rejected")
    heads = (N_("rows read"), N_("loaded"), N_("present"), N_("changed"), N_("ignored"), N_("rejected"))
    table = [["", *(say(head, lang) for head in heads)]]
    for name in files.SOURCES:
        mapping = engine.load_mapping(folder / "mappings" / f"{name}.yaml")
        report = engine.import_source(mapping, ledger, folder / "exports" / f"{name}.csv")
        table.append([f"exports/{name}.csv", *(str(getattr(report, count)) for count in counts)])
    show.table(table)


def _names(folder: Path, lang: str) -> Mapping[str, str]:
    """What people and units are called in ``lang``, by id; the ledger itself knows ids only."""
    with (folder / "names.csv").open(encoding="utf-8", newline="") as file:
        return {"": say(N_("all"), lang), **{row["id"]: row[lang] for row in csv.DictReader(file)}}


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


def _print_places(folder: Path, out: Path, lang: str) -> None:
    places = [
        (N_("report"), out / "report.html"),
        (N_("workbook"), out / "scorecards.xlsx"),
        (N_("figures and scores"), out),
        (N_("policy"), folder / "policy.yaml"),
        (N_("exports and their mappings"), folder),
    ]
    print()
    _tell(N_("What was made:"), lang)
    show.table([[f"  {say(name, lang)}", str(place)] for name, place in places])


def _print_next(result: engine.Assessment, folder: Path, lang: str) -> None:
    """Commands that open what was just printed; they can be copied as they stand."""
    steelyard = "./go steelyard" if Path("go").is_file() else "steelyard"
    ledger, out, policy, mine = (quote(str(folder / name)) for name in ("ledger", "assessment", "policy.yaml", "mine"))
    period = PERIODS[1]
    figure, case = _worst(result, result.policies[0].scorecards), _reopened(folder)
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


def _worst(result: engine.Assessment, cards: Sequence[model.Scorecard]) -> tuple[str, str] | None:
    """Who is furthest below a target that counts for them in the second month: a figure that asks to be opened."""
    weighed = {leaf.measure for card in cards if card.of == "staff" for _, leaf, _ in leaves(card)}
    found = [
        (Decimal(row["value"]) / Decimal(row["target"]), row["subject"], row["measure"])
        for row in result.figures.to_pylist()
        if (row["of"], row["period"], row["on_target"]) == ("staff", PERIODS[1], False)
        and row["measure"] in weighed
        and not row["stratum"]
        and Decimal(row["value"]) < Decimal(row["target"])
    ]
    return min(found)[1:] if found else None


def _reopened(folder: Path) -> str | None:
    """A ticket of the on-site group that was reopened and whose clock was missed in the end."""
    with (folder / "exports" / "tickets.csv").open(encoding="utf-8", newline="") as file:
        reopened = {row["ticket"] for row in csv.DictReader(file) if row["event"] == "Reopened"}
    clocks = pq.read_table(folder / "assessment" / "clocks.parquet").to_pylist()
    missed = [c["case"] for c in clocks if (c["commitment"], c["state"], c["unit"]) == ("resolve", "missed", "onsite")]
    return next((case for case in sorted(missed) if case in reopened), None)
