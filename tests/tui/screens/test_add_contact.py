"""Using an invitation that one was given."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual import events
from textual.pilot import Pilot

from core import api
from core.people.format.invitation import encode_link
from tests.core.people.test_link_search import OTHER, TEXT, WAYS
from tests.support.client import FakeClient
from tests.tui.stage import NOTHING, Stage
from tests.tui.until import focus, paste, until, until_in, write
from tui.screens.page import Page
from tui.screens.pages.add_contact import AddContactScreen
from tui.terminal.clipboard_answers import ANSWERS
from tui.text.qr_code import save_picture
from tui.widgets.link_field import LinkField
from tui.widgets.path_field import PathField, complete_path, dragged_path
from tui.widgets.small_editor import SmallEditor

LINK, SECOND = TEXT, encode_link(OTHER)
R = TypeVar("R")


def adding(client: FakeClient | None = None) -> Stage:
    return Stage(AddContactScreen, client)


def notice(app: Stage) -> str:
    assert isinstance(app.screen, Page)
    return app.screen.notice.said


async def send(pilot: Pilot[Any]) -> None:
    await focus(pilot, "#send")
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
        await until(pilot, lambda: app.screen.query_one(SmallEditor).text == "Hello")
        await send(pilot)
        await until(pilot, lambda: app.result is not NOTHING)
    assert app.result == app.world.rooms[0].id
    assert api.ContactAdd(link=LINK, greeting="Hello") in app.world.calls


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
        await until(pilot, lambda: "2 too long" in str(app.screen.query_one("#count").render()))
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
        await until(pilot, lambda: app.focused is app.screen.query_one(SmallEditor))


@pytest.mark.asyncio
async def test_a_picture_of_another_code_is_no_invitation(tmp_path: Path) -> None:
    save_picture("HTTPS://EXAMPLE.ORG", tmp_path / "a.png")
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#picture")
        app.screen.query_one(PathField).value = str(tmp_path / "a.png")
        await pilot.press("enter")
        await until(pilot, lambda: "no invitation" in notice(app))
        assert app.screen.query_one(LinkField).value == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["{}", "'{}' ", "file://{}\n"])
async def test_a_picture_that_is_dragged_onto_the_link_is_read(tmp_path: Path, way: str) -> None:
    save_picture(LINK, tmp_path / "a.png")
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, way.format(tmp_path / "a.png"))
        await until(pilot, lambda: app.screen.query_one(LinkField).value == LINK)


@pytest.mark.asyncio
async def test_a_link_that_is_pasted_into_the_field_below_is_taken() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#picture")
        await paste(pilot, LINK)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(LinkField).value == LINK)
        assert app.screen.query_one(PathField).value == ""


TYPED = {
    "one line": f"{LINK}\n",
    "wrapped": f"{LINK[:70]}\n{LINK[70:]}\n",
    "quoted": f"> {LINK[:70]}\n> {LINK[70:]}",
    "frames of a chat": WAYS["frames of a chat"],
    "a whole mail": f"Hello,\n\nI told you of it.\n{LINK[:76]}\n{LINK[76:]}\n\nUntil soon\nAnn\n",
    "narrow": WAYS["wrapped narrowly"] + "\n\n",
}


@pytest.mark.asyncio
@pytest.mark.parametrize("line_end", ["enter", "ctrl+j"])
@pytest.mark.parametrize("way", TYPED)
async def test_what_a_terminal_without_bracketed_paste_types_stays_in_the_field(way: str, line_end: str) -> None:
    """Its line ends are keys: none of it may end up in the greeting."""
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for each in TYPED[way]:
            key = line_end if each == "\n" else "space" if each == " " else each
            app.post_message(events.Key(key, None if each == "\n" else each))
        await until(pilot, lambda: app.screen.query_one(LinkField).link == LINK)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, SmallEditor))
        assert app.screen.query_one(LinkField).value == LINK
        assert app.screen.query_one(SmallEditor).text == ""


@pytest.mark.asyncio
async def test_enter_without_a_whole_link_waits_for_the_rest() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await write(pilot, LINK[:60])
        await pilot.press("enter")
        await until(pilot, lambda: "the rest" in notice(app))
        assert isinstance(app.focused, LinkField)
        await write(pilot, LINK[60:])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, SmallEditor))
        assert app.screen.query_one(LinkField).value == LINK


@pytest.mark.asyncio
async def test_a_link_that_is_pasted_in_two_parts_is_put_together_and_another_replaces_it() -> None:
    app = adding()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for part in (LINK[:60], LINK[60:], f"no, this one: {SECOND}."):
            await paste(pilot, part)
        await until(pilot, lambda: app.screen.query_one(LinkField).value == SECOND)


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


class Answered(AddContactScreen):
    """The page on a terminal that answers a question by what its keyboard sends."""

    answer = ""

    def ask_terminal(self, sequence: str) -> None:
        assert "\x1b]5522;type=read;" in sequence
        assert ANSWERS.take(self.answer) == ""


@asynccontextmanager
async def with_clipboard(answer: str) -> AsyncGenerator[tuple[Stage, Pilot[Any]]]:
    """The page after Ctrl+V."""

    def make(client: api.Client) -> Answered:
        screen = Answered(client)
        screen.answer = answer
        return screen

    app = Stage(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("ctrl+v")
        yield app, pilot


@pytest.mark.asyncio
async def test_a_picture_in_the_clipboard_is_read_like_a_file(tmp_path: Path) -> None:
    path = tmp_path / "code.png"
    save_picture(LINK, path)
    kind, data = (base64.b64encode(each).decode() for each in (b"image/png", path.read_bytes()))
    answer = (
        "\x1b]5522;type=read:status=OK\x1b\\"
        f"\x1b]5522;type=read:status=DATA:mime={kind};{data}\x1b\\"
        "\x1b]5522;type=read:status=DONE\x1b\\"
    )
    async with with_clipboard(answer) as (app, pilot):
        await until_in(pilot, lambda: notice(app), "holds an invitation")
        assert app.screen.query_one(LinkField).link == LINK
        await until(pilot, lambda: isinstance(app.focused, SmallEditor))


@pytest.mark.asyncio
async def test_a_text_in_the_clipboard_is_taken_like_a_paste() -> None:
    text = base64.b64encode(f"Hello! {LINK}\nBob".encode()).decode()
    async with with_clipboard(f"\x1b]52;c;{text}\a") as (app, pilot):
        await until(pilot, lambda: app.screen.query_one(LinkField).link == LINK)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "does not answer. If it asks you, allow it; else paste the link"),
        ("\x1b]5522;type=read:status=EPERM\x1b\\", "paste the link, or name the picture's file"),
        ("\x1b]5522;type=read:status=DONE\x1b\\", "neither a picture nor a text"),
    ],
)
@pytest.mark.asyncio
async def test_without_a_clipboard_it_says_what_to_do_instead(answer: str, said: str) -> None:
    async with with_clipboard(answer) as (app, pilot):
        await until_in(pilot, lambda: notice(app), said)
