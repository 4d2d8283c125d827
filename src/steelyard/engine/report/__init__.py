"""What a run found, for people: one page to read and print, one workbook to work on. Nothing is computed here."""

from __future__ import annotations

from steelyard.engine.report.html import write_html
from steelyard.engine.report.workbook import write_workbook

__all__ = ["write_html", "write_workbook"]
