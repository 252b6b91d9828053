"""The choice of an emoji to put to a message: a few that are much used, found by words; any other is typed or pasted."""

from __future__ import annotations

import unicodedata
from typing import Final

from textual.content import Content
from textual.widgets.option_list import Option

from tui.screens.picker import PickerScreen

# Much used ones, and the words by which they are found.
MUCH_USED: Final = {
    "👍": "thumbs up yes good agree +1",
    "❤️": "heart love",
    "😂": "joy laugh tears funny lol",
    "😮": "surprised wow open mouth",
    "😢": "sad cry tear",
    "🙏": "thanks please folded hands",
    "🎉": "party celebrate hurray tada",
    "👀": "eyes look see",
    "✅": "done check yes",
    "❌": "no cross wrong",
    "🔥": "fire hot",
    "🤔": "thinking hmm",
    "👎": "thumbs down no bad disagree -1",
    "👋": "wave hello bye",
}
# Code points of what a person may have typed as one emoji: families are several, joined.
MAX_TYPED: Final = 12


class EmojiScreen(PickerScreen[str]):
    """Dismisses with an emoji, or None. ``put``: the one that the person has put there already, offered first."""

    placeholder = "Which? A word, or type the sign itself"
    nothing = "no sign of that name: type or paste the sign itself"

    def __init__(self, put: str = "") -> None:
        super().__init__()
        self._put = put

    def options(self, query: str) -> list[Option]:
        """Return what matches a word, or what was typed if it is a sign."""
        words = query.casefold().split()
        found = [sign for sign, names in MUCH_USED.items() if all(word in names for word in words)]
        if query.strip() and _may_be_sign(query.strip()):
            found = [query.strip()]
        elif self._put and not words:
            found = [self._put, *(sign for sign in found if sign != self._put)]
        return [Option(self._line(sign), id=sign) for sign in found]

    def result_of(self, option: Option) -> str:
        """Return the emoji."""
        return str(option.id)

    def _line(self, sign: str) -> Content:
        name = unicodedata.name(sign[0], "").lower()
        return Content.assemble(f"{sign}  ", ("take it back" if sign == self._put else name, "dim"))

    def clear_caches(self) -> None:
        """Forget which was put."""
        self._put = ""
        super().clear_caches()


def _may_be_sign(text: str) -> bool:
    """Tell whether a text may be an emoji; the core says whether it is."""
    return len(text) <= MAX_TYPED and not text[0].isalpha() and not text.isascii()
