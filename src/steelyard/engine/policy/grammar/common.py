"""Fields and kinds that many sections share."""

from __future__ import annotations

from typing import Final

from steelyard.engine.policy import names
from steelyard.engine.policy.kinds import Id, Kind, Multilingual, Number, Span, Text
from steelyard.engine.policy.shapes import Field, ListOf

TEXT: Final = Text()
TEXTS: Final = ListOf(TEXT)
ID: Final = Id()
FACT: Final = Id(names.FACT)
FACTS: Final = ListOf(FACT, least=1)
SPAN: Final = Span()
LONG_SPAN: Final = Span(calendar_units=True)
COUNT: Final = Number(low=1, whole=True)

TITLE: Final = Field("title", Multilingual(), "What people read, by language: en, zh-Hans, zh-Hant.")
CLAUSE_REF: Final = Field("clause", Id(names.CLAUSE), "The clause this makes good.")


def id_field(doc: str, kind: Kind = ID) -> Field:
    """The required ``id`` of a thing."""
    return Field("id", kind, doc, required=True)
