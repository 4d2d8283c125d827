"""An import: one source file becomes facts, wholly or not at all, and every row is accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from steelyard.engine.errors import Problem
from steelyard.engine.ledger import changes, notices, rows
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.macros import make_macros
from steelyard.engine.ledger.manifest import Batch, Import, instant_text
from steelyard.engine.ledger.reading import open_source
from steelyard.engine.ledger.report import ImportReport
from steelyard.engine.ledger.sealing import seal
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.store import Ledger
from steelyard.engine.ledger.writing import REJECTS, Writer, sha256_of, write_facts, writer


def import_source(
    mapping: model.Mapping, ledger: Path | str, source: Path | str, *, recorded_at: datetime | None = None
) -> ImportReport:
    """Read ``source`` as ``mapping`` says and append its facts to the ledger in folder ``ledger``.

    ``recorded_at`` (UTC) is when we learnt of them, by default now. Rows that cannot be taken are counted and listed
    in ``rejects.csv``; the rest is imported. Importing the same rows again adds nothing; rows that say something else
    now append ``corrected`` facts.

    Raises SteelyardError when the source cannot be read at all, the mapping does not fit it, or the ledger cannot be
    written; the ledger is then as it was.
    """
    moment = (recorded_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    with writer(Path(ledger), large=_size(Path(source)) > LARGE) as change:
        return _Run(change, mapping, Path(source), moment).run()


LARGE: Final = 256 << 20
"""Bytes of a source from which on its tables are not kept in memory."""

_PACKED: Final = (".gz", ".zip", ".parquet", ".xlsx")


def _size(source: Path) -> int:
    """About how many bytes of text a source holds; packed they are about an eighth."""
    try:
        return source.stat().st_size * (8 if source.suffix.lower() in _PACKED else 1)
    except OSError:
        return 0


@dataclass(slots=True)
class _Run:
    change: Writer
    mapping: model.Mapping
    source: Path
    moment: datetime

    def run(self) -> ImportReport:
        change, con = self.change, self.change.con
        folder = change.scratch / "reading"
        folder.mkdir()
        reader = open_source(self.source, self.mapping.source, folder)
        make_macros(con, self.mapping.source)
        program = rows.compile_rows(self.mapping, reader)
        line = reader.fill(con, program.wanted, self.mapping.source.nulls)
        warned = list(notices.offsets(con, program, reader.file))
        rows.check_rows(con, program, line)
        number = len(change.before.imports) + 1
        rejects = self._write_rejects(program)
        warned += self._find_facts(program)
        counts = _count_rows(con)
        batches = self._seal(program, number)
        con.execute("DROP TABLE src CASCADE")
        con.execute("DROP TABLE checked")
        kinds = dict(con.execute("SELECT kind, count(*) FROM sealed GROUP BY kind ORDER BY kind").fetchall())
        entry = Import(
            number=number,
            source=self.mapping.name,
            feeds=(model.FEEDS[self.mapping.rows],),
            file=self.source.name,
            recorded_at=instant_text(self.moment),
            mapping=self.mapping.hash,
            covers=_written(self.mapping),
            zone=self.mapping.source.timezone,
            **counts,
            facts=kinds,
            first_position=change.before.position + 1,
            last_position=change.before.position + sum(kinds.values()),
            next_seq=change.before.next_seq(self.mapping.name) + counts["rows_read"] * len(program.shape.slots),
            unmapped=program.unmapped,
            rejects=f"rejects/{number:06}.csv" if counts["rejected"] else None,
            rejects_sha256=sha256_of(rejects),
        )
        if entry.rejects:
            change.add(entry.rejects).write_bytes(rejects.read_bytes())
        change.commit(change.before.extended(batches, write_facts(change, number), entry))
        rejects.replace(change.folder / REJECTS)
        listed = change.folder / REJECTS
        warned += notices.rejected(entry.rejected, str(listed))
        return ImportReport(
            source=entry.source,
            file=str(self.source),
            **counts,
            facts=kinds,
            unmapped=program.unmapped,
            warnings=tuple(warned),
            rejects=listed,
            position=entry.last_position,
        )

    def _write_rejects(self, program: rows.Program) -> Path:
        path = self.change.scratch / REJECTS
        self.change.con.execute(
            f"COPY ({rows.rejects(program)}) TO {literal(str(path))} (FORMAT csv, HEADER, DELIMITER ',')"
        )
        return path

    def _find_facts(self, program: rows.Program) -> list[Problem]:
        """Make ``news`` and ``differences`` from ``checked``; the warnings that the facts give rise to."""
        con, ledger = self.change.con, Ledger(self.change.folder, self.change.before)
        seen = self.change.before.knows(self.mapping.name)
        again = seen or (self.mapping.rows != "events" and _names_a_row_twice(con))
        first_seq = self.change.before.next_seq(self.mapping.name)
        rows.find_candidates(con, program, first_seq=first_seq, with_blanks=again)
        warned = list(notices.stops_before_start(con, program))
        if again:
            changes.compare(con, ledger, self.mapping.name, rows.data_of(program))
        else:
            changes.take_all(con)
        return warned

    def _seal(self, program: rows.Program, number: int) -> list[Batch]:
        """Seal the new facts and the corrections: what makes a fact stands in ``news``, the rest in its row."""
        before, name = self.change.before, literal(self.mapping.name)
        recorded = f"TIMESTAMP '{self.moment.isoformat(sep=' ')}'"
        changes.write_corrections(self.change.con, self.mapping.name, recorded, number)
        of_all = f"{recorded} AS recorded_at, {literal(program.shape.about_type)} AS about_type, {name} AS source"
        ids = "SELECT fact_id FROM news UNION ALL SELECT fact_id FROM corrections"
        facts = f"""
            SELECT placed.*, kind, occurred_at, seq, about_id, staff, unit, actor, {rows.data_of(program)} AS data,
              {of_all}
            FROM placed JOIN news USING (fact_id) JOIN contents USING (n)
            UNION ALL BY NAME
            SELECT placed.*, kind, occurred_at, seq, about_id, data, {of_all}
            FROM placed JOIN corrections USING (fact_id)
        """
        return seal(self.change.con, ids, facts, position=before.position, head=before.head)


def _names_a_row_twice(con: duckdb.DuckDBPyConnection) -> bool:
    row = con.execute(f"SELECT count(*) > count(DISTINCT id) FROM checked WHERE {rows.KEPT}").fetchone()
    return bool(row and row[0])


def _count_rows(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What became of the rows: every one is loaded, present, changed, ignored or rejected."""
    row = con.execute(
        """
        WITH changing AS (SELECT DISTINCT n FROM differences), loading AS (SELECT DISTINCT n FROM news)
        SELECT (SELECT count(*) FROM malformed), count(*),
          count(*) FILTER (skipped), count(*) FILTER (NOT skipped AND bad > 0),
          (SELECT count(*) FROM changing), (SELECT count(*) FROM loading WHERE n NOT IN (SELECT n FROM changing))
        FROM checked
        """
    ).fetchone()
    assert row is not None
    malformed, read, ignored, bad, changed, loaded = row
    return {
        "rows_read": read + malformed,
        "loaded": loaded,
        "present": read - ignored - bad - changed - loaded,
        "changed": changed,
        "ignored": ignored,
        "rejected": bad + malformed,
    }


def _written(mapping: model.Mapping) -> tuple[str, str] | None:
    return None if mapping.covers is None else (mapping.covers[0].isoformat(), mapping.covers[1].isoformat())
