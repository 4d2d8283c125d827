"""The checked tree of a predicate: evaluated one row at a time, or built into SQL; both give the same truth.

Inside a tree truth has three values (TRUE, FALSE, and None for NULL). Numbers are exact: a scalar row may
hold ``int``, ``Decimal`` or ``Fraction``, SQL columns are integers or DECIMAL(28,10). Text is compared by
code point. ``has`` is never NULL: a row without tags has none of them.
"""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from sqlglot import expressions as exp

Type = Literal["text", "integer", "number", "boolean", "instant", "list", "null"]
"""The type of a node; ``list`` is many-valued text, ``null`` the literal NULL alone."""

Value = Fraction | int | str | bool | datetime | None
Row = Callable[[str], object]
"""Gives the value of a column by the name the policy uses, e.g. ``attr.complexity``."""

SqlColumn = Callable[[str], exp.Expression]

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
NUMERIC: Final = frozenset({"integer", "number"})
_MOST_DIGITS: Final = 100
NUMBER_SCALE: Final = 10
"""Decimal places of a ``number`` column in SQL: DECIMAL(28,10)."""


class Node(ABC):
    """One part of a tree: it has a type, a value for a row, and an SQL form.

    ``single`` says that the node reads as one thing, so that it needs no brackets inside another.
    """

    __slots__ = ()
    type: Type
    single: bool = False

    @abstractmethod
    def value(self, row: Row) -> Value:
        """The value for ``row``; None is NULL."""

    @abstractmethod
    def sql(self, column: SqlColumn) -> exp.Expression:
        """The same as a portable SQL expression."""

    @abstractmethod
    def written(self) -> str:
        """The node in one standard spelling, for the meaning hash."""

    def parts(self) -> tuple[Node, ...]:
        """The nodes directly below."""
        return ()

    def columns(self) -> Iterator[str]:
        """The names of all columns below, as the policy writes them."""
        for part in self.parts():
            yield from part.columns()

    def scale(self) -> int:
        """The most decimal places a numeric value of this node can have in SQL."""
        return max((part.scale() for part in self.parts()), default=0)

    def computed(self) -> bool:
        """Whether a number of this node comes out of arithmetic."""
        return any(part.computed() for part in self.parts())


class Truth(Node):
    """A node that is TRUE, FALSE or NULL."""

    __slots__ = ()
    type: Type = "boolean"

    @abstractmethod
    def value(self, row: Row) -> bool | None:
        """TRUE, FALSE or, as None, NULL."""


def exact(value: object, type_: Type) -> Any:  # the declared type was checked against its neighbours at load
    """A value of a row as the tree compares it: decimals become fractions, text is read as the column's type.

    What cannot be read as the type is NULL.
    """
    if isinstance(value, (Decimal, float)):
        return Fraction(str(value))
    if isinstance(value, str) and type_ not in ("text", "list"):
        return _from_text(value, type_)
    return value


def _from_text(text: str, type_: Type) -> Value:
    try:
        if type_ in NUMERIC:
            return Fraction(Decimal(text))
        if type_ == "instant":
            at = datetime.fromisoformat(text)
            return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except (ArithmeticError, ValueError):
        return None
    return {"true": True, "false": False}.get(text.lower())


def decimal_text(number: Fraction | int) -> str:
    """``number`` in plain decimal digits, exactly; its denominator may hold only twos and fives."""
    number, places = Fraction(number), 0
    while (number * 10**places).denominator != 1:
        places += 1
        if places > _MOST_DIGITS:
            raise ValueError(f"{number} has no end in decimal digits")
    digits = str(abs(int(number * 10**places))).rjust(places + 1, "0")
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def operand(node: Node, column: SqlColumn) -> exp.Expression:
    """The SQL of an operand, in brackets unless it is a single thing: precedence can never change the tree."""
    built = node.sql(column)
    return built if node.single else exp.Paren(this=built)


def operands(nodes: Sequence[Node], column: SqlColumn) -> list[exp.Expression]:
    """Operands that meet as equals. Computed numbers are given one decimal type first.

    A database that looks for the common type of DECIMAL(38,0) and DECIMAL(22,3) by itself may drop the places.
    """
    if not any(node.type in NUMERIC and node.computed() for node in nodes):
        return [operand(node, column) for node in nodes]
    wide = f"decimal(38, {max(node.scale() for node in nodes)})"
    return [exp.cast(node.sql(column), wide) for node in nodes]


