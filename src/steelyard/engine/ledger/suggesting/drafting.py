"""A draft of a mapping, from what the columns of a source hold and are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from steelyard.engine.errors import refuse
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.suggesting import judging, logs, vocabulary
from steelyard.engine.ledger.suggesting.profiling import Column, Profile
from steelyard.engine.ledger.suggesting.stamping import Stamp, Stamps
from steelyard.engine.ledger.suggesting.writing import Lines, column, flow, flow_list, scalar
from steelyard.engine.words import N_, say

_MOST_ATTRIBUTES: Final = 8
_NO_ID: Final = N_("no column looks like an id: the line in the file stands for it")
_INSTANTS: Final = ("opened", "responded", "solved", "closed")


@dataclass(slots=True)
class Drafter:
    """Writes the draft for one source; ``lang`` is the language of its remarks."""

    name: str
    source: model.Source
    profile: Profile
    stamps: Stamps
    day: date
    lang: str = "en"

    def draft(self) -> str:
        """The text of the mapping."""
        if not self.stamps.found:
            if self._is_survey():
                return self._survey()
            raise refuse(
                "no-stamps",
                N_("no column of {file} can be read as instants"),
                remedy=N_("a fact needs an instant: look at encoding and delimiter, or write the mapping by hand"),
                file=self.name,
            )
        if self._is_contacts():
            return self._contacts()
        case = self._case()
        if case is not None and case.distinct < 0.9 * self.profile.rows:
            opened = self._constant_stamp(case)
            log = logs.read_log(self.profile, case, self.stamps.found, opened=opened is not None)
            if log is not None:
                return self._log(case, log, opened)
        return self._cases(case)

    def say(self, message: str, **params: object) -> str:
        """A remark in the draft's language."""
        return say(message, self.lang, **params)

    def _case(self) -> Column | None:
        """The column of case ids; of equally good names the one with the most different values that repeat."""
        stamped = [column for stamp in self.stamps.found for column in stamp.columns]
        among = [c for c in self.profile.columns if c.filled >= 0.95 * self.profile.rows and c.distinct > 1]
        ids = [c for c in among if vocabulary.rank("contact", c.name) is not None or judging.are_ids(c)]
        return self.profile.named("case", among=ids, but=stamped)

    def _constant_stamp(self, case: Column) -> Stamp | None:
        """A stamp of the opening that stays the same within a case."""
        for stamp in self.stamps.found:
            if vocabulary.rank("opened", stamp.name) is not None and len(self.stamps.found) > 1:
                columns = ", ".join(column.sql for column in stamp.columns)
                each = f"SELECT count(DISTINCT ({columns})) AS n FROM src GROUP BY {case.sql}"
                if self.profile.number(f"SELECT avg(n) FROM ({each})") < 1.1:
                    return stamp
        return None

    def _is_contacts(self) -> bool:
        """Calls: an id of a call, or answered beside talk or wait."""
        has = {role for role in ("answered", "abandoned", "wait_s", "talk_s", "contact") if self.profile.named(role)}
        return len(has & {"answered", "abandoned", "wait_s", "talk_s"}) >= 2

    def _is_survey(self) -> bool:
        scores = [c for c in self.profile.columns if c.is_number and c.distinct <= 11]
        return len(scores) >= 3 and len(scores) >= 0.5 * len(self.profile.columns)

    def _head(self, rows: model.Rows, *, covers: bool = True) -> Lines:
        lines = Lines()
        lines.add(0, "# " + self.say(N_("A draft. Look at every line marked with a question mark and set it right.")))
        lines.add(0, "apiVersion: steelyard/v1")
        lines.add(0, "kind: Mapping")
        lines.add(0, f"metadata: {{name: {self.name}}}")
        lines.add(0, "spec:")
        lines.add(1, "source:")
        lines.add(2, f"format: {self.source.format}")
        if self.source.format in ("csv", "jsonl"):
            lines.add(2, f"encoding: {self.source.encoding}")
        if self.source.format == "csv":
            lines.add(2, f"delimiter: {scalar(self.source.delimiter)}")
        lines.add(2, f"nulls: {flow_list([scalar(null) if null else chr(34) * 2 for null in self.profile.nulls])}")
        if self.stamps.formats:
            shown = [scalar(format_) for format_ in self.stamps.formats]
            ask = self.say(N_("day and month may be the other way round")) if self.stamps.unsure else ""
            lines.add(2, f"timestamp: {shown[0] if len(shown) == 1 else flow_list(shown)}", ask=ask)
        if not self.stamps.offsets:
            lines.add(2, "timezone: UTC", ask=self.say(N_("the zone in which the stamps were written")))
        if covers:
            first, end = self._span()
            lines.add(1, f"covers: [{first}, {end}]", ask=self.say(N_("the days for which the file is complete")))
        lines.add(1, f"rows: {rows}")
        return lines

    def _span(self) -> tuple[date, date]:
        """The first day of any stamp and the day after the last."""
        days: list[date] = []
        for stamp in self.stamps.found:
            text = " || ' ' || ".join(column.sql for column in stamp.columns)
            read = f"TRY_CAST(left({text}, 10) AS DATE)"
            if self.stamps.formats:
                formats = ", ".join(literal(format_) for format_ in self.stamps.formats)
                read = f"CAST(make_timestamp(epoch_us(try_strptime({text}, [{formats}]))) AS DATE)"
            row = self.profile.con.execute(f"SELECT min(d), max(d) FROM (SELECT {read} AS d FROM src)").fetchone()
            days += [day for day in row or () if day is not None]
        return (min(days), max(days) + timedelta(days=1)) if days else (self.day, self.day + timedelta(days=1))

    def _log(self, case: Column, log: logs.Log, opened: Stamp | None) -> str:
        lines = self._head("events")
        lines.add(1, f"case: {scalar(case.name)}")
        at = column([c.name for c in log.at.columns])
        if opened is not None:
            lines.add(1, f"instants: {{opened: {column([c.name for c in opened.columns])}}}")
        lines.add(1, "event:")
        if opened is None and not log.opens_itself:
            first = {"column": scalar(case.name), "at": at, "on_change": "true", "kinds": '{"*": opened}'}
            lines.add(2, f"- {flow(first)}", ask=self.say(N_("a case opens with its first row")))
        reopens, staff = self.profile.named("reopens"), self._staff(case)
        if reopens is not None and reopens.is_number:
            again = {
                "column": scalar(reopens.name),
                "at": at,
                "on_change": "true",
                "kinds": '{"0": null, "*": reopened}',
            }
            lines.add(2, f"- {flow(again)}", ask=self.say(N_("a count that rises when a case is opened again")))
        if log.on_change and staff is not None and not any(h.kind == "assigned" for h in log.happenings):
            taken = {"column": scalar(staff.name), "at": at, "on_change": "true", "kinds": '{"*": assigned}'}
            lines.add(2, f"- {flow(taken)}")
        if len(log.columns) == 1:
            lines.add(2, f"- column: {scalar(log.columns[0].name)}")
        else:
            lines.add(2, f"- columns: {flow_list([scalar(c.name) for c in log.columns])}")
            lines.add(3, f"join: {scalar(logs.JOIN)}")
        lines.add(3, f"at: {at}")
        if log.on_change:
            lines.add(3, "on_change: true")
        lines.add(3, "kinds:")
        for happening in log.happenings:
            ask = "" if happening.sure else self.say(N_("what does this value mean?"))
            lines.add(4, f"{scalar(happening.value)}: {happening.kind or 'null'}", ask=ask)
        used = [case, *log.columns, *log.at.columns, *(opened.columns if opened else ())]
        self._subject(lines, [*used, *([reopens] if reopens else [])])
        return lines.text()

    def _cases(self, case: Column | None) -> str:
        lines = self._head("cases")
        if case is not None:
            lines.add(1, f"case: {scalar(case.name)}")
        else:
            lines.add(
                1,
                "case: {line: true}",
                ask=self.say(_NO_ID),
            )
        lines.add(1, "instants:")
        used: list[Column] = [case] if case else []
        left = list(self.stamps.found)
        for number, kind in enumerate(_INSTANTS):
            ranks = [(vocabulary.rank(kind, stamp.name), index) for index, stamp in enumerate(left)]
            ranked = [(rank, index) for rank, index in ranks if rank is not None]
            index = min(ranked)[1] if ranked else 0 if number == 0 else None
            if index is None or not left:
                continue
            stamp = left.pop(index)
            ask = "" if ranked else self.say(N_("is this when a case is opened?"))
            lines.add(2, f"{kind}: {column([c.name for c in stamp.columns])}", ask=ask)
            used += stamp.columns
        self._subject(lines, used)
        return lines.text()

    def _contacts(self) -> str:
        lines = self._head("contacts")
        offered = min(self.stamps.found, key=judging.offered)
        used = list(offered.columns)
        id_ = self.profile.named("contact", but=used) or self._case()
        if id_ is not None and id_.distinct == self.profile.rows:
            used.append(id_)
            lines.add(1, f"id: {scalar(id_.name)}")
        else:
            lines.add(
                1,
                "id: {line: true}",
                ask=self.say(_NO_ID),
            )
        lines.add(1, "contact:")
        lines.add(2, f"offered: {column([c.name for c in offered.columns])}")
        answered, abandoned = self.profile.named("answered", but=used), self.profile.named("abandoned", but=used)
        if answered is not None:
            lines.add(2, f"answered: {self._flag(answered)}")
        if abandoned is not None:
            lines.add(2, f"abandoned: {self._flag(abandoned)}")
        elif answered is not None and judging.flags(answered):
            lines.add(
                2,
                f"abandoned: {self._flag(answered, turned=True)}",
                ask=self.say(N_("is whoever was not answered abandoned?")),
            )
        used += [c for c in (answered, abandoned) if c is not None]
        for role in ("wait_s", "talk_s", "hold_s", "wrap_s", "queue"):
            found = self.profile.named(role, but=used)
            if found is not None and (role == "queue" or judging.are_seconds(found)):
                lines.add(2, f"{role}: {scalar(found.name)}")
                used.append(found)
        self._subject(lines, used, channel="phone", kind="")
        return lines.text()

    def _survey(self) -> str:
        lines = self._head("responses", covers=False)
        lines.add(1, "id: {line: true}", ask=self.say(_NO_ID))
        lines.add(1, "response:")
        lines.add(2, f"survey: {{value: {self.name}}}")
        lines.add(
            2, f"answered_at: {{value: {scalar(self.day.isoformat())}}}", ask=self.say(N_("when was it answered?"))
        )
        lines.add(2, "answers:")
        scores = [c for c in self.profile.columns if c.is_number and c.distinct <= 11]
        low, high = judging.scale(scores)
        for number, one in enumerate(scores):
            answer = {"question": f"{{value: {scalar(one.name)}}}", "score": scalar(one.name)}
            answer |= {"scale_min": f"{{value: {low}}}", "scale_max": f"{{value: {high}}}"}
            lines.add(3, f"- {flow(answer)}", ask=self.say(N_("is this the scale?")) if number == 0 else "")
        return lines.text()

    def _staff(self, *but: Column | None) -> Column | None:
        return self.profile.named("staff", but=list(but))

    def _subject(self, lines: Lines, used: Sequence[Column], *, channel: str = "", kind: str = "request") -> None:
        """Staff, unit, kind and attributes: what every fact of a row carries."""
        taken = list(used)
        for role in ("staff", "unit"):
            found = self.profile.named(role, but=taken)
            if found is not None:
                lines.add(1, f"{role}: {scalar(found.name)}")
                taken.append(found)
        kinds = self.profile.named("kind", but=taken)
        if kind and kinds is not None and kinds.is_few:
            lines.add(1, f"kind: {scalar(kinds.name)}")
            taken.append(kinds)
        elif kind:
            lines.add(1, f"kind: {{value: {self._kind(kind)}}}", ask=self.say(N_("request, complaint, visit …")))
        written = list(self._attributes(taken, channel))
        if written:
            lines.add(1, "attributes:")
        for text, ask in written:
            lines.add(2, text, ask=ask)

    def _kind(self, usual: str) -> str:
        """A file of complaints says so in its name or its columns."""
        names = " ".join([self.name, *(column.name for column in self.profile.columns)]).lower()
        return "complaint" if "complaint" in names or "投诉" in names else usual

    def _attributes(self, taken: list[Column], channel: str) -> Iterator[tuple[str, str]]:
        names: set[str] = set()
        priority = self.profile.named("priority", but=taken)
        if priority is not None and (ranks := judging.priorities(priority)) is not None:
            taken.append(priority)
            names.add("priority")
            spec = flow(
                {"column": scalar(priority.name), "map": flow({value: str(rank) for value, rank in ranks.items()})}
            )
            yield f"priority: {scalar(priority.name) if not ranks else spec}", ""
        found = self.profile.named("channel", but=taken)
        if found is not None and found.is_few:
            taken.append(found)
            names.add("channel")
            yield f"channel: {scalar(found.name)}", ""
        elif channel:
            names.add("channel")
            yield f"channel: {{value: {channel}}}", self.say(N_("phone, chat, email …"))
        for one in self.profile.columns:
            if len(names) >= _MOST_ATTRIBUTES:
                return
            found_spec = self._attribute(one) if one not in taken else None
            if found_spec is not None:
                yield f"{judging.slug(one.name, names)}: {found_spec}", ""

    def _attribute(self, one: Column) -> str | None:
        """A type, a rating, a flag; long lists and free text are left out."""
        if vocabulary.rank("score", one.name) is not None and one.is_number:
            return flow({"column": scalar(one.name), "type": "number"})
        if not one.is_few or one.distinct < 2 or vocabulary.rank("customer", one.name) is not None:
            return None
        if judging.flags(one):
            return self._flag(one)
        return scalar(one.name) if vocabulary.rank("attribute", one.name) is not None else None

    def _flag(self, one: Column, *, turned: bool = False) -> str:
        """A column of yes and no as a boolean; anything else as it stands."""
        flags = judging.flags(one)
        if not flags:
            return scalar(one.name)
        results = {value: str(flag is not turned).lower() for value, flag in flags.items()}
        return flow({"column": scalar(one.name), "map": flow(results)})
