"""The screens over a core's socket: commands go out, answers and events come in, and its end is told."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import api
from core.api import ApiError, Kind
from core.attach.link import Link
from core.rpc.jsonrpc import encode_error, encode_event, encode_result
from core.rpc.replies import MAX_ANSWER_SIZE
from tui.host.attached import MAX_WAITING, AttachedHost
from tui.host.event_queue import MAX_EVENTS

pytestmark = pytest.mark.asyncio
PATIENCE = 10.0
ROOT = Path(__file__).parents[3]
INFO = api.CoreInfo(version="1", started_at=0, attached=1, runs_on=True, pid=1)


class OtherSide:
    """The core's end of the socket, and the app."""

    def __init__(self, connection: socket.socket, host: AttachedHost) -> None:
        self.connection, self.host = connection, host
        self.loop = asyncio.get_running_loop()
        self.woken = asyncio.Event()
        self.crashed: asyncio.Future[str] = self.loop.create_future()
        self._said = b""

    def wake(self) -> None:
        self.loop.call_soon_threadsafe(self.woken.set)

    def crash(self, report: str) -> None:
        self.loop.call_soon_threadsafe(self.crashed.set_result, report)

    async def hear(self) -> dict[str, Any]:
        while b"\n" not in self._said:
            self._said += await self.loop.sock_recv(self.connection, 65536)
        line, _, self._said = self._said.partition(b"\n")
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def say(self, line: bytes) -> None:
        await self.loop.sock_sendall(self.connection, line)

    async def asked(self, command: api.Command[Any]) -> tuple[asyncio.Task[Any], msgspec.Raw]:
        """Give a command; return its answer to come, and its number."""
        answer = asyncio.ensure_future(self.host.call(command))
        return answer, msgspec.Raw(str((await self.hear())["id"]).encode())


@asynccontextmanager
async def attached(rest: bytes = b"") -> AsyncGenerator[OtherSide]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    side = OtherSide(theirs, AttachedHost(Link(ours, INFO, rest), wake_pause=0.0))
    side.host.start(side.wake, side.crash)
    try:
        yield side
    finally:
        await side.host.stop()
        theirs.close()


async def test_a_command_is_answered_by_its_own_type() -> None:
    async with attached() as side:
        answer, number = await side.asked(api.AccountGet())
        other, its_number = await side.asked(api.MessageSend(conversation="c", text="hé\u202e"))
        await side.say(encode_result(its_number, api.MessageRef(id="m1")))
        await side.say(encode_result(number, api.AccountInfo(identity="é", name="", locked=False, exists=True)))
        assert await asyncio.wait_for(other, PATIENCE) == api.MessageRef(id="m1")
        assert (await asyncio.wait_for(answer, PATIENCE)).identity == "é"


async def test_a_refusal_reaches_the_caller_with_its_data() -> None:
    async with attached() as side:
        answer, number = await side.asked(api.AccountUnlock(passcode="p"))
        await side.say(encode_error(number, ApiError(Kind.SLOW_DOWN, "Wait.", seconds=3)))
        with pytest.raises(ApiError) as refused:
            await asyncio.wait_for(answer, PATIENCE)
        assert (refused.value.kind, refused.value.message, refused.value.data) == (
            Kind.SLOW_DOWN,
            "Wait.",
            {"seconds": 3},
        )


async def test_an_answer_of_another_form_is_told_as_another_version() -> None:
    async with attached() as side:
        answer, number = await side.asked(api.AccountGet())
        await side.say(encode_result(number, {"moon": "full"}))
        with pytest.raises(ApiError) as refused:
            await asyncio.wait_for(answer, PATIENCE)
        assert refused.value.kind is Kind.CORE_VERSION


async def test_events_wake_the_screens_and_what_was_said_at_the_start_counts() -> None:
    async with attached(rest=encode_event(api.NetworkChanged(peers=1))) as side:
        await asyncio.wait_for(side.woken.wait(), PATIENCE)
        assert side.host.take_events().events == (api.NetworkChanged(peers=1),)
        side.woken.clear()
        await side.say(encode_event(api.EventsMissed()))
        await asyncio.wait_for(side.woken.wait(), PATIENCE)
        assert side.host.take_events().missed


async def test_screens_that_do_not_read_stall_nothing_and_learn_that_they_missed_something() -> None:
    async with attached() as side:
        for each in range(MAX_EVENTS + 500):
            await side.say(encode_event(api.MessageStateChanged(conversation="c", id=f"m{each}", state="sent")))
        answer, number = await side.asked(api.AccountLogout())
        await side.say(encode_result(number, api.Done()))
        await asyncio.wait_for(answer, PATIENCE)
        batch = side.host.take_events()
        assert len(batch.events) <= MAX_EVENTS
        assert batch.missed


async def test_a_core_that_does_not_read_holds_up_no_screen_and_waits_are_bounded() -> None:
    async with attached() as side:
        text = "x" * 12_000
        waiting = [
            asyncio.ensure_future(side.host.call(api.DraftSet(conversation="c", text=text))) for _ in range(MAX_WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(ApiError) as refused:
            await side.host.call(api.AccountGet())
        assert refused.value.kind is Kind.SLOW_DOWN
        side.connection.close()
        for each in waiting:
            with pytest.raises(ApiError):
                await asyncio.wait_for(each, PATIENCE)


async def test_a_core_that_ends_is_told_and_answers_everybody() -> None:
    async with attached() as side:
        answer, _ = await side.asked(api.AccountGet())
        side.connection.close()
        assert "has ended" in await asyncio.wait_for(side.crashed, PATIENCE)
        for command in (answer, side.host.call(api.AccountGet())):
            with pytest.raises(ApiError):
                await asyncio.wait_for(command, PATIENCE)


@pytest.mark.parametrize(
    "line", [b"\xff\n", b"[]\n", b"{" * 2000 + b"\n", encode_error(msgspec.Raw(b"null"), ApiError(Kind.FAILED, "No."))]
)
async def test_rubbish_ends_the_connection_with_words(line: bytes) -> None:
    async with attached() as side:
        await side.say(line)
        assert await asyncio.wait_for(side.crashed, PATIENCE) in {
            "No.",
            "The core that runs speaks another language: end it by `sottovoce core --stop`, and start again.",
        }


async def test_leaving_closes_the_socket_and_is_no_crash() -> None:
    async with attached() as side:
        await side.host.stop()
        assert await side.loop.sock_recv(side.connection, 1) == b""
        assert not side.crashed.done()
        assert MAX_ANSWER_SIZE > api.MAX_PAGE * api.MAX_TEXT_SIZE * 6


@pytest.mark.slow
async def test_an_attached_screen_loads_neither_trio_nor_the_core() -> None:
    heavy = {"trio", "core.session", "core.people", "core.storage", "net.node"}
    code = f"import sys, tui.app.app, tui.host.attached, tui.host.core_process; print({heavy} & sys.modules.keys())"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    said, _ = await child.communicate()
    assert said.decode().strip() == "set()"
