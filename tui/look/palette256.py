"""The colours of terminals with 256 of them: for each role an index, chosen by hand.

A colour of 24 bits, taken to the nearest of 256, loses what made it fit: a dark blue-grey becomes black or navy, and a row
that was only a little lighter becomes teal. So grounds are greys of the ramp (232 to 255), and the rest are colours of the
cube (16 to 231) that can be read on them. The first sixteen are the owner's and are not used.
"""

from __future__ import annotations

from typing import Final

_RAMP, _CUBE = 232, 16
# What the drawing library divides lightness into: indexes of the ramp are steps of this grid, from 231, which is none.
_GREY_STEPS = 25
_LEVELS = (0, 95, 135, 175, 215, 255)


def hex_of(index: int) -> str:
    """Return the 24-bit colour that the drawing library writes as ``index``."""
    if index >= _RAMP:
        grey = round((index - _RAMP + 1) * 255 / _GREY_STEPS)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    red, rest = divmod(index - _CUBE, 36)
    green, blue = divmod(rest, 6)
    return f"#{_LEVELS[red]:02x}{_LEVELS[green]:02x}{_LEVELS[blue]:02x}"


def _names(*indexes: int) -> dict[str, int]:
    return {f"name-{number}": index for number, index in enumerate(indexes)}


def _spread(roles: dict[str, int], *, cursor_text: int) -> dict[str, int]:
    """Give widgets' own parts the colour of the role that they belong to."""
    return {
        **roles,
        "border": roles["primary"],
        "border-blurred": roles["faint"],
        "block-cursor-background": roles["primary"],
        "block-cursor-foreground": cursor_text,
        "input-cursor-background": roles["foreground"],
        "input-cursor-foreground": roles["background"],
        "input-selection-background": roles["selection"],
        "screen-selection-background": roles["selection"],
        "scrollbar": roles["faint"],
        "scrollbar-hover": roles["quiet"],
        "scrollbar-active": roles["primary"],
        "scrollbar-background": roles["background"],
        "scrollbar-background-hover": roles["background"],
        "scrollbar-background-active": roles["background"],
        "scrollbar-corner-color": roles["background"],
        "footer-key-foreground": roles["primary"],
    }


DARK_ROLES: Final = _spread(
    {
        "background": 234, "surface": 235, "boost": 236, "panel": 237, "faint": 239, "selected-row": 238,
        "selection": 60, "foreground": 253, "quiet": 247, "primary": 110, "secondary": 67, "accent": 179, "unread": 179,
        "warning": 179, "error": 210, "success": 108, **_names(179, 117, 79, 186, 111, 209, 176, 250),
    },
    cursor_text=234,
)  # fmt: skip
LIGHT_ROLES: Final = _spread(
    {
        "background": 255, "surface": 254, "boost": 253, "panel": 252, "faint": 250, "selected-row": 252,
        "selection": 153, "foreground": 235, "quiet": 240, "primary": 24, "secondary": 67, "accent": 94, "unread": 94,
        "warning": 94, "error": 124, "success": 22, **_names(94, 24, 23, 58, 25, 88, 89, 240),
    },
    cursor_text=255,
)  # fmt: skip
CONTRAST_ROLES: Final = _spread(
    {
        "background": 16, "surface": 16, "boost": 234, "panel": 234, "faint": 245, "selected-row": 238,
        "selection": 238, "foreground": 231, "quiet": 252, "primary": 117, "secondary": 117, "accent": 221, "unread": 221,
        "warning": 221, "error": 217, "success": 114, **_names(221, 117, 79, 228, 153, 216, 218, 252),
    },
    cursor_text=16,
)  # fmt: skip
