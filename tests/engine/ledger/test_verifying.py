"""Whatever is edited, removed, exchanged or added in a ledger's folder is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine import ledger
from steelyard.engine.ledger import sealing
from steelyard.engine.ledger.manifest import seal_of
from tests.engine.ledger.made import EVENTS, counts, imported, lines, refusal

ROWS = [
    (f"c{n % 9}", ("new", "wait", "done")[n % 3], f"2026-0{1 + n % 3}-{1 + n % 28:02} 10:{n:02}") for n in range(60)
]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two imports over three months, in batches of 16 facts, with a reject."""
    folder = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "BATCH", 16)
        imported(folder, EVENTS, lines(("id", "state", "at"), *ROWS[:40]))
        report = imported(folder, EVENTS, lines(("id", "state", "at"), *ROWS[40:], ("x", "odd", "2026-01-01 10:00")))
        assert counts(report)[-1] == 1
    return folder / "ledger"


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "ledger"))


def files(folder: Path) -> list[Path]:
    return sorted((folder / "facts").rglob("*.parquet"))


def found(folder: Path) -> list[tuple[str, object, object]]:
    """``(code, file's name, position)`` of the problems."""
    problems = ledger.verify(folder)
    assert all(problem.text() for problem in problems)
    return [(p.code, Path(p.place.file or "").name, p.params.get("position")) for p in problems]


def codes(folder: Path) -> set[str]:
    return {code for code, _, _ in found(folder)}


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)


def test_an_untouched_ledger_is_whole(copy: Path) -> None:
    assert found(copy) == []
    assert [batch["last"] for batch in json.loads((copy / "manifest.json").read_text())["batches"]] == [
        16,
        32,
        40,
        56,
        60,
    ]


def test_an_edited_cell_names_the_fact(copy: Path) -> None:
    path = files(copy)[1]
    position = pq.read_table(path, partitioning=None)["position"][2].as_py()

    def edit(table: pa.Table) -> pa.Table:
        staff = ["eve" if index == 2 else value for index, value in enumerate(table["staff"].to_pylist())]
        return table.set_column(table.schema.get_field_index("staff"), "staff", pa.array(staff, pa.string()))

    rewrite(path, edit)
    assert found(copy) == [("file-changed", path.name, None), ("fact-changed", path.name, position)]


@pytest.mark.parametrize("column", ledger.FACT_SCHEMA.names)
def test_any_column_is_covered(column: str, copy: Path) -> None:
    path = files(copy)[0]

    def edit(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[0] = values[-1] if values[0] != values[-1] else "x" if values[0] is None else None
        return table.set_column(
            table.schema.get_field_index(column), column, pa.array(values, table.schema.field(column).type)
        )

    rewrite(path, edit)
    assert codes(copy) & {"fact-changed", "fact-moved", "fact-added", "file-damaged"}


def test_a_removed_row_is_missing_at_its_position(copy: Path) -> None:
    path = files(copy)[2]
    rewrite(path, lambda table: table.slice(1))
    assert codes(copy) == {"file-changed", "fact-missing"}
    assert [problem.place.file for problem in ledger.verify(copy) if problem.code == "fact-missing"] == [str(path)]


def test_a_row_written_twice_is_added(copy: Path) -> None:
    path = files(copy)[0]
    rewrite(path, lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    assert codes(copy) == {"file-changed", "fact-added"}


def test_a_row_with_a_new_position_is_added(copy: Path) -> None:
    path = files(copy)[0]

    def add(table: pa.Table) -> pa.Table:
        row = table.slice(0, 1).to_pylist()[0] | {"position": 61}
        return pa.concat_tables([table, pa.Table.from_pylist([row], table.schema)])

    rewrite(path, add)
    assert codes(copy) >= {"file-changed", "fact-added"}


def test_exchanged_positions_are_out_of_order(copy: Path) -> None:
    path = files(copy)[0]

    def exchange(table: pa.Table) -> pa.Table:
        positions = table["position"].to_pylist()
        positions[0], positions[1] = positions[1], positions[0]
        return table.set_column(table.schema.get_field_index("position"), "position", pa.array(positions, pa.int64()))

    rewrite(path, exchange)
    assert codes(copy) == {"file-changed", "fact-moved"}


def test_the_same_facts_in_other_bytes_are_not_the_sealed_file(copy: Path) -> None:
    rewrite(files(copy)[0], lambda table: table.take(pc.sort_indices(table["position"])))
    assert codes(copy) == {"file-changed"}


def test_files_taken_away_added_or_damaged_are_named(copy: Path) -> None:
    gone, damaged, copied = files(copy)[0], files(copy)[1], files(copy)[2]
    gone.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-100])
    shutil.copy(copied, copied.with_name("more.parquet"))
    assert {(code, name) for code, name, _ in found(copy)} == {
        ("file-missing", gone.name),
        ("file-damaged", damaged.name),
        ("fact-file-added", "more.parquet"),
    }


def test_a_shortened_chain_is_found(copy: Path) -> None:
    path = copy / "manifest.json"
    body = json.loads(path.read_text())
    head = body["head"]
    body["batches"].pop()
    path.write_text(json.dumps(body))
    assert {"seal", "manifest-position"} <= codes(copy)
    # Even with a new seal, and all of the last import taken out.
    last = body["imports"].pop()
    body["files"] = [file for file in body["files"] if file["last_position"] <= 40]
    body["batches"] = [batch for batch in body["batches"] if batch["last"] <= 40]
    body |= {"position": 40, "head": body["batches"][-1]["head"]}
    body["seal"] = seal_of(body)
    path.write_text(json.dumps(body))
    assert last["last_position"] == 60
    assert codes(copy) >= {"fact-file-added"}
    for file in files(copy):
        if str(file.relative_to(copy)) not in {entry["path"] for entry in body["files"]}:
            file.unlink()
    # What is left is a whole ledger, only a shorter one: a head kept elsewhere tells.
    assert "head" not in codes(copy)
    assert "head" in {problem.code for problem in ledger.verify(copy, head=head)}
    assert ledger.verify(copy, head=body["head"])[:1] == ledger.verify(copy)[:1]


def test_an_edited_list_of_rejects_is_found(copy: Path) -> None:
    (copy / "rejects" / "000002.csv").write_text("line,column,value,reason\n")
    (copy / "rejects.csv").unlink()
    assert [code for code, _, _ in found(copy)] == ["rejects-changed", "rejects-changed"]


@settings(max_examples=25)
@given(data=st.data())
def test_any_byte_changed_anywhere_is_found(
    data: st.DataObject, sealed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(shutil.copytree(sealed, tmp_path_factory.mktemp("bytes") / "ledger"))
    path = data.draw(
        st.sampled_from([path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"])
    )
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    if path.name == "manifest.json" and _same_json(bytes(content), sealed / path.name):
        return
    problems: list[object] = []
    error = refusal(lambda: problems.extend(ledger.verify(folder)))
    assert problems or error is not None


def _same_json(content: bytes, before: Path) -> bool:
    """A blank that became another blank says nothing else."""
    try:
        return bool(json.loads(content) == json.loads(before.read_bytes()))
    except ValueError:
        return False
