"""Wraps and marks links in a message: not cut where it can be avoided, and told to the terminal as links.

A link that fits a line is on one, since lines are broken at blanks. A longer one gets lines of its own, broken behind one of
its own signs where there is one near the end; each of its lines tells the terminal the whole, so that a click on any opens
it, and what the terminal copies as a link is not a part.
"""

from __future__ import annotations

from typing import Final

from rich.style import Style

from tui.text.cells import width_of
from tui.text.links import may_be_marked, spans
from tui.text.sanitize import Span, wrap

# Signs behind which a long link is broken rather than within a word.
_BREAKS: Final = "/?&=#-_.,;+%~:"
# A line is at least so full, as a part of its width, when it ends behind a sign.
_FULL: Final = 2 / 3
UNDERLINED: Final = Style(underline=True)


class Links:
    """The links of one text that is wrapped to ``width`` cells and drawn, as ``drawn``, in ``style``."""

    def __init__(self, text: str, drawn: str, width: int, style: Style = Style.null(), *, marked: bool) -> None:  # noqa: B008 - immutable
        self._text = text
        self._drawn = drawn
        self._style = style
        self._spans = spans(text) if "://" in text else []
        self._long = [(start, end) for start, end in self._spans if width_of(drawn[start:end]) > width]
        self._styles = [style + _style_of(text[start:end], marked=marked) for start, end in self._spans]
        self.lines: list[Span] = self._wrapped(width) if self._long else wrap(drawn, width)
        """The lines, as ``wrap`` gives them."""

    def goes_on(self, start: int) -> bool:
        """Whether a line begins within a link that the line before it began."""
        return any(first < start < end for first, end in self._long)

    def styled(self, start: int, end: int) -> list[tuple[int, int, Style]]:
        """Return the parts of a line, from where to where in the text, links in a style of their own."""
        parts: list[tuple[int, int, Style]] = []
        at, style = start, self._style
        for (first, last), link_style in zip(self._spans, self._styles, strict=True):
            begin, stop = max(first, at), min(last, end)
            if begin < stop:
                parts += [(at, begin, style), (begin, stop, link_style)]
                at = stop
        return [part for part in (*parts, (at, end, style)) if part[0] < part[1]]

    def _wrapped(self, width: int) -> list[Span]:
        lines: list[Span] = []
        at = 0
        for start, end in self._long:
            lines += self._between(at, start, width)
            lines += _broken(self._drawn, start, end, width)
            at = end
        return lines + self._between(at, len(self._text), width)

    def _between(self, start: int, end: int, width: int) -> list[Span]:
        """Wrap what stands between long links; blanks and one line end beside them are theirs."""
        while start < end and self._text[start] == " ":
            start += 1
        if start and start < end and self._text[start] == "\n":
            start += 1
        while start < end and self._text[end - 1] == " ":
            end -= 1
        if end < len(self._text) and start < end and self._text[end - 1] == "\n":
            end -= 1
        if start >= end:
            return []
        return [(start + first, start + last) for first, last in wrap(self._drawn[start:end], width)]


def _broken(text: str, start: int, end: int, width: int) -> list[Span]:
    """Return the lines of one long link."""
    lines: list[Span] = []
    while start < end:
        stop = start + wrap(text[start:end], width)[0][1]
        if stop < end:
            full = start + int((stop - start) * _FULL)
            stop = next((at for at in range(stop, full, -1) if text[at - 1] in _BREAKS), stop)
        lines.append((start, stop))
        start = stop
    return lines


def _style_of(link: str, *, marked: bool) -> Style:
    return Style(underline=True, link=link) if marked and may_be_marked(link) else UNDERLINED
