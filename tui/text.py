"""The one sanitiser of foreign text, and how wide text is.

Whatever another person wrote passes here before it reaches the terminal: escape sequences would move the cursor or set the
clipboard, bidirectional overrides would make a name read as another one, stacked marks would paint over the rows above, and
variation selectors make terminals disagree about widths. The result holds printable characters and line breaks only.
Controls are shown as pictures instead of dropped, so that nobody is made to read something that was not sent.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, split_graphemes

# Most marks on one base character: two tone marks and a cedilla; real scripts need no more on a cell grid.
MAX_MARKS = 3
# Longest text shown, in characters. The protocol's limit is 12 KiB, so more can only be a bug.
MAX_SHOWN = 16 * 1024
# Cells of a tab.
TAB = "    "
ZWNJ, ZWJ = "\u200c", "\u200d"
REPLACEMENT = "\ufffd"

_C0_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)}
_SINGLES = str.maketrans(
    {
        **{chr(code): picture for code, picture in _C0_PICTURES.items()},
        **{chr(code): REPLACEMENT for code in range(0x80, 0xA0)},
        "\n": "\n",
        "\t": TAB,
        "\x7f": "\u2421",
        "\u00a0": " ",
    }
)
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Lone surrogates, private use (icon fonts draw our own signs there) and noncharacters.
_NOT_TEXT = re.compile("[\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]")
# Characters that look like nothing and so can make two names look alike.
_BLANKS = re.compile("[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u200c\u200d]")
_VARIATION_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=1024)
def clean_text(text: str) -> str:
    """Return a message's text as it may be drawn: printable characters and line breaks. Idempotent."""
    text = text[:MAX_SHOWN]
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text).translate(_SINGLES)
    if text.isascii():
        return text
    text = _VARIATION_SELECTORS.sub("", _NOT_TEXT.sub(REPLACEMENT, text))
    return "".join(_without_tricks(text))


def _without_tricks(text: str) -> list[str]:
    """Drop invisible format characters, joiners between pictures, and marks beyond ``MAX_MARKS``."""
    kept: list[str] = []
    marks = 0
    for character in text:
        if character < "\u0300":
            if character != "\u00ad":  # a soft hyphen: wide in some terminals, nothing in others
                kept.append(character)
                marks = 0
            continue
        category = unicodedata.category(character)
        if category in {"Mn", "Me"}:
            marks += 1
            if marks <= MAX_MARKS and kept and kept[-1] != "\n":
                kept.append(character)
        elif category == "Cf":
            if character in {ZWNJ, ZWJ} and kept and kept[-1].isalpha():
                kept.append(character)
        else:
            kept.append(" " if category == "Zs" else character)
            marks = 0
    return kept


@lru_cache(maxsize=1024)
def clean_line(text: str) -> str:
    """Return ``text`` cleaned and on one line, runs of blanks folded."""
    return _SPACES.sub(" ", clean_text(text)).strip()


@lru_cache(maxsize=1024)
def clean_name(name: str, nameless: str = "nameless") -> str:
    """Return a person's name: one line, nothing invisible in it, never empty."""
    return clean_line(_BLANKS.sub("", clean_line(name))) or nameless


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Return a one-line ``text`` cut to at most ``width`` cells, with a sign that something was cut."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(ellipsis)
    end = used = 0
    for _, stop, cells in split_graphemes(text)[0]:
        if used + cells > room:
            break
        end, used = stop, used + cells
    return text[:end] + ellipsis


def pad(text: str, width: int, ellipsis: str = "…") -> str:
    """Return ``text`` cut or filled with blanks to exactly ``width`` cells."""
    fitted = fit(text, width, ellipsis)
    return fitted + " " * (width - cell_len(fitted))


Span = tuple[int, int]
"""Offsets (start, end) of one drawn line in a text; blanks at a break belong to no line."""


def wrap(text: str, width: int) -> list[Span]:
    """Break a cleaned ``text`` into lines of at most ``width`` cells, at blanks where possible. At least one span."""
    width = max(2, width)
    spans: list[Span] = []
    start = 0
    for paragraph in text.split("\n"):
        lines = _wrap_cells if paragraph.isascii() else _wrap_graphemes
        spans.extend((start + first, start + last) for first, last in lines(paragraph, width))
        start += len(paragraph) + 1
    return spans


def _wrap_cells(paragraph: str, width: int) -> list[Span]:
    """Wrap ASCII, where a character is a cell."""
    spans: list[Span] = []
    start, length = 0, len(paragraph)
    while length - start > width:
        end = start + width
        blank = paragraph.rfind(" ", start, end + 1)
        if blank > start:
            end = blank
        spans.append((start, end))
        while end < length and paragraph[end] == " ":
            end += 1
        start = end
    spans.append((start, length))
    return spans


def _wrap_graphemes(paragraph: str, width: int) -> list[Span]:
    """Wrap any script: a line may also break beside a wide character, as East Asian text has no blanks."""
    spans: list[Span] = []
    start = used = 0
    breakable = 0  # where the current line may end
    clusters = split_graphemes(paragraph)[0]
    index = 0
    while index < len(clusters):
        first, last, cells = clusters[index]
        if used + cells > width:
            blank = paragraph[first:last] == " "
            end = first if blank or breakable <= start or cells > 1 else breakable
            spans.append((start, end))
            while end < len(paragraph) and paragraph[end] == " ":
                end += 1
            while index and clusters[index][0] > end:
                index -= 1
            while index < len(clusters) and clusters[index][0] < end:
                index += 1
            start, used, breakable = end, 0, end
            continue
        used += cells
        if paragraph[first:last] == " ":
            breakable = first
        elif cells > 1:
            breakable = last
        index += 1
    spans.append((start, len(paragraph)))
    return spans
