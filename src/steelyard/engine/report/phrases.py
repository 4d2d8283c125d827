"""Every word the report and the workbook say, marked for translation in one place; templates name them by key."""

from __future__ import annotations

from typing import Final

from steelyard.engine.words import N_, say

PHRASES: Final = {
    # headline
    "kicker": N_("Service quality report"),
    "version": N_("version {version}"),
    "periods": N_("Periods"),
    "as_of": N_("As of"),
    "assessed_under": N_("Assessed under"),
    "generated": N_("Generated"),
    "simulated": N_("Simulated"),
    "simulated_note": N_("Everything was put under one version of the policy, whatever was in force at the time."),
    "partial": N_("Partial"),
    "partial_note": N_("Not over at the as-of: {periods}. Figures and scores may still move."),
    "provisional": N_("Provisional"),
    "provisional_note": N_("The holidays of a year this run touches were not published yet; working time may change."),
    "on_this_page": N_("On this page"),
    "skip": N_("Skip to the figures"),
    # figures of the organisation
    "organisation": N_("Organisation"),
    "figures": N_("Figures and targets"),
    "figures_of": N_("Figures of the organisation, {period}"),
    "targets_met": N_("{met} of {all} targets met"),
    "no_targets": N_("No targets set"),
    "measure": N_("Measure"),
    "value": N_("Value"),
    "target": N_("Target"),
    "verdict": N_("On target"),
    "met": N_("Met"),
    "missed": N_("Missed"),
    "no_target": N_("No target"),
    "interval": N_("95% interval"),
    "counted": N_("Counted"),
    "rows_counted": N_("{n} rows"),
    "of_rows": N_("{numerator} of {denominator}"),
    "left_out": N_("Left out"),
    "excluded_n": N_("{n} excluded"),
    "excepted_n": N_("{n} excepted"),
    "status": N_("Status"),
    "bar_alt": N_("{value}, 95% interval {low} to {high}"),
    "bar_target": N_("target {target}"),
    "bar_key": N_("The dot is the value, the bar its 95% Wilson interval, the upright line the target; 0 to 100%."),
    "by_stratum": N_("By {stratum}: {measure}"),
    "at_least": N_("at least"),
    "at_most": N_("at most"),
    "clause": N_("Clause"),
    "clause_n": N_("Clause {clause}"),
    "too_few": N_("{n} of the {minimum} rows needed"),
    # rankings
    "rankings": N_("Scorecards and ranking"),
    "ranking_of": N_("{card}, {period}"),
    "rank": N_("Rank"),
    "subject": N_("Subject"),
    "total": N_("Total"),
    "grade": N_("Grade"),
    "peers": N_("Peers"),
    "subjects_ranked": N_("{ranked} ranked, {others} without a grade"),
    "weight_of": N_("weight {weight}"),
    "no_scores": N_("No scorecard has the length of a period that was asked, so nobody was scored."),
    "nobody": N_("Nobody was ranked."),
    "insufficient_title": N_("Without grade and rank, and why"),
    "why": N_("Why"),
    "measured_share": N_("{share} of the weight measured, {require} required"),
    "nothing_measured": N_("nothing measured"),
    # drill-down
    "opened": N_("How each total came about"),
    "opened_of": N_("How the total of {subject} came about"),
    "part": N_("Part"),
    "weight": N_("Weight"),
    "points": N_("Points"),
    "score": N_("Score"),
    "missing": N_("Missing rule"),
    "adjustments": N_("Adjustments"),
    "adjustment": N_("Adjustment"),
    "vetoed": N_("The total alone would be “{grade}”; a veto caps the grade: {vetoes}."),
    "vetoed_mark": N_("A veto caps this grade; the subject opened up says which."),
    # evidence
    "evidence": N_("Evidence"),
    "evidence_note": N_("The rows behind the organisation's proportions: first those that speak against the figure."),
    "evidence_of": N_("{measure}, {period}"),
    "populations": N_("{misses} not hit, {hits} hit, {excepted} excepted, {excluded} excluded"),
    "row": N_("Row"),
    "staff": N_("Staff"),
    "unit": N_("Unit"),
    "counted_at": N_("Counted at"),
    "membership": N_("Membership"),
    "no_rows": N_("No row was counted."),
    # coverage
    "coverage": N_("What the policy promises and what is measured"),
    "coverage_of": N_("Clauses of {policy}, version {version}"),
    "coverage_sum": N_("{measured} of {all} clauses are measured"),
    "owner": N_("Owner"),
    "measured_by": N_("Measured by"),
    "because": N_("because {reason}"),
    "no_clauses": N_("The policy names no clauses."),
    # foot
    "manifest": N_("How this was made"),
    "manifest_note": N_("The same policy, ledger and as-of give the same fingerprint with any backend."),
    "fingerprint": N_("Fingerprint"),
    "engine": N_("Engine"),
    "ledger": N_("Ledger"),
    "ledger_at": N_("position {position}, head {head}"),
    "policy": N_("Policy"),
    "effective": N_("in force from {day}"),
    "meaning_hash": N_("meaning hash {hash}"),
    "calendars": N_("Calendar tables"),
    "calendar_at": N_("{name}: {version}"),
    "backend": N_("Backend"),
    "subjects_from": N_("Subjects"),
    "from_postings": N_("those posted in the period"),
    "from_rows": N_("those who occur in the rows"),
    "counts": N_("Counts"),
    "counts_are": N_("{facts} facts, {cases} cases, {clocks} clocks, {figures} figures, {scores} score rows"),
    "none": N_("none"),
    # what was cut
    "cut_rows": N_("{shown} of {all} rows are shown; rows.parquet holds them all."),
    "cut_subjects": N_("{shown} of {all} subjects are shown; the workbook and scores.parquet hold them all."),
    "cut_parts": N_("{shown} of {all} are shown; the workbook and figures.parquet hold them all."),
    "cut_reasons": N_("{shown} of {all} are listed; scores.parquet holds them all."),
    "cut_opened": N_("Opened up for {shown} of {all} subjects, for this page has room for no more."),
    "cut_size": N_("Left out here, for this page has room for no more; the workbook and the tables hold everything."),
    "cut_evidence": N_("The rows of {shown} of {all} figures are shown, for this page has room for no more."),
    # workbook
    "summary_sheet": N_("Summary"),
    "ranking_sheet": N_("Ranking"),
    "details_sheet": N_("Details"),
    "figures_sheet": N_("Figures"),
    "part_of": N_("part {part}"),
    "sheet_of": N_("{sheet} {number}"),
    "page": N_("Page {page} of {pages}"),
    "scorecard": N_("Scorecard"),
    "of": N_("Of"),
    "period": N_("Period"),
    "stratum": N_("Stratum"),
    "id": N_("Id"),
    "path": N_("Path"),
    "in_unit": N_("Unit of the value"),
    "n": N_("n"),
    "numerator": N_("Numerator"),
    "denominator": N_("Denominator"),
    "low": N_("Interval from"),
    "high": N_("Interval to"),
    "excluded": N_("Excluded"),
    "excepted": N_("Excepted"),
    "policy_version": N_("Policy version"),
    "yes": N_("yes"),
    "no": N_("no"),
}

