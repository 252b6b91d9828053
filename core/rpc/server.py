"""The JSON-RPC server: serves a ``Client`` over two byte streams, with requests and answers, and events as they come.

Requests run concurrently, so that a slow one delays no other; only ``message.send`` to one conversation keeps the order of
its lines. Everything is bounded: when a caller does not read answers, the server stops reading requests; events, which are
hints, are dropped, counted and told of (``events.missed``), answers never are. The core never waits for the caller. Events
that the caller has not read when the account locks are dropped, so that no content is left here.

*Every request gets its answer*, however the session ends (end of input, a signal, a fault of the program): requests under
way are waited for or refused, and answers are written before the program exits. A command whose result exists only once,
as the words of a new account do, is not cancelled once it was begun.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import trio

from core.api import AccountLocked, ApiError, Client, Command, Event, EventsMissed, Kind
from core.refusals import note, refusal_of
from core.rpc.jsonrpc import (
    NULL_ID,
    LineSplitter,
    Rejected,
    Request,
    decode_request,
    encode_error,
    encode_event,
    encode_result,
)
from core.sentence import N_

# Requests under way at once. More than a person's program needs, few enough that their results are no memory to speak of.
MAX_RUNNING: Final = 64
# Lines waiting for the caller to read, answers and events together.
MAX_OUTGOING: Final = 256
# Seconds after the end of input for requests under way to finish. The longest honest one waits 15 for the network, and a
# passcode, 2 where the machine is quick, takes a minute where it is not.
PATIENCE: Final = 300.0
# Seconds that a caller may read nothing, once all requests are done, before the remaining lines are dropped.
FAREWELL: Final = 15.0


@dataclass(slots=True)
class Losses:
    """Lines that the caller did not get: events that found no room, and answers that were never read.

    When the caller closed the stream, only answers whose result exists once are counted.
    """

    events: int = 0
    answers: int = 0


async def serve(
    client: Client,
    events: trio.MemoryReceiveChannel[Event],
    incoming: trio.abc.ReceiveStream,
    outgoing: trio.abc.SendStream,
    *,
    farewell: float = FAREWELL,
) -> Losses:
    """Serve one caller until the input ends or the output is closed; return what was lost.

    ``farewell``: seconds that the caller may read nothing at the end.
    """
    session = _Session(client, farewell)
    async with trio.open_nursery() as writer:
        try:
            async with trio.open_nursery() as nursery:
                writer.start_soon(session.write, outgoing, nursery.cancel_scope)
                nursery.start_soon(session.pump, events)
                await session.read(incoming, nursery.cancel_scope)
                nursery.cancel_scope.cancel()
        finally:
            session.end()
    return session.lost()


@dataclass(slots=True, eq=False)
class _Line:
    """A line on its way out; empty once it is written or taken back."""

    data: bytes
    is_once: bool = False


class _Session:
    def __init__(self, client: Client, farewell: float) -> None:
        self.losses = Losses()
        self._client = client
        self._farewell = farewell
        self._told_of = 0  # of the lost events
        self._to_write, self._queued = trio.open_memory_channel[_Line](MAX_OUTGOING)
        self._unread_events: deque[_Line] = deque(
            maxlen=MAX_OUTGOING
        )  # as many as fit the queue, and some written ones
        self._writing = trio.CancelScope(shield=True)
        self._is_ending = False
        self._unwritten: set[_Line] = set()  # answers
        self._free = trio.Semaphore(MAX_RUNNING)
        # For each queue of commands under way, the end of the latest: the next one begins there.
        self._latest: dict[str, trio.Event] = {}

    async def read(self, incoming: trio.abc.ReceiveStream, session: trio.CancelScope) -> None:
        """Carry out the requests of ``incoming`` until it ends, and wait for the last of them."""
        splitter = LineSplitter()
        async with trio.open_nursery() as requests:
            async for data in incoming:
                for line in splitter.feed(bytes(data)):
                    await self._take(line, requests)
            session.deadline = trio.current_time() + PATIENCE
            for line in splitter.end():
                await self._take(line, requests)

    async def write(self, outgoing: trio.abc.SendStream, session: trio.CancelScope) -> None:
        """Send lines in the order they were queued; closing the output ends the session.

        If it ends otherwise, queued lines are written as long as the caller reads.
        """
        try:
            with self._writing, self._queued:
                async for line in self._queued:
                    data, line.data = line.data, b""
                    if data:
                        await outgoing.send_all(data)
                        self._hurry()
                        self._tell_of_lost()
                    self._unwritten.discard(line)
        except trio.BrokenResourceError:
            session.cancel()
            self._unwritten = {line for line in self._unwritten if line.is_once}

    def lost(self) -> Losses:
        """Return the losses of the ended session."""
        self.losses.answers = len(self._unwritten)
        return self.losses

    def end(self) -> None:
        """Accept no more lines; ``write`` returns when the queued ones are written."""
        self._to_write.close()
        self._end_soon()

    def _end_soon(self) -> None:
        self._is_ending = True
        self._hurry()

    def _hurry(self) -> None:
        """Once the session ends, wait at most ``farewell`` for each line: the caller may not be reading."""
        if self._is_ending:
            self._writing.deadline = trio.current_time() + self._farewell

    async def pump(self, events: trio.MemoryReceiveChannel[Event]) -> None:
        """Queue events as they come; one that finds no room is dropped, so that the core never waits here."""
        async for event in events:
            if isinstance(event, AccountLocked):
                self._take_back()
            try:
                line = _Line(encode_event(event))
                self._to_write.send_nowait(line)
            except Exception:  # noqa: BLE001 -- no room, or a text that cannot be encoded: a hint less
                self.losses.events += 1
            else:
                self._unread_events.append(line)

    def _tell_of_lost(self) -> None:
        """Say that events were dropped, once there is room for it: what the caller knows is out of date."""
        if self.losses.events > self._told_of:
            with suppress(trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
                self._to_write.send_nowait(_Line(encode_event(EventsMissed())))
                self._told_of = self.losses.events

    def _take_back(self) -> None:
        for line in self._unread_events:
            line.data = b""
        self._unread_events.clear()

    async def _say(self, line: _Line) -> None:
        """Queue an answer, even if the session ends meanwhile."""
        self._unwritten.add(line)
        try:
            await self._to_write.send(line)
        except trio.Cancelled:
            self._end_soon()  # else we would wait for a caller who does not read
            with trio.CancelScope(shield=True), suppress(trio.BrokenResourceError):
                await self._to_write.send(line)
            raise
        except trio.BrokenResourceError:
            return  # the caller closed the output

    async def _refuse(self, request: Request) -> None:
        """Refuse a request that the ending session does not wait for."""
        message = N_("The program ends, or its input has ended: whether this was done is not known.")
        with trio.CancelScope(shield=True):
            self._end_soon()
            await self._say(_Line(_refused(request, ApiError(Kind.FAILED, message))))

    async def _take(self, line: bytes | None, requests: trio.Nursery) -> None:
        if line is not None and not line.strip():
            return
        try:
            request = decode_request(line)
        except Rejected as rejected:
            await self._say(_Line(rejected.reply))
            return
        except Exception as fault:  # noqa: BLE001 -- no memory, say: the line gets its answer all the same
            await self._say(_Line(encode_error(NULL_ID, refusal_of(fault))))
            return
        try:
            await self._free.acquire()
        except trio.Cancelled:
            await self._refuse(request)
            raise
        earlier, done = self._place(request.command)
        requests.start_soon(self._carry_out, request, earlier, done)

    def _place(self, command: Command[Any]) -> tuple[trio.Event | None, trio.Event]:
        """Return the end of what a command has to wait for, and the event that is its own end."""
        done = trio.Event()
        queue = command.queue()
        if queue is None:
            return None, done
        earlier = self._latest.get(queue)
        self._latest[queue] = done
        return earlier, done

    async def _carry_out(self, request: Request, earlier: trio.Event | None, done: trio.Event) -> None:
        is_once, reply = request.command.told_once, None
        try:
            with trio.CancelScope(shield=is_once):
                if earlier is not None:
                    await earlier.wait()
                reply = await self._answer(request)
        except trio.Cancelled:
            await self._refuse(request)
            raise
        finally:
            done.set()
            queue = request.command.queue()
            if queue is not None and self._latest.get(queue) is done:
                del self._latest[queue]
        if reply is not None:
            await self._say(_Line(reply, is_once=is_once))
        self._free.release()

    async def _answer(self, request: Request) -> bytes | None:
        """Return the line to answer with; None for the success of a request without an id."""
        try:
            result = await self._client.call(request.command)
            return None if request.id is None else encode_result(request.id, result)
        except ApiError as error:
            return _refused(request, error)
        except Exception as fault:  # noqa: BLE001 -- a request gets an answer, whatever went wrong
            refusal = refusal_of(fault)
            note("a command failed", refusal)
            return _refused(request, refusal)


def _refused(request: Request, error: ApiError) -> bytes:
    return encode_error(NULL_ID if request.id is None else request.id, error)
