"""Predicates and value expressions of a policy: SQL that can only ask about a row.

The text is cut into whitelisted words (:mod:`lexer`), parsed by sqlglot, and rebuilt node by node into an
own tree (:mod:`tree`), checked against the columns of its basis (:mod:`typed`). Nothing of the
written text reaches a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from steelyard.engine.errors import refuse
from steelyard.engine.policy import lexer, tree, typed
from steelyard.engine.policy.tree import Row, SqlColumn, Type, Value
from steelyard.engine.words import N_

DEEPEST_TREE: Final = 40


@dataclass(frozen=True, slots=True)
class Expression:
    """A value computed from one row. ``text`` is as written, ``meaning`` in one standard spelling."""

    text: str
    tree: tree.Node
    columns: frozenset[str]

    @property
    def type(self) -> Type:
        """The type of the value: text, integer, number, boolean, instant, list or null."""
        return self.tree.type

    @property
    def meaning(self) -> str:
        """The expression in one standard spelling, whatever its blanks, capitals and brackets."""
        return self.tree.written()

    def value(self, row: Row) -> Value:
        """The exact value for ``row``, which gives a column's value by name; None is NULL."""
        return self.tree.value(row)

    def sql(self, column: SqlColumn) -> exp.Expression:
        """The value as a portable SQL expression; ``column`` gives the SQL of a column by the policy's name."""
        return self.tree.sql(column)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A question about one row that is TRUE or not; NULL is FALSE, at the outermost level only."""

    text: str
    tree: tree.Node
    columns: frozenset[str]

    @property
    def meaning(self) -> str:
        """The predicate in one standard spelling."""
        return self.tree.written()

    def holds(self, row: Row) -> bool:
        """Whether it is TRUE for ``row``, which gives a column's value by name (None is NULL)."""
        return self.tree.value(row) is True

    def sql(self, column: SqlColumn) -> exp.Expression:
        """The predicate as a portable SQL condition that is TRUE or FALSE, never NULL."""
        return exp.Coalesce(this=exp.Paren(this=self.tree.sql(column)), expressions=[exp.false()])


@dataclass(frozen=True, slots=True)
class Scope:
    """The columns an expression may name. ``name`` says whose they are, in messages.

    ``zone`` reads instants written without an offset. With ``any_text`` every name is a column of text.
    """

    name: str
    columns: Mapping[str, Type]
    zone: ZoneInfo | None = None
    any_text: bool = False


def parse(text: str, scope: Scope) -> Predicate:
    """Read a predicate over the columns of ``scope``.

    Raises SteelyardError with code ``predicate`` (not allowed, not readable), ``column`` (no such column) or
    ``type`` (a comparison of text with a number and the like).
    """
    root = _read(text, scope)
    if root.type not in ("boolean", "null"):
        raise refuse(
            "type",
            N_("a condition is asked for, the value of this is {type}"),
            type=root.type,
            remedy=N_("compare it with something"),
        )
    return Predicate(text, root if root.type == "boolean" else tree.UNKNOWN, frozenset(root.columns()))


def parse_value(text: str, scope: Scope) -> Expression:
    """Read a value expression over the columns of ``scope``; raises as :func:`parse` does."""
    root = _read(text, scope)
    return Expression(text, root, frozenset(root.columns()))


def parse_loose(text: str) -> Predicate:
    """Read a predicate over columns of text with any names; an odd name stands in double quotes."""
    return parse(text, Scope(name="source", columns={}, any_text=True))


def _read(text: str, scope: Scope) -> tree.Node:
    words = lexer.tokens(text, scope.columns.keys())
    try:
        parsed = sqlglot.parse_one(" ".join(word.sql() for word in words))
        root = _Builder(scope).build(parsed, 0)
    except SqlglotError as error:
        near = error.errors[0].get("highlight", "") if hasattr(error, "errors") and error.errors else ""
        raise lexer.refusal(
            N_("this is not a complete expression: something is missing or too much near {near}"),
            near=near or "the end",
        ) from None
    except RecursionError:
        raise lexer.refusal(N_("the expression is nested too deeply")) from None
    if root.scale() > typed.MOST_PLACES:
        raise refuse("type", N_("the product would have more than {most} decimal places"), most=typed.MOST_PLACES)
    return root


