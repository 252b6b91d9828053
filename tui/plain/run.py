"""Runs the client as lines: the core in a thread or behind its socket, the person at the terminal in the calling thread."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import Final

from core.api import ApiError
from tui.core_port import CorePort
from tui.host.boundary import FAILED, Refused
from tui.language import tr
from tui.plain.commands import PlainCommands
from tui.plain.line_input import Interrupted, LineInput
from tui.plain.session import Left, PlainSession
from tui.words.errors import explain

STANDARD_INPUT: Final = 0
STANDARD_OUTPUT: Final = 1
NO_TERMINAL: Final = 2


def check_terminal() -> None:
    """Raise ``Refused`` where there is no terminal to read from and to write to."""
    if not (os.isatty(STANDARD_INPUT) and os.isatty(STANDARD_OUTPUT)):
        raise Refused(tr("the client needs a terminal; `sottovoce rpc` is for programs"), NO_TERMINAL)


def run_plain(client: CorePort) -> int:
    """Run until the person leaves; return the exit status. Raises ``Refused``."""
    return asyncio.run(Plain(client).run())


class Plain:
    """The program, on the terminal whose two sides are ``source`` and ``sink``."""

    def __init__(self, client: CorePort, source: int = STANDARD_INPUT, sink: int = STANDARD_OUTPUT) -> None:
        self._client = client
        self._last_key = time.monotonic()
        self._lines = LineInput(source, sink, self._touched)
        self._session = PlainSession(client, self._lines)
        self._commands = PlainCommands(self._session)
        self._woken = asyncio.Event()
        self._crash = ""

    def _touched(self) -> None:
        self._last_key = time.monotonic()

    async def run(self) -> int:
        """Be the program."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._woken.set)

        def crashed(report: str) -> None:
            self._crash = report
            loop.call_soon_threadsafe(self._lines.end)

        with self._lines.open():
            self._client.start(wake, crashed)
            tasks = [
                asyncio.ensure_future(self._take_events()),
                asyncio.ensure_future(self._session.lock_when_idle(lambda: self._last_key)),
            ]
            try:
                await self._converse()
            finally:
                for task in tasks:
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(*tasks, return_exceptions=True)
                await self._client.stop()
        if self._crash:
            self._session.say(self._crash)
            return FAILED
        return 0

    async def _converse(self) -> None:
        with suppress(EOFError, Left):
            while not self._crash:
                with suppress(Interrupted):
                    await self._step()

    async def _step(self) -> None:
        """Open the account if it is locked, else carry out one line."""
        if self._session.is_locked:
            try:
                await self._session.enter()
            except ApiError as error:
                raise Refused(str(explain(error))) from None
        line = await self._lines.ask(self._session.prompt)
        await self._commands.run(line)

    async def _take_events(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            with suppress(ApiError):  # it was locked meanwhile, which comes as an event too
                await self._session.take_events()
