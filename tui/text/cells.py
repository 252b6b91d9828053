"""Measures how wide text is drawn, and brings it into the form about whose width all terminals agree.

Terminals do not agree. xterm, tmux, screen and the console give every character cells of its own; kitty, WezTerm, Windows
Terminal and whatever has mode 2027 give them to a cluster: a thumb with a skin tone is four cells here and two there, a
family eight and two, a Hindi syllable with a vowel sign two and one. A program that counts like one of them draws torn lines
in the others, and nothing tells it through SSH and tmux which one it talks to. So text is drawn in a form that leaves
nothing to disagree about (``shown``):

- joiners, variation selectors and skin tones are left out: the pictures stand alone, two cells each; a family or a couple
  is the one picture that there is of it;
- a regional indicator without its pair becomes its letter; pairs, which are flags, are two cells everywhere;
- Hangul in parts is put together; fillers are blanks; what stands on nothing, is not assigned, private or counted
  differently from one version of Unicode to the next becomes U+FFFD: a box is better than a torn line;
- marks beyond ``MAX_MARKS`` or ``MAX_SPACING`` go.

The form has as many characters as the text, ``HOLE`` for each that is not drawn, so that places in the one are places in the
other: what is wrapped, marked, clicked and under the cursor needs no translation, and copying and searching use the text
itself. ``visible`` takes the holes out at the very end.

Left are the spacing marks of Indic scripts, for which no other form exists. They count a cell each, the most that any
terminal gives them; ``tui.text.anchors`` keeps the rest of the line in its place where they get less. Characters of
ambiguous width are one cell, as every terminal has it that is not told otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rich import cells as rich_cells
from rich._unicode_data import load

HOLE: Final = (
    "\u2060"  # stands for a character that is not drawn; a word joiner, which texts lose before they come here
)
REPLACEMENT: Final = "\ufffd"
ZWNJ, ZWJ = "\u200c", "\u200d"
# Marks without a cell on one character: two tone marks and a cedilla; real scripts need no more on a cell grid.
MAX_MARKS: Final = 3
# Marks with a cell in one cluster; Burmese needs four.
MAX_SPACING: Final = 6
# Consonants that a virama holds together; Sanskrit's longest conjunct has five.
MAX_CONJUNCT: Final = 6
# Widths are those of this version, the newest that the C libraries of today's stable systems know, which tmux and xterm ask.
UNICODE: Final = "14.0.0"

# Written as they are, one character a cluster, of a width that eleven terminals agreed on: letters without marks of the
# scripts that need none, punctuation, arrows, lines, blocks, and the pictures of Unicode 12 and earlier.
PLAIN: Final = (
    r"\x20-\x7e\xa1-\xac\xae-\u02ff\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f\u0531-\u0556\u0559-\u058a"
    r"\u05d0-\u05ea\u0620-\u064a\u0660-\u066f\u0671-\u06d5\u06ee-\u070d\u10d0-\u10ff\u1e00-\u1f15\u2010-\u2027"
    r"\u2030-\u205e\u20a0-\u20bf\u2100-\u218b\u2190-\u2426\u2460-\u262f\u2638-\u2689\u2690-\u2b73\u3001-\u3029"
    r"\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u3131-\u3163\u3165-\u318e\u3220-\u3247\u3250-\u3296\u329a-\u4dbf"
    r"\u4e00-\ua48c\uac00-\ud7a3\uf900-\ufa6d\uff01-\uff9d\uffe0-\uffe6\ufffd"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001f6d5\U0001f90d-\U0001f93a\U0001f947-\U0001f971\U0001f97a-\U0001f9a2"
    r"\U0001f9ae-\U0001f9ca\U0001f9cd-\U0001fa53"
)
ODD: Final = re.compile(rf"[^{PLAIN}\t\n]")
# Newer than that though Python may know them, or of another width since: hexagrams and trigrams.
_UNSETTLED = re.compile(
    "[\u0cf3\u0ece\u2630-\u2637\u268a-\u268f\u2ffc-\u2fff\u302e\u302f\u31e4\u31e5\u31ef\u3248-\u324f\u4dc0-\u4dff\U00010efd-\U00010eff"
    "\U0001123f-\U00011241\U00011b00-\U00011b09\U00011f00-\U00011f59\U0001342f\U00013439-\U00013455\U00016ff0\U00016ff1"
    "\U00018cff\U0001b132\U0001b155\U0001d2c0-\U0001d2d3\U0001d300-\U0001d376\U0001df25-\U0001df2a\U0001e030-\U0001e08f"
    "\U0001e4d0-\U0001e4f9\U0001f6dc\U0001f774-\U0001f776\U0001f77b-\U0001f77f\U0001f7d9\U0001fa75-\U0001fa77"
    "\U0001fa87\U0001fa88\U0001faad-\U0001faaf\U0001fabb-\U0001fabd\U0001fabf\U0001face\U0001facf\U0001fada\U0001fadb"
    "\U0001fae8\U0001faf7\U0001faf8\U0002b739\U0002ebf0-\U0002ee5d\U00031350-\U000323af]"
)
_FILLERS = "\u115f\u1160\u3164\uffa0"
_LEADING, _FOLLOWING = "\u1100-\u115e\ua960-\ua97c", "\u1161-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb"
_HANGUL = re.compile(rf"([{_LEADING}\uac00-\ud7a3][{_FOLLOWING}]+)|[{_FOLLOWING}]")
# Parts of a syllable beyond which they are not drawn: a vowel and a final, as old texts have them.
_MAX_PARTS = 2
# Families and couples, each of which is one picture alone too.
_TONES = "[\U0001f3fb-\U0001f3ff]?"
_PEOPLE = "[\U0001f466-\U0001f469\U0001f476\U0001f9d1\U0001f9d2]"
_FAMILY = re.compile(f"{_PEOPLE}{_TONES}(?:{ZWJ}{_PEOPLE}{_TONES})+")
_COUPLE = re.compile(f"{_PEOPLE}{_TONES}{ZWJ}\u2764\ufe0f?{ZWJ}(\U0001f48b{ZWJ})?{_PEOPLE}{_TONES}")
_FLAGS = re.compile("([\U0001f1e6-\U0001f1ff]{2})|[\U0001f1e6-\U0001f1ff]")
_INDICATOR_A: Final = 0x1F1E6
_VIRAMA: Final = 9  # the canonical combining class of signs that hold consonants together
_THAI_AM: Final = frozenset("\u0e33\u0eb3\uff9e\uff9f")  # letters that belong to the one before

# What a character is to the layout.
_OWN, _MARK, _SPACING, _GONE, _TONE, _INDICATOR, _PART = range(7)
Cluster = tuple[int, int, int]
"""Offsets (start, end) of what terminals may treat as one, and its cells."""


@lru_cache(maxsize=4096)
def _drawn_alone(character: str) -> str:
    """Return what is drawn for a character whatever is around it; ``HOLE`` for nothing."""
    code, category = ord(character), unicodedata.category(character)
    if _UNSETTLED.match(character):
        return REPLACEMENT
    if category == "Cc":
        return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else REPLACEMENT
    if category in {"Zs", "Zl", "Zp"} or character in _FILLERS:
        return " "
    if category == "Cf":
        prepended = ("\u0600" <= character <= "\u08e2" and character != "\u061c") or code in {0x110BD, 0x110CD}
        return character if character == ZWNJ else REPLACEMENT if prepended else HOLE
    if _is_selector(code):
        return HOLE
    return REPLACEMENT if category in {"Cs", "Co", "Cn"} else character


def _is_selector(code: int) -> bool:
    """Whether a code is a variation selector's."""
    return 0xFE00 <= code <= 0xFE0F or 0x180B <= code <= 0x180F or 0xE0100 <= code <= 0xE01EF


