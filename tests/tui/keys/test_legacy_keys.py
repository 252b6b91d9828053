"""Esc and a key that arrive together, as over a slow line: nothing is sent, nothing is lost, nobody is let in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.terminal import Terminal
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.keys.jumps import LOOK
from tui.keys.legacy_keys import INTRODUCERS, PatientParser, after_escape, alt_characters
from tui.screens.catalogue import whole_registry
from tui.screens.main import MainScreen
from tui.screens.pages.greetings import GreetingsScreen

REGISTRY = whole_registry()

BOUND = sorted(key.removeprefix("alt+") for key in alt_characters(REGISTRY) if len(key) == len("alt+x"))
UNBOUND = sorted({chr(code) for code in range(0x21, 0x7F)} - INTRODUCERS - set(BOUND))
DEEDS = (api.MessageSend, api.GreetingAccept, api.GreetingReject, api.MessageDelete)


class Hands:
    """A keyboard at the far end of a line."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self._parser = PatientParser()
        self.now = 1000.0
        demo.app._keys.jumps._clock = lambda: self.now

    async def send(self, *reads: str) -> None:
        """Let each of ``reads`` be read at once."""
        for data in reads:
            for event in self._parser.feed(data):
                self.demo.app.post_message(event)
        keys = self.demo.app._keys
        await until(self.demo.pilot, lambda: not keys._unclear and not keys._busy)
        await self.demo.calm()

    @property
    def deeds(self) -> list[api.Command[object]]:
        """What was done that cannot be undone."""
        return [call for call in self.demo.client.calls if isinstance(call, DEEDS)]


@asynccontextmanager
async def with_bob(client: FakeClient | None = None) -> AsyncGenerator[tuple[Demo, Hands]]:
    async with running(client=client) as demo:
        await demo.open("bob")
        yield demo, Hands(demo)


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["/rename Eve", "d"])
async def test_a_command_behind_esc_is_a_command_and_goes_to_nobody(text: str) -> None:
    async with with_bob() as (demo, hands):
        await hands.send("\x1b" + text)
        assert demo.main.navigation.current == "bob"
        assert demo.composer.text == text
        await hands.send("\r")
        assert [deed for deed in hands.deeds if getattr(deed, "text", "").startswith("/")] == []


@pytest.mark.asyncio
async def test_no_key_without_a_meaning_with_alt_is_lost() -> None:
    async with with_bob() as (demo, hands):
        for character in UNBOUND:
            await hands.send("\x1b" + character)
        assert demo.composer.text == "".join(UNBOUND)
        assert demo.main.navigation.current == "bob"


@pytest.mark.asyncio
async def test_a_text_behind_esc_stays_here_and_enter_is_refused() -> None:
    async with with_bob() as (demo, hands):
        for key in BOUND:
            await hands.send(f"\x1b{key}nd so on\r")
            assert isinstance(demo.app.screen, MainScreen)
            assert (demo.main.navigation.current, demo.composer.text) == ("bob", f"{key}nd so on")
            assert hands.deeds == []
            assert "Nothing done" in demo.status()
            demo.composer.put("")
        hands.now += LOOK
        await hands.send("well\r")
        assert [getattr(deed, "conversation", "") for deed in hands.deeds] == ["bob"]


@pytest.mark.asyncio
async def test_esc_and_a_key_that_are_read_apart_are_two_keys() -> None:
    async with with_bob() as (demo, hands):
        for key in BOUND:
            await hands.send("\x1b", key)
        assert isinstance(demo.app.screen, MainScreen)
        assert (demo.main.navigation.current, demo.composer.text) == ("bob", "".join(BOUND))


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["1", "4", "a"])
async def test_after_a_jump_by_alt_an_enter_waits_until_one_has_looked(key: str) -> None:
    client = FakeClient()
    for room in client.rooms[1:]:
        room.draft = "unfinished"
    async with with_bob(client) as (demo, hands):
        await hands.send("\x1b" + key)
        there = demo.main.navigation.current
        assert there != "bob"
        await hands.send("x")
        await hands.send("\r")
        assert hands.deeds == []
        assert "Nothing done" in demo.status()
        hands.now += LOOK - 0.01
        await hands.send("\r")
        assert hands.deeds == []
        hands.now += 0.02
        await hands.send("\r")
        assert [getattr(deed, "conversation", "") for deed in hands.deeds] == [there]


@pytest.mark.asyncio
async def test_strangers_are_not_let_in_by_a_word() -> None:
    async with with_bob() as (demo, hands):
        await hands.send("\x1bg")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, GreetingsScreen))
        for key in ("r", "e", "a", "t", "\r", "\r"):
            await hands.send(key)
        assert hands.deeds == []
        assert isinstance(demo.app.screen, GreetingsScreen)
        hands.now += LOOK
        await hands.send("a")
        assert [type(deed) for deed in hands.deeds] == [api.GreetingAccept]


@pytest.mark.asyncio
async def test_a_key_that_goes_somewhere_shows_that_one_has_looked() -> None:
    async with with_bob() as (demo, hands):
        await hands.send("\x1b2")
        await hands.send("\x0b")
        await hands.send("yuk")
        await hands.send("\r")
        assert demo.main.navigation.current == "yuki"


@pytest.mark.asyncio
async def test_in_the_list_letters_open_nothing_right_after_a_jump_there() -> None:
    async with with_bob() as (demo, hands):
        await hands.send("\x1b0")
        for key in "jjl\r":
            await hands.send(key)
        assert demo.main.navigation.current == "bob"
        assert demo.client.calls[-1] != api.ConversationRead(conversation="echo", upto="")


@pytest.mark.asyncio
async def test_when_a_conversation_vanishes_the_next_enter_opens_nothing() -> None:
    async with with_bob() as (demo, hands):
        demo.client.rooms = [room for room in demo.client.rooms if room.id != "bob"]
        demo.client.emit(api.ContactChanged(identity="b"))
        await until(demo.pilot, lambda: demo.main.navigation.current is None)
        await demo.calm()
        await hands.send("\r")
        assert demo.main.navigation.current is None
        hands.now += LOOK
        await hands.send("\r")
        assert demo.main.navigation.current is not None


@pytest.mark.asyncio
async def test_a_paste_behind_a_jump_is_not_taken_for_typing() -> None:
    async with with_bob() as (demo, hands):
        await hands.send("\x1b4\x1b[200~hello\r\n\x1b[201~")
        assert demo.main.navigation.current == "echo"
        assert hands.deeds == []


def test_sequences_that_are_read_in_pieces_stay_whole() -> None:
    parser = PatientParser()
    names = [getattr(event, "key", "") for part in ("\x1b", "[", "A", "\x1b[", "1;3B") for event in parser.feed(part)]
    assert names == ["up", "alt+down"]


def test_a_key_behind_esc_is_typed_as_itself() -> None:
    assert [(key.key, key.character) for key in after_escape("/")] == [("escape", "\x1b"), ("slash", "/")]


@pytest.mark.network
@pytest.mark.slow
def test_in_a_real_terminal_a_command_behind_esc_stays_in_its_line() -> None:
    with Terminal(("tests.support.fake_app",), 80, 24, {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}) as terminal:
        terminal.wait_for("Bob")
        terminal.settle()
        terminal.send("\x1b2")
        terminal.wait_for("Write to Bob")
        terminal.settle()
        terminal.send("\x1b/renam")
        terminal.wait_for("› /renam")
        assert "Write to" not in terminal.text()
