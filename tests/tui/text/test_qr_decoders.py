"""Codes on the screen are read by three decoders from terminals as they are: blocks that do not meet, light and dark."""

from __future__ import annotations

import itertools

import pytest
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from core import api
from tests.support.client import FakeClient
from tests.tui.decoders import DECODERS
from tests.tui.picture import (
    BITMAP,
    BLACK_ON_WHITE,
    FULL,
    WHITE_ON_BLACK,
    XTERM,
    Face,
    Rgb,
    codes_in,
    paint,
    photograph,
)
from tests.tui.stage import Stage, look
from tests.tui.until import until, until_equal
from tui.look.profile import GlyphSet, ThemeName
from tui.screens.pages.invite.code import InviteCodeScreen
from tui.text.qr_code import matrix_of
from tui.widgets.qr_view import QrView

LINK = "SOTTOVOCE:" + "K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3" * 4 + "ABCDEFGHIJKLMNOP"
GREY_ON_BLACK = ((170, 170, 170), (0, 0, 0))
FACES = (FULL, *XTERM, *BITMAP)
DARK = tuple(itertools.product(FACES, (WHITE_ON_BLACK, GREY_ON_BLACK)))
LIGHT = tuple(itertools.product(FACES, (BLACK_ON_WHITE,)))
# Of the pictures of one look, how many each decoder has to read. A picture pixel by pixel without any blur is harder than
# what a camera sees, and each of them misses some that the others read; with upper half blocks it is half of them.
ENOUGH = 0.9
SIZES: dict[GlyphSet, tuple[int, int]] = {"unicode": (80, 24), "ascii": (110, 44)}


def a_code(glyphs: GlyphSet, *, no_color: bool) -> Stage:
    invite = api.Invite(id="i", link=LINK, created_at=0, expires_at=1, state="open", uses=0, copies=2)
    theme: ThemeName = "mono" if no_color else "dark"
    return Stage(lambda client: InviteCodeScreen(client, invite), FakeClient(), look(theme, glyphs, no_color=no_color))


def misread(app: Stage, terminals: tuple[tuple[Face, tuple[Rgb, Rgb]], ...]) -> dict[str, list[Face]]:
    """Return what each decoder does not read, of those that read too little."""
    missed: dict[str, list[Face]] = {name: [] for name in DECODERS}
    for face, palette in terminals:
        picture = photograph(app, palette, face)
        for name, decode in DECODERS.items():
            if decode(picture) != [LINK]:
                missed[name].append(face)
    return {name: faces for name, faces in missed.items() if len(faces) > (1 - ENOUGH) * len(terminals)}


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_in_colours_every_decoder_reads_it_on_dark_and_light_terminals(glyphs: GlyphSet) -> None:
    app = a_code(glyphs, no_color=False)
    async with app.run_test(size=SIZES[glyphs]) as pilot:
        await until_equal(pilot, lambda: codes_in(photograph(app)), [LINK])
        assert misread(app, (*DARK[::2], *LIGHT)) == {}


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_without_colours_every_decoder_reads_it_in_reverse_video_and_inverted_on_light_terminals(
    glyphs: GlyphSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = a_code(glyphs, no_color=True)
    async with app.run_test(size=SIZES[glyphs]) as pilot:
        await until_equal(pilot, lambda: codes_in(photograph(app)), [LINK])
        assert misread(app, DARK) == {}
        await pilot.press("i")
        await until_equal(pilot, lambda: codes_in(photograph(app, BLACK_ON_WHITE)), [LINK])
        assert misread(app, LIGHT) == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("no_color", [False, True])
async def test_in_ascii_not_one_letter_is_part_of_the_code(no_color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = a_code("ascii", no_color=no_color)
    async with app.run_test(size=SIZES["ascii"]) as pilot:
        await until(pilot, lambda: app.screen.query_one(QrView).code_size.height)
        view = app.screen.query_one(QrView)
        rows: list[Strip] = [view.render_line(y) for y in range(view.code_size.height)]
        assert {strip.text.strip() for strip in rows} == {""}


def test_a_code_drawn_with_letters_would_be_read_by_none() -> None:
    """That the pictures show what a terminal shows: a hash is four strokes, not a full block."""
    matrix = matrix_of(LINK)
    rows = [[Segment("  " if dark else "##") for dark in row] for row in matrix]
    pictures = [paint(rows, Size(2 * len(matrix), len(matrix)), WHITE_ON_BLACK, face) for face in FACES]
    assert [name for name, decode in DECODERS.items() if any(decode(each) == [LINK] for each in pictures)] == []
