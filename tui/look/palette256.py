"""The palette of terminals with 256 colours: what its numbers look like, and how a role gets its own number onto the wire.

A colour of 24 bits, taken to the nearest of 256, loses what made it fit: a dark blue-grey becomes black or navy, and a row
that was only a little lighter becomes teal. So each role names its number (``tui.look.tones``). On its way out it is a
colour of 24 bits all the same, since Textual knows no other, and the drawing library's rounding is off by one for greys:
``Exact`` sees each line last and gives every colour of the palette its number back. The first sixteen are the terminal
owner's and are not used.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_RAMP, _CUBE, _END = 232, 16, 256
_LEVELS = (0, 95, 135, 175, 215, 255)
# Styles of one screen: some dozens; of all screens of a run, some hundreds.
_STYLES = 4096


def hex_of(index: int) -> str:
    """Return the 24-bit colour that terminals draw for ``index``, from 16 to 255."""
    if index >= _RAMP:
        grey = 8 + 10 * (index - _RAMP)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    red, rest = divmod(index - _CUBE, 36)
    green, blue = divmod(rest, 6)
    return f"#{_LEVELS[red]:02x}{_LEVELS[green]:02x}{_LEVELS[blue]:02x}"


def nearest(hex_colour: str) -> int:
    """Return the number that looks most like ``#rrggbb``: the least distance, weighted as eyes weigh the three parts."""
    wanted = _parts(hex_colour)
    weights = (3, 6, 1)

    def distance(index: int) -> int:
        return sum(
            weight * (one - other) ** 2
            for weight, one, other in zip(weights, wanted, _parts(hex_of(index)), strict=True)
        )

    return min(range(_CUBE, _END), key=distance)


def _parts(hex_colour: str) -> tuple[int, int, int]:
    return int(hex_colour[1:3], 16), int(hex_colour[3:5], 16), int(hex_colour[5:7], 16)


_NUMBERS: Final = {_parts(hex_of(index)): index for index in range(_END - 1, _CUBE - 1, -1)}


class Exact(LineFilter):
    """Writes colours of the palette as their numbers, and leaves all others as they are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with numbers for colours."""
        del background
        return [Segment(text, style and numbered(style), control) for text, style, control in segments]


@lru_cache(_STYLES)
def numbered(style: Style) -> Style:
    """Return a style with the palette's colours by number."""
    color, bgcolor = _number(style.color), _number(style.bgcolor)
    return style if color is None and bgcolor is None else style + Style(color=color, bgcolor=bgcolor)


def _number(colour: RichColor | None) -> RichColor | None:
    if colour is None or colour.triplet is None:
        return None
    number = _NUMBERS.get((colour.triplet.red, colour.triplet.green, colour.triplet.blue))
    return None if number is None else RichColor.from_ansi(number)
