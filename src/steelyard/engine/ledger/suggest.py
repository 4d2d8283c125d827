"""``suggest``: a mapping for an unknown file, to be looked at by a person."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from steelyard.engine.errors import Place, refuse
from steelyard.engine.ledger.database import database
from steelyard.engine.ledger.mapping_load import load_mapping
from steelyard.engine.ledger.reading import open_source
from steelyard.engine.ledger.suggesting.detecting import detect
from steelyard.engine.ledger.suggesting.drafting import Drafter
from steelyard.engine.ledger.suggesting.profiling import profile
from steelyard.engine.ledger.suggesting.stamping import find_stamps
from steelyard.engine.words import N_


def suggest(source: Path | str, *, lang: str = "en") -> str:
    """A draft of a mapping for the file ``source``, as YAML that loads and imports as it stands.

    Format, encoding, delimiter, words for nothing, stamps and their format come from the data; what the columns and
    states mean is guessed from their names and values, in English or Chinese, and marked ``# ?`` where a person should
    confirm it. Remarks are in ``lang``.

    Raises SteelyardError for a file that cannot be read or in which nothing has an instant.
    """
    path = Path(source)
    written = detect(path)
    with tempfile.TemporaryDirectory(prefix="steelyard-") as folder, database() as con:
        reader = open_source(path, written, Path(folder))
        if not reader.columns:
            raise refuse("empty", N_("the file is empty"), place=Place(str(path)))
        reader.fill(con, range(len(reader.columns)), ())
        found = profile(con, reader.columns)
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        text = Drafter(_name(path), written, found, find_stamps(found), day, lang).draft()
    load_mapping(text.encode(), file=f"{path.name} (draft)")
    return text


def _name(path: Path) -> str:
    """An id from the file's name."""
    text = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-")
    return text if text[:1].isalpha() else f"source-{text}".rstrip("-")
