"""Links opened by a key: nothing is opened before the person has seen where it leads and said so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from tests.support.client import LINK_TAIL, FakeClient
from tests.support.world import BOB, NOW
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.main import MainScreen
from tui.screens.open_link import LinkPicker, OpenLinkScreen
from tui.screens.pages.add_contact import AddContactScreen
from tui.widgets.link_field import LinkField

pytestmark = pytest.mark.asyncio


# Writes what it is given into a file; fails where it is told to.
SCRIPT = """#!/bin/sh
printf '%s\\n' "$1" >> '{folder}/addresses'
[ ! -e '{folder}/fail' ]
"""


class Opener:
    """An opener of the system's that notes what it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("xdg-open", "open", "wslview"):
            (folder / name).write_text(SCRIPT.format(folder=folder), encoding="utf-8")
            (folder / name).chmod(0o700)

    @property
    def addresses(self) -> list[str]:
        """What it was given."""
        noted = self.folder / "addresses"
        return noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []

    def fail(self) -> None:
        """From now on it cannot."""
        (self.folder / "fail").touch()


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Let the system's opener be one that opens nothing, beside the terminal."""
    for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_IP", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return Opener(tmp_path)


def saying(text: str) -> FakeClient:
    client = FakeClient()
    client.room("bob").say(BOB, text, NOW)
    return client


async def ask(demo: Demo) -> None:
    """Press the key on the newest message of Bob's conversation."""
    demo.app.copy_to_clipboard = demo.copied.append  # type: ignore[method-assign,assignment]
    await demo.open("bob")
    await demo.press("up", "o")


def said(demo: Demo) -> str:
    """Return all that the sheet says."""
    screen = demo.app.screen
    assert isinstance(screen, OpenLinkScreen)
    return "\n".join(str(each.render()) for each in screen.query(Static))


async def test_a_link_is_opened_after_the_sheet_and_enter_and_not_before(opened: Opener) -> None:
    async with running(client=saying("see https://example.org/x.")) as demo:
        await ask(demo)
        assert said(demo).startswith("example.org\nhttps://example.org/x\n")
        assert "sees your internet address" in said(demo)
        assert opened.addresses == []
        await demo.press("escape")
        assert opened.addresses == []
        assert demo.log.selected is not None, "the message is still marked"
        await demo.press("o", "enter")
        assert opened.addresses == ["https://example.org/x"]
        assert "Opened by your system." in demo.status()
        assert demo.copied == []


async def test_where_a_link_deceives_the_sheet_says_so_and_enter_goes_back(opened: Opener) -> None:
    async with running(client=saying("[bank.example](https://evil.example/x)")) as demo:
        await ask(demo)
        assert "The text says bank.example, but it leads to evil.example." in said(demo)
        await demo.press("enter")
        assert isinstance(demo.app.screen, MainScreen)
        assert opened.addresses == []
        await demo.press("o", "left", "left", "enter")
        assert opened.addresses == ["https://evil.example/x"]


async def test_over_ssh_a_link_is_copied(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    async with running(client=saying("https://example.org/x")) as demo:
        await ask(demo)
        assert "it can only be copied" in said(demo)
        await demo.press("enter")
        assert (demo.copied, opened.addresses) == (["https://example.org/x"], [])


async def test_what_could_not_be_opened_is_copied_too(opened: Opener) -> None:
    opened.fail()
    async with running(client=saying("mailto:a@b.org")) as demo:
        await ask(demo)
        assert "mail program" in said(demo)
        await demo.press("enter")
        assert (demo.copied, opened.addresses) == (["mailto:a@b.org"], ["mailto:a@b.org"])
        assert "copied instead" in demo.status()


async def test_a_link_that_programs_could_take_differently_is_not_opened(opened: Opener) -> None:
    async with running(client=saying("https://bank.example\\@evil.example/")) as demo:
        await ask(demo)
        assert "not certain where it leads" in said(demo)
        assert not demo.app.screen.query("#open")
        await demo.press("c")
        assert opened.addresses == []
        assert demo.copied == ["https://bank.example\\@evil.example/"]


async def test_of_several_links_one_is_chosen_first(opened: Opener) -> None:
    async with running(client=saying("https://example.org/1 and https://example.com/2")) as demo:
        await ask(demo)
        assert isinstance(demo.app.screen, LinkPicker)
        await demo.press("down", "enter")
        assert said(demo).startswith("example.com")
        await demo.press("enter")
        assert opened.addresses == ["https://example.com/2"]


async def test_an_invitation_goes_to_the_page_that_adds_somebody(opened: Opener) -> None:
    link = f"SOTTOVOCE:AEA{LINK_TAIL}"[: len("SOTTOVOCE:") + 119]
    async with running(client=saying(f"Here: {link}")) as demo:
        await ask(demo)
        page: Any = demo.app.screen
        assert isinstance(page, AddContactScreen)
        assert page.query_one(LinkField).link == link
        assert "The invitation is in its place." in page.notice.said
        assert opened.addresses == []


async def test_a_message_without_a_link_has_none_to_open(opened: Opener) -> None:
    async with running(client=saying("no link")) as demo:
        await ask(demo)
        await until(demo.pilot, lambda: "There is no link in this message." in demo.status())
        assert opened.addresses == []


@pytest.mark.parametrize("size", [(80, 24), (50, 20), (40, 12)])
async def test_the_answers_are_in_sight_whatever_the_link(opened: Opener, size: tuple[int, int]) -> None:
    text = f"[bank.example](https://evil.example/{'x' * 1900})"
    async with running(*size, client=saying(text)) as demo:
        await ask(demo)
        back = demo.app.screen.query_one("#back")
        assert demo.app.screen.region.contains_region(back.region)
        assert back.region.height == 1
