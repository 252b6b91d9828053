"""How the person is told of one conversation, from the command to the count in the title."""

from __future__ import annotations

import msgspec
import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import Room
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.notices.decision import Incoming

pytestmark = pytest.mark.asyncio


class Ruled(FakeClient):
    """A world that keeps the rule of each conversation."""

    rules: dict[str, api.NotifyRule]

    def _listed(self, room: Room) -> api.Conversation:
        rule = vars(self).setdefault("rules", {}).get(room.id, "always")
        return msgspec.structs.replace(super()._listed(room), notify=rule)

    def _conversation_set(self, command: api.ConversationSet) -> api.Done:
        if command.notify is not None:
            self.rules[command.conversation] = command.notify
        return api.Done()


async def run(demo: Demo, line: str) -> None:
    await demo.write(line)
    await demo.press("enter")


async def test_a_rule_is_chosen_by_name_and_told() -> None:
    world = Ruled()
    async with running(120, 30, client=world) as demo:
        await demo.open("bob")
        await run(demo, "/notices")
        await until(demo.pilot, lambda: "always, bell, never; now always" in demo.status())
        await run(demo, "/notices never")
        await until(demo.pilot, lambda: "Nothing is told of Bob" in demo.status())
        assert world.rules == {"bob": "never"}
        assert demo.main.navigation.here is not None
        assert demo.main.navigation.here.notify == "never"


async def test_what_is_told_never_is_not_counted_in_the_title() -> None:
    world = Ruled()
    async with running(client=world) as demo:
        before = demo.main.navigation.unread
        (unread,) = {room.unread for room in demo.main.navigation.conversations if room.id == "carol"}
        world.rules["carol"] = "never"
        await demo.main.conversations.read()
        assert demo.main.navigation.unread == before - unread


async def test_behind_the_lock_that_something_came_rings() -> None:
    async with running() as demo:
        heard: list[Incoming] = []
        demo.app.notices.heard = heard.append  # type: ignore[method-assign,assignment]
        demo.app.lock_now()
        await until(demo.pilot, lambda: type(demo.app.screen).__name__ == "LockScreen")
        demo.client.emit(api.SomethingArrived())
        await until(demo.pilot, lambda: heard == [Incoming()])
