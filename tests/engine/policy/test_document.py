"""YAML as a tree of texts with places, and the parts of YAML that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.engine.errors import SteelyardError
from steelyard.engine.policy import document
from steelyard.engine.policy.document import Entries, Items, Scalar


def _refusals(source: bytes) -> list[tuple[str, int | None, int | None]]:
    try:
        read = document.read(source)
        read.raise_problems()
    except SteelyardError as error:
        return [(problem.code, problem.place.line, problem.place.column) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("source", "refusals"),
    [
        (b"a: 1\nb: &x 2\nc: *x\n", [("anchor", 2, 4), ("anchor", 3, 4)]),
        (b"a: 1\na: 2\n", [("duplicate-key", 2, 1)]),
        (b"a: {b: 1, c: 2, b: 3}\n", [("duplicate-key", 1, 17)]),
        (b"a: !!int 3\n", [("tag", 1, 4)]),
        (b"a: ! 3\n", [("tag", 1, 4)]),
        (b"a: 1\n---\nb: 2\n", [("documents", 2, 1)]),
        (b"? [a]\n: b\n", [("key", 1, 3)]),
        (b"a:\n\tb: 1\n", [("yaml", 2, 1)]),
        (b"a: {b\n", [("yaml", 2, 1)]),
        (b"a: b: c\n", [("yaml", 1, 5)]),
        (b"a: \xff\n", [("encoding", 1, 4)]),
        ("早: \udcff".encode("utf-8", "surrogateescape"), [("encoding", 1, 4)]),
        (b"a: x\x00y\n", [("character", 1, 5)]),
        (b"", [("empty", 1, 1)]),
        (b"# nothing\n", [("empty", 2, 1)]),
        (b"[" * 5000, [("depth", 1, 62)]),
        (b"- " * 5000, [("depth", 1, 123)]),
        (b"x" * (document.LARGEST + 1), [("size", None, None)]),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_place(source: bytes, refusals: list[object]) -> None:
    assert _refusals(source) == refusals


def test_scalars_stay_text_and_quotes_say_nothing() -> None:
    read = document.read(b"on: yes\nno: 1.10\n'a': \"010\"\nempty:\nquoted: 'null'\n")
    assert isinstance(read.root, Entries)
    texts = {name: (node.text, node.is_null) for name, node in read.root.entries.items() if isinstance(node, Scalar)}
    assert texts == {
        "on": ("yes", False),
        "no": ("1.10", False),
        "a": ("010", False),
        "empty": ("", True),
        "quoted": ("null", False),
    }


def test_every_key_and_value_has_its_place() -> None:
    read = document.read(b"\xef\xbb\xbf# a byte order mark\na:\n  - {b: 1}\n")
    assert read.values["a[0].b"] == (3, 9)
    assert read.keys["a[0].b"] == (3, 6)
    assert read.values["a"] == (3, 3)


def test_several_problems_come_together() -> None:
    assert len(_refusals(b"a: &x 1\nb: *x\na: 2\nc: !t 1\n")) == 4


def test_windows_line_ends_are_line_ends() -> None:
    assert _refusals(b"a: 1\r\nb: 2\r\na: 3\r\n") == [("duplicate-key", 3, 1)]


def test_a_file_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(SteelyardError, match="cannot be read"):
        document.read(tmp_path / "none.yaml")
    with pytest.raises(SteelyardError, match="cannot be read"):
        document.read(tmp_path)


def test_lists_keep_their_order() -> None:
    read = document.read(b"[c, a, b]")
    assert isinstance(read.root, Items)
    assert [node.text for node in read.root.items if isinstance(node, Scalar)] == ["c", "a", "b"]
