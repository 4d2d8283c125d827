"""Nothing in the project depends on where it was made: no package registry, no path of somebody's machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = re.compile(r"https?://[^\s\"'<>]*(?:pypi|pythonhosted|npmjs|registry|mirror|simple/)", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.$}>~*-])/(?:work|root|home|Users|mnt|tmp/bash_jobs)/[\w.]")


def committed() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this is no git clone, so nothing tells which files belong to the project")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE], ids=["registry", "machine"])
def test_no_committed_file_holds_an_address(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in committed()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(REGISTRY, "https:" + "//registry.example.org/x"), (MACHINE, "see /" + "home/ann/x"), (MACHINE, "'/" + "work/x'")],
)
def test_an_address_is_recognised(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
