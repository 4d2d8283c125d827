"""Reading the ``source`` block of a mapping: how a file is written."""

from __future__ import annotations

import codecs
from typing import cast, get_args

from steelyard.engine.errors import SteelyardError
from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.mapping_values import ValueReader
from steelyard.engine.ledger.timestamps import check_format, has_offset, written_out
from steelyard.engine.ledger.zones import load_zone
from steelyard.engine.policy import document as doc
from steelyard.engine.words import N_


def read_source(read: ValueReader, node: doc.Node | None) -> model.Source:
    """The block ``source`` of a mapping; what is wrong is noted in the reader's document."""
    return _SourceReader(read).read_block(node)


class _SourceReader:
    def __init__(self, read: ValueReader) -> None:
        self.read = read
        self.document = read.document

    def read_block(self, node: doc.Node | None) -> model.Source:
        keys = ("format", "encoding", "delimiter", "nulls", "timezone", "timestamp", "sheet")
        found = self.read.entries(node, keys, required=("format",))
        format_ = cast("model.Format | None", self.read.choice(found.get("format"), get_args(model.Format)))
        if format_ is not None:
            self._refuse_useless(format_, found)
        timestamps = self._timestamps(found.get("timestamp"))
        timezone = self._timezone(found.get("timezone"))
        if timestamps and timezone is None and "timezone" not in found and not has_offset(timestamps[0]):
            self.document.refuse(
                "timezone",
                found["timestamp"].path,
                N_("the stamps have no offset and no zone is given"),
                remedy=N_("add source.timezone, or %z to the timestamp"),
            )
        return model.Source(
            format=format_ or "csv",
            encoding=self._encoding(found.get("encoding")),
            delimiter=self._delimiter(found.get("delimiter")),
            nulls=self.read.texts(found["nulls"]) if "nulls" in found else ("",),
            timezone=timezone,
            timestamps=timestamps,
            sheet=self.read.text(found.get("sheet")),
        )

    def _refuse_useless(self, format_: model.Format, found: dict[str, doc.Node]) -> None:
        means = {"encoding": ("csv", "jsonl"), "delimiter": ("csv",), "sheet": ("xlsx",)}
        for name, formats in means.items():
            if name in found and format_ not in formats:
                reason = N_("{name} means nothing for {format}")
                self.document.refuse(
                    "shape", found[name].path, reason, remedy=N_("leave it out"), key=True, name=name, format=format_
                )

    def _encoding(self, node: doc.Node | None) -> str:
        text = self.read.text(node)
        if text is None or node is None:
            return "utf-8"
        try:
            codec = codecs.lookup(text)
            codec.incrementaldecoder("strict").decode(b"", True)
            usable = isinstance("".encode(text), bytes)
        except (LookupError, TypeError, ValueError):
            usable = False
        if not usable:
            remedy = N_("such as utf-8, gb18030, utf-16 or latin-1")
            self.document.refuse("encoding", node.path, N_("{text} is no encoding of text"), remedy=remedy, text=text)
            return "utf-8"
        return codec.name

    def _delimiter(self, node: doc.Node | None) -> str:
        text = self.read.text(node)
        if text is None or node is None:
            return ","
        text = {"\\t": "\t", "tab": "\t"}.get(text, text)
        if len(text) != 1 or text in '"\r\n':
            self.document.refuse(
                "delimiter", node.path, N_("a delimiter is one character"), remedy=N_('such as "," or ";" or "\\t"')
            )
            return ","
        return text

    def _timezone(self, node: doc.Node | None) -> str | None:
        text = self.read.text(node)
        if text is not None and node is not None:
            try:
                load_zone(text)
            except SteelyardError as error:
                self.document.refuse_as(node.path, error)
        return text

    def _timestamps(self, node: doc.Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        texts = self.read.texts(node) if isinstance(node, doc.Items) else tuple(filter(None, [self.read.text(node)]))
        formats = tuple(written_out(text) for text in texts)
        for format_ in formats:
            problem = check_format(format_)
            if problem is not None:
                self.document.note(problem.at(self.document.place(node.path)))
        if len({has_offset(format_) for format_ in formats}) > 1:
            self.document.refuse("timestamp", node.path, N_("either all timestamps have %z or none has"))
        return formats
