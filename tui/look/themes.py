"""The themes as Textual wants them, made of the roles: dark, light, high contrast, none, the terminal's own sixteen.

Style sheets name roles (``$ground``, ``$soft``, ``$contact-0``; see ``tui.look.tones``). The variables of Textual's own
widgets, and a few older names of ours, are given the role that they belong to. The first three themes, and the people's own,
come twice: for true colour and for 256 colours.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from textual.theme import Theme

from tui.look.pens import Pens
from tui.look.profile import TerminalProfile, ThemeName
from tui.look.tones import DARK, MONO, OURS, ROLES, SIXTEEN, Named, Tones

# Variables of Textual's widgets and older ones of ours -> role.
_VARIABLES: Final = {
    "quiet": "soft",
    "faint": "line",
    "selected-row": "select",
    "unread": "notice",
    "border": "self",
    "border-blurred": "line",
    "block-cursor-background": "self",
    "block-cursor-foreground": "ground",
    "block-cursor-blurred-background": "select",
    "block-cursor-blurred-foreground": "ink",
    "input-cursor-background": "bright",
    "input-cursor-foreground": "ground",
    "input-selection-background": "select",
    "input-selection-foreground": "ink",
    "screen-selection-background": "select",
    "screen-selection-foreground": "ink",
    "scrollbar": "line",
    "scrollbar-hover": "ghost",
    "scrollbar-active": "self",
    "scrollbar-background": "ground",
    "scrollbar-background-hover": "ground",
    "scrollbar-background-active": "ground",
    "scrollbar-corner-color": "ground",
    "footer-key-foreground": "ink",
    "text-error": "bad",
    "text-success": "good",
    "text-warning": "notice",
    "text-accent": "notice",
    "text-primary": "self",
}


def theme_of(tones: Tones, *, in_256: bool = False) -> Theme:
    """Return tones as a theme."""
    hex_of = {role: tones.hex(role, in_256=in_256) for role in ROLES}
    return Theme(
        name=f"sottovoce-{tones.name}{'-256' * in_256}",
        primary=hex_of["self"],
        secondary=hex_of["soft"],
        accent=hex_of["notice"],
        warning=hex_of["notice"],
        error=hex_of["bad"],
        success=hex_of["good"],
        foreground=hex_of["ink"],
        background=hex_of["ground"],
        surface=hex_of["panel"],
        panel=hex_of["panel"],
        boost=hex_of["theirs"],
        dark=tones.dark,
        text_alpha=1.0,
        variables={
            **hex_of,
            **{name: hex_of[role] for name, role in _VARIABLES.items()},
            "block-cursor-text-style": "none",
        },
    )


def _ansi(name: str, roles: dict[str, Named]) -> Theme:
    """Return a theme that names only the terminal's own colours."""
    ansi = {role: f"ansi_{named.name}" for role, named in roles.items()}
    return Theme(
        name=f"sottovoce-{name}",
        ansi=True,
        primary=ansi["self"],
        secondary=ansi["self"],
        warning=ansi["notice"],
        error=ansi["bad"],
        success=ansi["good"],
        accent=ansi["notice"],
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            **ansi,
            **{variable: ansi[role] for variable, role in _VARIABLES.items()},
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "block-cursor-text-style": "reverse",
            "block-cursor-background": "ansi_default",
            "block-cursor-foreground": "ansi_default",
            "block-cursor-blurred-text-style": "reverse",
        },
    )


TERMINAL: Final = _ansi("terminal", dict(SIXTEEN))
COLOURLESS: Final = _ansi("mono", dict(MONO))
THEMES: Final[dict[ThemeName, Theme]] = {
    "dark": theme_of(OURS["dark"]),
    "light": theme_of(OURS["light"]),
    "contrast": theme_of(OURS["contrast"]),
    "mono": COLOURLESS,
    "terminal": TERMINAL,
}
THEMES_256: Final = {name: theme_of(tones, in_256=True) for name, tones in OURS.items()}
VARIABLE_DEFAULTS: Final = dict(THEMES["dark"].variables)
"""What Textual's built-in themes lack."""


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A theme for the style sheets, and its pens for what draws its own lines."""

    theme: Theme
    pens: Pens
    in_256: bool


def drawing_for(profile: TerminalProfile, own: Tones | None = None) -> Drawing:
    """Return how the profile's theme is drawn: ``own`` if that is one of the person's, as the terminal's colours allow.

    With sixteen colours only those that the terminal's owner chose are used.
    """
    if profile.theme == "mono":
        return Drawing(COLOURLESS, Pens(None, mono=True), in_256=False)
    tones = own if own is not None and own.name == profile.theme else OURS.get(profile.theme, DARK)
    if profile.theme == "terminal" or profile.colours == "16":
        return Drawing(TERMINAL, Pens(None), in_256=False)
    in_256 = profile.colours == "256"
    if tones is own:
        theme = theme_of(tones, in_256=in_256)
    else:
        theme = THEMES_256[tones.name] if in_256 else theme_of_ours(tones.name)
    return Drawing(theme, Pens(tones, in_256=in_256), in_256)


def theme_of_ours(name: str) -> Theme:
    """Return one of our themes for true colour."""
    return {theme.name: theme for theme in THEMES.values()}[f"sottovoce-{name}"]
