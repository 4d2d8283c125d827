"""How a source writes its stamps: strptime formats, or ISO 8601 where none is given."""

from __future__ import annotations

import re
from typing import Final

from steelyard.engine.errors import Problem
from steelyard.engine.words import N_

_DIRECTIVE: Final = re.compile(r"%-?(.)|%$")
_WRITTEN_OUT: Final = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%D": "%m/%d/%y"}
_KNOWN: Final = frozenset("YymdbBHIMSfpzjaA%")
_TWICE: Final = ("yY", "mbB", "HI", "d", "M", "S", "j", "p", "z", "f")


def written_out(format_: str) -> str:
    """``format_`` with ``%F %T %R %D`` spelled out and ``%-d`` as ``%d`` (both read one digit or two)."""
    for short, long in _WRITTEN_OUT.items():
        format_ = format_.replace(short, long)
    return re.sub(r"%-([a-zA-Z])", r"%\1", format_)


def has_offset(format_: str) -> bool:
    """Whether stamps of this format say their own offset."""
    return "z" in _directives(format_)


def check_format(format_: str) -> Problem | None:
    """What is wrong with a (written out) format, if anything: each stamp must name a whole day."""
    directives = _directives(format_)
    unknown = [directive for directive in directives if directive not in _KNOWN]
    if unknown:
        return Problem(
            "timestamp",
            N_("{directive} is not known in a timestamp"),
            {"directive": f"%{unknown[0]}"},
            N_("use %Y %y %m %d %b %B %j %H %I %M %S %f %p %z"),
        )
    if any(sum(directive in group for directive in directives) > 1 for group in _TWICE):
        return Problem("timestamp", N_("the timestamp says a part twice"), {}, N_("name each part once"))
    year = "Y" in directives or "y" in directives
    day = "j" in directives or ("d" in directives and any(month in directives for month in "mbB"))
    if not (year and day):
        return Problem(
            "timestamp", N_("the timestamp names no whole date"), {}, N_("it needs year, month and day: %Y, %m, %d")
        )
    if ("I" in directives) != ("p" in directives):
        return Problem("timestamp", N_("%I and %p go together"), {}, N_("write %I with %p, or %H"))
    return None


def _directives(format_: str) -> list[str]:
    return [match.group(1) or "" for match in _DIRECTIVE.finditer(format_)]
