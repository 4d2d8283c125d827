"""An import happens wholly or not at all: full disks, interruptions, two at once, and what a dead one leaves."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from steelyard.engine import ledger
from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import importing, manifest, sealing, writing
from tests.engine.ledger.made import EVENTS, counts, facts, imported, lines, mapping, refusal, source

ROWS = [("a", "new", "2026-01-05 10:00"), ("a", "done", "2026-02-05 10:00")]
MORE = [*ROWS, ("b", "new", "2026-01-06 10:00")]
HEADER = ("id", "state", "at")


def state(folder: Path) -> dict[str, str]:
    """The ledger's files with their contents; not the lock."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != writing.LOCK
    }


STEPS: list[tuple[object, str]] = [
    (importing, "open_source"),
    (importing, "seal"),
    (importing, "write_facts"),
    (sealing, "chain"),
    (writing, "_sync"),
    (writing, "sync_folder"),
    (writing, "write_manifest"),
    (manifest.os, "fsync"),
]


FULL = OSError(28, "No space left on device")
BREAKS = [(*step, FULL) for step in STEPS] + [
    (importing, "seal", KeyboardInterrupt()),
    (importing, "seal", duckdb.IOException("disk full")),
    (importing, "seal", duckdb.OutOfMemoryException("too much")),
    (writing, "write_manifest", KeyboardInterrupt()),
]


@pytest.mark.parametrize(("where", "name", "error"), BREAKS)
def test_whatever_breaks_off_the_ledger_is_as_before(
    where: object, name: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(tmp_path, EVENTS, lines(HEADER, *ROWS))
    before = state(tmp_path / "ledger")

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(where, name, fail)
        expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else SteelyardError
        with pytest.raises(expected) as caught:
            imported(tmp_path, EVENTS, lines(HEADER, *MORE))
    if isinstance(caught.value, SteelyardError):
        assert caught.value.problems[0].code == ("memory" if isinstance(error, duckdb.OutOfMemoryException) else "disk")
    assert state(tmp_path / "ledger") == before
    assert ledger.verify(tmp_path / "ledger") == []
    assert counts(imported(tmp_path, EVENTS, lines(HEADER, *MORE))) == (3, 1, 2, 0, 0, 0)


@pytest.mark.parametrize("spec", [EVENTS, EVENTS.replace("column: state", "column: status")])
def test_a_first_import_that_fails_leaves_no_folder(spec: str, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "ledger"
    error = refusal(lambda: ledger.import_source(mapping(spec), folder, tmp_path / "none.csv"))
    assert error is not None
    assert not folder.exists()


def test_a_disk_that_is_really_full_leaves_the_ledger_whole(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(HEADER, *ROWS))
    before = state(tmp_path / "ledger")
    rows = [(f"case number {n}", "new", f"2026-01-{1 + n % 28:02} 10:00") for n in range(60_000)]
    path = source(tmp_path, lines(HEADER, *rows))
    script = textwrap.dedent("""
        import resource, sys
        from steelyard.engine import ledger
        from steelyard.engine.errors import SteelyardError
        from tests.engine.ledger.made import EVENTS, mapping
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            ledger.import_source(mapping(EVENTS), sys.argv[1], sys.argv[2])
        except SteelyardError as error:
            print(error.problems[0].code)
    """)
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "ledger"), str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "disk", done.stderr
    assert state(tmp_path / "ledger") == before


def killed_at(step: str, folder: Path, text: str) -> None:
    """Import in a process of its own that dies, without a chance to tidy up, when ``writing.<step>`` is called."""
    path = source(folder, text)
    script = textwrap.dedent("""
        import os, sys
        from steelyard.engine import ledger
        from steelyard.engine.ledger import writing
        from tests.engine.ledger.made import EVENTS, mapping
        setattr(writing, sys.argv[1], lambda *_: os._exit(9))
        ledger.import_source(mapping(EVENTS), sys.argv[2], sys.argv[3])
    """)
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, step, str(folder / "ledger"), str(path)], cwd=root, check=False
    )
    assert done.returncode == 9


@pytest.mark.parametrize("step", ["write_manifest", "_sync"])
def test_what_a_killed_import_leaves_is_passed_over_and_cleared(step: str, tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(HEADER, *ROWS))
    before = state(tmp_path / "ledger")
    killed_at(step, tmp_path, lines(HEADER, *MORE))
    assert state(tmp_path / "ledger") != before
    assert len(facts(tmp_path)) == 2
    assert ledger.verify(tmp_path / "ledger") == []
    assert counts(imported(tmp_path, EVENTS, lines(HEADER, *MORE))) == (3, 1, 2, 0, 0, 0)
    assert not list((tmp_path / "ledger").glob(f"{writing.SCRATCH}*"))
    assert ledger.verify(tmp_path / "ledger") == []


def test_a_first_import_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    killed_at("write_manifest", tmp_path, lines(HEADER, *ROWS))
    assert counts(imported(tmp_path, EVENTS, lines(HEADER, *ROWS))) == (2, 2, 0, 0, 0, 0)
    assert ledger.verify(tmp_path / "ledger") == []


def test_two_imports_at_once_are_one_too_many(tmp_path: Path) -> None:
    imported(tmp_path, EVENTS, lines(HEADER, *ROWS))
    with (tmp_path / "ledger" / writing.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        error = refusal(lambda: imported(tmp_path, EVENTS, lines(HEADER, *MORE)))
    assert error is not None
    assert error.problems[0].code == "locked"


@pytest.mark.parametrize(
    "make", [lambda path: (path / "notes.txt").write_text("mine"), lambda path: (path / "facts").write_text("")]
)
def test_a_folder_of_something_else_is_left_alone(make: Callable[[Path], object], tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    make(folder)
    before = state(folder)
    assert refusal(lambda: imported(tmp_path, EVENTS, lines(HEADER, *ROWS))) is not None
    assert state(folder) == before


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refusal(lambda: ledger.import_source(mapping(EVENTS), tmp_path / "file" / "ledger", tmp_path / "x.csv"))
    assert error is not None
    assert error.problems[0].code == "disk"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from steelyard.engine import ledger
        from steelyard.engine.ledger import database, importing
        from tests.engine.ledger.made import EVENTS, mapping
        database.MEMORY, importing.LARGE = "200MB", 0
        report = ledger.import_source(mapping(EVENTS), sys.argv[1], sys.argv[2])
        # Not ru_maxrss: a process begins with the peak of the one it was forked from.
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        print(report.loaded, int(status["VmHWM"].split()[0]) // 1024)
    """)
    path = tmp_path / "log.csv"
    with path.open("w") as file:
        file.write("id,state,at,note\n")
        for n in range(300_000):
            file.write(f"c{n // 5},go,2026-01-{1 + n % 28:02} 10:{n % 60:02},some words that nobody maps {n}\n")
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "ledger"), str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )
    loaded, megabytes = map(int, done.stdout.split())
    assert loaded == 300_000
    assert megabytes < 500
