"""Pens: what letters of one role on a ground of another look like on this terminal, as the styles that lines are drawn in.

Widgets that draw their lines themselves take their styles from here and from no style sheet: a rule in a sheet is matched
anew whenever the focus moves, a pen is looked up. Where the terminal's owner chooses the colours, or there are none, a
ground has none of its own, what is chosen is reversed, and a badge stands in brackets.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.style import Style

from tui.look.tones import DARK, MONO, SIXTEEN, Named, Tones

# Pens in use at once: some thirty pairs with a few attributes, and a style for each link in view.
_PENS: Final = 2048
# On a chosen row nothing is soft: there the ground is nearest to the ink.
_CHOSEN: Final = {"soft": "ink", "line": "soft"}


class Pens:
    """The pens of one theme on one kind of terminal. ``tones`` are None where ``named`` says what each role is."""

    def __init__(self, tones: Tones | None, *, in_256: bool = False, mono: bool = False) -> None:
        self._tones = tones
        self._in_256 = in_256
        self._named = MONO if mono else SIXTEEN
        self.mono = tones is None and mono
        """Whether there is no colour at all."""
        self.tinted = tones is not None
        """Whether grounds differ, so that a block is seen by its ground."""
        self._made = lru_cache(_PENS)(self._make)

    def pen(
        self, ink: str = "ink", on: str = "ground", *, bold: bool = False, italic: bool = False, underline: bool = False
    ) -> Style:
        """Return the style of letters of the role ``ink`` on the ground ``on``."""
        return self._made(ink, on, bold, italic, underline)

    def filled(self, role: str, ink: str = "ground") -> Style:
        """Return the style of letters on a ground of ``role``: a badge, a count."""
        if self._tones is not None:
            return self._made(ink, role, True, False, False)  # noqa: FBT003 - as the method above
        name = self._named[role].name
        return Style(color=None if name == "default" else name, bold=True, reverse=True)

    def badge(self, letters: str, role: str, on: str = "panel", *, hollow: bool = False) -> tuple[str, Style]:
        """Return four cells with two letters, filled with ``role``, or hollow while two people are not connected yet.

        Filled is a shape as well where there is no colour: square brackets, round ones for hollow.
        """
        if self._tones is None:
            start, end = "()" if hollow else "[]"
            style = self.pen(role, bold=True)
            return f"{start}{letters}{end}", style + Style(reverse=True) if on == "select" else style
        if hollow:
            return f"({letters})", self.pen("bright" if on == "select" else role, on, bold=True)
        return f" {letters} ", self.filled(role)

    def _make(self, ink: str, on: str, bold: bool, italic: bool, underline: bool) -> Style:  # noqa: FBT001 - cached by place
        if on == "select":
            ink = _CHOSEN.get(ink, ink)
        extra = Style(bold=bold or None, italic=italic or None, underline=underline or None)
        if self._tones is not None:
            hex_of = self._tones.hex
            return (
                Style(
                    color=Color.parse(hex_of(ink, in_256=self._in_256)),
                    bgcolor=Color.parse(hex_of(on, in_256=self._in_256)),
                )
                + extra
            )
        return _style_of(self._named[ink], self._named[on]) + extra


def _style_of(ink: Named, on: Named) -> Style:
    """Return a style of the terminal's own colours; reversed letters keep none, which would become the ground."""
    return Style(
        color=None if ink.name == "default" or on.reverse else ink.name,
        bold=ink.bold or None,
        dim=(ink.dim and not on.reverse) or None,
        underline=ink.underline or None,
        reverse=on.reverse or None,
    )


STANDARD: Final = Pens(DARK)
