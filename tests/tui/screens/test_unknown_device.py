"""What a device wrote that nobody vouches for is marked as that, in words."""

from __future__ import annotations

import msgspec
import pytest
from textual.widgets import Static

from core import api
from tests.support.world import NOW
from tests.tui.demo import running
from tests.tui.until import until
from tui.screens.search import SearchScreen

pytestmark = pytest.mark.asyncio

DEVICE = "ab12cd34" * 8
NOTE = "from an unknown device"


async def test_a_text_from_an_unknown_device_says_so_and_no_other() -> None:
    async with running(80, 24) as demo:
        room = demo.client.room("bob")
        room.say(room.identity, "The real me.", NOW - 3000, device="00112233")
        room.say(room.identity, "Send money.", NOW - 2000, device=DEVICE[:8], known=False)
        room.say(room.identity, "At once.", NOW - 1000, device=DEVICE[:8], known=False)
        room.say(room.identity, "Still the real me.", NOW, device="00112233")
        await demo.open("bob")
        tail = demo.lines()[-8:]
        said = ["The real me.", "", "Send money.", NOTE, "At once.", NOTE, "", "Still the real me."]
        assert [words in line for words, line in zip(said, tail, strict=True)] == [True] * 8
        assert [n for n, line in enumerate(tail) if NOTE in line] == [3, 5]
        assert not tail[1].strip(), "a run of its own"
        assert not tail[6].strip()


async def test_once_the_device_is_confirmed_its_texts_say_so_no_more() -> None:
    async with running(80, 24) as demo:
        room = demo.client.room("bob")
        row = room.say(room.identity, "It is me.", NOW, device=DEVICE[:8], known=False)
        await demo.open("bob")
        assert any("from an unknown device" in line for line in demo.lines())
        room.rows[-1] = msgspec.structs.replace(row, known=True)
        demo.client.emit(api.DeviceChanged(identity=room.identity, device=DEVICE, state="confirmed"))
        await until(demo.pilot, lambda: not any("from an unknown device" in line for line in demo.lines()))


async def test_a_hit_of_a_search_and_the_details_say_it_too() -> None:
    async with running(80, 24) as demo:
        room = demo.client.room("bob")
        row = room.say(room.identity, "Send money.", NOW, device=DEVICE[:8], known=False)
        await demo.open("bob")
        demo.main._messages.act_on("info", row)
        await demo.calm()
        assert str(demo.app.screen.query_one("#device", Static).render()).startswith(
            f"{DEVICE[:8]}, which is not known"
        )
        await demo.press("escape")
        found = api.Found(conversation="bob", message=row)
        screen = SearchScreen(demo.client, demo.main.navigation.conversations, None)
        demo.app.push_screen(screen)
        await demo.calm()
        assert "(unknown device) Send money." in screen._line(found, ["money"]).plain
