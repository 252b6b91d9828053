"""Wherever a screen shows what others wrote: nothing of it moves the cursor, sets the clipboard or reads backwards."""

from __future__ import annotations

from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import OptionList

from core import api
from tests.support.client import GREETER, FakeClient
from tests.support.client_contacts import WARNING_TEXTS
from tests.support.world import NOW
from tests.tui.demo import Demo, running
from tests.tui.stage import Stage
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.main import MainScreen
from tui.screens.pages.greetings import GreetingsScreen
from tui.screens.pages.network import peer_line
from tui.screens.search import SearchScreen
from tui.screens.switcher import SwitcherScreen
from tui.widgets.chat_header import ChatHeader
from tui.widgets.details import Details

WIDE = (120, 40)
# What a stranger calls himself in these stories, and what he writes.
NAME = "\x1b]0;Eve\x07\u202eeve\u2066\u200b\rBob\x9b2J"
TEXT = "\x1b]52;c\x07pw\u202edeggub\u2066\x9b31m\rBob: yes, I owe you 100"
# Commands that ask about a contact by its name.
ASKING = ("keep", "block", "delete-conversation", "remove")
FORBIDDEN = frozenset("\x1b\x07\x9b\r\u202e\u2066\u200b")


def tricks_in(text: str) -> set[str]:
    """Return what of ``text`` must not reach a terminal."""
    return set(text) & FORBIDDEN


def drawn(screen: Screen[Any]) -> str:
    """Return everything that the widgets of a screen draw, and the rows of its lists."""
    lines = [
        widget.render_line(y).text for widget in screen.query("*") if widget.display for y in range(widget.size.height)
    ]
    options = [str(option.prompt) for each in screen.query(OptionList) for option in each.options]
    return "\n".join(lines + options)


def eve() -> FakeClient:
    """Return a world in which a contact is called so and writes so."""
    client = FakeClient()
    room = client.room("mallory")
    room.name = NAME
    room.rows.clear()
    room.say(room.identity, TEXT, NOW)
    return client


@pytest.fixture(name="client")
def _client() -> FakeClient:
    return eve()


async def talking(demo: Demo) -> str:
    """Open the conversation and return what is drawn."""
    await demo.open("mallory")
    return drawn(demo.main)


@pytest.mark.asyncio
async def test_in_the_list_and_in_the_conversation(client: FakeClient) -> None:
    async with running(*WIDE, client=client) as demo:
        assert "deggub" in drawn(demo.main), "the list shows how it begins"
        assert not tricks_in(drawn(demo.main))
        shown = await talking(demo)
        assert "I owe you 100" in "\n".join(demo.lines())
        assert not tricks_in(shown)
        for part in (ChatHeader, Details):
            said = str(demo.main.query_one(part).render())
            assert "Bob" in said
            assert not tricks_in(said)
        assert "Bob" in str(demo.composer.placeholder)
        assert not tricks_in(str(demo.composer.placeholder))


@pytest.mark.asyncio
async def test_a_draft_that_was_pasted_from_elsewhere(client: FakeClient) -> None:
    client.room("mallory").draft = TEXT
    async with running(*WIDE, client=client) as demo:
        assert "deggub" in drawn(demo.main)
        assert not tricks_in(drawn(demo.main))


@pytest.mark.asyncio
async def test_in_the_switcher(client: FakeClient) -> None:
    async with running(*WIDE, client=client) as demo:
        await demo.press("ctrl+k")
        assert isinstance(demo.app.screen, SwitcherScreen)
        assert "eve" in drawn(demo.app.screen)
        assert "deggub" in drawn(demo.app.screen)
        assert not tricks_in(drawn(demo.app.screen))


@pytest.mark.asyncio
async def test_in_what_a_search_finds(client: FakeClient) -> None:
    async with running(*WIDE, client=client) as demo:
        await talking(demo)
        await demo.press("ctrl+f")
        await demo.write("owe")
        screen = demo.app.screen
        assert isinstance(screen, SearchScreen)
        assert "1 hit" in str(screen.query_one("#count").render())
        assert "I owe you" in drawn(screen)
        assert "eve" in drawn(screen)
        assert not tricks_in(drawn(screen))


