"""The quarter written down: exports as CSV, and beside them the mappings and the policy that read them."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TextIO

from steelyard.site.scenario import around, scene, tickets
from steelyard.site.scenario.around import Row

SOURCES: Final = ("units", "postings", "tickets", "calls", "survey", "inspections", "marks")
"""The exports in the order in which they are best imported; ``mappings/<name>.yaml`` reads ``<name>.csv``."""


def write(folder: Path, *, seed: int, size: int) -> None:
    """Write ``size`` tickets and all that goes with them into ``folder``: exports, mappings, ``names.csv``.

    One row is held at a time. A file that is there already is written over.
    """
    exports, mappings = folder / "exports", folder / "mappings"
    exports.mkdir(parents=True, exist_ok=True)
    mappings.mkdir(exist_ok=True)
    for name in SOURCES:
        shutil.copyfile(scene.DESK / "mappings" / f"{name}.yaml", mappings / f"{name}.yaml")
    for name in ("units.csv", "postings.csv"):
        shutil.copyfile(scene.DESK / name, exports / name)
    shutil.copyfile(scene.DESK / "names.csv", folder / "names.csv")
    with ExitStack() as files:
        written = _Writer(files, exports / "tickets.csv", tickets.HEADER)
        asked = _Writer(files, exports / "survey.csv", around.SURVEY)
        end = scene.at(scene.END, 0)
        for ticket in tickets.tickets(seed, size):
            written.rows(ticket.rows(end))
            answer = around.survey(seed, ticket, end)
            asked.rows([answer] if answer else [])
        _Writer(files, exports / "calls.csv", around.CALLS).rows(around.calls(seed, size * 6 // 10))
        _Writer(files, exports / "inspections.csv", around.INSPECTIONS).rows(around.inspections(seed))
        _Writer(files, exports / "marks.csv", around.MARKS).rows(around.marks(seed))


class _Writer:
    """A CSV file with its header, closed with ``files``."""

    def __init__(self, files: ExitStack, path: Path, header: Row) -> None:
        opened: TextIO = files.enter_context(path.open("w", encoding="utf-8", newline=""))
        self._writer = csv.writer(opened, lineterminator="\n")
        self._writer.writerow(header)

    def rows(self, rows: Iterable[Row]) -> None:
        """Write ``rows``."""
        self._writer.writerows(rows)
