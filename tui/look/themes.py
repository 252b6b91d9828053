"""Our colours: dark, light, high contrast, none, and the terminal's own sixteen; the first three also for 256 colours.

Style sheets use Textual's semantic variables and the few of ours that ``VARIABLE_DEFAULTS`` lists. Text on its background
has a contrast of at least 4.5 to 1, in the high-contrast theme at least 7 to 1; ``tests/tui/look/test_looks.py``
computes it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from textual.theme import Theme

from tui.look.palette256 import CONTRAST_ROLES, DARK_ROLES, LIGHT_ROLES, hex_of
from tui.look.profile import TerminalProfile, ThemeName

# Colours that people with any of the common colour blindnesses can tell apart (after Okabe and Ito), for names.
NAMES_ON_DARK = ("#e8a33d", "#6cc4ee", "#3fbf9a", "#e6d75a", "#7fa6e6", "#ee8b5a", "#d99ac0", "#b7c3cf")
NAMES_ON_LIGHT = ("#8a5300", "#005f8f", "#00664d", "#6b5e00", "#1f4fa3", "#9c3a00", "#8a2f68", "#4a5560")
NAME_COLOURS = len(NAMES_ON_DARK)
TERMINAL_NAMES = ("yellow", "cyan", "green", "bright_yellow", "bright_blue", "bright_red", "magenta", "default")

VARIABLE_DEFAULTS = {
    "quiet": "#8b97a6",  # times, hints: readable, second in line
    "faint": "#303946",  # rules and borders: structure, not text
    "selected-row": "#26303d",
    "unread": "#e0a458",
    **{f"name-{index}": colour for index, colour in enumerate(NAMES_ON_DARK)},
}


def _names(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"name-{index}": colour for index, colour in enumerate(colours)}


DARK = Theme(
    name="sottovoce-dark",
    primary="#7cb0d8",
    secondary="#5b87a8",
    accent="#e0a458",
    warning="#e0b04e",
    error="#ee8079",
    success="#86c294",
    foreground="#d7dde5",
    background="#11151b",
    surface="#181d25",
    panel="#212833",
    boost="#1c222b",
    variables={
        "border": "#7cb0d8",
        "border-blurred": "#303946",
        "block-cursor-background": "#7cb0d8",
        "block-cursor-foreground": "#11151b",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#d7dde5",
        "input-cursor-foreground": "#11151b",
        "input-selection-background": "#35506b",
        "screen-selection-background": "#35506b",
        "scrollbar": "#303946",
        "scrollbar-hover": "#465364",
        "scrollbar-active": "#7cb0d8",
        "scrollbar-background": "#11151b",
        "scrollbar-background-hover": "#11151b",
        "scrollbar-background-active": "#11151b",
        "scrollbar-corner-color": "#11151b",
        "footer-key-foreground": "#7cb0d8",
    },
)
LIGHT = Theme(
    name="sottovoce-light",
    primary="#1f5d91",
    secondary="#4a7ba3",
    accent="#8f4f00",
    warning="#7f5600",
    error="#a82a24",
    success="#2b6b3f",
    foreground="#20262e",
    background="#f8f7f4",
    surface="#f0eee9",
    panel="#e5e2db",
    boost="#ebe8e2",
    dark=False,
    variables={
        "quiet": "#5c6570",
        "faint": "#d2cec6",
        "selected-row": "#dde6ee",
        "unread": "#8f4f00",
        "border": "#1f5d91",
        "border-blurred": "#d2cec6",
        "block-cursor-background": "#1f5d91",
        "block-cursor-foreground": "#f8f7f4",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#20262e",
        "input-cursor-foreground": "#f8f7f4",
        "input-selection-background": "#bcd3e6",
        "screen-selection-background": "#bcd3e6",
        "scrollbar": "#c9c4ba",
        "scrollbar-hover": "#b0aa9e",
        "scrollbar-active": "#1f5d91",
        "scrollbar-background": "#f8f7f4",
        "scrollbar-background-hover": "#f8f7f4",
        "scrollbar-background-active": "#f8f7f4",
        "scrollbar-corner-color": "#f8f7f4",
        "footer-key-foreground": "#1f5d91",
        **_names(NAMES_ON_LIGHT),
    },
)
CONTRAST = Theme(
    name="sottovoce-contrast",
    primary="#7fd7ff",
    secondary="#7fd7ff",
    accent="#ffd75f",
    warning="#ffd75f",
    error="#ff9b9b",
    success="#7fe08f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    boost="#1c1c1c",
    text_alpha=1.0,
    variables={
        "quiet": "#d0d0d0",
        "faint": "#8a8a8a",
        "selected-row": "#30445a",
        "unread": "#ffd75f",
        "border": "#ffffff",
        "border-blurred": "#8a8a8a",
        "block-cursor-background": "#ffffff",
        "block-cursor-foreground": "#000000",
        "input-cursor-background": "#ffffff",
        "input-cursor-foreground": "#000000",
        "input-selection-background": "#30445a",
        "screen-selection-background": "#30445a",
        "scrollbar": "#8a8a8a",
        "scrollbar-active": "#ffffff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
    },
)


def _ansi(name: str, colours: dict[str, str], variables: dict[str, str]) -> Theme:
    """Build a theme that names only the terminal's own colours."""
    ansi = {role: f"ansi_{colour}" for role, colour in colours.items()}
    return Theme(
        name=name,
        ansi=True,
        primary=ansi["primary"],
        secondary=ansi["secondary"],
        warning=ansi["warning"],
        error=ansi["error"],
        success=ansi["success"],
        accent=ansi["accent"],
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border": ansi["primary"],
            "border-blurred": ansi["faint"],
            "quiet": ansi["quiet"],
            "faint": ansi["faint"],
            "selected-row": "ansi_default",
            "unread": ansi["accent"],
            "block-cursor-foreground": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-text-style": "reverse",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-text-style": "reverse",
            "scrollbar": ansi["faint"],
            "scrollbar-hover": ansi["faint"],
            "scrollbar-active": ansi["primary"],
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            "footer-key-foreground": ansi["primary"],
            **variables,
        },
    )


