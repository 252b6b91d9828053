"""What ``sottovoce doctor`` prints: one fact a line, then what is wrong and what to do about it.

Wrapped to eighty columns on every terminal, so that it can be pasted into a mail that asks for help.
"""

from __future__ import annotations

import textwrap
from typing import Final

from core.doctor.examination import Report
from tui.language import told, tr
from tui.text.cells import width_of
from tui.text.sanitize import clean_line, pad, wrap
from tui.words.network import LABELS, facts_of

_WIDTH: Final = 80
# Facts without meaning in a node that lives for some seconds.
_LEFT_OUT: Final = frozenset({"custodians", "traffic", "loops", "kept", "datagrams"})


def lines_of(report: Report) -> list[str]:
    """Return the report for people."""
    lines: list[str] = []
    column = max(width_of(tr(label)) for label in LABELS.values()) + 2
    for name, words in facts_of(report).items():
        if name not in _LEFT_OUT:
            lines += _wrapped(clean_line(words), pad(tr(LABELS[name]), column))
    lines.append("")
    for finding in report.findings:
        lines += _wrapped(clean_line(told(finding.said, finding.text)), "! ")
    if report.is_well:
        lines.append(tr("Otherwise all is well.") if report.findings else tr("All is well."))
    return lines


def _wrapped(text: str, head: str) -> list[str]:
    if not (text.isascii() and head.isascii()):  # by cells: a sign of Chinese has two
        room = _WIDTH - width_of(head)
        lines = [text[first:last].strip() for first, last in wrap(text, room)]
        return [(head if number == 0 else " " * width_of(head)) + line for number, line in enumerate(lines)]
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    ) or [head.rstrip()]
