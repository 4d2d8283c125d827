"""What the documents show is run: their commands, their policies, and the month worked out in docs/loop.md."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
STEELYARD = Path(sys.executable).with_name("steelyard")
PAGES = (
    "README.md",
    "README.zh-Hans.md",
    "docs/how-to/own-log.md",
    "docs/how-to/calendars.md",
    "docs/how-to/write-a-policy.md",
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHER_DOOR = ("./go demo", "./go test")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language on a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for name, body in FENCE.findall(text) if name == language]


def commands(page: str) -> list[str]:
    """The shell lines of a page without their comments, and without the two that start everything."""
    lines = "\n".join(blocks(page, "sh")).splitlines()
    bare = [re.sub(r"\s{2,}#.*", "", line) for line in lines]
    return [line for line in bare if not line.startswith(OTHER_DOOR)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the example and a ``./go`` that calls the installed command line."""
    shutil.copytree(ROOT / "docs" / "example", tmp_path / "docs" / "example")
    door = tmp_path / "go"
    door.write_text(f'#!/bin/sh\nshift\nexec "{STEELYARD}" "$@"\n', encoding="utf-8")
    door.chmod(0o755)
    return tmp_path


def run(place: Path, *command: str, script: str = "") -> str:
    """What a command that must succeed prints, problems included."""
    done = subprocess.run(
        command, cwd=place, input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_as_they_stand_and_print_what_it_shows(page: str, place: Path) -> None:
    said = run(place, "sh", "-eu", script="\n".join(commands(page)))
    for line in "".join(blocks(page, "text")).splitlines():
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        assert re.search(f"^{pattern}$", said, re.MULTILINE), line
    for code in blocks(page, "python"):
        run(place, sys.executable, "-", script=code)


@pytest.mark.parametrize("page", ["README.md", "README.zh-Hans.md"])
def test_the_policy_shown_is_a_policy(page: str, place: Path) -> None:
    shown = [block for block in blocks(page, "yaml") if "kind: ServicePolicy" in block]
    assert shown
    for number, text in enumerate(shown):
        policy = place / f"shown-{number}.yaml"
        policy.write_text(text, encoding="utf-8")
        run(place, str(STEELYARD), "policy", "check", policy.name)


def test_the_month_of_the_repair_desk_comes_out_as_the_document_works_it_out(place: Path) -> None:
    run(place, "sh", "-eu", script="\n".join(commands("README.md")))
    scores = pq.read_table(place / "var" / "october" / "scores.parquet").to_pylist()
    totals = {
        row["subject"]: (Decimal(str(row["score"])), row["grade"], row["rank"], row["status"])
        for row in scores
        if row["path"] == "total"
    }
    assert totals == {
        "lin": (Decimal("91.51"), "excellent", 1, "ok"),
        "mei": (Decimal("82.36"), "good", 2, "ok"),
        "tao": (Decimal("100.00"), None, None, "insufficient"),
    }


def test_both_readmes_show_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-Hans.md")


def test_every_command_of_the_door_that_a_page_names_exists() -> None:
    usage = subprocess.run([ROOT / "go", "help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {word for page in pages for word in re.findall(r"\./go ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert named <= known