@lru_cache(maxsize=4096)
def _kind(character: str) -> int:
    """Return what a character is to the layout."""
    code, category = ord(character), unicodedata.category(character)
    if 0x1F3FB <= code <= 0x1F3FF:
        return _TONE
    if _UNSETTLED.match(character):
        return _OWN
    if category == "Cf" or _is_selector(code):
        return _GONE
    if category in {"Mn", "Me"}:
        return _MARK
    if _INDICATOR_A <= code < _INDICATOR_A + 26:
        return _INDICATOR
    if category == "Mc" or character in _THAI_AM:
        return _SPACING
    return _PART if 0x1161 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB else _OWN


def cell_of(character: str) -> int:
    """Return the cells of a character as ``shown`` gives it."""
    return rich_cells.get_character_cell_size(character)


def shown(text: str) -> str:
    """Return ``text`` as it is drawn, character for character, ``HOLE`` where nothing is. Line ends and tabs stay."""
    return text if ODD.search(text) is None else _shown(text)


@lru_cache(maxsize=1024)
def _shown(text: str) -> str:
    drawn: list[str] = []
    base = ""  # what a mark would stand on; nothing behind a blank
    marks = spacing = 0
    if ZWJ in text:
        text = _FAMILY.sub(_together, _COUPLE.sub(_together, text))
    for character in _HANGUL.sub(_syllable, _FLAGS.sub(_flag, text)):
        kind = _kind(character)
        seen = character if character in "\t\n" else _drawn_alone(character)
        if kind in {_OWN, _INDICATOR}:
            base, marks, spacing = "" if seen in " \t\n" else seen, 0, 0
        elif kind == _TONE:
            seen = _tone(base)
            base = seen if seen != HOLE else ""  # a second one has nothing to colour
        elif kind == _SPACING:
            marks, spacing = 0, spacing + 1
            seen = seen if base and spacing <= MAX_SPACING else HOLE if base else REPLACEMENT
            base = base or seen
        elif kind == _MARK and seen != HOLE:
            marks += 1
            seen = seen if base and marks <= MAX_MARKS else HOLE
        elif seen == ZWNJ and not base.isalpha():
            seen = HOLE
        drawn.append(seen)
    return "".join(drawn)


