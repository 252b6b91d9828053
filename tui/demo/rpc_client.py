"""A ``core.api.Client`` over the pipes of a ``sottovoce rpc`` process: what a bot in Python would write.

Commands are the dataclasses of ``core.api``; their names, arguments and results on the wire follow from the types.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final, TypeVar

import msgspec
import trio

from core.api import AnyEvent, ApiError, Command, Event, Kind, method_of
from core.rpc.jsonrpc import LineSplitter
from core.rpc.replies import result_type
from tui.demo.errors import StageFailed
from tui.language import tr

R = TypeVar("R")
E = TypeVar("E", bound=Event)

# Events that wait for the bot. It reads all the time; more would mean that it hangs.
MAX_EVENTS: Final = 1024


class _Error(msgspec.Struct):
    message: str
    data: dict[str, Any]


class _Line(msgspec.Struct):
    """An answer (``id`` with ``result`` or ``error``) or an event (``params``)."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None
    params: msgspec.Raw = msgspec.Raw()


class RpcClient:
    """See ``talk_to``. ``events`` gives what the account reports, in order."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._numbers = count(1)
        self._writing = trio.Lock()
        self._waiting: dict[int, trio.MemorySendChannel[_Line]] = {}
        self._tell, self.events = trio.open_memory_channel[AnyEvent](MAX_EVENTS)

    async def call(self, command: Command[R]) -> R:
        """Carry out a command; raises ``ApiError``, or ``StageFailed`` when the process is gone."""
        number = next(self._numbers)
        send, receive = trio.open_memory_channel[_Line](1)
        self._waiting[number] = send
        try:
            await self._write(number, command)
            answer = await receive.receive()
        except (trio.EndOfChannel, trio.BrokenResourceError, trio.ClosedResourceError):
            raise StageFailed(
                tr("the process that should answer {method} is gone").format(method=method_of(command))
            ) from None
        finally:
            self._waiting.pop(number, None)
        if answer.error is not None:
            data = dict(answer.error.data)
            raise ApiError(Kind(data.pop("kind")), answer.error.message, **data)
        result: R = msgspec.json.decode(answer.result, type=result_type(type(command)))
        return result

    async def next_event(self, kind: type[E]) -> E:
        """Wait for the next event of a kind, passing over others; raises ``StageFailed`` when the process is gone."""
        async for event in self.events:
            if isinstance(event, kind):
                return event
        raise StageFailed(tr("the process of an account is gone"))

    async def _write(self, number: int, command: Command[Any]) -> None:
        params = msgspec.to_builtins(command)
        request = {"jsonrpc": "2.0", "id": number, "method": params.pop("method"), "params": params}
        assert self._process.stdin is not None
        async with self._writing:
            await self._process.stdin.send_all(msgspec.json.encode(request) + b"\n")

    async def read(self) -> None:
        """Hand out what the process says until it ends."""
        assert self._process.stdout is not None
        splitter = LineSplitter()
        try:
            async for data in self._process.stdout:
                for line in splitter.feed(bytes(data)):
                    self._take(msgspec.json.decode(line or b"", type=_Line))
        finally:
            self._tell.close()
            for waiting in self._waiting.values():
                waiting.close()

    def _take(self, line: _Line) -> None:
        if line.id is None:
            try:
                self._tell.send_nowait(msgspec.json.decode(line.params, type=AnyEvent))
            except trio.WouldBlock:
                return  # a hint less; the list of messages is the truth
        elif line.id in self._waiting:
            self._waiting[line.id].send_nowait(line)


@asynccontextmanager
async def talk_to(process: trio.Process) -> AsyncGenerator[RpcClient]:
    """Be the client of a ``sottovoce rpc`` process for a block."""
    client = RpcClient(process)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.read)
        yield client
        nursery.cancel_scope.cancel()
