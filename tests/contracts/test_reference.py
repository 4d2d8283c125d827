"""The reference pages say what the code does now; links of all documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import reference
from tools.pages import markdown, meanings
from tools.pages.sayings import Saying, Sayings


@pytest.mark.parametrize("page", reference.PAGES)
def test_the_committed_page_is_what_would_be_written_now(page: str) -> None:
    assert reference.committed(page) == reference.text(page), "run ./go reference and commit docs/reference"


def test_nothing_else_stands_in_the_folder() -> None:
    assert {path.name for path in reference.FOLDER.iterdir()} == set(reference.PAGES)


def anchors(page: Path) -> list[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r".*\(#(.*)\)", r"\1", markdown.link("", title)) for title in titles]


DOCUMENTS = sorted([*reference.ROOT.glob("*.md"), *(reference.ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(reference.ROOT).as_posix())
def test_every_link_of_a_document_leads_to_a_file_and_one_heading(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8"))
    for file, anchor in links:
        target = page.parent / file if file else page
        assert target.exists(), file
        if anchor:
            assert anchors(target).count(anchor) == 1, anchor


def test_a_name_without_a_meaning_and_a_meaning_without_a_name_are_refused() -> None:
    known = list(meanings.section("variables"))
    assert meanings.agreed(known, "variables")
    with pytest.raises(ValueError, match=r"explain .*'NEW'"):
        meanings.agreed([*known, "NEW"], "variables")
    with pytest.raises(ValueError, match=f"{known[0]}.* is no more"):
        meanings.agreed(known[1:], "variables")


SOURCE = """
SENTENCES = {"a": N_("of a"), "b": N_("of b")}

@dataclass
class Form:
    rule: str
    code: str = "plain"

class Kind:
    form: Form

    def read(self, document, text, close):
        remedy = N_("{close} is meant") if close else ""
        document.refuse(self.form.code, "path", self.form.rule, remedy=remedy, text=text)

DIGITS, LETTERS = Form(N_("digits only"), code="digits"), Form(N_("letters only"))

def direct(a):
    if a:
        reason = N_("elsewhere")
        raise refuse("other", reason)
    reason = SENTENCES[a]
    yield Problem("table", reason, {}, N_("look it up"))
    raise helper(N_("by way of a helper"), file=a)

def helper(reason, **params):
    return refuse("helped", reason, remedy=N_("ask"), **params)
"""


def test_sentences_are_followed_through_names_dictionaries_fields_and_helpers(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text(SOURCE, encoding="utf-8")
    pairs = {(code, rule) for code in ("digits", "plain") for rule in ("digits only", "letters only")}
    assert set(Sayings(tmp_path).all()) == {
        *(Saying("said.py", code, rule, "{close} is meant") for code, rule in pairs),
        Saying("said.py", "other", "elsewhere", ""),
        Saying("said.py", "table", "of a", "look it up"),
        Saying("said.py", "table", "of b", "look it up"),
        Saying("said.py", "helped", "by way of a helper", "ask"),
    }


def test_a_sentence_that_cannot_be_followed_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text("def f(a):\n    raise refuse('code', a.b().c)\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"said\.py:2"):
        Sayings(tmp_path).all()