def _tone(base: str) -> str:
    """Return what is drawn for a skin tone: nothing behind a picture, whose colour it is."""
    return HOLE if base and unicodedata.category(base) == "So" and base != REPLACEMENT else REPLACEMENT


def _together(found: re.Match[str]) -> str:
    """Return a family or a couple in one picture; joiners stand for the rest, and are not drawn."""
    kiss = found.re is _COUPLE and found[1]
    picture = "\U0001f48f" if kiss else "\U0001f491" if found.re is _COUPLE else "\U0001f46a"
    return picture + ZWJ * (len(found[0]) - 1)


def _flag(found: re.Match[str]) -> str:
    """Return a flag as it is, and a lone half of one as its letter."""
    return found[0] if found[1] else chr(ord("A") + ord(found[0]) - _INDICATOR_A)


def _syllable(found: re.Match[str]) -> str:
    """Return the parts of a Hangul syllable in one piece; a part that stands alone is no syllable."""
    if not found[1]:
        return REPLACEMENT
    whole = unicodedata.normalize("NFC", found[0])
    if len(whole) > 1 + _MAX_PARTS:
        whole = whole[: 1 + _MAX_PARTS]
    return whole + HOLE * (len(found[0]) - len(whole))


def visible(drawn: str) -> str:
    """Return a drawn form, or a piece of it, for the terminal."""
    return drawn.replace(HOLE, "")