_ROLES = ("primary", "secondary", "warning", "error", "success", "accent", "quiet", "faint")
MONO = _ansi(
    "sottovoce-mono",
    dict.fromkeys(_ROLES, "default"),
    _names(("ansi_default",) * NAME_COLOURS),
)
TERMINAL = _ansi(
    "sottovoce-terminal",
    dict(zip(_ROLES, ("cyan", "cyan", "yellow", "red", "green", "yellow", "default", "bright_black"), strict=True)),
    _names(tuple(f"ansi_{colour}" for colour in TERMINAL_NAMES)),
)

THEMES: dict[ThemeName, Theme] = {
    "dark": DARK,
    "light": LIGHT,
    "contrast": CONTRAST,
    "mono": MONO,
    "terminal": TERMINAL,
}


_FIELDS = {field.name for field in dataclasses.fields(Theme)}


def _indexed(theme: Theme, roles: dict[str, int]) -> Theme:
    """Return a theme with colours of the palette of 256 in place of its own."""
    colours = {role: hex_of(index) for role, index in roles.items()}
    own: dict[str, Any] = {field: colours.pop(field) for field in colours.keys() & _FIELDS}
    return dataclasses.replace(theme, name=f"{theme.name}-256", variables={**theme.variables, **colours}, **own)


THEMES_256: dict[ThemeName, Theme] = {
    "dark": _indexed(DARK, DARK_ROLES),
    "light": _indexed(LIGHT, LIGHT_ROLES),
    "contrast": _indexed(CONTRAST, CONTRAST_ROLES),
}


def theme_for(profile: TerminalProfile) -> Theme:
    """Return the chosen theme as the terminal's colours allow: with sixteen only those that the terminal's owner chose."""
    if profile.theme not in THEMES_256 or profile.colours == "true":
        return THEMES[profile.theme]
    return THEMES_256[profile.theme] if profile.colours == "256" else TERMINAL
