"""Pins with hashes from the ranges in pyproject.toml: ``./go requirements`` writes them, ``--check`` compares.

Each file carries a digest of what it was compiled from, so that the check needs no network.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
FILES = ("door", "run", "dev")
COMPILE = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header")
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)", re.MULTILINE)
HEADER = "# Compiled from pyproject.toml by ./go requirements; do not edit.\n# Inputs: {digest}\n"


def inputs(name: str) -> list[str]:
    """What ``requirements/<name>.txt`` is compiled from; ``dev`` holds everything of ``run``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = project["project"]["dependencies"]
    groups = project["dependency-groups"]
    wanted: list[str] = {"run": run, "dev": [*run, *groups["dev"]]}.get(name) or groups[name]
    return [f"python{project['project']['requires-python']}", *sorted(wanted)]


def digest(name: str) -> str:
    """A short digest of the inputs and of how they are compiled."""
    text = json.dumps([*inputs(name), *COMPILE])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write(name: str, upgrade: bool) -> None:
    """Compile one file; pins that stand are kept unless ``upgrade``."""
    target = FOLDER / f"{name}.txt"
    python, *wanted = inputs(name)
    version = python.removeprefix("python>=")
    command = ["uv", "pip", "compile", "--quiet", *COMPILE, "--python-version", version, "-o", str(target), "-"]
    if name == "dev":
        command += ["--constraint", str(FOLDER / "run.txt")]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, input="\n".join(wanted), text=True, check=True, cwd=ROOT)
    compiled = target.read_text(encoding="utf-8")
    pins = compiled[PIN.search(compiled).start() :]  # type: ignore[union-attr]  # a compiled file has a pin
    target.write_text(HEADER.format(digest=digest(name)) + pins, encoding="utf-8")


def faults(name: str) -> list[str]:
    """What is wrong with one compiled file, as sentences; empty when it is in order."""
    target = FOLDER / f"{name}.txt"
    if not target.is_file():
        return [f"requirements/{name}.txt is missing"]
    text = target.read_text(encoding="utf-8")
    found = []
    if HEADER.format(digest=digest(name)) not in text:
        found.append(f"requirements/{name}.txt was compiled from other inputs than pyproject.toml has now")
    for block in re.split(r"\n(?=\S)", text.split("\n", 2)[2]):
        if not PIN.match(block) or "--hash=sha256:" not in block or "://" in block:
            found.append(f"requirements/{name}.txt: not a pin with a hash: {block.split()[0]}")
    return found


def main(arguments: list[str]) -> int:
    """Write all files, or with ``--check`` say what is wrong with them."""
    if "--check" not in arguments:
        for name in FILES:
            write(name, upgrade="--upgrade" in arguments)
        return 0
    found = [fault for name in FILES for fault in faults(name)]
    for fault in found:
        print(f"{fault}; run ./go requirements", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
