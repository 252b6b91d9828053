"""Using an invitation that one was given."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, strategies as st
from textual.pilot import Pilot

from core import api
from tests.support.client import FakeClient
from tests.tui.stage import NOTHING, Stage
from tests.tui.until import paste, until, until_in, write
from tui.qr import save_picture
from tui.screens.add_contact import AddContactScreen
from tui.screens.page import Page
from tui.widgets.link_field import LinkField, joined
from tui.widgets.path_field import PathField, complete_path, dragged_path
from tui.widgets.small_editor import SmallEditor

LINK = "SOTTO:9K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3"
R = TypeVar("R")


def adding(client: FakeClient | None = None) -> Stage:
    return Stage(AddContactScreen, client)


def notice(app: Stage) -> str:
    assert isinstance(app.screen, Page)
    return app.screen.notice.said


async def send(pilot: Pilot[Any]) -> None:
    pilot.app.screen.query_one("#send").focus()
    await pilot.press("enter")


@pytest.mark.asyncio
async def test_a_link_broken_over_lines_and_in_small_letters_is_taken() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, f"  {LINK[:20].lower()}\r\n   {LINK[20:]}\n")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, SmallEditor))
        await write(pilot, "Hello")
        await send(pilot)
        await until(pilot, lambda: app.result is not NOTHING)
    assert app.result == app.world.rooms[0].id
    assert api.ContactAdd(link=LINK, greeting="Hello") in app.world.calls


@given(st.text())
def test_a_pasted_link_is_one_printable_word(text: str) -> None:
    link = joined(text)
    assert link.isascii()
    assert link.isprintable()
    assert " " not in link
    assert joined(link) == link


KINDS = {
    api.Kind.BAD_INVITE: "damaged or incomplete",
    api.Kind.OWN_INVITE: "your own",
    api.Kind.INVITE_EXPIRED: "expired",
    api.Kind.INVITE_REVOKED: "withdrawn",
    api.Kind.INVITE_USED: "already used",
    api.Kind.INVITE_NOT_FOUND: "Nobody in the network",
    api.Kind.NO_NETWORK: "No other node",
    api.Kind.TOO_LONG: "at most 600 bytes",
}


@pytest.mark.asyncio
async def test_every_refusal_has_a_sentence_of_its_own() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, LINK)
        for kind, words in KINDS.items():
            app.world.refuse[api.ContactAdd] = api.ApiError(kind, "")
            await send(pilot)
            await until_in(pilot, lambda: notice(app), words)
    assert app.result is NOTHING


@pytest.mark.asyncio
async def test_a_greeting_beyond_600_bytes_is_counted_and_not_sent() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, LINK)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, SmallEditor))
        await paste(pilot, "ü" * 301)
        await until(pilot, lambda: "2 bytes too long" in str(app.screen.query_one("#count").render()))
        await send(pilot)
        await until(pilot, lambda: "at most 600 bytes" in notice(app))
    assert not any(isinstance(call, api.ContactAdd) for call in app.world.calls)


class Unhurried(FakeClient):
    """A network that never answers."""

    cancelled = False

    async def call(self, command: api.Command[R]) -> R:
        if api.method_of(command) != "contact.add":
            return await super().call(command)
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True
        raise AssertionError


@pytest.mark.asyncio
async def test_esc_cancels_the_search_and_then_leaves() -> None:
    world = Unhurried()
    app = adding(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, LINK)
        await send(pilot)
        await until(pilot, lambda: "Esc cancels" in notice(app))
        await pilot.press("escape")
        await until(pilot, lambda: notice(app) == "Cancelled.")
        assert world.cancelled
        assert app.screen.query_one(LinkField).value == LINK
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


@pytest.mark.asyncio
async def test_a_picture_of_the_code_fills_in_the_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_picture(LINK, tmp_path / "invitation.png")
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("tab")
        await paste(pilot, "inv")
        await until(pilot, lambda: "invitation.png" in app.screen.query_one(PathField).render_line(0).text)
        await pilot.press("tab")
        assert app.screen.query_one(PathField).path == Path("invitation.png")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(LinkField).value == LINK)
        assert app.focused is app.screen.query_one(SmallEditor)


@pytest.mark.asyncio
async def test_a_picture_without_a_code_is_explained(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"meow")
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("tab")
        app.screen.query_one(PathField).value = str(tmp_path / "cat.png")
        await pilot.press("enter")
        await until(pilot, lambda: "not a picture" in notice(app))


@pytest.mark.parametrize(
    "pasted", ["/tmp/a b.png", "'/tmp/a b.png' ", r"/tmp/a\ b.png", "file:///tmp/a%20b.png\n", "/tmp/a b.png\nmore"]
)
def test_a_file_dragged_into_the_terminal_is_understood(pasted: str) -> None:
    assert dragged_path(pasted) == "/tmp/a b.png"


def test_paths_are_completed_to_folders_and_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    for name in ("alone.txt", "alps.PNG", ".hidden.png"):
        (tmp_path / name).touch()
    suffixes = {".png"}
    assert complete_path(f"{tmp_path}/al", suffixes) == f"{tmp_path}/album/"
    assert complete_path(f"{tmp_path}/alp", suffixes) == f"{tmp_path}/alps.PNG"
    assert complete_path(f"{tmp_path}/alo", suffixes) is None
    assert complete_path(f"{tmp_path}/.h", suffixes) == f"{tmp_path}/.hidden.png"
    assert complete_path("/nowhere/at/all/x", suffixes) is None
