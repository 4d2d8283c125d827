"""docs/reference/policy.md: every key of the policy file, from the grammar that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.engine.policy import grammar, kinds, moments, names, scoring_kinds, shapes
from steelyard.engine.policy.grammar import trial
from tools.pages.markdown import code, heading, link, opening, prose, table, words

_TESTS = {trial.CLOCK_TEST: "of clocks", trial.SCORE_TEST: "of scores"}
_FORMS = {names.ID: "id", names.CLAUSE: "clause's id", names.FACT: "kind of fact", names.ATTRIBUTE: "name"}
_PLURALS = {"text": "texts", "id": "ids", "kind of fact": "kinds of facts", "date": "dates"}
_TYPES = (
    ("text", "Any text; quotes are needed only where YAML asks for them."),
    ("id", f"{names.ID.rule.capitalize()}; others refer to it."),
    ("clause's id", f"{names.CLAUSE.rule.capitalize()}."),
    ("kind of fact", f"{names.FACT.rule.capitalize()}; one the engine knows or the policy declares under `facts`."),
    ("name", f"{names.ATTRIBUTE.rule.capitalize()}."),
    ("text by language", "One text, which is English, or `{en: …, zh-Hans: …, zh-Hant: …}`."),
    ("number", "Plain decimal digits, kept exactly. Where it says percent a `%` may follow."),
    ("quantity", "A number in the unit of the measure: `93` and `93%` of a proportion, `30` and `30s` of seconds."),
    ("duration", "`30s` `10m` `4h` `1d` `2wd`, also `1h30m`: `m` is a minute, `wd` a working day."),
    ("long duration", "A duration, or in calendar units: `w` `mo` `q` `y`."),
    ("date, instant", "`2026-01-31`; `2026-01-31T09:00+08:00`, without an offset in the policy's zone."),
    ("period", "`2026` `2026-H1` `2026-Q1` `2026-03` `2026-W09` `2026-03-05`."),
    (
        "expression",
        "SQL over the columns of the rows (see [bases](bases.md)): comparisons, `AND OR NOT IN BETWEEN`, `IS NULL`, "
        "`LIKE`, `+ - *`, `has(tags, 'x')`, `coalesce`, `lower`, literals. A condition that is not TRUE is FALSE.",
    ),
    (
        "… or by condition",
        "The value itself, or a list of `{when: expression, is: value}`: the first that is TRUE decides, the last may "
        "omit `when`. Where none is TRUE there is no value.",
    ),
)
_INTRO = (
    "A policy is one YAML file. Only the plain part of YAML 1.2 is read: no anchors, no tags, no key twice. A key "
    "that is not named here is an error with its line and column. The same as a JSON Schema, for editors: "
    "`steelyard policy schema`. How to write one: [from words to a policy](../how-to/write-a-policy.md)."
)


def page() -> list[str]:
    """The page, line by line."""
    lines = opening("The policy file", "`src/steelyard/engine/policy/grammar/`", _INTRO)
    sections = list(_sections(grammar.POLICY, "", set()))
    titles = {shape.name: title for title, shape in sections}
    for title, shape in sections:
        lines += [*heading(2 if title.count(".") < 2 else 3, title), prose(shape.doc), ""]
        rows = (_row(each, titles) for each in shape.fields.values())
        lines += table(("key", "type", "required", "default", "meaning"), rows)
    lines += heading(2, "Types")
    return lines + table(("type", "how it is written"), _TYPES)


def _row(each: shapes.Field, titles: dict[str, str]) -> list[str]:
    doc = each.doc or (each.kind.doc if isinstance(each.kind, shapes.Shape) else "")
    must = "yes" if each.required else ""
    return [code(each.name), _written(each.kind, titles), must, code(_default(each)), prose(doc)]


def _sections(kind: kinds.Kind, path: str, seen: set[str]) -> Iterator[tuple[str, shapes.Shape]]:
    """All shapes at and below ``kind`` with the path of the first place they stand at, in the order of the document."""
    match kind:
        case shapes.Shape() if kind.name not in seen:
            seen.add(kind.name)
            yield path or "The document", kind
            for each in kind.fields.values():
                yield from _sections(each.kind, f"{path}.{each.name}".lstrip("."), seen)
        case shapes.ListOf():
            yield from _sections(kind.kind, f"{path}[]", seen)
        case shapes.MapOf() | shapes.WhenList():
            yield from _sections(kind.kind, path, seen)
        case shapes.Either():
            yield from _sections(kind.mapping, path, seen)
        case trial.TestKind():
            for test, what in _TESTS.items():
                yield from ((f"{title} {what}", shape) for title, shape in _sections(test, path, seen))


def _written(kind: kinds.Kind, titles: dict[str, str]) -> str:
    """What is written for a value of ``kind``; ``titles`` are the headings of shapes by name."""
    match kind:
        case shapes.Shape() | shapes.Later():
            return link(kind.name.replace("_", " "), titles[kind.name])
        case shapes.ListOf():
            one = _written(kind.kind, titles)
            return f"list of {_PLURALS.get(one, one)}"
        case shapes.TupleOf():
            return "[" + ", ".join(_written(each, titles) for each in kind.kinds) + "]"
        case shapes.MapOf():
            return f"{_written(kind.kind, titles)} by name"
        case shapes.WhenList():
            return f"{_written(kind.kind, titles)}, or by condition"
        case shapes.Either():
            return f"{_written(kind.scalar, titles)} or {_written(kind.mapping, titles)}"
        case trial.TestKind():
            return " or ".join(link(test.name.replace("_", " "), titles[test.name]) for test in _TESTS)
        case _:
            return _scalar(kind)


def _scalar(kind: kinds.Kind) -> str:
    match kind:
        case kinds.Id():
            return _FORMS[kind.form]
        case kinds.Number():
            return _number(kind)
        case kinds.Choice():
            return words(kind.words)
        case kinds.Span():
            return "long duration" if kind.calendar_units else "duration"
        case kinds.Quantity():
            return "quantity or `undecided`" if kind.undecided else "quantity"
        case scoring_kinds.Share():
            return "quantity or `target`"
        case scoring_kinds.Given():
            return "quantity or " + words(scoring_kinds.STATUSES[1:])
        case _:
            return _NAMES[type(kind)]


_NAMES = {
    kinds.Text: "text",
    kinds.TextOrNull: "text or `null`",
    kinds.Multilingual: "text by language",
    kinds.Truth: words(("true", "false")),
    kinds.Day: "date",
    kinds.Instant: "instant",
    kinds.Period: "period",
    kinds.Question: "expression",
    moments.Week: "list of openings such as `08:30-12:00`, by `mon` … `sun` or `mon-fri`",
    moments.Openings: "list of openings such as `08:30-12:00`",
    moments.EscalationMoment: "`warn` · `due` · `due+1h`",
    moments.Until: "kind of fact, a dot, name",
    shapes.Free: "anything, by name",
}


def _number(kind: kinds.Number) -> str:
    name = "percent" if kind.percent else "whole number" if kind.whole else "number"
    low = f"above {kind.above}" if kind.above is not None else "" if kind.low is None else f"from {kind.low}"
    high = "" if kind.high is None else f"to {kind.high}"
    return " ".join(part for part in (name, low, high) if part)


def _default(each: shapes.Field) -> str:
    match each.default:
        case None:
            return ""
        case bool():
            return str(each.default).lower()
        case Fraction():
            sign = "%" if isinstance(each.kind, kinds.Number) and each.kind.percent else ""
            return f"{float(each.default):g}{sign}"
        case _:
            return str(each.default)
