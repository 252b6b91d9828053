"""QR codes: what is drawn can be read by a camera. Reading them from pictures: ``tests/core/pictures/test_pictures.py``."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from core import api
from tests.support.client import FakeClient
from tests.tui.picture import BLACK_ON_WHITE, WHITE_ON_BLACK, codes_in, photograph
from tests.tui.stage import Stage, look
from tests.tui.until import until, until_equal
from tui.look.profile import ThemeName
from tui.look.themes import THEMES
from tui.screens.pages.invite import code
from tui.text.qr_code import MAX_QR_TEXT, SCREEN_QUIETS, QrTooLong, Quiet, matrix_of, save_picture
from tui.text.qr_reading import read_codes
from tui.widgets.qr_view import strips_of

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LONGEST_LINK = "SOTTOVOCE:" + "K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3" * 4 + "ABCDEFGHIJKLMNOP"


def an_invite(link: str = LONGEST_LINK) -> api.Invite:
    return api.Invite(id="i", link=link, created_at=0, expires_at=1, state="open", uses=0, copies=2)


def stage_of(link: str, theme: ThemeName = "dark", **more: object) -> Stage:
    profile = look(theme, **more)  # type: ignore[arg-type]  # glyphs and no_color, by name
    return Stage(lambda client: code.InviteCodeScreen(client, an_invite(link)), FakeClient(), profile)


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_the_longest_link_fits_version_five() -> None:
    assert len(LONGEST_LINK) == 154
    assert len(matrix_of(LONGEST_LINK)) == 37 + 2 * 2


def test_the_longest_link_takes_41_columns_and_21_rows() -> None:
    strips = strips_of(matrix_of(LONGEST_LINK))
    assert (strips[0].cell_length, len(strips)) == (41, 21)


@pytest.mark.parametrize(("quiet", "size"), zip(SCREEN_QUIETS, ((45, 23), (45, 22), (41, 21)), strict=True))
def test_four_modules_of_white_are_around_it_where_there_is_room(quiet: Quiet, size: tuple[int, int]) -> None:
    strips = strips_of(matrix_of(LONGEST_LINK, quiet))
    assert (strips[0].cell_length, len(strips)) == size
    assert quiet.above % 2 == 0  # whichever it is, the same modules share a cell


def test_a_text_beyond_any_screen_is_refused() -> None:
    with pytest.raises(QrTooLong):
        matrix_of("A" * (MAX_QR_TEXT + 1))


@settings(max_examples=15, deadline=None)
@given(st.text(ALPHANUMERIC, min_size=1, max_size=154))
def test_the_quiet_zone_is_light_on_all_sides(text: str) -> None:
    matrix = matrix_of(text)
    edges = [*matrix[:2], *matrix[-2:], *(row[:2] + row[-2:] for row in matrix)]
    assert not any(dark for edge in edges for dark in edge)


@pytest.mark.asyncio
@pytest.mark.parametrize("theme", THEMES)
async def test_a_camera_reads_the_code_at_80_by_24_in_every_theme(theme: ThemeName) -> None:
    app = stage_of(LONGEST_LINK, theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_equal(pilot, lambda: codes_in(photograph(app)), [LONGEST_LINK])
        assert codes_in(photograph(app, BLACK_ON_WHITE)) == [LONGEST_LINK]


@pytest.mark.asyncio
async def test_without_any_colour_the_code_is_ink_and_can_be_inverted_for_a_light_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = stage_of(LONGEST_LINK, "mono", no_color=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_equal(pilot, lambda: codes_in(photograph(app, WHITE_ON_BLACK)), [LONGEST_LINK])
        await pilot.press("i")
        await until_equal(pilot, lambda: codes_in(photograph(app, BLACK_ON_WHITE)), [LONGEST_LINK])


@pytest.mark.asyncio
@pytest.mark.parametrize("theme", ["dark", "mono"])
async def test_in_ascii_the_code_is_drawn_where_there_is_room(theme: ThemeName) -> None:
    app = stage_of(LONGEST_LINK, theme, glyphs="ascii")
    async with app.run_test(size=(110, 44)) as pilot:
        await until_equal(pilot, lambda: codes_in(photograph(app)), [LONGEST_LINK])


@pytest.mark.asyncio
async def test_where_nothing_is_known_of_the_terminal_the_text_and_the_picture_come_first() -> None:
    profile = dataclasses.replace(look("mono", "ascii"), reverse=False)
    app = Stage(lambda client: code.InviteCodeScreen(client, an_invite()), FakeClient(), profile)
    async with app.run_test(size=(110, 44)) as pilot:
        await until(pilot, lambda: "a picture (s)" in str(app.screen.query_one("#too-small").render()))
        assert not app.screen.query_one("QrView").display
        await pilot.press("i")
        await until_equal(pilot, lambda: codes_in(photograph(app)), [LONGEST_LINK])


@pytest.mark.asyncio
async def test_the_whole_code_and_the_whole_link_are_on_the_screen() -> None:
    app = stage_of(LONGEST_LINK)
    async with app.run_test(size=(80, 24)) as pilot:
        for size in ((68, 23), (80, 24), (60, 33), (120, 40)):
            await pilot.resize_terminal(*size)
            await until_equal(pilot, lambda: ((*app.screen.size,), codes_in(photograph(app))), (size, [LONGEST_LINK]))
            link = app.screen.query_one("#link")
            assert app.screen.region.contains_region(link.region)
            assert link.region.area >= len(LONGEST_LINK)


@pytest.mark.asyncio
async def test_on_a_smaller_screen_the_size_needed_is_told_and_no_cut_code_is_shown() -> None:
    app = stage_of(LONGEST_LINK)
    async with app.run_test(size=(80, 24)) as pilot:
        for size in ((67, 24), (80, 24), (80, 22), (80, 24), (40, 12)):
            await pilot.resize_terminal(*size)
            fits = size == (80, 24)
            await until_equal(pilot, lambda: app.screen.query_one("QrView").display, fits)
            assert fits or "68x23" in str(app.screen.query_one("#too-small").render())


# --- picture files ----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_saved_picture_is_private_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "invitation.png"
    save_picture(LONGEST_LINK, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await read_codes(path) == [LONGEST_LINK]


def test_saving_replaces_no_file_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(b"keep")
    (tmp_path / "link.png").symlink_to(tmp_path / "elsewhere.png")
    for name in ("mine.png", "link.png"):
        with pytest.raises(FileExistsError):
            save_picture("TEXT", tmp_path / name)
    assert (tmp_path / "mine.png").read_bytes() == b"keep"
    assert not (tmp_path / "elsewhere.png").exists()
