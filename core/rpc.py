"""JSON-RPC between a ``Client`` and two byte streams: requests and answers, and events as they come.

Requests run side by side, so that a slow one holds nobody up; only ``message.send`` to one conversation keeps the order
of its lines. Everything is bounded: a caller who does not read his answers finds that we stop reading his requests, and
events, which are hints, are dropped and counted; answers never are. The core does not wait for the caller in any case.
Events that a caller has not read when the account locks are taken back: nothing of what they tell is left here then.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import trio

from core.api import AccountLocked, ApiError, Client, Command, Event, MessageSend
from core.jsonrpc import (
    NULL_ID,
    LineSplitter,
    Rejected,
    Request,
    decode_request,
    encode_error,
    encode_event,
    encode_result,
)

# Requests under way at once. More than a person's program needs, few enough that their results are no memory to speak of.
MAX_RUNNING: Final = 64
# Lines waiting for the caller to read, answers and events together.
MAX_OUTGOING: Final = 256
# Seconds after the end of input for requests under way to finish and be read: creating an account takes 2, an invitation 5.
FAREWELL: Final = 15.0


async def serve(
    client: Client,
    events: trio.MemoryReceiveChannel[Event],
    incoming: trio.abc.ReceiveStream,
    outgoing: trio.abc.SendStream,
) -> int:
    """Serve one caller until his input ends or he stops listening; return how many events were dropped."""
    session = _Session(client)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.write, outgoing, nursery.cancel_scope)
        nursery.start_soon(session.pump, events)
        await session.read(incoming, nursery.cancel_scope)
        await session.farewell()
        nursery.cancel_scope.cancel()
    return session.dropped_events


@dataclass(slots=True)
class _Line:
    """A line on its way out; empty once it is written or taken back."""

    data: bytes


class _Session:
    def __init__(self, client: Client) -> None:
        self.dropped_events = 0
        self._client = client
        self._to_write, self._queued = trio.open_memory_channel[_Line](MAX_OUTGOING)
        self._unread_events: deque[_Line] = deque(
            maxlen=MAX_OUTGOING
        )  # as many as fit the queue, and some written ones
        self._all_written = trio.Event()
        self._free = trio.Semaphore(MAX_RUNNING)
        # For each conversation with sends under way, the end of the latest: the next one begins there.
        self._latest_send: dict[str, trio.Event] = {}

    async def read(self, incoming: trio.abc.ReceiveStream, session: trio.CancelScope) -> None:
        """Carry out the requests of ``incoming`` until it ends, and wait for the last of them."""
        splitter = LineSplitter()
        async with trio.open_nursery() as requests:
            async for data in incoming:
                for line in splitter.feed(bytes(data)):
                    await self._take(line, requests)
            session.deadline = trio.current_time() + FAREWELL
            for line in splitter.end():
                await self._take(line, requests)

    async def write(self, outgoing: trio.abc.SendStream, session: trio.CancelScope) -> None:
        """Send lines in the order they were queued; a caller who closed his ear ends the session."""
        try:
            async for line in self._queued:
                data, line.data = line.data, b""
                if data:
                    await outgoing.send_all(data)
        except trio.BrokenResourceError:
            session.cancel()
        self._all_written.set()

    async def pump(self, events: trio.MemoryReceiveChannel[Event]) -> None:
        """Queue events as they come; one that finds no room is dropped, so that the core never waits here."""
        with suppress(trio.ClosedResourceError):  # the farewell closed the queue
            async for event in events:
                if isinstance(event, AccountLocked):
                    self._take_back()
                line = _Line(encode_event(event))
                try:
                    self._to_write.send_nowait(line)
                except trio.WouldBlock:
                    self.dropped_events += 1
                else:
                    self._unread_events.append(line)

    def _take_back(self) -> None:
        for line in self._unread_events:
            line.data = b""
        self._unread_events.clear()

    async def farewell(self) -> None:
        """Close the queue and wait until all of it is written."""
        self._to_write.close()
        await self._all_written.wait()

    async def _take(self, line: bytes | None, requests: trio.Nursery) -> None:
        if line is not None and not line.strip():
            return
        try:
            request = decode_request(line)
        except Rejected as rejected:
            await self._to_write.send(_Line(rejected.reply))
            return
        await self._free.acquire()
        earlier, done = self._place(request.command)
        requests.start_soon(self._carry_out, request, earlier, done)

    def _place(self, command: Command[Any]) -> tuple[trio.Event | None, trio.Event]:
        """Return the end of what a command has to wait for, and the event that is its own end."""
        done = trio.Event()
        if not isinstance(command, MessageSend):
            return None, done
        earlier = self._latest_send.get(command.conversation)
        self._latest_send[command.conversation] = done
        return earlier, done

    async def _carry_out(self, request: Request, earlier: trio.Event | None, done: trio.Event) -> None:
        try:
            if earlier is not None:
                await earlier.wait()
            reply = await self._answer(request)
        finally:
            done.set()
            command = request.command
            if isinstance(command, MessageSend) and self._latest_send.get(command.conversation) is done:
                del self._latest_send[command.conversation]
        if reply is not None:
            await self._to_write.send(_Line(reply))
        self._free.release()

    async def _answer(self, request: Request) -> bytes | None:
        """Return the line to answer with: none for a success that nobody asked about."""
        try:
            result = await self._client.call(request.command)
        except ApiError as error:
            return encode_error(NULL_ID if request.id is None else request.id, error)
        return None if request.id is None else encode_result(request.id, result)
