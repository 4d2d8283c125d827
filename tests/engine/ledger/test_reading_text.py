"""Delimited text: every record is found, with its physical line, whatever is wrong around it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger.reading.comma import CommaSource, read_comma
from tests.engine.ledger.made import refusal

Rows = list[tuple[object, ...]]


def read(
    folder: Path, content: bytes, *, encoding: str = "utf-8", delimiter: str = ",", how: str = "any"
) -> tuple[Rows, Rows]:
    """``(line, cells …)`` of each record, ``(line, value, reason)`` of what is none; ``how`` is fast, slow or any."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    path = folder / "source.csv"
    path.write_bytes(content)
    source = read_comma(path, encoding=encoding, delimiter=delimiter, folder=work)
    wanted = range(len(source.columns))
    with duckdb.connect() as con:
        fill = {"fast": CommaSource._fill_fast, "slow": CommaSource._fill_carefully, "any": CommaSource.fill}[how]
        line = fill(source, con, wanted, ("",))
        assert line
        cells = ", ".join(f"c{index}" for index in wanted)
        rows = con.execute(f"SELECT {line}, {cells} FROM src ORDER BY src.rowid").fetchall()
        return rows, con.execute("SELECT line, value, reason FROM malformed ORDER BY line").fetchall()


@pytest.mark.parametrize("how", ["fast", "slow"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_record_of_several_lines_moves_the_ones_below(how: str, end: str, tmp_path: Path) -> None:
    text = end.join(["a,b", '1,"x' + end + 'y"', '2,"say ""hi"""', '3,"' + end + end + '"', "4,"])
    rows, malformed = read(tmp_path, text.encode(), how=how)
    assert [(row[0], row[1]) for row in rows] == [(2, "1"), (4, "2"), (5, "3"), (8, "4")]
    assert rows[0][2] == f"x{end}y"
    assert rows[1][2] == 'say "hi"'
    assert rows[3][2] is None
    assert malformed == []


def test_what_is_no_record_is_said_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    text = 'a,b,c\n1,"x"y,3\n4,5,6\n\n7,8\n1,2,3,4\n1,2,3,\n9,"o\n1,2,3\n'
    rows, malformed = read(tmp_path, text.encode())
    assert rows == [(3, "4", "5", "6"), (7, "1", "2", "3"), (9, "1", "2", "3")]
    assert malformed == [
        (2, '1,"x"y,3', "open quote"),
        (5, "7,8", "too few columns"),
        (6, "1,2,3,4", "too many columns"),
        (8, '9,"o', "open quote"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", [(2, "1", "2")]),
        (b"a,b\r1,2\r", [(2, "1", "2")]),
        (b"a,b\n1,2\r\n3,4\n", [(2, "1", "2"), (3, "3", "4")]),
        (b"\n\na,b\n1,2", [(4, "1", "2")]),
        (b'"a\nb",c\n1,2\n', [(3, "1", "2")]),
        (b"a\n1\n\n2\n", [(2, "1"), (4, "2")]),
        (b'a,b\n1, "x"\n', [(2, "1", ' "x"')]),
        (b"a,b\n 1 ,2\t\n", [(2, " 1 ", "2\t")]),
        (b'a,b\n1,5" disk\n', [(2, "1", '5" disk')]),
        (b"a,b\n#1,\\\n", [(2, "#1", "\\")]),
        (b"a,b\n1,x\0y\n", [(2, "1", "x\0y")]),
        (b"a,b\n", []),
        (b"a,b", []),
        (b"a,b\n,\n", [(2, None, None)]),
    ],
)
def test_odd_but_sound_text_is_read_as_it_stands(content: bytes, expected: Rows, tmp_path: Path) -> None:
    assert read(tmp_path, content) == (expected, [])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_other_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    content = "工单,状态\n一号,已解决\n二号,\n".encode(encoding)
    assert read(tmp_path, content, encoding=encoding)[0] == [(2, "一号", "已解决"), (3, "二号", None)]


def test_a_character_across_the_border_of_two_blocks_is_one_character(tmp_path: Path) -> None:
    filler = "x" * ((1 << 20) - 5)
    content = f"a,b\n{filler},é中\n2,中\n".encode("utf-16-le")
    assert read(tmp_path, content, encoding="utf-16-le")[0] == [(2, filler, "é中"), (3, "2", "中")]


@pytest.mark.parametrize(
    ("content", "encoding", "position", "guess"),
    [
        (b"a,b\n1,\xe9\n", "utf-8", 6, "latin-1"),
        ("a,b\n1,已解决\n".encode("gb18030"), "utf-8", 6, "gb18030"),
        ("a,b\n".encode("utf-16"), "utf-8", 0, "utf-16"),
        (b"a,b\n" + b"x" * (1 << 20) + b"\n1,\xff\n", "utf-8", (1 << 20) + 7, "latin-1"),
        ("a,b\né\n".encode(), "ascii", 4, "utf-8"),
        (b"a,b\n1,\xe4\xb8", "utf-8", 6, "gb18030"),
    ],
)
def test_a_wrong_encoding_names_the_byte_and_a_likelier_one(
    content: bytes, encoding: str, position: int, guess: str, tmp_path: Path
) -> None:
    with pytest.raises(SteelyardError) as caught:
        read(tmp_path, content, encoding=encoding)
    (problem,) = caught.value.problems
    assert (problem.code, problem.params["position"], problem.params["guess"]) == ("encoding", position, guess)


@pytest.mark.parametrize("content", [b"", b"\n\n", b'"a,b\n1,2\n'])
def test_without_a_header_nothing_is_read(content: bytes, tmp_path: Path) -> None:
    assert refusal(lambda: read(tmp_path, content)) is not None


def test_a_line_without_end_is_rejected_not_held(tmp_path: Path) -> None:
    long = b"x" * (5 << 20)
    rows, malformed = read(tmp_path, b"a,b\n1," + long + b"\n3,4\n")
    assert rows == [(3, "3", "4")]
    ((line, value, reason),) = malformed
    assert (line, len(str(value)), reason) == (2, 500, "field too long")


cells = st.text(st.sampled_from("ab1 \"',;\n\r\t中é"), max_size=6)


@settings(max_examples=40)
@given(rows=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6), end=st.sampled_from(["\n", "\r\n"]))
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[list[str]], end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows(rows)
    found, malformed = read(tmp_path_factory.mktemp("csv"), out.getvalue().encode())
    assert malformed == []
    assert [row[1:] for row in found] == [tuple(cell or None for cell in row) for row in rows]


@settings(max_examples=50)
@given(
    content=st.lists(
        st.sampled_from([b"a", b"1", b",", b'"', b"\n", b"\r\n", b"\r", b" ", b"\0", b"\xe4\xb8\xad", b"\xff"]),
        max_size=30,
    )
)
def test_any_bytes_are_records_or_a_refusal(content: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("csv")
    text = b"a,b\n" + b"".join(content)
    both: list[tuple[Rows, Rows]] = []
    error = refusal(lambda: both.append(read(folder, text)))
    if error is None:
        careful = read(folder, text, how="slow")
        assert both[0] == careful
        seen = [row[0] for row in (*careful[0], *careful[1])]
        assert len(seen) == len(set(seen))
