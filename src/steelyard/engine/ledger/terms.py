"""Values of a mapping as SQL over the text columns of a source, with the checks that may reject a row.

A row is read in three steps, each a SELECT over the one before: the texts that the mapping names (``t0``, ``t1`` …),
the instants read from them (``i0`` …), and whatever is made of both. A check is a condition under which the row is
rejected; the first that holds gives the reason.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.mapping_values import NUMBER
from steelyard.engine.ledger.sql import json_text, literal

NOT_INSTANT: Final = "not instant"
NO_OFFSET: Final = "no offset"
UNKNOWN_VALUE: Final = "unknown value"
MISSING: Final = "missing"
_NOT: Final[Dict[str, str]] = {
    "integer": "not integer",
    "number": "not number",
    "boolean": "not boolean",
    "instant": NOT_INSTANT,
    "seconds": "not seconds",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A row is rejected where ``fails`` is TRUE; ``label`` and ``text`` (SQL) say of which column and value."""

    fails: str
    label: str
    text: str
    reason: str


@dataclass(slots=True)
class Terms:
    """Collects the texts, instants and checks that a mapping needs of a source.

    ``indexes`` gives a column's index in the source, ``lists`` says that texts may be JSON lists; ``labels`` names the
    columns of each text.
    """

    indexes: Dict[str, int]
    lists: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    instants: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    def raw(self, value: model.Value) -> str:
        """The text as it stands in the source (joined, or the constant): a column of the first step."""
        if value.constant is not None:
            return literal(value.constant)
        if value.is_line:
            return "CAST(line AS VARCHAR)"
        columns = [f"src.c{self.indexes[name]}" for name in value.columns]
        sql = columns[0]
        if len(columns) > 1:
            among = ", ".join(columns)
            sql = f"CASE WHEN coalesce({among}) IS NOT NULL THEN concat_ws({literal(value.join)}, {among}) END"
        alias = self.texts.setdefault(sql, f"t{len(self.texts)}")
        self.labels.setdefault(alias, value.label)
        return alias

    def text(self, value: model.Value) -> str:
        """The text after the map; one that the map does not know rejects the row."""
        raw = self.raw(value)
        if value.map is None:
            return raw
        return self._mapped(
            value,
            raw,
            {key: _literal_or_null(text) for key, text in value.map.items()},
            _literal_or_null(value.otherwise),
        )

    def _mapped(self, value: model.Value, raw: str, results: Dict[str, str], otherwise: str) -> str:
        if not value.has_otherwise:
            known = ", ".join(literal(key) for key in results)
            unknown = f"{raw} IS NOT NULL AND {raw} NOT IN ({known})" if known else f"{raw} IS NOT NULL"
            self.check(unknown, value, UNKNOWN_VALUE)
        branches = "".join(f" WHEN {literal(key)} THEN {result}" for key, result in results.items())
        ending = f" ELSE CASE WHEN {raw} IS NOT NULL THEN {otherwise} END" if value.has_otherwise else ""
        branches = branches or (f" WHEN {raw} THEN {otherwise}" if ending else "")
        return f"CAST(CASE {raw}{branches}{ending} END AS VARCHAR)" if branches or ending else "CAST(NULL AS VARCHAR)"

    def instant(self, value: model.Value, *, required: bool = False) -> str:
        """The instant in UTC, a column of the second step; a blank is none and where ``required`` rejects the row."""
        raw = self.raw(value)
        instant = self.instants.setdefault(raw, f"i{len(self.instants)}")
        self.check(f"{instant} IS NULL AND {raw} <> '' AND lacks_offset({raw})", value, NO_OFFSET)
        self.check(f"{instant} IS NULL AND {raw} <> ''", value, NOT_INSTANT)
        if required:
            self.check(f"coalesce({raw}, '') = ''", value, MISSING)
        return instant

    def required(self, value: model.Value) -> str:
        """A text that must be there: an id."""
        text = self.text(value)
        self.check(f"coalesce({text}, '') = ''", value, MISSING)
        return text

    def json(self, value: model.Value, type_: str | None = None) -> str:
        """The value as JSON text of its type; SQL NULL where there is none."""
        type_ = value.type or type_
        if value.many is not None:
            return self._list(value, value.many, type_)
        raw = self.raw(value)
        if value.constant is not None:
            return literal(constant_json(value.constant, type_))
        if value.map is not None:
            results = {key: _json_or_null(text, type_) for key, text in value.map.items()}
            return self._mapped(value, raw, results, _json_or_null(value.otherwise, type_))
        if type_ == "instant":
            return f"instant_json({self.instant(value)})"
        return self._typed(value, raw, type_)

    def _typed(self, value: model.Value, text: str, type_: str | None) -> str:
        if type_ in (None, "text"):
            return f"CAST(to_json({text}) AS VARCHAR)"
        self.check(f"{text} IS NOT NULL AND {type_}_json({text}) IS NULL", value, _NOT[str(type_)])
        return f"{type_}_json({text})"

    def _list(self, value: model.Value, separator: str, type_: str | None) -> str:
        """One text split into several; each is mapped and typed by itself, blanks are none of them."""
        raw = self.raw(value)
        parts = f"string_split({raw}, {literal(separator)})"
        if self.lists:
            parts = f"CASE WHEN is_json_list({raw}) THEN from_json({raw}, '[\"VARCHAR\"]') ELSE {parts} END"
        results = {key: _json_or_null(text, type_) for key, text in (value.map or {}).items()}
        if value.map is not None:
            branches = "".join(f" WHEN {literal(key)} THEN {result}" for key, result in results.items())
            ending = _json_or_null(value.otherwise, type_) if value.has_otherwise else literal(_BAD)
            item = f"CAST(CASE x{branches} ELSE {ending} END AS VARCHAR)" if branches else f"CAST({ending} AS VARCHAR)"
            reason = UNKNOWN_VALUE
        elif type_ in (None, "text"):
            item, reason = "CAST(to_json(x) AS VARCHAR)", ""
        elif type_ == "instant":
            item, reason = f"coalesce(instant_json(read_instant(x)), {literal(_BAD)})", NOT_INSTANT
        else:
            item, reason = f"coalesce({type_}_json(x), {literal(_BAD)})", _NOT[str(type_)]
        items = f"[{item} for x in {parts} if x <> '']"
        if reason:
            self.check(f"{raw} IS NOT NULL AND list_contains({items}, {literal(_BAD)})", value, reason)
        return f"CASE WHEN {raw} IS NULL THEN '[]' ELSE '[' || array_to_string({items}, ',') || ']' END"

    def flag(self, value: model.Value) -> str | None:
        """The value as a boolean where the mapping says that it is one."""
        if value.type == "boolean" or value.map is not None or value.constant is not None:
            return f"({self.json(value, 'boolean')}) = 'true'"
        return None

    def check(self, fails: str, value: model.Value, reason: str) -> None:
        """Reject rows for which ``fails`` is TRUE, naming the value."""
        check = Check(fails, value.label, self.raw(value), reason)
        if check not in self.checks:
            self.checks.append(check)

    def bad(self) -> str:
        """The number of the first check that fails, from 1; 0 where all is well."""
        branches = "".join(f" WHEN {check.fails} THEN {number}" for number, check in enumerate(self.checks, start=1))
        return f"CASE{branches} ELSE 0 END" if branches else "0"

    def steps(self, line: str, skipped: str, outputs: Sequence[tuple[str, str]]) -> str:
        """The SELECT that reads every row of ``src``: its order ``n`` and the outputs (name, SQL).

        The outputs may be made of ``line``, ``skipped``, the texts and the instants.
        """
        texts = "".join(f", {sql} AS {alias}" for sql, alias in self.texts.items())
        stamps = "".join(
            f", read_wall({text}) AS wall_{alias}, read_zoned({text}) AS zoned_{alias}"
            for text, alias in self.instants.items()
        )
        instants = "".join(f", to_instant(wall_{alias}, zoned_{alias}) AS {alias}" for alias in self.instants.values())
        columns = "".join(f", {sql} AS {name}" for name, sql in outputs)
        return f"""
            SELECT n{columns}
            FROM (SELECT *{instants} FROM (SELECT *{stamps} FROM (
              SELECT src.rowid AS n, {line} AS line, {skipped} AS skipped{texts} FROM src)))
        """


_BAD: Final = "\x1abad"


def constant_json(text: str, type_: str | None) -> str:
    """A text written in a mapping as JSON: of ``type_``, else as it looks."""
    plain = type_ in ("integer", "number", "boolean", "seconds") or (
        type_ is None and (text in ("true", "false") or NUMBER.fullmatch(text))
    )
    return text if plain else json_text(text)


def _json_or_null(text: str | None, type_: str | None) -> str:
    return "NULL" if text is None else literal(constant_json(text, type_))


def _literal_or_null(text: str | None) -> str:
    return "NULL" if text is None else literal(text)