def bracketed(node: Node) -> str:
    return node.written() if node.single else f"({node.written()})"


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal: text, an exact number, TRUE, FALSE, NULL, or an instant (naive UTC)."""

    literal: Value
    type: Type

    @property
    def single(self) -> bool:  # type: ignore[override]  # a negative number is an operator and a number
        return not isinstance(self.literal, (int, Fraction)) or self.literal >= 0

    def value(self, row: Row) -> Value:
        return self.literal

    def sql(self, column: SqlColumn) -> exp.Expression:
        match self.literal:
            case None:
                return exp.cast(exp.Null(), "boolean") if self.type == "boolean" else exp.Null()
            case bool():
                return exp.Boolean(this=self.literal)
            case str():
                return exp.Literal.string(self.literal)
            case datetime():
                return exp.cast(exp.Literal.string(self.literal.isoformat(" ", "microseconds")), "timestamp")
            case number:
                positive = exp.Literal.number(decimal_text(number).removeprefix("-"))
                return exp.Neg(this=positive) if number < 0 else positive

    def written(self) -> str:
        match self.literal:
            case None | bool():
                return {None: "NULL", True: "TRUE", False: "FALSE"}[self.literal]
            case str():
                return "'" + self.literal.replace("'", "''") + "'"
            case datetime():
                return f"'{self.literal.isoformat(timespec='microseconds')}Z'"
            case _:
                return decimal_text(self.literal)

    def scale(self) -> int:
        return len(decimal_text(self.literal).partition(".")[2]) if isinstance(self.literal, (int, Fraction)) else 0


NULL: Final = Constant(None, "null")
UNKNOWN: Final = Constant(None, "boolean")
"""NULL where a condition stands."""


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A column of the row, by the policy's name."""

    name: str
    type: Type
    single = True

    def value(self, row: Row) -> Value:
        found: Value = exact(row(self.name), self.type)
        return found

    def sql(self, column: SqlColumn) -> exp.Expression:
        return column(self.name)

    def columns(self) -> Iterator[str]:
        yield self.name

    def written(self) -> str:
        return self.name if _PLAIN.fullmatch(self.name) else '"' + self.name.replace('"', '""') + '"'

    def scale(self) -> int:
        return NUMBER_SCALE if self.type == "number" else 0


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {  # both sides were checked to be numbers
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_ARITHMETIC_SQL: Final[dict[str, Callable[..., exp.Expression]]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    op: str
    left: Node
    right: Node
    type: Type

    def value(self, row: Row) -> Value:
        left, right = self.left.value(row), self.right.value(row)
        result: Value = None if left is None or right is None else _ARITHMETIC[self.op](left, right)
        return result

    def sql(self, column: SqlColumn) -> exp.Expression:
        return _ARITHMETIC_SQL[self.op](this=_number(self.left, column), expression=_number(self.right, column))

    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def written(self) -> str:
        return f"{bracketed(self.left)} {self.op} {bracketed(self.right)}"

    def computed(self) -> bool:
        return True

    def scale(self) -> int:
        scales = (self.left.scale(), self.right.scale())
        return sum(scales) if self.op == "*" else max(scales)


def _number(node: Node, column: SqlColumn) -> exp.Expression:
    """An operand of arithmetic: integers become decimals first, for integer arithmetic overflows early."""
    if node.type == "integer" and not isinstance(node, Arithmetic):
        return exp.cast(node.sql(column), "decimal(19, 0)")
    return operand(node, column)


@dataclass(frozen=True, slots=True)
class Negative(Node):
    item: Node
    type: Type

    def value(self, row: Row) -> Value:
        item: Any = self.item.value(row)  # checked to be a number when the tree was built
        result: Value = None if item is None else -item
        return result

    def sql(self, column: SqlColumn) -> exp.Expression:
        return exp.Neg(this=operand(self.item, column))

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"-{bracketed(self.item)}"


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    """The first item that is not NULL."""

    items: tuple[Node, ...]
    type: Type
    single = True

    def value(self, row: Row) -> Value:
        return next((value for item in self.items if (value := item.value(row)) is not None), None)

    def sql(self, column: SqlColumn) -> exp.Expression:
        first, *rest = operands(self.items, column)
        return exp.Coalesce(this=first, expressions=rest)

    def parts(self) -> tuple[Node, ...]:
        return self.items

    def written(self) -> str:
        return f"coalesce({', '.join(item.written() for item in self.items)})"


@dataclass(frozen=True, slots=True)
class Lower(Node):
    """Lower case by Unicode's simple mapping: a character becomes one character, without regard to its neighbours."""

    item: Node
    type: Type = "text"
    single = True

    def value(self, row: Row) -> Value:
        item = self.item.value(row)
        return "".join(character.lower()[0] for character in item) if isinstance(item, str) else None

    def sql(self, column: SqlColumn) -> exp.Expression:
        return exp.Lower(this=self.item.sql(column))

    def parts(self) -> tuple[Node, ...]:
        return (self.item,)

    def written(self) -> str:
        return f"lower({self.item.written()})"
