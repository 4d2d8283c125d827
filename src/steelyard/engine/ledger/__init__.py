"""The ledger: an append-only folder of facts, sealed, and the importers that fill it from any export.

``import_source`` reads a file by a mapping; ``append`` takes facts that a program made; ``open_ledger`` gives the facts
as a relation with corrections applied; ``verify`` finds any edit; ``suggest`` drafts a mapping for an unknown file.
"""

from __future__ import annotations

from steelyard.engine.ledger.facts import append, facts_of, stat
from steelyard.engine.ledger.importing import import_source
from steelyard.engine.ledger.mapping import Mapping
from steelyard.engine.ledger.mapping_load import load_mapping
from steelyard.engine.ledger.report import ImportReport
from steelyard.engine.ledger.schema import FACT_SCHEMA, INSTANT
from steelyard.engine.ledger.store import Ledger, open_ledger
from steelyard.engine.ledger.suggest import suggest
from steelyard.engine.ledger.verifying import verify

__all__ = [
    "FACT_SCHEMA",
    "INSTANT",
    "ImportReport",
    "Ledger",
    "Mapping",
    "append",
    "facts_of",
    "import_source",
    "load_mapping",
    "open_ledger",
    "stat",
    "suggest",
    "verify",
]
