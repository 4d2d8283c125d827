"""Loads a policy document: read, checked in every part, and built; or refused with everything that is wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from steelyard.engine.policy import build, canonical, checks, document, grammar, model
from steelyard.engine.policy.checks.context import Context
from steelyard.engine.policy.shapes import Record


def load(
    source: Path | str | bytes, *, file: str | None = None, holidays: Collection[str] | None = None
) -> model.Policy:
    """The policy in ``source``: a path, or the bytes of a document that ``file`` names in messages.

    Raises one SteelyardError with all problems found, each with line, column and path. A policy without
    ``lifecycle.effective`` loads as a draft. ``holidays`` are the published tables that exist; where they are
    not given, any name is taken.
    """
    read = document.read(source, file=file)
    root = grammar.POLICY.read(read.root, read) or Record("")
    context = Context(read, root.record("spec"), holidays=holidays)
    checks.run(context)
    read.raise_problems()
    built = build.policy(context, root.record("metadata"))
    return replace(built, hash=canonical.meaning_hash(built))
