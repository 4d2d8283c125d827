"""The nodes of a tree that are TRUE, FALSE or NULL."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlglot import expressions as exp

from steelyard.engine.policy import tree
from steelyard.engine.policy.tree import Node, Row, SqlColumn

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {  # both sides were checked to be of one type
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARE_SQL: Final[dict[str, Callable[..., exp.Expression]]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


@dataclass(frozen=True, slots=True)
class Compare(tree.Truth):
    op: str
    left: Node
    right: Node

    def value(self, row: Row) -> bool | None:
        left, right = self.left.value(row), self.right.value(row)
        return None if left is None or right is None else _COMPARE[self.op](left, right)

    def sql(self, column: SqlColumn) -> exp.Expression:
        left, right = tree.operands(self.parts(), column)
        return _COMPARE_SQL[self.op](this=left, expression=right)

    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def written(self) -> str:
        return f"{tree.bracketed(self.left)} {self.op} {tree.bracketed(self.right)}"


@dataclass(frozen=True, slots=True)
class Junction(tree.Truth):
    """AND or OR over two or more truths. ``decisive`` is the truth that settles it: FALSE for AND, TRUE for OR."""

    op: Literal["AND", "OR"]
    items: tuple[Node, ...]

    def value(self, row: Row) -> bool | None:
        decisive, unknown = self.op == "OR", False
        for item in self.items:
            truth = item.value(row)
            if truth is decisive:
                return decisive
            unknown = unknown or truth is None
        return None if unknown else not decisive

    def sql(self, column: SqlColumn) -> exp.Expression:
        joined = tree.operand(self.items[0], column)
        for item in self.items[1:]:
            made = exp.Or if self.op == "OR" else exp.And
            joined = made(this=joined, expression=tree.operand(item, column))
        return joined

    def parts(self) -> tuple[Node, ...]:
        return self.items

    def written(self) -> str:
        return f" {self.op} ".join(tree.bracketed(item) for item in self.items)


@dataclass(frozen=True, slots=True)
class Not(tree.Truth):
    item: Node

    def value(self, row: Row) -> bool | None:
        truth = self.item.value(row)
        return None if truth is None else not truth

    def sql(self, column: SqlColumn) -> exp.Expression:
        return exp.Not(this=tree.operand(self.item, column))

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"NOT {tree.bracketed(self.item)}"


@dataclass(frozen=True, slots=True)
class IsNull(tree.Truth):
    item: Node

    def value(self, row: Row) -> bool:
        return self.item.value(row) is None

    def sql(self, column: SqlColumn) -> exp.Expression:
        return exp.Is(this=tree.operand(self.item, column), expression=exp.Null())

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"{tree.bracketed(self.item)} IS NULL"


@dataclass(frozen=True, slots=True)
class In(tree.Truth):
    """Whether the item equals one of the options; NULL where it equals none of them but one of them is NULL."""

    item: Node
    options: tuple[Node, ...]

    def value(self, row: Row) -> bool | None:
        item = self.item.value(row)
        if item is None:
            return None
        options = [option.value(row) for option in self.options]
        return True if item in options else (None if None in options else False)

    def sql(self, column: SqlColumn) -> exp.Expression:
        item, *options = tree.operands(self.parts(), column)
        return exp.In(this=item, expressions=options)

    def parts(self) -> tuple[Node, ...]:
        return (self.item, *self.options)

    def written(self) -> str:
        return f"{tree.bracketed(self.item)} IN ({', '.join(option.written() for option in self.options)})"


@dataclass(frozen=True, slots=True)
class Between(tree.Truth):
    """Both ends belong to it."""

    item: Node
    low: Node
    high: Node

    def value(self, row: Row) -> bool | None:
        return Junction("AND", (Compare(">=", self.item, self.low), Compare("<=", self.item, self.high))).value(row)

    def sql(self, column: SqlColumn) -> exp.Expression:
        item, low, high = tree.operands(self.parts(), column)
        return exp.Between(this=item, low=low, high=high)

    def parts(self) -> tuple[Node, ...]:
        return (self.item, self.low, self.high)

    def written(self) -> str:
        return f"{tree.bracketed(self.item)} BETWEEN {tree.bracketed(self.low)} AND {tree.bracketed(self.high)}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A LIKE pattern cut at its ``%``: runs of characters in which ``_`` is any one character.

    Runs are looked for from left to right without ever going back, so that no pattern takes long.
    """

    text: str
    runs: tuple[re.Pattern[str], ...] = field(compare=False, repr=False)
    last: int = field(compare=False, repr=False)

    @classmethod
    def of(cls, text: str) -> Pattern:
        """The pattern written as ``text``."""
        runs = re.sub("%+", "%", text).split("%")
        made = ("".join("." if sign == "_" else re.escape(sign) for sign in run) for run in runs)
        return cls(text, tuple(re.compile(run, re.DOTALL) for run in made), len(runs[-1]))

    def matches(self, text: str) -> bool:
        """Whether the whole of ``text`` is of this pattern."""
        if len(self.runs) == 1:
            return self.runs[0].fullmatch(text) is not None
        found = self.runs[0].match(text)
        for run in self.runs[1:-1]:
            found = found and run.search(text, found.end())
        end = len(text) - self.last
        return found is not None and found.end() <= end and self.runs[-1].match(text, end) is not None


@dataclass(frozen=True, slots=True)
class Like(tree.Truth):
    """``%`` is any text, ``_`` one character; there is no escape, so a pattern may not hold a backslash."""

    item: Node
    pattern: Pattern

    def value(self, row: Row) -> bool | None:
        item = self.item.value(row)
        return self.pattern.matches(item) if isinstance(item, str) else None

    def sql(self, column: SqlColumn) -> exp.Expression:
        return exp.Like(this=tree.operand(self.item, column), expression=exp.Literal.string(self.pattern.text))

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"{tree.bracketed(self.item)} LIKE {tree.Constant(self.pattern.text, 'text').written()}"


@dataclass(frozen=True, slots=True)
class Has(tree.Truth):
    """Whether a many-valued column holds a text: TRUE or FALSE, never NULL."""

    item: tree.Column
    text: str
    single = True

    def value(self, row: Row) -> bool:
        held = row(self.item.name)
        if isinstance(held, str):
            return held == self.text
        return isinstance(held, Collection) and self.text in held

    def sql(self, column: SqlColumn) -> exp.Expression:
        held = exp.ArrayContains(this=self.item.sql(column), expression=exp.Literal.string(self.text))
        return exp.Coalesce(this=held, expressions=[exp.false()])

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"has({self.item.written()}, {tree.Constant(self.text, 'text').written()})"
