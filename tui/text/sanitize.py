"""The one sanitiser of foreign text, and the functions that cut and wrap text to fit.

Whatever another person wrote passes here before it reaches the terminal: escape sequences would move the cursor or set the
clipboard, bidirectional overrides would make a name read as another one. Controls are shown as pictures instead of dropped,
so that a reader is not shown something that was not sent. ``kept_text`` does this and no more: it is what is copied and
stored. ``clean_text`` is what is drawn of it, in the form about whose width all terminals agree (``tui.text.cells``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tui.language import tr
from tui.text.breaks import breaks_between
from tui.text.cells import HOLE, REPLACEMENT, ZWJ, ZWNJ, Cluster, cell_of, clusters, shown, visible, width_of

# Longest text shown, in characters. The protocol's limit is 12 KiB, so more can only be a bug.
MAX_SHOWN = 16 * 1024
# Cells of a tab.
TAB = "    "

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
# Lone surrogates and noncharacters.
_NOT_TEXT = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Format characters that reverse and hide; a soft hyphen is wide in some terminals and nothing in others.
_TRICKS = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)
# Invisible letters: a region's flag is written with them; anywhere else they smuggle.
_TAGS = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# Variation selectors and joiners belong to what is before them, one of each.
_SELECTORS, _JOINERS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef", ZWNJ + ZWJ
_LOOSE_SELECTORS = re.compile(f"(?<![^\\s{_SELECTORS}{_JOINERS}])[{_SELECTORS}]")
_LOOSE_JOINERS = re.compile(f"(?<![^\\s{_JOINERS}])[{_JOINERS}]")
# Characters that look like nothing and so can make two names look alike.
_BLANKS = re.compile("[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u200c\u200d]")
# Most characters of a cleaned text in one cell: a letter with its marks.
_PER_CELL: Final = 16
# What a line does not begin with.
_LEFT_OUT = frozenset((" ", HOLE))
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=1024)
def kept_text(text: str) -> str:
    """Return a message's text as it may be copied and stored: nothing in it acts or hides. Idempotent."""
    text = text[:MAX_SHOWN]
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text).translate(_SINGLES)
    if text.isascii():
        return text
    text = _TAGS.sub(lambda found: found[1] or "", _TRICKS.sub("", _NOT_TEXT.sub(REPLACEMENT, text)))
    return _LOOSE_JOINERS.sub("", _LOOSE_SELECTORS.sub("", text))


@lru_cache(maxsize=1024)
def clean_text(text: str) -> str:
    """Return a message's text as it may be drawn: printable characters and line breaks. Idempotent."""
    return visible(shown(kept_text(text)))


@lru_cache(maxsize=1024)
def clean_line(text: str) -> str:
    """Return ``text`` cleaned and on one line, runs of blanks folded."""
    return _SPACES.sub(" ", clean_text(text)).strip()


def kept_name(name: str) -> str:
    """Return a person's name as it may be stored: one line, possibly empty; what only hides is dropped when it is drawn."""
    return _SPACES.sub(" ", kept_text(name)).strip() if clean_name(name, "") else ""


def clean_name(name: str, nameless: str | None = None) -> str:
    """Return a person's name as it is drawn: one line, nothing invisible in it, never empty unless ``nameless`` is."""
    return drawn_name(name) or (tr("nameless") if nameless is None else nameless)


@lru_cache(maxsize=1024)
def drawn_name(name: str) -> str:
    """Return a person's name as it is drawn, empty if there is nothing to draw."""
    return clean_line(_BLANKS.sub("", name))


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Return a one-line ``text`` cut to at most ``width`` cells, with a sign that something was cut."""
    if width <= 0:
        return ""
    most = _PER_CELL * (width + 1)
    if len(text) > most:  # what fits is in its beginning: the rest is not looked at
        text = text[:most]
    elif width_of(text) <= width:
        return text
    room = width - width_of(ellipsis)
    end = used = 0
    for _, stop, cells in clusters(text):
        if used + cells > room:
            break
        end, used = stop, used + cells
    return text[:end] + ellipsis


def pad(text: str, width: int, ellipsis: str = "…") -> str:
    """Return ``text`` cut or filled with blanks to exactly ``width`` cells."""
    fitted = fit(text, width, ellipsis)
    return fitted + " " * (width - width_of(fitted))


Span = tuple[int, int]
"""Offsets (start, end) of one drawn line in a text; blanks at a break belong to no line."""


def wrap(text: str, width: int) -> list[Span]:
    """Break a cleaned ``text`` into lines of at most ``width`` cells, at blanks where possible. At least one span."""
    width = max(2, width)
    spans: list[Span] = []
    start = 0
    for paragraph in text.split("\n"):
        lines = _wrap_cells if paragraph.isascii() else _wrap_clusters
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


def _wrap_clusters(paragraph: str, width: int) -> list[Span]:
    """Wrap any script: a line may also end beside a wide sign, as East Asian text has no blanks."""
    spans: list[Span] = []
    start = used = 0
    breakable = 0  # where the current line may end
    parts = pieces(paragraph, width)
    index = 0
    while index < len(parts):
        first, _, cells = parts[index]
        if _ends_before(paragraph, parts, index):
            breakable = first
        if used + cells > width:
            end = breakable if breakable > start else first
            spans.append((start, end))
            while end < len(paragraph) and paragraph[end] in _LEFT_OUT:
                end += 1
            while index and parts[index][0] > end:
                index -= 1
            while index < len(parts) and parts[index][0] < end:
                index += 1
            start, used, breakable = end, 0, end
            continue
        used += cells
        index += 1
    spans.append((start, len(paragraph)))
    return spans


def _ends_before(paragraph: str, parts: list[Cluster], index: int) -> bool:
    """Tell whether a line may end before a part: it is a blank, or one of the two is wide (``tui.text.breaks``)."""
    first, _, cells = parts[index]
    if paragraph[first] == " " or not index:
        return paragraph[first] == " "
    before, _, cells_before = parts[index - 1]
    return breaks_between(paragraph[before], paragraph[first], wide=cells > 1 or cells_before > 1)


def pieces(paragraph: str, width: int) -> list[Cluster]:
    """Return the clusters of one line of text; those wider than ``width`` cells in pieces."""
    return [part for cluster in clusters(paragraph) for part in _within(paragraph, cluster, width)]


def _within(paragraph: str, cluster: Cluster, width: int) -> list[Cluster]:
    """Return a cluster; one that is wider than a whole line in pieces, each with a cell or two of its own."""
    start, end, cells = cluster
    if cells <= width:
        return [cluster]
    parts: list[Cluster] = []
    for at in range(start, end):
        size = cell_of(paragraph[at])
        if size or not parts:
            parts.append((at, at + 1, size))
        else:
            parts[-1] = (parts[-1][0], at + 1, parts[-1][2])
    return parts
