"""Colours that can be read, signs that fit, and what the environment decides."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, cast

import msgspec
import pytest
from rich.cells import cell_len
from textual.app import App
from textual.theme import Theme
from textual.widget import Widget

import tui
from core import api
from tests.tui.demo import running
from tests.tui.stage import look
from tests.tui.until import until
from tui.keys.commands import AUTO, GLYPH_NAMES, THEME_NAMES
from tui.look.glyphs import SETS
from tui.look.profile import GlyphSet, TerminalProfile, detect, prepare_environment
from tui.look.themes import COLOURLESS, TERMINAL, THEMES, drawing_for
from tui.screens.pages.settings.rows import ROWS


@pytest.mark.parametrize("chosen", [COLOURLESS, TERMINAL], ids=lambda chosen: chosen.name)
def test_terminal_themes_name_no_colour_of_their_own(chosen: Theme) -> None:
    colors = [chosen.primary, chosen.background, chosen.foreground, *chosen.variables.values()]
    assert not [color for color in colors if color and color.startswith("#")]


def test_no_color_names_one_colour_only() -> None:
    assert {COLOURLESS.primary, COLOURLESS.error, COLOURLESS.success, COLOURLESS.accent} == {"ansi_default"}


@pytest.mark.parametrize("name", SETS)
def test_signs_are_one_or_two_cells_and_states_differ(name: str) -> None:
    glyphs = SETS[name]  # type: ignore[index]  # the parameters are its keys
    signs = {field: getattr(glyphs, field) for field in glyphs.__slots__}
    assert {field for field, sign in signs.items() if not 1 <= cell_len(sign) <= 2} <= {"link", "corners", "typing"}
    assert (len(glyphs.corners), cell_len(glyphs.typing)) == (6, 3)
    states = [glyphs.of_state(state) for state in ("queued", "sent", "stored", "delivered", "read", "failed")]
    assert len(set(states)) == len(states)


def test_ascii_signs_are_ascii() -> None:
    assert all(getattr(SETS["ascii"], field).isascii() for field in SETS["ascii"].__slots__)


def test_over_ssh_nothing_moves_and_colours_are_short_numbers() -> None:
    far = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    profile = detect(far, "utf-8")
    assert (profile.animated, profile.blinking, profile.low_bandwidth, profile.colours) == (False, False, True, "256")


def test_no_color_outranks_the_stored_theme() -> None:
    profile = detect({"NO_COLOR": "1"}, "utf-8")
    assert profile.adapted(theme="dark").theme == "mono"
    assert TerminalProfile().adapted(theme="light").theme == "light"


@pytest.mark.parametrize(("term", "encoding"), [("linux", "utf-8"), ("xterm", "ANSI_X3.4-1968")])
def test_poor_terminals_get_ascii(term: str, encoding: str) -> None:
    assert detect({"TERM": term}, encoding).glyphs == "ascii"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"TERM": "vt220"}, "1"),
        ({"TERM": "xterm", "NO_COLOR": ""}, None),
        ({"TERM": "xterm", "NO_COLOR": "yes"}, "yes"),
    ],
)
def test_colours_are_left_out_where_the_terminal_has_none_or_nobody_wants_them(
    before: dict[str, str], after: str | None
) -> None:
    prepare_environment(before)
    assert before.get("NO_COLOR") == after


@pytest.mark.parametrize(("term", "known"), [("dumb", False), ("unknown", False), ("linux", True), ("vt100", True)])
def test_reverse_video_is_counted_on_unless_nothing_is_known_of_the_terminal(term: str, *, known: bool) -> None:
    assert detect({"TERM": term}, "utf-8").reverse is known


def test_low_bandwidth_can_be_set_by_hand() -> None:
    assert TerminalProfile().adapted(low_bandwidth="on").animated is False
    assert TerminalProfile(low_bandwidth=True).adapted(low_bandwidth="off").low_bandwidth is False


def test_debugging_doors_are_closed_and_helpful_ones_kept() -> None:
    environ = {"TEXTUAL": "debug", "TEXTUAL_LOG": "/x", "TEXTUAL_SCREENSHOT": "1", "TEXTUAL_ANIMATIONS": "none"}
    prepare_environment(environ)
    assert environ == {"TEXTUAL_ANIMATIONS": "none"}


def test_every_screen_and_widget_gets_the_style_sheets_of_all_its_bases() -> None:
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours: list[type[Widget]] = [Widget]
    for each in ours:
        ours += [below for below in each.__subclasses__() if below not in ours]
    ours = [each for each in ours if each.__module__.startswith("tui.")]
    styled = {each: [base for base in each.__mro__ if "DEFAULT_CSS" in vars(base)] for each in ours}
    assert [each for each, bases in styled.items() if not set(bases) <= set(each._css_bases(each))] == []


# --- 256 colours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "colours", "name"),
    [
        ({"TERM": "xterm-256color"}, "256", "sottovoce-dark-256"),
        ({"TERM": "tmux-256color"}, "256", "sottovoce-dark-256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true", "sottovoce-dark"),
        ({"TERM": "xterm", "COLORTERM": " 24bit"}, "true", "sottovoce-dark"),
        ({"TERM": "xterm"}, "16", "sottovoce-terminal"),
        ({"TERM": "screen", "TEXTUAL_COLOR_SYSTEM": "256"}, "256", "sottovoce-dark-256"),
        ({}, "16", "sottovoce-terminal"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "256", "sottovoce-mono"),
    ],
)
def test_colours_are_those_that_the_terminal_has(environ: dict[str, str], colours: str, name: str) -> None:
    profile = detect(environ, "utf-8")
    assert (profile.colours, drawing_for(profile).theme.name) == (colours, name)


def test_a_stored_theme_is_drawn_as_the_terminal_can() -> None:
    profile = detect({"TERM": "xterm-256color"}, "utf-8").adapted(theme="light")
    assert drawing_for(profile).theme.name == "sottovoce-light-256"
    assert drawing_for(detect({"TERM": "linux"}, "utf-8").adapted(theme="contrast")).theme is TERMINAL


def test_links_are_told_only_where_they_are_understood() -> None:
    assert detect({"TERM": "xterm-256color"}, "utf-8").links
    assert not detect({"TERM": "linux"}, "utf-8").links
    assert not detect({"TERM": "screen-256color", "STY": "1.pts"}, "utf-8").links


# --- choosing ---------------------------------------------------------------------------------------------------------


def drawn(app: App[Any]) -> str:
    return "\n".join(strip.text for strip in cast("Any", app.screen)._compositor.render_strips())


@pytest.mark.asyncio
async def test_what_is_chosen_by_command_lasts_and_is_what_the_settings_show() -> None:
    async with running() as demo:
        await demo.open("bob")
        for command, theme, glyphs in (("/theme terminal", "terminal", ""), ("/glyphs ascii", "terminal", "ascii")):
            await demo.write(command)
            await demo.press("enter")
            await until(demo.pilot, lambda: demo.client.stored_settings.glyphs == glyphs)  # noqa: B023 - at once
            assert demo.client.stored_settings.theme == theme
        await demo.write("/settings")
        await demo.press("enter")
        await until(demo.pilot, lambda: "[terminal]" in drawn(demo.app) and "[ascii]" in drawn(demo.app))


@pytest.mark.asyncio
@pytest.mark.parametrize(("command", "names"), [("/theme", THEME_NAMES), ("/glyphs", GLYPH_NAMES)])
async def test_without_a_name_one_is_told_which_there_are_and_which_it_is(command: str, names: tuple[str, ...]) -> None:
    async with running(120, 40) as demo:
        await demo.open("bob")
        await demo.write(command)
        await demo.press("enter")
        assert all(name in demo.status() for name in names)
        assert "now auto" in demo.status()


def test_commands_palette_and_settings_offer_the_same() -> None:
    for field, names in (("theme", THEME_NAMES), ("glyphs", GLYPH_NAMES)):
        assert [name for name, _ in ROWS[field][1]] == list(names)
        for _, value in ROWS[field][1]:
            msgspec.convert({field: value}, api.Settings)
    assert set(THEME_NAMES) - {AUTO} == set(THEMES)


@pytest.mark.asyncio
@pytest.mark.parametrize("there_and_back", [("ascii", "unicode"), ("unicode", "ascii")])
async def test_no_sign_of_another_set_stays_anywhere(there_and_back: tuple[GlyphSet, GlyphSet]) -> None:
    first, second = there_and_back
    async with running(120, 40, profile=look(glyphs=second)) as fresh:
        await fresh.open("bob")
        await fresh.press("up")
        expected = drawn(fresh.app)
    async with running(120, 40, profile=look(glyphs=second)) as demo:
        await demo.open("bob")
        await demo.press("up")
        for glyphs in (first, second):
            await demo.app.apply_settings(api.Settings(glyphs=glyphs))
            await demo.calm()
        assert drawn(demo.app) == expected
