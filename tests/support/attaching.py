"""A core's socket with a small core behind it, in one process."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import trio

from core import api
from core.api import ApiError, Command, Event, Kind, R
from core.attach.listener import FAREWELL, listening
from core.attach.place import Place

VERSION = "1.2.3"
FEW = 2


class SmallCore:
    """Answers a few commands; ``FEW`` may attach."""

    def __init__(self) -> None:
        self.clients: list[SmallClient] = []
        self.stopped = trio.Event()
        self.slow = trio.Event()
        self.made = False
        self.sent: list[str] = []

    @contextmanager
    def attach(self) -> Generator[SmallClient]:
        if len(self.clients) >= FEW:
            raise ApiError(Kind.TOO_MANY, "Too many.", limit=FEW)
        client = SmallClient(self)
        self.clients.append(client)
        try:
            yield client
        finally:
            self.clients.remove(client)
            client.tell.close()


class SmallClient:
    def __init__(self, core: SmallCore) -> None:
        self.core = core
        self.tell, self.events = trio.open_memory_channel[Event](5000)

    async def call(self, command: Command[R]) -> R:
        await trio.lowlevel.checkpoint()
        return cast("R", await self._answer(command))

    async def _answer(self, command: Command[Any]) -> Any:
        result: Any = api.Done()
        match command:
            case api.CoreGet():
                result = api.CoreInfo(
                    version=VERSION, started_at=1, attached=len(self.core.clients), runs_on=True, pid=os.getpid()
                )
            case api.CoreStop():
                self.core.stopped.set()
            case api.ConversationList():
                raise ApiError(Kind.LOCKED, "The screen is locked.")
            case api.MessageSend():
                self.core.sent.append(command.text)
                result = api.MessageRef(id=command.text)
            case api.AccountCreate():
                await self.core.slow.wait()
                self.core.made = True
                result = api.AccountCreated(identity="i", words=["word"] * 18)
            case api.MessageList():
                result = [api.Message(id="m", sender="me", text="x" * 2000, sent_at=1, state="sent")] * command.limit
            case _:
                pass
        return result


@asynccontextmanager
async def running(
    home: Path, *, pause: float = 10.0, farewell: float = FAREWELL
) -> AsyncGenerator[tuple[SmallCore, Place]]:
    """Run a small core for a block."""
    core = SmallCore()
    async with listening(home, core.attach, VERSION, pause=pause, farewell=farewell) as place:
        yield core, place