def width_of(text: str) -> int:
    """Return the cells that ``text`` takes, drawn as ``shown`` says."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(cell_of, shown(text)))


def clusters(text: str) -> list[Cluster]:
    """Return what must not be taken apart: by the end of a line, an ellipsis, or the cursor."""
    drawn = shown(text)
    sizes = [cell_of(character) for character in drawn]
    if ODD.search(text) is None:
        return [(at, at + 1, cells) for at, cells in enumerate(sizes)]
    bounds = [*_starts(text), len(text)]
    return [(start, end, sum(sizes[start:end])) for start, end in pairwise(bounds)]


def _starts(text: str) -> Iterable[int]:
    """Yield where clusters begin: where nothing joins a character to the one before."""
    halves = joined = 0  # regional indicators, consonants so far
    linked = glued = False  # behind a virama; behind a joiner
    picture = False  # the cluster is one
    for at, character in enumerate(text):
        kind, category = _kind(character), unicodedata.category(character)
        if kind == _INDICATOR:
            joins = halves == 1
            halves = 0 if joins else 1
        elif kind == _OWN:
            joins = (category == "Lo" and linked and joined < MAX_CONJUNCT) or (category == "So" and glued and picture)
            halves = 0
        else:
            joins, halves = at > 0 and text[at - 1] not in "\t\n" and _drawn_alone(text[at - 1]) != " ", 0
        if not joins:
            yield at
            joined, picture = 0, category == "So"
        if kind == _OWN:
            joined += 1
            linked = glued = False
        linked = unicodedata.combining(character) == _VIRAMA or linked
        glued = character == ZWJ


def before(text: str, at: int) -> int:
    """Return where the cluster begins that ends at or contains ``at``."""
    if ODD.search(text) is None:
        return max(0, at - 1)
    return max((start for start, _, _ in clusters(text) if start < at), default=0)


def behind(text: str, at: int) -> int:
    """Return where the cluster ends that begins at or contains ``at``."""
    if ODD.search(text) is None:
        return min(at + 1, len(text))
    return min((end for _, end, _ in clusters(text) if end > at), default=len(text))


def between(text: str, at: int) -> int:
    """Return ``at``, or the end of the cluster that it is in."""
    if ODD.search(text) is None:
        return at
    ends = [0, *(end for _, end, _ in clusters(text))]
    return ends[min(bisect_left(ends, at), len(ends) - 1)]


# What a lock has to empty: they hold texts that were drawn, or the characters of them.
CACHES: Final = (_shown, _drawn_alone, _kind)


def _widths() -> list[tuple[int, int, int]]:
    """Return rich's table of widths with a cell for each spacing mark."""
    table: list[tuple[int, int, int]] = []
    for start, end, cells in load(UNICODE).widths:
        if cells:
            table.append((start, end, cells))
            continue
        marks = ((code, unicodedata.category(chr(code)) == "Mc") for code in range(start, end + 1))
        table.extend((code, code, int(is_spacing)) for code, is_spacing in marks)
    return table


def _teach_rich() -> None:
    """Have rich, and so every widget of Textual's, measure and cut as we do.

    Rich has no way to ask for other widths; its functions look these up whenever they are called.
    """
    table = rich_cells.CellTable(UNICODE, _widths(), frozenset())

    def measured(text: str, unicode_version: str = "auto") -> int:
        del unicode_version
        return width_of(text)

    def split_graphemes(text: str, unicode_version: str = "auto") -> tuple[list[Cluster], int]:
        del unicode_version
        spans = clusters(text)
        return spans, sum(cells for _, _, cells in spans)

    def split_text(text: str, cell_position: int, unicode_version: str = "auto") -> tuple[str, str]:
        del unicode_version
        used = 0
        for start, end, cells in clusters(text):
            left = max(0, cell_position - used)
            if left < cells:  # blanks for what is cut apart
                rest = " " * (cells - left) + text[end:] if left else text[start:]
                return text[:start] + " " * left, rest
            used += cells
        return text, ""

    rich_cells.load_cell_table = lambda unicode_version="auto": table  # type: ignore[assignment, attr-defined]  # pyright: ignore[reportPrivateImportUsage]
    rich_cells._cell_len = measured  # pyright: ignore[reportPrivateUsage]
    rich_cells.split_graphemes = split_graphemes
    rich_cells._split_text = split_text  # pyright: ignore[reportPrivateUsage]
    rich_cells.get_character_cell_size.cache_clear()
    rich_cells.cached_cell_len.cache_clear()


_teach_rich()
