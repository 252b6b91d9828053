"""The choice of an emoji to put to a message: a few that are much used, found by words; any other is typed or pasted."""

from __future__ import annotations

import unicodedata
from typing import Final

from textual.content import Content
from textual.widgets.option_list import Option

from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.picker import PickerScreen
from tui.text.sanitize import pad
from tui.words.emoji import having, of_sign

# Code points of what a person may have typed as one emoji: families are several, joined.
MAX_TYPED: Final = 12


class EmojiScreen(PickerScreen[str]):
    """Dismisses with an emoji, or None. ``put``: the one that the person has put there already, offered first."""

    placeholder = N_("Which? A word, or type the sign itself")
    nothing = N_("no sign of that name: type or paste the sign itself")

    def __init__(self, put: str = "") -> None:
        super().__init__()
        self._put = put

    def options(self, query: str) -> list[Option]:
        """Return what matches a word, or what was typed if it is a sign."""
        found = [each.sign for each in having(query)]
        if query.strip() and _may_be_sign(query.strip()):
            found = [query.strip()]
        elif self._put and not query.strip():
            found = [self._put, *(sign for sign in found if sign != self._put)]
        return [Option(self._line(sign), id=sign) for sign in found]

    def result_of(self, option: Option) -> str:
        """Return the emoji."""
        return str(option.id)

    def _line(self, sign: str) -> Content:
        known = of_sign(sign)
        words = known.words if known is not None else ""
        name = (
            unicodedata.name(sign[0], "").lower() if tr(words) == words else tr(words)
        )  # it has names in English only
        said = tr("take it back") if sign == self._put else name
        if self.is_attached and app_of(self).profile.glyphs == "ascii" and known is not None:
            return Content.assemble(f":{known.name}:  ", (said, "dim"))
        return Content.assemble(f"{pad(sign, 2)}  ", (said, "dim"))

    def clear_caches(self) -> None:
        """Forget which was put."""
        self._put = ""
        super().clear_caches()


def _may_be_sign(text: str) -> bool:
    """Tell whether a text may be an emoji; the core says whether it is."""
    return len(text) <= MAX_TYPED and not text[0].isalpha() and not text.isascii()