@pytest.mark.asyncio
async def test_in_questions_about_a_message_or_a_contact(client: FakeClient) -> None:
    async with running(*WIDE, client=client) as demo:
        await talking(demo)
        for keys in (("up", "d"), *((*f"/{each}", "enter") for each in ASKING)):
            await demo.press(*keys)
            assert isinstance(demo.app.screen, ConfirmScreen)
            assert tricks_in(drawn(demo.app.screen)) == set()
            question = str(demo.app.screen.query_one("#question").render())
            assert "deggub" in question or "eve" in question
            await demo.press("escape")
            await until(demo.pilot, lambda: not isinstance(demo.app.screen, ConfirmScreen))
            demo.composer.focus()


@pytest.mark.asyncio
async def test_what_a_contact_calls_itself(client: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WARNING_TEXTS, "look-alike", f"This is not your contact {NAME}.")
    room = client.room("bob")
    room.own_name, room.warning = NAME, "look-alike"
    room.say(room.identity, NAME, NOW, kind="renamed")
    async with running(*WIDE, client=client) as demo:
        await demo.open("bob")
        for part in (ChatHeader, Details):
            assert "eve" in str(demo.main.query_one(part).render())
        assert "not your contact" in str(demo.main.query_one(Details).render())
        assert "they call themselves now" in " ".join("\n".join(demo.lines()).split())
        assert not tricks_in(drawn(demo.main))
        for keys in (("ctrl+k",), (*"/rename", "enter"), (*"/devices", "enter")):
            await demo.press(*keys)
            assert not isinstance(demo.app.screen, MainScreen)
            assert "eve" in drawn(demo.app.screen)
            assert not tricks_in(drawn(demo.app.screen))
            await demo.press("escape")


@pytest.mark.asyncio
async def test_what_is_copied_is_what_was_seen(client: FakeClient) -> None:
    async with running(*WIDE, client=client) as demo:
        await talking(demo)
        await demo.press("up", "y")
        assert "I owe you 100" in demo.app.clipboard
        assert not tricks_in(demo.app.clipboard)


@pytest.mark.asyncio
async def test_when_a_stranger_greets() -> None:
    async with running(*WIDE) as demo:
        greeting = api.Greeting(id="g9", identity=GREETER, name=NAME, text=TEXT, received_at=NOW)
        demo.client.greetings.append(greeting)
        demo.client.emit(api.GreetingReceived(id="g9", identity=GREETER, name=NAME, text=TEXT))
        await until(demo.pilot, lambda: "greets you" in demo.status())
        assert "eve" in demo.status()
        assert not tricks_in(demo.status())


@pytest.mark.asyncio
async def test_at_the_door() -> None:
    client = eve()
    client.greetings = [
        api.Greeting(
            id="g1",
            identity=GREETER,
            name=NAME,
            text=TEXT,
            received_at=NOW,
            warning="look-alike",
            warning_text=f"This is not your contact {NAME}.",
        ),
        api.Greeting(id="g2", identity=GREETER[::-1], name=NAME, text=TEXT, received_at=NOW),
    ]
    app = Stage(GreetingsScreen, client)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "I owe you 100" in drawn(app.screen))
        assert "not your contact" in drawn(app.screen), "the warning about a contact of that name"
        assert not tricks_in(drawn(app.screen))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await until(pilot, lambda: "Reject" in drawn(app.screen))
        assert "eve" in drawn(app.screen)
        assert not tricks_in(drawn(app.screen))


def test_what_other_nodes_say_of_themselves() -> None:
    peer = api.PeerInfo(
        node="\x1b[2J" + "n" * 60, role="full", rtt_ms=3.0, following=True, endpoint="\u202e203.0.113.9:1\x1b[31m"
    )
    assert not tricks_in(peer_line(peer, 100))
