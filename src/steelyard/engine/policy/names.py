"""The forms of names in policies, the fact kinds the engine knows, and what a misspelt name was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from steelyard.engine.words import N_


@dataclass(frozen=True, slots=True)
class Form:
    """How a sort of name is spelt. ``rule`` says it in words, ``extra`` are the signs beyond letters and digits."""

    pattern: re.Pattern[str]
    rule: str
    extra: str = "-"

    def matches(self, text: str) -> bool:
        """Whether ``text`` is such a name."""
        return len(text) <= 100 and self.pattern.fullmatch(text) is not None

    def better(self, text: str) -> str:
        """The nearest name of this form to ``text``."""
        kept = re.sub(f"[^a-z0-9{re.escape(self.extra)}]+", "-", text.lower()).strip("-")
        return kept if self.matches(kept) else "id-" + kept if self.matches("id-" + kept) else "some-id"


ID: Final = Form(re.compile(r"[a-z][a-z0-9-]*"), N_("ids are lower-case letters, digits and hyphens, a letter first"))
CLAUSE: Final = Form(
    re.compile(r"[a-z0-9][a-z0-9.-]*"), N_("ids of clauses are lower-case letters, digits, dots and hyphens"), ".-"
)
FACT: Final = Form(
    re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*"),
    N_("kinds of facts are lower-case letters, digits, underscores, hyphens and dots"),
    "._-",
)
ATTRIBUTE: Final = Form(
    re.compile(r"[a-z][a-z0-9_-]*"), N_("names of attributes are lower-case letters, digits and underscores"), "_-"
)

_CASE_FACTS: Final = (
    "opened classified assigned contacted responded planned review_requested reviewed started task_done waiting "
    "resumed solved informed accepted rated closed reopened handed_over escalated warned breached cancelled "
    "followed_up booked arrived assessed quoted collected settled"
)
_OTHER_FACTS: Final = (
    "contact.offered contact.answered contact.abandoned contact.ended survey.invited survey.delivered survey.answered "
    "inspection.done mark.praised mark.complained mark.violated training.completed posted unit excepted "
    "policy.effective calendar.announced erased corrected"
)
FACTS: Final = frozenset(_CASE_FACTS.split()) | frozenset(_OTHER_FACTS.split())
"""The kinds of facts the engine interprets (SPEC §1); a policy may declare more."""


def nearest(name: str, among: Iterable[str]) -> str:
    """The name among ``among`` that ``name`` was probably meant to be, or nothing."""
    return next(iter(difflib.get_close_matches(name[:100], sorted(among), n=1, cutoff=0.6)), "")
