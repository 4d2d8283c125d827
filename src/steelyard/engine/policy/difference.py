"""What changed in meaning between two versions of a policy, and whom it touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from steelyard.engine.policy import canonical, model
from steelyard.engine.policy.canonical import Json
from steelyard.engine.words import N_, say

What = Literal["added", "removed", "changed"]
Entry = dict[str, Json]

_SENTENCES: Final[Mapping[What, str]] = {
    "added": N_("{section} {id} is new"),
    "removed": N_("{section} {id} is gone"),
    "changed": N_("{section} {id} has changed"),
}
_TOUCHED: Final[Mapping[str, str]] = {
    "owner": N_("touches the department {name}"),
    "subjects": N_("touches the subjects: {name}"),
    "cases": N_("touches where: {name}"),
    "scorecard": N_("touches scorecard {name}"),
    "commitment": N_("touches commitment {name}"),
}
_WHOLE: Final = ("name", "version", "timezone", "lifecycle", "segments", "flow")
"""Parts of a policy that are no section of things with ids, or whose order has a meaning."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in words; None where it was not there."""

    field: str
    before: str | None
    after: str | None

    def text(self, lang: str = "en") -> str:
        """One line for a person."""
        nothing = say(N_("nothing"), lang)
        reason = N_("{field}: {before} → {after}")
        return say(reason, lang, field=self.field, before=self.before or nothing, after=self.after or nothing)


