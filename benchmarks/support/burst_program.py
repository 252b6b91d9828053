"""The client on a core on which a burst falls: ``python -m benchmarks.support.burst_program OTHERS COUNT KEYS FILE``.

The screen is the product's, on a real terminal, and so is its host with a thread of its own. After a third of ``KEYS`` the
burst begins. FILE gets how long each key was held: from when it was read until its character was painted, milliseconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from rich.console import RenderableType
from textual import events
from textual.screen import Screen

import tui
from benchmarks.support.burst_core import BurstCore
from tui.app.app import SottovoceApp
from tui.host.bridge import CoreHost
from tui.screens.main import MainScreen


class WatchedApp(SottovoceApp):
    """Notes when each key was read and when it was painted."""

    CSS_PATH = str(Path(tui.__file__).with_name("app") / "app.tcss")

    _token: trio.lowlevel.TrioToken

    def __init__(self, core: BurstCore, keys: int, report: Path) -> None:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[BurstCore]:
            async with trio.open_nursery() as nursery:
                self._token = trio.lowlevel.current_trio_token()
                nursery.start_soon(core.burst)
                yield core
                nursery.cancel_scope.cancel()

        super().__init__(CoreHost(opened))
        self._burst_core, self._wanted, self._report = core, keys, report
        self._typed_at: deque[float] = deque()
        self._held_ms: list[float] = []

    async def on_event(self, event: events.Event) -> None:
        """Note a key that is text; then do what is always done."""
        is_text = isinstance(event, events.Key) and event.is_printable and not event.is_forwarded
        if is_text and self.last_conversation is not None:
            self._typed_at.append(event.time)
            if len(self._held_ms) + len(self._typed_at) == self._wanted // 3:
                self._token.run_sync_soon(self._burst_core.begin)
        await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if isinstance(screen, MainScreen) and self._typed_at:
            shown = len(screen.panes.writing.composer.text)
            while self._typed_at and len(self._held_ms) < shown:
                self._held_ms.append((time.monotonic() - self._typed_at.popleft()) * 1000)
            if len(self._held_ms) >= self._wanted:
                third = self._wanted // 3
                figures = {"quiet": self._held_ms[:third], "burst": self._held_ms[third:]}
                self._report.write_text(json.dumps(figures), encoding="utf-8")
                self.exit()


if __name__ == "__main__":
    others, count, keys = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        WatchedApp(BurstCore(Path(folder, "history.db"), others, count), keys, Path(sys.argv[4])).run()