STATUSES: Final = {
    "ok": N_("sufficient"),
    "insufficient": N_("too few rows"),
    "no_data": N_("no data"),
    "not_evaluable": N_("cannot be evaluated"),
}
SCORE_STATUSES: Final = {**STATUSES, "insufficient": N_("too little measured")}
MEMBERSHIPS: Final = {
    "miss": N_("not hit"),
    "hit": N_("hit"),
    "excepted": N_("excepted"),
    "excluded": N_("excluded"),
}
COVERAGE: Final = {
    "measured": N_("measured"),
    "unbound": N_("says measured, but by nothing"),
    "text": N_("text only"),
    "not_yet": N_("not measured yet"),
}
MISSING: Final = {
    "renormalise": N_("weight left out"),
    "zero": N_("counts as 0"),
    "neutral": N_("counts as {points}"),
}
UNITS: Final = {"percent": N_("percent"), "seconds": N_("seconds"), "plain": N_("number")}
SUBJECTS: Final = {"organisation": N_("organisation"), "staff": N_("staff")}


class Words:
    """The phrases in one language: ``words("rank")``."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, /, **params: object) -> str:
        return say(PHRASES[key], self.lang, **params)

    def status(self, code: str) -> str:
        """The status of a figure, or of a part of a score."""
        return say(STATUSES.get(code, code), self.lang)

    def score_status(self, code: str) -> str:
        """The status of a whole score."""
        return say(SCORE_STATUSES.get(code, code), self.lang)

    def membership(self, code: str) -> str:
        return say(MEMBERSHIPS[code], self.lang)

    def coverage(self, code: str) -> str:
        return say(COVERAGE[code], self.lang)

    def unit(self, code: str) -> str:
        return say(UNITS.get(code, code), self.lang)

    def of(self, code: str) -> str:
        """``staff``, ``organisation``; of ``unit:shop`` and ``attribute:x`` the name that the policy gives."""
        return say(SUBJECTS[code], self.lang) if code in SUBJECTS else code.partition(":")[2]

    def missing(self, written: str | None) -> str:
        """A missing rule as it stands in ``scores``; empty for none."""
        if not written:
            return ""
        rule, _, points = written.partition(":")
        return say(MISSING[rule], self.lang, points=points.strip(" }")) if rule in MISSING else written
