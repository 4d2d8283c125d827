"""A run that is interrupted, or for which the disk is too small, leaves nothing behind and nothing half done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import steelyard.engine as sy
from steelyard.engine import report
from tests.engine.run.world import case, ledger, policy

RULES = """
  measures: [{id: solved, kind: proportion, basis: case, numerator: "solved_at IS NOT NULL", minimum: 1}]
"""
SMALL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv = ["steelyard", *sys.argv[2:]]
from steelyard.site.cli import main
main()
"""


def test_ctrl_c_in_the_middle_leaves_the_earlier_run_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ledger(tmp_path / "l", case("a", "2026-03-02T09:00"))
    sy.assess([policy(RULES)], folder, ["2026-03"], out=tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").read_bytes()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "write_workbook", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sy.assess([policy(RULES)], folder, ["2026-01"], out=tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"l", "out"}


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    folder = ledger(tmp_path / "l", [one for n in range(50) for one in case(f"c{n}", "2026-03-02T09:00")])
    rules = tmp_path / "policy.yaml"
    rules.write_bytes(policy(RULES).source)
    words = ("assess", "--policy", rules, "--ledger", folder, "--period", "2026-03", "--out", tmp_path / "out")
    for limit in (100, 13_000, 16_000):
        done = subprocess.run(
            [sys.executable, "-c", SMALL_DISK, str(limit), *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "disk" in done.stderr
        assert {path.name for path in tmp_path.iterdir()} == {"l", "policy.yaml"}
