"""The core's side of the socket: an attachment for each connection, and JSON-RPC over it (``core.rpc.server``).

A caller that does not read delays no other and not the core: at most ``core.rpc.server.MAX_OUTGOING`` lines wait for it, its
requests are no longer read, its events are dropped and that is told. The core ends without it after two seconds.

The socket's directory may go away while the core runs: a run-time directory goes with the user's last session. So it is
looked at, and made anew elsewhere. Connections that were made stay.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import trio

from core.api import ApiError, Client, Command, CoreGet, CoreStop, Event, Kind, R
from core.attach import place
from core.attach.peer import is_same_user
from core.attach.place import Place
from core.refusals import note, refusal_of
from core.rpc import server
from core.rpc.jsonrpc import NULL_ID, encode_error
from core.sentence import Sentence, sentence

_log = logging.getLogger(__name__)

# Seconds between two looks at the socket's name.
LOOK_PAUSE: Final = 10.0
# Seconds before accepting is tried again, when there were too many open files, say.
PAUSE: Final = 0.2
# Connections at once, some of which will be told that there are too many attachments.
MAX_CONNECTIONS: Final = 32
# Seconds that a caller has to read its last answers when the core ends.
FAREWELL: Final = 2.0


class Attached(Client, Protocol):
    """The messenger as one attachment uses it."""

    @property
    def events(self) -> trio.MemoryReceiveChannel[Event]:
        """What it is told; ends when it is detached."""
        ...


Attach = Callable[[], AbstractContextManager[Attached]]


@asynccontextmanager
async def listening(
    home: Path, attach: Attach, version: str, *, pause: float = LOOK_PAUSE, farewell: float = FAREWELL
) -> AsyncGenerator[Place]:
    """Serve whoever attaches, for a block; the caller holds the home. Raises ``ApiError`` where there is no place."""
    place.clear_stale(home)
    async with trio.open_nursery() as callers:
        listener = _Listener(home, attach, version, callers, farewell)
        try:
            yield await callers.start(listener.run, pause)
        finally:
            place.retract(home)
            callers.cancel_scope.cancel()


class _Listener:
    def __init__(self, home: Path, attach: Attach, version: str, callers: trio.Nursery, farewell: float) -> None:
        self._home, self._attach, self._version, self._callers = home, attach, version, callers
        self._farewell = farewell
        self._connections = trio.Semaphore(MAX_CONNECTIONS)

    async def run(self, pause: float, task_status: trio.TaskStatus[Place] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen, and anew elsewhere when the place is gone; until cancelled."""
        is_first = True
        while True:
            try:
                found = place.listen(self._home)
            except ApiError as error:
                if is_first:
                    raise
                note("no screen can attach", error)
                await trio.sleep(pause)
                continue
            try:
                place.publish(self._home, found.path)
                if is_first:
                    task_status.started(found)
                    is_first = False
                await self._accept_while_there(found, pause)
            finally:
                found.close()

    async def _accept_while_there(self, found: Place, pause: float) -> None:
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(found.listener))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._accept, listener)
            while found.is_there():
                await trio.sleep(pause)
                place.publish_again(self._home, found.path)
            nursery.cancel_scope.cancel()

    async def _accept(self, listener: trio.SocketListener) -> None:
        while True:
            await self._connections.acquire()
            try:
                stream = await listener.accept()
            except OSError as error:
                self._connections.release()
                note("a connection could not be accepted", refusal_of(error))
                await trio.sleep(PAUSE)
            except BaseException:
                self._connections.release()
                raise
            else:
                self._callers.start_soon(self._serve, stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        """Serve one caller; whatever goes wrong ends its connection and nothing else."""
        try:
            async with stream:
                if is_same_user(stream.socket):
                    await self._talk(stream)
                else:
                    _log.warning("another user tried to attach, and was refused")
        except Exception as fault:  # noqa: BLE001 -- of one connection
            note("a connection ended", refusal_of(fault))
        finally:
            self._connections.release()

    async def _talk(self, stream: trio.SocketStream) -> None:
        try:
            with self._attach() as client:
                checked = VersionChecked(client, self._version)
                lost = await server.serve(checked, client.events, _Incoming(stream), stream, farewell=self._farewell)
        except ApiError as error:
            with suppress(trio.BrokenResourceError), trio.move_on_after(self._farewell):
                await stream.send_all(encode_error(NULL_ID, error))
            return
        if lost.answers:
            _log.warning("%d answers to a screen or program were not read", lost.answers)


class VersionChecked:
    """A client that answers callers of its own version; others only by which it is, and by its end."""

    def __init__(self, client: Client, version: str) -> None:
        self._client, self._version = client, version
        self._caller = ""

    async def call(self, command: Command[R]) -> R:
        """Carry out a command; raises ``ApiError``."""
        self._check(command)
        return await self._client.call(command)

    def _check(self, command: Command[Any]) -> None:
        """Note the caller's version. Raises ``ApiError`` where it is another, or was not said."""
        if isinstance(command, CoreGet):
            self._caller = self._caller if self._caller == self._version else command.version
        elif self._caller != self._version and not isinstance(command, CoreStop):
            raise ApiError(Kind.CORE_VERSION, self._of_another_version(), core=self._version)

    def _of_another_version(self) -> Sentence:
        if not self._caller:
            return sentence(
                "The core that runs here is version {version}, and what attached did not say its own (`core.info`): end "
                "the core by `sottovoce core --stop`, and start again.",
                version=self._version,
            )
        return sentence(
            "The core that runs here is version {version}, and what attached is {theirs}: end the core by `sottovoce core "
            "--stop`, and start again.",
            version=self._version,
            theirs=self._caller,
        )


class _Incoming(trio.abc.ReceiveStream):
    """What a caller says; one that is gone has said all."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Return at least one byte, or none at the end."""
        try:
            return await self._stream.receive_some(max_bytes)
        except trio.BrokenResourceError:
            return b""

    async def aclose(self) -> None:
        """Leave the stream to its owner."""
        await trio.lowlevel.checkpoint()