class _Builder:
    """Rebuilds sqlglot's tree from the whitelist; a node or an argument not named here is refused."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def build(self, node: exp.Expr, depth: int) -> tree.Node:
        if depth > DEEPEST_TREE:
            raise lexer.refusal(N_("the expression is nested too deeply"))
        make = _MAKERS.get(type(node))
        if make is None:
            raise lexer.refusal(N_("{construct} is not allowed"), construct=node.key.replace("_", " ").upper())
        allowed = _ARGUMENTS.get(type(node), _BINARY)
        strange = [name for name, value in node.args.items() if value and name not in allowed]
        if strange:
            raise lexer.refusal(N_("{construct} is not allowed here"), construct=strange[0].upper())
        return make(self, node, depth + 1)

    def below(self, node: exp.Expr, depth: int, *names: str) -> list[tree.Node]:
        """The nodes under the arguments ``names``, lists spread out."""
        found: list[tree.Node] = []
        for name in names:
            under = node.args.get(name)
            for child in under if isinstance(under, list) else [under]:
                if not isinstance(child, exp.Expr):
                    raise lexer.refusal(N_("this is not a complete expression"))
                found.append(self.build(child, depth))
        return found

    def paren(self, node: exp.Expr, depth: int) -> tree.Node:
        return self.build(node.this, depth)

    def literal(self, node: exp.Expr, depth: int) -> tree.Node:
        if node.args["is_string"]:
            return tree.Constant(str(node.this), "text")
        number = Fraction(str(node.this))
        return tree.Constant(number, "integer" if number.denominator == 1 else "number")

    def boolean(self, node: exp.Expr, depth: int) -> tree.Node:
        return tree.Constant(bool(node.this), "boolean")

    def null(self, node: exp.Expr, depth: int) -> tree.Node:
        return tree.NULL

    def column(self, node: exp.Expr, depth: int) -> tree.Node:
        names = [part.name for part in (node.args.get("table"), node.this) if isinstance(part, exp.Identifier)]
        return typed.column(".".join(names), self.scope.name, self.scope.columns, any_text=self.scope.any_text)

    def compare(self, node: exp.Expr, depth: int) -> tree.Node:
        left, right = self.below(node, depth, "this", "expression")
        return typed.compare(_SIGNS[type(node)], left, right, self.scope.zone)

    def junction(self, node: exp.Expr, depth: int) -> tree.Node:
        """AND and OR lean to the left: a chain of them is one node, however long it is."""
        chain: list[exp.Expr] = []
        rest = node
        while type(rest) is type(node):
            chain.append(rest.args["expression"])
            rest = rest.this
        items = [self.build(item, depth) for item in [rest, *reversed(chain)]]
        return typed.junction("AND" if isinstance(node, exp.And) else "OR", items)

    def negation(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.negation(self.below(node, depth, "this")[0])

    def is_null(self, node: exp.Expr, depth: int) -> tree.Node:
        if not isinstance(node.args.get("expression"), exp.Null):
            raise lexer.refusal(N_("IS is for NULL only; write = TRUE or = FALSE"))
        return typed.is_null(self.below(node, depth, "this")[0])

    def within(self, node: exp.Expr, depth: int) -> tree.Node:
        item, *options = self.below(node, depth, "this", "expressions")
        return typed.within(item, options, self.scope.zone)

    def between(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.between(*self.below(node, depth, "this", "low", "high"), zone=self.scope.zone)

    def like(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.like(*self.below(node, depth, "this", "expression"))

    def arithmetic(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.arithmetic(_SIGNS[type(node)], *self.below(node, depth, "this", "expression"))

    def negative(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.negative(self.below(node, depth, "this")[0])

    def has(self, node: exp.Expr, depth: int) -> tree.Node:
        if node.name.lower() != "has":
            raise lexer.refusal(N_("function {name} is not allowed"), name=node.name)
        return typed.has(self.below(node, depth, "expressions"))

    def coalesce(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.coalesce(self.below(node, depth, "this", "expressions"), self.scope.zone)

    def lower(self, node: exp.Expr, depth: int) -> tree.Node:
        return typed.lower(self.below(node, depth, "this")[0])


_Maker = Callable[[_Builder, exp.Expr, int], tree.Node]
_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPERATIONS: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_SIGNS: Final = {**_COMPARISONS, **_OPERATIONS}
_MAKERS: Final[Mapping[type[exp.Expr], _Maker]] = {
    exp.Paren: _Builder.paren,
    exp.Literal: _Builder.literal,
    exp.Boolean: _Builder.boolean,
    exp.Null: _Builder.null,
    exp.Column: _Builder.column,
    exp.And: _Builder.junction,
    exp.Or: _Builder.junction,
    exp.Not: _Builder.negation,
    exp.Is: _Builder.is_null,
    exp.In: _Builder.within,
    exp.Between: _Builder.between,
    exp.Like: _Builder.like,
    exp.Neg: _Builder.negative,
    exp.Anonymous: _Builder.has,
    exp.Coalesce: _Builder.coalesce,
    exp.Lower: _Builder.lower,
    **dict.fromkeys(_COMPARISONS, _Builder.compare),
    **dict.fromkeys(_OPERATIONS, _Builder.arithmetic),
}
_BINARY: Final = frozenset({"this", "expression"})
_ARGUMENTS: Final[Mapping[type[exp.Expr], frozenset[str]]] = {
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Column: frozenset({"this", "table"}),
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
    exp.Coalesce: frozenset({"this", "expressions"}),
}