@dataclass(frozen=True, slots=True)
class Touch:
    """Whom a change touches: the subjects of a scorecard, the cases a commitment applies to, a department."""

    what: Literal["owner", "subjects", "cases", "scorecard", "commitment"]
    name: str

    def text(self, lang: str = "en") -> str:
        """One line for a person."""
        return say(_TOUCHED[self.what], lang, name=self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a section that is new, gone or changed; ``policy`` is the section of what has no id."""

    section: str
    id: str
    what: What
    fields: tuple[FieldChange, ...]
    touches: tuple[Touch, ...]

    def lines(self, lang: str = "en") -> list[str]:
        """The change for a person: what, which fields, whom it touches."""
        first = say(_SENTENCES[self.what], lang, section=self.section, id=self.id)
        fields = [field.text(lang) for field in self.fields] if self.what == "changed" else []
        return [first, *("  " + line for line in [*fields, *(touch.text(lang) for touch in self.touches)])]

    def as_json(self) -> dict[str, object]:
        """The same as plain data."""
        return {
            "section": self.section,
            "id": self.id,
            "what": self.what,
            "fields": [{"field": one.field, "before": one.before, "after": one.after} for one in self.fields],
            "touches": [{"what": touch.what, "name": touch.name} for touch in self.touches],
        }


def diff(before: model.Policy, after: model.Policy) -> tuple[Change, ...]:
    """All changes of meaning from ``before`` to ``after``, section by section; none where the hashes are equal."""
    was, is_ = canonical.meaning(before), canonical.meaning(after)
    fields = tuple(_fields(_part(was), _part(is_)))
    found = [Change("policy", after.name, "changed", fields, ())] if fields else []
    for section in [name for name in {**was, **is_} if name not in _WHOLE]:
        earlier, later = _by_id(was.get(section)), _by_id(is_.get(section))
        for name in sorted({**earlier, **later}):
            fields = tuple(_fields(earlier.get(name), later.get(name)))
            if earlier.get(name) != later.get(name):
                what: What = "added" if name not in earlier else "removed" if name not in later else "changed"
                policy = before if what == "removed" else after
                found.append(Change(section, name, what, fields, tuple(_touches(policy, section, name))))
    return tuple(found)


def _part(policy: Entry) -> Entry:
    return {name: policy[name] for name in _WHOLE if name in policy}


def _by_id(entries: Json) -> dict[str, Entry]:
    """The entries of a section by what tells them apart."""
    found: dict[str, Entry] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            found[_name(entry)] = entry
    return found


def _name(entry: Entry) -> str:
    """What an entry is called: its id, else its measure, step, kind or name; an attribute with what it is of."""
    if "id" not in entry and "of" in entry:
        return f"{entry.get('of')}.{entry.get('name')}"
    return str(next((entry[name] for name in ("id", "measure", "step", "kind", "name", "verb") if name in entry), ""))


def _fields(was: Entry | None, is_: Entry | None, above: str = "") -> Iterator[FieldChange]:
    """The fields that differ, those of things within things by their names: ``tree[quality].weight``."""
    was, is_ = was or {}, is_ or {}
    for name in {**was, **is_}:
        before, after = was.get(name), is_.get(name)
        if before == after or (name == "id" and not above):
            continue
        path = f"{above}{name}"
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _fields(before, after, f"{path}.")
        elif _names(before) and _names(before) == _names(after):
            later = _by_id(after)
            for key, entry in _by_id(before).items():
                yield from _fields(entry, later[key], f"{path}[{key}].")
        else:
            yield _field(path, before, after)


def _field(name: str, before: Json, after: Json) -> FieldChange:
    return FieldChange(name, None if before is None else words(before), None if after is None else words(after))


def _names(value: Json) -> list[str]:
    """What the entries of a list are called; nothing where some have no name or two have the same."""
    entries = value if isinstance(value, list) else []
    names = [_name(entry) if isinstance(entry, dict) else "" for entry in entries]
    return names if all(names) and len(set(names)) == len(names) else []


def words(value: Json) -> str:
    """A part of a policy as a person would write it in one line."""
    match value:
        case {"value": inner, "when": condition}:
            return f"{words(inner)} when {words(condition)}"
        case {"value": inner, **rest} if not rest:
            return words(inner)
        case dict():
            return ", ".join(f"{name}: {words(below)}" for name, below in value.items())
        case list():
            return "; ".join(_row(entry) for entry in value)
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case _:
            return str(value)


def _row(entry: Json) -> str:
    """An entry of a list; a row of a table as ``95: 100``."""
    return ": ".join(words(cell) for cell in entry) if isinstance(entry, list) else words(entry)


def _touches(policy: model.Policy, section: str, name: str) -> Iterator[Touch]:
    """Whom the entry ``name`` of ``section`` concerns."""
    yield from _owners(policy, section, name)
    if section == "commitments":
        promise = next(each for each in policy.commitments if each.id == name)
        yield Touch("cases", promise.applies.text if promise.applies else promise.about)
    elif section == "scorecards":
        yield Touch("subjects", next(card.of for card in policy.scorecards if card.id == name))
    elif section == "calendars":
        for promise in policy.commitments:
            if any(branch.value == name for branch in promise.calendar):
                yield Touch("commitment", promise.id)
    elif section == "measures":
        for card in policy.scorecards:
            if name in measures_of(policy, card):
                yield Touch("scorecard", card.id)


def _owners(policy: model.Policy, section: str, name: str) -> Iterator[Touch]:
    """The department that answers for the clause behind an entry, or for the clause itself."""
    owners = {clause.id: clause.owner for clause in policy.clauses}
    entries: Mapping[str, tuple[model.Commitment | model.Duty | model.Measure | model.Scorecard | model.Rule, ...]] = {
        "commitments": policy.commitments,
        "duties": policy.duties,
        "programme": policy.programme,
        "measures": policy.measures,
        "scorecards": policy.scorecards,
        "rules": policy.rules,
    }
    clause = next((entry.clause for entry in entries.get(section, ()) if entry.id == name), None)
    owner = owners.get(name if section == "clauses" else clause or "")
    if owner:
        yield Touch("owner", owner)


def measures_of(policy: model.Policy, card: model.Scorecard) -> set[str]:
    """The measures a scorecard weighs, adjusts or vetoes by, with those their quotients are made of."""
    by_id = {measure.id: measure for measure in policy.measures}
    ahead = [*(one.measure for one in card.adjustments), *(veto.measure for veto in card.vetoes)]
    below: list[model.Node | model.Leaf] = list(card.tree)
    while below:
        part = below.pop()
        if isinstance(part, model.Leaf):
            ahead.append(part.measure)
        else:
            below += part.children
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            parts = (by_id[name].numerator_measure, by_id[name].denominator_measure)
            ahead += [part for part in parts if part is not None]
    return found
