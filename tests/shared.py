"""Where the material shared with the project lies: the worked examples and the real data that no repository holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("STEELYARD_SHARED", Path(__file__).resolve().parents[1] / "../shared"))


def shared_path(relative: str) -> Path:
    """The path of ``relative`` in the shared material; without it the test is left out and says why."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"the shared material has no {relative} (looked under STEELYARD_SHARED or ../shared)")
    return path
