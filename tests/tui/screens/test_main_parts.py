"""The parts of the main screen, each tried without it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from textual.screen import Screen

from core import api
from core.api import ApiError, Kind
from tests.support.client import FakeClient
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts, Work
from tui.screens.main.contact_actions import ContactActions
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.keeping_actions import KeepingActions
from tui.screens.main.navigation_actions import NavigationActions
from tui.screens.main.panes import Panes

pytestmark = pytest.mark.asyncio


class World:
    """Stands in for the app and the rest of the screen: notes what is told, shown and opened."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.told: list[str] = []
        self.shown: list[Screen[Any]] = []
        self.opened: list[str | None] = []
        self.read_lists = 0
        self.work: list[asyncio.Task[None]] = []
        self.navigation = Navigation()
        self.attempts = Attempts(self._start, lambda error: self.told.append(error.kind.value))
        self.then: Any = None

    def _start(self, work: Work, _group: str) -> None:
        self.work.append(asyncio.create_task(work))

    def tell(self, text: str, _severity: str = "information") -> None:
        self.told.append(text)

    def push_screen(self, screen: Screen[Any], then: Any) -> None:
        self.shown.append(screen)
        self.then = then

    def go_to(self, conversation_id: str | None) -> None:
        self.opened.append(conversation_id)

    async def read(self) -> None:
        self.read_lists += 1

    async def catch_up(self) -> None:
        """Read nothing."""

    async def begun(self, current: str | None = "bob") -> World:
        """Read the list, with a conversation open."""
        self.navigation.conversations = await self.client.call(api.ConversationList())
        self.navigation.current = current
        return self

    async def done(self) -> None:
        """Let all work begun go to its end."""
        while self.work:
            await self.work.pop(0)

    @property
    def here(self) -> Any:
        """The stand-in, as whatever a part asks for."""
        return self

    @property
    def common(self) -> dict[str, Any]:
        """What most parts are made of."""
        return {
            "app": cast("AppPort", self.here),
            "navigation": self.navigation,
            "chat": cast("Chat", self.here),
            "conversations": cast("Conversations", self.here),
            "dialogs": Dialogs(self.here, self.attempts),
            "attempts": self.attempts,
        }


@pytest.mark.parametrize(("kind", "told"), [(Kind.TOO_LONG, ["too-long"]), (Kind.LOCKED, [])])
async def test_a_refusal_is_told_unless_the_lock_is_in_front(kind: Kind, told: list[str]) -> None:
    world = World()

    async def refused() -> None:
        raise ApiError(kind, "no")

    world.attempts.begin(refused())
    await world.done()
    assert world.told == told


@pytest.mark.parametrize(("sure", "done"), [(True, ["done"]), (False, []), (None, [])])
async def test_a_question_is_acted_upon_only_if_the_answer_is_yes(sure: bool | None, done: list[str]) -> None:
    world = World()
    acted: list[str] = []

    async def act() -> None:
        acted.append("done")

    Dialogs(world.here, world.attempts).ask(ConfirmScreen("Really?"), act)
    world.then(sure)
    await world.done()
    assert acted == done


async def test_moving_on_in_the_list_goes_round() -> None:
    world = await World().begun()
    ids = [listed.id for listed in world.navigation.conversations]
    moving = NavigationActions(panes=cast("Panes", _Panes()), **world.common)
    world.navigation.current = ids[-1]
    for command in ("go.following", "go.previous", "go.2", "go.9"):
        await moving.handlers().run(command)
    assert world.opened == [ids[0], ids[-2], ids[1], None]


class _Log:
    def scroll_screens(self, direction: int) -> None:
        """Scroll nothing."""

    def go_to_unread(self) -> bool:
        return False


class _Panes:
    log = _Log()


async def test_where_nothing_is_unread_it_is_said() -> None:
    world = await World().begun()
    moving = NavigationActions(panes=cast("Panes", _Panes()), **world.common)
    await moving.handlers().run("go.unread-line")
    assert world.told == ["Nothing was unread here."]


async def test_a_contact_is_blocked_after_a_question_and_not_twice() -> None:
    world = await World().begun()
    contacts = ContactActions(**world.common)
    await contacts.handlers().run("people.block")
    assert isinstance(world.shown[0], ConfirmScreen)
    world.then(True)
    await world.done()
    assert [type(call) for call in world.client.calls if isinstance(call, api.ContactBlock)] == [api.ContactBlock]
    assert world.read_lists == 1
    await world.begun()
    await contacts.handlers().run("people.block")
    assert "blocked already" in world.told[-1]


async def test_without_an_open_conversation_nothing_is_done_about_a_contact() -> None:
    world = await World().begun(current=None)
    for handlers in (ContactActions(**world.common).handlers(), KeepingActions(**world.common).handlers()):
        for command in handlers.ids:
            await handlers.run(command, "a name")
    await world.done()
    assert (world.told, world.shown, len(world.client.calls)) == ([], [], 1)


async def test_a_leaf_is_told_that_it_can_keep_nothing() -> None:
    world = await World().begun()
    world.client.serves = False
    await KeepingActions(**world.common).handlers().run("people.keep")
    await world.done()
    assert "keep nothing for others" in world.told[0]
