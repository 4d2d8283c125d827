"""What stands at the foot of the report: the coverage of the clauses, and how the run was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from steelyard.engine import policy as policies_
from steelyard.engine.policy.clause_coverage import ClauseCoverage
from steelyard.engine.report import numbers, page
from steelyard.engine.report.phrases import Words
from steelyard.engine.report.titles import Titles, Versions


def coverage(versions: Versions, words: Words) -> Markup:
    """The clauses of every policy version and what measures them."""
    return page.render("coverage.html.j2", words=words, policies=[_policy(titles, words) for titles in versions.all])


def _policy(titles: Titles, words: Words) -> Mapping[str, object]:
    clauses = policies_.coverage(titles.policy).clauses
    measured = sum(clause.status == "measured" for clause in clauses)
    return {
        "caption": words("coverage_of", policy=titles.policy_title, version=titles.policy.version),
        "sum": words("coverage_sum", measured=measured, all=len(clauses)),
        "clauses": [_clause(clause, titles, words) for clause in clauses],
    }


def _clause(clause: ClauseCoverage, titles: Titles, words: Words) -> Mapping[str, str]:
    bound = [
        titles.measure(b.id) if b.section == "measures" else titles.card(b.id) if b.section == "scorecards" else b.id
        for b in clause.bindings
    ]
    return {
        "id": clause.clause,
        "title": titles.clause(clause.clause),
        "code": clause.status,
        "status": words.coverage(clause.status),
        "because": words("because", reason=clause.because) if clause.because else "",
        "by": ", ".join(bound) or "–",
        "owner": clause.owner or "–",
    }


def manifest(manifest: Mapping[str, object], versions: Versions, words: Words, generated: str) -> Markup:
    """The manifest of the run in words, with its fingerprint."""
    return page.render(
        "manifest.html.j2",
        words=words,
        entries=list(entries(manifest, versions, words, generated)),
        fingerprint=str(manifest.get("fingerprint", "")),
    )


def entries(
    manifest: Mapping[str, object], versions: Versions, words: Words, generated: str
) -> Iterator[tuple[str, list[str]]]:
    """The lines of the manifest: a name and its values."""
    zone = versions.latest.policy.timezone
    for titles in versions.all:
        policy = titles.policy
        said = [f"{policy.name}, {words('version', version=policy.version)}"]
        if policy.lifecycle.effective:
            said.append(words("effective", day=policy.lifecycle.effective.isoformat()))
        yield words("policy"), [*said, words("meaning_hash", hash=policy.hash)]
    ledger = _mapping(manifest, "ledger")
    yield words("ledger"), [words("ledger_at", position=ledger.get("position", ""), head=ledger.get("head", ""))]
    yield words("as_of"), [f"{numbers.instant(str(manifest.get('as_of', '')), zone, words.lang)} {zone}"]
    tables = _mapping(manifest, "calendars")
    yield words("calendars"), [words("calendar_at", name=n, version=v) for n, v in tables.items()] or [words("none")]
    from_postings = manifest.get("subjects") == "postings"
    yield words("subjects_from"), [words("from_postings" if from_postings else "from_rows")]
    counts = _mapping(manifest, "counts")
    named = {"facts": "facts", "cases": "cases", "clocks": "clocks", "figures": "figures", "scores": "score_rows"}
    said_counts = {key: numbers.plain(str(counts.get(name, 0)), words.lang) for key, name in named.items()}
    yield words("counts"), [words("counts_are", **said_counts)]
    yield words("engine"), [f"Steelyard {manifest.get('engine', '')}, {manifest.get('backend', '')}"]
    yield words("generated"), [f"{numbers.instant(generated, zone, words.lang)} {zone}"]


def _mapping(manifest: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = manifest.get(name)
    return found if isinstance(found, Mapping) else {}
