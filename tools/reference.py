"""The reference pages, written from the code that decides: ``./go reference``; ``--check`` says which are behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.pages import bases, cli, mapping, policy, problems, results

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], list[str]]] = {
    "policy.md": policy.page,
    "bases.md": bases.page,
    "mapping.md": mapping.page,
    "cli.md": cli.page,
    "problems.md": problems.page,
    "results.md": results.page,
}


def text(name: str) -> str:
    """The page ``name`` as the code has it now."""
    return "\n".join(PAGES[name]()) + "\n"


def committed(name: str) -> str:
    """The page ``name`` as it stands in the folder; empty where it does not exist yet."""
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main(arguments: list[str]) -> int:
    """Write every page, or with ``--check`` name those that are not what would be written."""
    written = {name: text(name) for name in PAGES}
    behind = [name for name in PAGES if committed(name) != written[name]]
    if "--check" in arguments:
        for name in behind:
            print(f"docs/reference/{name} is behind the code; see ./go reference", file=sys.stderr)
        return 1 if behind else 0
    FOLDER.mkdir(exist_ok=True)
    for name in behind:
        (FOLDER / name).write_text(written[name], encoding="utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
