"""Finds in the source what the project refuses and warns of: each code with its sentences and remedies, by ast.

A sentence is followed from where it is marked to the ``Problem`` or ``refuse`` it ends in: through local names,
constants, dictionaries, fields of dataclasses, and helpers that take it as a parameter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef
SLOTS = ("code", "reason", "remedy")


class Saying(NamedTuple):
    """One sentence: the file that says it (relative to the source), its code, and a remedy (or nothing)."""

    file: str
    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Module:
    """A file of the source, with what stands around each node."""

    file: str
    tree: ast.Module

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        return {below: node for node in ast.walk(self.tree) for below in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What ``node`` stands in, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node: ast.AST) -> Function | None:
        """The function ``node`` stands in."""
        return next((each for each in self.around(node) if isinstance(each, Function)), None)


class Here(NamedTuple):
    """A place in the source: what a name means depends on it."""

    module: Module
    node: ast.AST


@dataclass(frozen=True)
class Parameter:
    """A value that the callers of a function decide."""

    function: Function
    name: str


Texts = frozenset[str]
Slot = Texts | tuple[ast.expr, Here]
"""Texts found already, or an expression still to be read at its place."""

NOTHING: Texts = frozenset({""})


class Sayings:
    """The whole source, read once."""

    def __init__(self, source: Path) -> None:
        self.modules = [
            Module(file.relative_to(source).as_posix(), ast.parse(file.read_text(encoding="utf-8")))
            for file in sorted(source.rglob("*.py"))
        ]

    def all(self) -> list[Saying]:
        """Everything refused or warned of, sorted, each once; ValueError where a sentence cannot be followed."""
        found: set[Saying] = set()
        for here, call in (*self._calls.get("Problem", ()), *self._calls.get("refuse", ())):
            slots = _slots(call)
            if slots is not None and not _is_refusing(here):
                found.update(
                    self._spoken({name: (slot, here) if slot else NOTHING for name, slot in slots.items()}, here)
                )
        return sorted(found)

    def given(self, method: str, place: int) -> Texts:
        """The texts that calls of ``method`` are given at ``place``; what cannot be followed is passed over."""
        found: Texts = frozenset()
        for here, call in self._calls.get(method, ()):
            with suppress(ValueError):
                texts = self._texts(call.args[place], here) if place < len(call.args) else NOTHING
                found |= texts if isinstance(texts, frozenset) else NOTHING
        return found - NOTHING

    @cached_property
    def _calls(self) -> Mapping[str, list[tuple[Here, ast.Call]]]:
        """Every call by the last name of what it calls."""
        found: dict[str, list[tuple[Here, ast.Call]]] = {}
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    found.setdefault(_name(node.func), []).append((Here(module, node), node))
        return found

    def _spoken(self, slots: Mapping[str, Slot], here: Here) -> Iterator[Saying]:
        read: dict[str, Texts] = {}
        asked: dict[str, Parameter] = {}
        for name, slot in slots.items():
            value = slot if isinstance(slot, frozenset) else self._texts(*slot)
            if isinstance(value, Parameter):
                asked[name] = value
            else:
                read[name] = value
        if not asked:
            remedies = read["remedy"] - NOTHING or NOTHING
            for code, reason, remedy in product(read["code"], read["reason"], remedies):
                yield Saying(here.module.file, code, reason, remedy)
            return
        function = next(iter(asked.values())).function
        for caller, call in self._callers(function, here.module):
            given = {name: _argument(function, call, each.name, caller) for name, each in asked.items()}
            yield from self._spoken({**read, **given}, caller)

    def _callers(self, function: Function, module: Module) -> Iterator[tuple[Here, ast.Call]]:
        """Calls of ``function`` by its name: a private one is called in its own module only."""
        for here, call in self._calls.get(function.name, ()):
            if not function.name.startswith("_") or here.module is module:
                yield here, call

    def _texts(self, expression: ast.expr, here: Here) -> Texts | Parameter:
        """The texts ``expression`` may be at its place, or the parameter that decides."""
        match expression:
            case ast.Constant(value=str(text)):
                return frozenset({text})
            case ast.Call(func=func, args=[argument]) if _name(func) == "N_":
                return self._texts(argument, here)
            case ast.IfExp(body=one, orelse=other):
                return self._any((one, other), here)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._any(values, here)
            case ast.Name(id=name):
                return self._named(name, here)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                return self._entries(name, key, here)
            case ast.Attribute(value=owner, attr=name):
                return self._field(name, self._class_of(owner, here), here)
            case _:
                raise _unreadable(expression, here)

    def _any(self, expressions: Iterable[ast.expr], here: Here) -> Texts:
        """The texts of all ``expressions``, each read where it stands."""
        found: set[str] = set()
        for expression in expressions:
            texts = self._texts(expression, Here(here.module, expression))
            if isinstance(texts, Parameter):
                raise _unreadable(expression, here)
            found |= texts
        return frozenset(found)

    def _named(self, name: str, here: Here) -> Texts | Parameter:
        assigned = _assigned_before(name, here)
        if assigned:
            return self._any(assigned, here)
        function = here.module.function(here.node)
        if function is not None and name in _parameters(function):
            return Parameter(function, name)
        home = self._home(name, here.module)
        constants = _assigned(home.tree.body, name)
        if not constants:
            raise _unreadable(ast.Name(name), here)
        return self._any(constants, Here(home, home.tree))

    def _home(self, name: str, module: Module) -> Module:
        """The module in which a constant stands that ``module`` has or imports."""
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and any(each.name == name for each in node.names):
                file = f"{(node.module or '').partition('.')[2].replace('.', '/')}.py"
                return next((each for each in self.modules if each.file == file), module)
        return module

    def _entries(self, name: str, key: ast.expr, here: Here) -> Texts:
        """The values of a dictionary: that of a literal key, else all."""
        for value in _assigned(here.module.tree.body, name):
            if isinstance(value, ast.Dict):
                chosen = [
                    entry
                    for known, entry in zip(value.keys, value.values, strict=True)
                    if not isinstance(key, ast.Constant)
                    or (isinstance(known, ast.Constant) and known.value == key.value)
                ]
                return self._any(tuple(chosen), here)
        raise _unreadable(ast.Name(name), here)

    def _class_of(self, owner: ast.expr, here: Here) -> ast.ClassDef:
        """The dataclass of ``self``, or of a field of it by its annotation."""
        around = next((each for each in here.module.around(here.node) if isinstance(each, ast.ClassDef)), None)
        match owner:
            case ast.Name(id="self") if around is not None:
                return around
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if around is not None:
                named = _name(next(each.annotation for each in _fields(around) if ast.unparse(each.target) == name))
                for module in self.modules:
                    for node in module.tree.body:
                        if isinstance(node, ast.ClassDef) and node.name == named:
                            return node
        raise _unreadable(owner, here)

    def _field(self, name: str, class_: ast.ClassDef, here: Here) -> Texts:
        """What the field ``name`` of a dataclass holds anywhere: its default, and what the class is called with."""
        fields = {ast.unparse(each.target): each.value for each in _fields(class_)}
        place, default = list(fields).index(name), fields[name]
        found = set() if default is None else set(self._any((default,), Here(here.module, class_)))
        for caller, call in self._calls.get(class_.name, ()):
            keywords = [each.value for each in call.keywords if each.arg == name]
            found |= self._any((*call.args[place : place + 1], *keywords), caller)
        return frozenset(found)


def _fields(class_: ast.ClassDef) -> list[ast.AnnAssign]:
    return [each for each in class_.body if isinstance(each, ast.AnnAssign)]


def _is_refusing(here: Here) -> bool:
    """Whether the place is in one of the functions that refuse, whose callers are followed instead."""
    function = here.module.function(here.node)
    return function is not None and function.name == "refuse"


def _slots(call: ast.Call) -> dict[str, ast.expr | None] | None:
    """The code, reason and remedy of a call that makes a problem; None for any other call."""
    match call.func:
        case ast.Name(id="Problem") | ast.Attribute(attr="Problem"):
            places: tuple[int | None, ...] = (0, 1, 3)
        case ast.Name(id="refuse") | ast.Attribute(value=ast.Name(id="errors"), attr="refuse"):
            places = (0, 1, None)
        case ast.Attribute(value=ast.Name(id="document") | ast.Attribute(attr="document"), attr="refuse"):
            places = (0, 2, None)
        case _:
            return None
    keywords = {each.arg: each.value for each in call.keywords}
    positional = [call.args[place] if place is not None and place < len(call.args) else None for place in places]
    return {name: keywords.get(name, given) for name, given in zip(SLOTS, positional, strict=True)}


def _argument(function: Function, call: ast.Call, name: str, caller: Here) -> Slot:
    """What ``call`` gives for the parameter ``name``; its default where it gives nothing."""
    names = [each for each in _parameters(function) if each != "self"]
    keyword = next((each.value for each in call.keywords if each.arg == name), None)
    place = names.index(name)
    given = keyword or (call.args[place] if place < len(call.args) else None)
    return (given, caller) if given is not None else NOTHING


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _assigned_before(name: str, here: Here) -> tuple[ast.expr, ...]:
    """What was assigned to a local name in the nearest block in which it was, before the place."""
    inside: ast.AST = here.node
    for outside in here.module.around(here.node):
        if isinstance(outside, ast.Module | ast.ClassDef):
            return ()
        for block in (getattr(outside, part, None) for part in ("body", "orelse", "finalbody")):
            if isinstance(block, list) and inside in block:
                assigned = _assigned(block[: block.index(inside)], name)
                if assigned:
                    return assigned
        if isinstance(outside, Function):
            return ()
        inside = outside
    return ()


def _assigned(block: Iterable[ast.stmt], name: str) -> tuple[ast.expr, ...]:
    """The values assigned to ``name`` anywhere in ``block``, but in branches that do not come out of it."""
    found: list[ast.expr] = []
    for statement in block:
        match statement:
            case ast.Assign(targets=[target], value=value):
                found += _paired(target, value, name)
            case ast.AnnAssign(target=ast.Name(id=known), value=ast.expr() as value) if known == name:
                found.append(value)
        for part in ("body", "orelse", "handlers", "finalbody"):
            below = getattr(statement, part, [])
            if below and not isinstance(below[-1], ast.Raise | ast.Return | ast.Continue):
                found += _assigned(below, name)
    return tuple(found)


def _paired(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    match target, value:
        case ast.Name(id=known), _:
            return [value] if known == name else []
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            return [each for left, right in zip(targets, values, strict=True) for each in _paired(left, right, name)]
        case _:
            return []


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _unreadable(expression: ast.expr, here: Here) -> ValueError:
    line = getattr(here.node, "lineno", 0)
    return ValueError(f"{here.module.file}:{line}: cannot tell what {ast.unparse(expression)} says here")
