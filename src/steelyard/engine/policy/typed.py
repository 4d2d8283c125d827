"""What may be compared, added and joined: nodes are made here, and only where their types agree.

Literals among themselves are worked out at once, and an operation on NULL is NULL, so that the SQL holds no
expression whose type a database would have to guess.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from steelyard.engine.errors import Problem, SteelyardError, refuse
from steelyard.engine.policy import lexer, tree, truths
from steelyard.engine.policy.tree import NUMERIC, Node, Type, Value
from steelyard.engine.words import N_

MOST_PLACES: Final = 20
"""Decimal places a product may have: DECIMAL(38,20) is the widest that still leaves room before the point."""


def column(name: str, whose: str, columns: Mapping[str, Type], *, any_text: bool) -> Node:
    """The column ``name``, or the reason why there is none."""
    if any_text:
        return tree.Column(name, "text")
    if name in columns:
        return tree.Column(name, columns[name])
    close = difflib.get_close_matches(name[:100], columns, n=1)
    remedy = N_("{close} is meant, perhaps") if close else ""
    close_name = close[0] if close else ""
    if name.startswith("attr."):
        remedy = remedy or N_("declare it under attributes")
        raise refuse(
            "column",
            N_("attribute {attribute} of {whose} is not declared"),
            remedy=remedy,
            attribute=name.removeprefix("attr.")[:100],
            whose=whose,
            close=close_name,
        )
    raise refuse(
        "column", N_("{whose} has no column {name}"), remedy=remedy, whose=whose, name=name[:100], close=close_name
    )


def compare(op: str, left: Node, right: Node, zone: ZoneInfo | None) -> Node:
    _refuse_lists(left, right)
    left, right = _agreed([left, right], zone)
    if op not in ("=", "<>") and "boolean" in (left.type, right.type):
        raise _mistyped(N_("TRUE and FALSE have no order: use = or <>"))
    if _is_null(left) or _is_null(right):
        return tree.UNKNOWN
    return _settled(truths.Compare(op, left, right))


def within(item: Node, options: Sequence[Node], zone: ZoneInfo | None) -> Node:
    _refuse_lists(item, *options)
    if not options:
        raise lexer.refusal(N_("IN needs at least one value"))
    item, *agreed = _agreed([item, *options], zone)
    if _is_null(item):
        return tree.UNKNOWN
    return _settled(truths.In(item, tuple(agreed)))


def between(item: Node, low: Node, high: Node, *, zone: ZoneInfo | None) -> Node:
    _refuse_lists(item, low, high)
    item, low, high = _agreed([item, low, high], zone)
    if "boolean" in {item.type, low.type, high.type}:
        raise _mistyped(N_("TRUE and FALSE have no order: use = or <>"))
    if _is_null(item) or _is_null(low) or _is_null(high):
        return junction("AND", [compare(">=", item, low, zone), compare("<=", item, high, zone)])
    return _settled(truths.Between(item, low, high))


def junction(op: Literal["AND", "OR"], items: Sequence[Node]) -> Node:
    return _settled(truths.Junction(op, tuple(_truth(item) for item in items)))


def negation(item: Node) -> Node:
    return _settled(truths.Not(_truth(item)))


def is_null(item: Node) -> Node:
    return _settled(truths.IsNull(item))


def like(item: Node, pattern: Node) -> Node:
    if item.type not in ("text", "null"):
        raise _mistyped(N_("LIKE is for text, this is {type}"), type=item.type)
    if not isinstance(pattern, tree.Constant) or not isinstance(pattern.literal, str):
        raise lexer.refusal(N_("the pattern of LIKE is a text in quotes"))
    if "\\" in pattern.literal:
        raise lexer.refusal(N_("a pattern of LIKE may not hold a backslash: databases disagree on its meaning"))
    if item.type == "null":
        return tree.UNKNOWN
    return _settled(truths.Like(item, truths.Pattern.of(pattern.literal)))


def arithmetic(op: str, left: Node, right: Node) -> Node:
    if not {left.type, right.type} <= NUMERIC | {"null"}:
        wrong = left if left.type not in NUMERIC | {"null"} else right
        raise _mistyped(N_("{op} is for numbers, {what} is {type}"), op=op, what=wrong.written(), type=wrong.type)
    if "null" in (left.type, right.type):
        return tree.NULL
    return _settled(tree.Arithmetic(op, left, right, _common([left, right])))


def negative(item: Node) -> Node:
    if item.type not in NUMERIC | {"null"}:
        raise _mistyped(N_("{op} is for numbers, {what} is {type}"), op="-", what=item.written(), type=item.type)
    return item if item.type == "null" else _settled(tree.Negative(item, item.type))


def has(given: Sequence[Node]) -> Node:
    if len(given) != 2 or not isinstance(given[0], tree.Column):
        raise lexer.refusal(N_("has takes a many-valued column and a text: has(tags, 'x')"))
    held, text = given[0], given[1]
    if held.type != "list":
        raise _mistyped(N_("{column} has one value, not many: use ="), column=held.name)
    if not isinstance(text, tree.Constant) or not isinstance(text.literal, str):
        raise lexer.refusal(N_("has takes a many-valued column and a text: has(tags, 'x')"))
    return truths.Has(held, text.literal)


def coalesce(items: Sequence[Node], zone: ZoneInfo | None) -> Node:
    _refuse_lists(*items)
    agreed = _agreed(items, zone)
    kept = [item for item in agreed if not _is_null(item)]
    if not kept:
        return tree.UNKNOWN if any(item.type == "boolean" for item in agreed) else tree.NULL
    return kept[0] if len(kept) == 1 else _settled(tree.Coalesce(tuple(kept), _common(kept)))


def lower(item: Node) -> Node:
    if item.type not in ("text", "null"):
        raise _mistyped(N_("lower is for text, this is {type}"), type=item.type)
    return item if item.type == "null" else _settled(tree.Lower(item))


def instant(text: str, zone: ZoneInfo | None) -> datetime:
    """An ISO 8601 instant as naive UTC; without an offset it is read on the wall clocks of ``zone``, a date from 00:00.

    Of a wall time that comes twice the first is taken, one that is skipped moves forward.
    """
    try:
        read = datetime.combine(date.fromisoformat(text), time()) if len(text) <= 10 else datetime.fromisoformat(text)
        if read.tzinfo is None:
            if zone is None:
                raise refuse("type", N_("the instant {text} needs an offset, such as +08:00 or Z"), text=text)
            read = read.replace(tzinfo=zone)
        return read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _mistyped(N_("{text} is not an instant: write 2026-03-05T18:00+08:00 or 2026-03-05"), text=text) from None


def _refuse_lists(*nodes: Node) -> None:
    for node in nodes:
        if node.type == "list":
            raise _mistyped(N_("{column} has many values: ask has({column}, 'x')"), column=node.written())


def _agreed(nodes: Sequence[Node], zone: ZoneInfo | None) -> list[Node]:
    """The nodes with one common type: texts beside an instant are read as instants."""
    if any(node.type == "instant" for node in nodes):
        nodes = [_as_instant(node, zone) for node in nodes]
    kinds = {"number" if node.type in NUMERIC else node.type for node in nodes} - {"null"}
    if len(kinds) > 1:
        first, second = _two_apart(nodes)
        raise _mistyped(
            N_("{first} is {first_type} and {second} is {second_type}: they cannot be compared"),
            first=first.written(),
            first_type=first.type,
            second=second.written(),
            second_type=second.type,
        )
    return list(nodes)


def _as_instant(node: Node, zone: ZoneInfo | None) -> Node:
    if isinstance(node, tree.Constant) and isinstance(node.literal, str):
        return tree.Constant(instant(node.literal, zone), "instant")
    return node


def _two_apart(nodes: Sequence[Node]) -> tuple[Node, Node]:
    typed = [node for node in nodes if node.type != "null"]
    first = typed[0]
    same = NUMERIC if first.type in NUMERIC else {first.type}
    return first, next(node for node in typed if node.type not in same)


def _common(nodes: Sequence[Node]) -> Type:
    kinds = {node.type for node in nodes}
    return "number" if kinds & {"number"} else nodes[0].type


def _is_null(node: Node) -> bool:
    return isinstance(node, tree.Constant) and node.literal is None


def _truth(node: Node) -> Node:
    if node.type == "null":
        return tree.UNKNOWN
    if node.type != "boolean":
        raise _mistyped(N_("{what} is {type}, not a condition"), what=node.written(), type=node.type)
    return node


def _settled(node: Node) -> Node:
    """A node over literals alone becomes the literal it comes to."""
    if not all(isinstance(part, tree.Constant) for part in node.parts()):
        return node
    value: Value = node.value(lambda name: None)
    return tree.NULL if value is None and node.type != "boolean" else tree.Constant(value, node.type)


def _mistyped(reason: str, **params: object) -> SteelyardError:
    return SteelyardError(Problem(code="type", reason=reason, params=params))
