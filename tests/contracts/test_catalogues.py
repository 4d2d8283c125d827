"""Whatever the engine says, it says in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.engine import words
from tools import catalogues


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_every_sentence_is_translated_with_the_same_places_and_none_is_left_over(locale: str) -> None:
    assert catalogues.faults(locale, catalogues.sentences()) == []


def test_the_catalogues_stand_where_the_engine_reads_them() -> None:
    assert words.LOCALE_DIR == catalogues.SOURCE / "locale"
    assert {locale.replace("_", "-") for locale in catalogues.LOCALES} == set(words.LANGUAGES) - {"en"}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_an_empty_message_stays_empty(lang: str) -> None:
    assert words.say("", lang) == ""


def test_a_sentence_is_found_across_lines_and_a_mark_on_anything_else_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "src" / "steelyard"
    source.mkdir(parents=True)
    file = source / "a.py"
    file.write_text('x = N_("one " "sentence")\ny = words.N_("two")\n', encoding="utf-8")
    assert catalogues.sentences(source) == {"one sentence": ["src/steelyard/a.py"], "two": ["src/steelyard/a.py"]}
    file.write_text("def f(x): return N_(f'{x}')\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.py:1"):
        catalogues.sentences(source)


def test_merging_keeps_translations_drops_what_nobody_says_and_leaves_the_new_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "SOURCE", tmp_path)
    assert catalogues.merge("zh_Hans", {"old {n}": ["a.py"], "gone": ["a.py"]}) == (2, 0)
    path = catalogues.po_path("zh_Hans")
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "old {n}"\nmsgstr ""', 'msgid "old {n}"\nmsgstr "旧 {n}"'),
        encoding="utf-8",
    )
    assert catalogues.merge("zh_Hans", {"old {n}": ["a.py"], "new": ["b.py"]}) == (1, 1)
    assert catalogues.translations(path) == {"old {n}": "旧 {n}", "new": ""}
    assert catalogues.faults("zh_Hans", {"old {n}": [], "new": []}) == ["zh_Hans: not translated: 'new'"]
    assert catalogues.faults("zh_Hans", {"old {m}": [], "old {n}": []}) == [
        "zh_Hans: nobody says this any more: 'new'",
        "zh_Hans: not translated: 'old {m}'",
    ]
