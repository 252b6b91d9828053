"""The client on the demo world, driven by keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from textual.events import Key
from textual.pilot import Pilot

from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.tui.until import until
from tui.app.app import NO_FILES, SottovoceApp
from tui.config.local import Local
from tui.look.profile import STILL, TerminalProfile
from tui.screens.main import MainScreen
from tui.widgets.chat_log import ChatLog
from tui.widgets.composer import Composer


class Demo:
    """Handles on a running client."""

    def __init__(self, app: SottovoceApp, client: FakeClient, pilot: Pilot[Any]) -> None:
        self.app = app
        self.client = client
        self.pilot = pilot
        self.copied: list[str] = []

    @property
    def main(self) -> MainScreen:
        """The main screen, which must be on top."""
        screen = self.app.screen
        assert isinstance(screen, MainScreen), screen
        return screen

    @property
    def log(self) -> ChatLog:
        """The message list."""
        return self.main.panes.log

    @property
    def composer(self) -> Composer:
        """Where one writes."""
        return self.main.panes.writing.composer

    async def press(self, *keys: str) -> None:
        """Press keys and let all that follows happen."""
        await self.pilot.press(*keys)
        await self.calm()

    async def write(self, text: str) -> None:
        """Type a text faster than ``press``, which waits after each key."""
        for character in text:
            self.app.post_message(Key(character, character))
        await self.calm()

    async def calm(self) -> None:
        """Let work begun go to its end."""
        await self.pilot.pause()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def open(self, name: str) -> None:
        """Open a conversation of the demo world."""
        self.main.conversations.go_to(name)
        await until(self.pilot, lambda: self.main.navigation.current == name and self.log.model.rows)
        await self.calm()

    def lines(self) -> list[str]:
        """Return what the message list shows."""
        return [self.log.render_line(y).text.rstrip() for y in range(self.log.view_height)]

    def status(self) -> str:
        """Return the status line."""
        return str(self.main.panes.status.render())


@asynccontextmanager
async def running(
    columns: int = 80,
    rows: int = 24,
    *,
    client: FakeClient | None = None,
    profile: TerminalProfile = STILL,
    local: Local = NO_FILES,
) -> AsyncGenerator[Demo]:
    """Run the client until its list is read."""
    world = client or FakeClient()
    app = demo_app(world, profile, local)
    async with app.run_test(size=(columns, rows)) as pilot:
        demo = Demo(app, world, pilot)
        await until(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.navigation.conversations)
        await demo.calm()
        yield demo
