"""Light Markdown in messages: bold, italic, struck out, code, links, lists, blocks of code. One parser, ``markdown-it-py``.

What is made of a text is a ``Body``: the text without the signs that are drawn otherwise, and spans in it. It is what is
drawn, wrapped and copied with the mouse; the message itself stays as it was written. Only what is meant beyond doubt is
taken as a sign: ``2*3*4`` and a_name_like_this are not, nor anything in a link, nor a sign without its partner. Lines stay
lines and blanks blanks, which Markdown proper would fold: the parser is given one line at a time. Lists are not renumbered.

A link with words of its own, ``[bank.example](https://evil.example/x)``, is drawn with the host that it leads to behind the
words, unless these are that host or the link itself.

A text is another person's, and parsers of Markdown take long for some: with more than ``MAX_SIGNS`` signs a text is drawn as
it is written, and one of ``MAX_SIGNS`` takes at most some milliseconds (``tests/tui/text/test_markdown.py``).
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from tui.text.links import spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

Kind = Literal["bold", "italic", "struck", "code", "link"]
# Characters that may be signs, in one message. The parser takes up to 20 microseconds for each on a slow machine.
MAX_SIGNS: Final = 300
_SIGNS: Final = re.compile(r"[*_`~\[\]]")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*")
_KINDS: Final[dict[str, Kind]] = {"strong_open": "bold", "em_open": "italic", "s_open": "struck"}
# What a line of a list begins with; its further lines begin beneath its text.
LIST: Final = re.compile(r"(\s{0,8})([-*+] |\d{1,3}[.)] )(?=\S)")


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A part of the body that is drawn in its own way; of a link, where to."""

    start: int
    end: int
    kind: Kind
    link: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """What is drawn of a text."""

    text: str
    spans: tuple[Span, ...] = ()
    blocks: tuple[tuple[int, int], ...] = ()
    """Where blocks of code begin and end: whole lines."""


def body_of(text: str, *, tinted: bool = True) -> Body:
    """Return what is drawn of a cleaned text (``kept_text``); unless ``tinted``, code within a line keeps its signs."""
    signs = len(_SIGNS.findall(text))
    if not signs or signs > MAX_SIGNS:
        return Body(text, tuple(_bare(text)) if "://" in text else ())
    making = _Making(tinted=tinted)
    fence: list[str] | None = None
    mark = ""
    for line in text.split("\n"):
        if fence is not None:
            if line.strip().startswith(mark) and not line.strip().strip(mark[0]):
                making.block(fence)
                fence = None
            else:
                fence.append(line)
        elif found := _FENCE.fullmatch(line):
            mark, fence = found[1], []
        else:
            making.line(line)
    if fence is not None:  # it never ends: nothing says that it was meant
        return Body(text, tuple(_bare(text)) if "://" in text else ())
    return making.body()


def _bare(text: str) -> Iterator[Span]:
    """Yield the links of a text without signs."""
    for start, end in spans(text):
        yield Span(start, end, "link", text[start:end])


class _Making:
    """A body that grows line by line."""

    def __init__(self, *, tinted: bool) -> None:
        self._tinted = tinted
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[Span] = []
        self._blocks: list[tuple[int, int]] = []

    def _add(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)

    def _begin_line(self) -> None:
        if self._parts:
            self._add("\n")
        elif self._length == 0:
            self._parts.append("")  # so that an empty first line is one

    def block(self, lines: list[str]) -> None:
        """Add a block of code."""
        self._begin_line()
        start = self._length
        self._add("\n".join(lines))
        self._blocks.append((start, self._length))

    def line(self, line: str) -> None:
        """Add a line of text."""
        self._begin_line()
        if not _SIGNS.search(line):
            at = self._length
            if "://" in line:
                self._spans += [Span(at + span.start, at + span.end, "link", span.link) for span in _bare(line)]
            self._add(line)
            return
        from tui.text.markdown_parser import parsed  # a tenth of the start: not before a text has a sign

        found = LIST.match(line)
        start = found.end() if found else len(line) - len(line.lstrip())
        end = len(line.rstrip())
        self._add(line[:start])
        self._inline(parsed(line[start:end]))
        self._add(line[max(start, end) :])

    def _inline(self, tokens: Sequence[Token]) -> None:
        opened: list[tuple[Kind, int, str]] = []
        for token in tokens:
            kind = _KINDS.get(token.type)
            if kind is not None:
                opened.append((kind, self._length, ""))
            elif token.type == "link_open":
                opened.append(("link", self._length, str(token.attrs["href"])))
            elif token.nesting < 0:
                self._close(*opened.pop())
            else:
                start = self._length
                self._add(f"`{token.content}`" if token.type == "code_inline" and not self._tinted else token.content)
                if token.type == "code_inline":
                    self._spans.append(Span(start, self._length, "code"))
                elif token.type == "bare":
                    self._spans.append(Span(start, self._length, "link", token.content))

    def _close(self, kind: Kind, start: int, link: str) -> None:
        if kind == "link":
            words = "".join(self._parts)[start:]
            host = urlsplit(link).hostname or ""
            if words.strip().lower() not in {host.lower(), link.lower(), link.lower().rstrip("/")}:
                self._add(f" ({host})")
        self._spans.append(Span(start, self._length, kind, link))

    def body(self) -> Body:
        """Return what was made."""
        return Body("".join(self._parts), tuple(sorted(self._spans, key=lambda span: span.start)), tuple(self._blocks))
