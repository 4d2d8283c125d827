"""A test run names what it left out, and with ``--require-all`` leaves nothing out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SUITE = """
import pytest

def test_it_runs(): pass

def test_it_needs_a_server(): pytest.skip("no server here")

@pytest.fixture
def data(): pytest.skip("no data here")

def test_it_needs_data(data): pass

@pytest.mark.xfail(reason="known")
def test_it_is_known_to_fail(): assert False
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')\n", encoding="utf-8")
    return tmp_path


def run(suite: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_was_left_out_is_listed_with_its_reason(suite: Path, workers: str) -> None:
    code, said = run(suite, "-n", workers)
    assert code == 0
    listed = said.partition("left out")[2]
    assert "no data here:\n    test_suite.py::test_it_needs_data\n" in listed
    assert "no server here:\n    test_suite.py::test_it_needs_a_server\n" in listed
    assert "no_such_module" in listed
    assert "known" not in listed


@pytest.mark.parametrize("workers", ["0", "2"])
def test_with_require_all_each_of_them_is_a_failure(suite: Path, workers: str) -> None:
    code, said = run(suite, "--require-all", "--continue-on-collection-errors", "-n", workers)
    assert code == 1
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in said
    assert "--require-all was given: no server here" in said
