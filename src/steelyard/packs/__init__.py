"""Policies to begin from: each pack is a folder with a ``policy.yaml`` that is sound as it stands.

A ``scenario.yaml`` beside it holds the parameters of a made-up year under it.
"""

from __future__ import annotations

from pathlib import Path

from steelyard.engine.errors import refuse
from steelyard.engine.words import N_

_FOLDER = Path(__file__).resolve().parent


def names() -> tuple[str, ...]:
    """The names of the packs, in the order of the alphabet."""
    return tuple(sorted(file.parent.name for file in _FOLDER.glob("*/policy.yaml")))


def policy(name: str) -> bytes:
    """The policy file of pack ``name`` as it lies there, comments and all.

    Raises:
        SteelyardError: ``reference`` when there is no such pack.
    """
    if name not in names():
        raise refuse(
            "reference",
            N_("there is no pack {name}"),
            remedy=N_("the packs are {known}"),
            name=name,
            known=", ".join(names()),
        )
    return (_FOLDER / name / "policy.yaml").read_bytes()


def scenario(name: str) -> bytes | None:
    """The parameters of a made-up year under pack ``name``, if it has any.

    Raises:
        SteelyardError: ``reference`` when there is no such pack.
    """
    policy(name)
    file = _FOLDER / name / "scenario.yaml"
    return file.read_bytes() if file.is_file() else None
