"""Colours that can be read, signs that fit, and what the environment decides."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.theme import Theme

from tui.glyphs import SETS
from tui.profile import TerminalProfile, detect, prepare_environment
from tui.themes import CONTRAST, DARK, LIGHT, MONO, TERMINAL, VARIABLE_DEFAULTS

READABLE, HIGH = 4.5, 7.0
TEXT_ROLES = ("quiet", "unread", *(f"name-{index}" for index in range(8)))


def luminance(color: Color) -> float:
    parts = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in color.rgb)
    )
    red, green, blue = parts
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("chosen", "least"), [(DARK, READABLE), (LIGHT, READABLE), (CONTRAST, HIGH)])
def test_all_text_can_be_read_on_all_grounds(chosen: Theme, least: float) -> None:
    variables = {**VARIABLE_DEFAULTS, **chosen.variables}
    texts = [variables[role] for role in TEXT_ROLES]
    texts += [color for color in (chosen.foreground, chosen.error, chosen.warning, chosen.success) if color]
    grounds = [ground for ground in (chosen.background, chosen.surface) if ground]
    worst = min((contrast(text, ground), text, ground) for text in texts for ground in grounds)
    assert worst[0] >= least, worst


@pytest.mark.parametrize("chosen", [MONO, TERMINAL], ids=lambda chosen: chosen.name)
def test_terminal_themes_name_no_colour_of_their_own(chosen: Theme) -> None:
    colors = [chosen.primary, chosen.background, chosen.foreground, *chosen.variables.values()]
    assert not [color for color in colors if color and color.startswith("#")]


def test_no_color_names_one_colour_only() -> None:
    assert {MONO.primary, MONO.error, MONO.success, MONO.accent, MONO.warning} == {"ansi_default"}


@pytest.mark.parametrize("name", SETS)
def test_signs_are_one_or_two_cells_and_states_differ(name: str) -> None:
    glyphs = SETS[name]  # type: ignore[index]  # the parameters are its keys
    signs = [getattr(glyphs, field) for field in glyphs.__slots__]
    assert all(1 <= cell_len(sign) <= 2 for sign in signs)
    states = [glyphs.of_state(state) for state in ("queued", "sent", "stored", "delivered", "read", "failed")]
    assert len(set(states)) == len(states)


def test_ascii_signs_are_ascii() -> None:
    assert all(getattr(SETS["ascii"], field).isascii() for field in SETS["ascii"].__slots__)


def test_over_ssh_nothing_moves_and_colours_are_the_terminals() -> None:
    profile = detect({"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "TERM": "xterm"}, "utf-8")
    assert (profile.animated, profile.blinking, profile.low_bandwidth, profile.theme) == (
        False,
        False,
        True,
        "terminal",
    )


def test_no_color_outranks_the_stored_theme() -> None:
    profile = detect({"NO_COLOR": "1"}, "utf-8")
    assert profile.adapted(theme="dark").theme == "mono"
    assert TerminalProfile().adapted(theme="light").theme == "light"


@pytest.mark.parametrize(("term", "encoding"), [("linux", "utf-8"), ("xterm", "ANSI_X3.4-1968")])
def test_poor_terminals_get_ascii(term: str, encoding: str) -> None:
    assert detect({"TERM": term}, encoding).glyphs == "ascii"


def test_low_bandwidth_can_be_set_by_hand() -> None:
    assert TerminalProfile().adapted(low_bandwidth="on").animated is False
    assert TerminalProfile(low_bandwidth=True).adapted(low_bandwidth="off").low_bandwidth is False


def test_debugging_doors_are_closed_and_helpful_ones_kept() -> None:
    environ = {"TEXTUAL": "debug", "TEXTUAL_LOG": "/x", "TEXTUAL_SCREENSHOT": "1", "TEXTUAL_ANIMATIONS": "none"}
    prepare_environment(environ)
    assert environ == {"TEXTUAL_ANIMATIONS": "none"}
