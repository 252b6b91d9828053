"""Screens and programs attach to a core over its socket: several at once, those of its version, of its user alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.attach import link, listener, place
from core.attach.link import Link
from core.rpc.jsonrpc import NULL_ID, encode_error
from core.rpc.replies import decode_line, encode_request, event_of, result_of
from tests.support.attaching import FEW, VERSION, running

pytestmark = pytest.mark.trio


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    with TemporaryDirectory(prefix="sv", dir="/tmp") as path:
        (Path(path) / "run").mkdir(0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", f"{path}/run")
        yield Path(path)


class Caller(AbstractContextManager["Caller"]):
    """One that is attached."""

    def __init__(self, found: Link) -> None:
        self.link, self._said = found, found.rest

    def __exit__(self, *_: object) -> None:
        self.link.connection.close()

    async def say(self, data: bytes) -> None:
        await trio.to_thread.run_sync(self.link.connection.sendall, data)

    async def line(self) -> Any:
        while b"\n" not in self._said:
            more = await trio.to_thread.run_sync(self.link.connection.recv, 65536)
            if not more:
                return None
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return decode_line(line)

    async def call(self, command: api.Command[Any]) -> Any:
        await self.say(encode_request(7, command))
        line = await self.line()
        while line is not None and line.id != 7:
            line = await self.line()
        assert line is not None, "the core ended"
        return result_of(line, type(command))


async def attach(home: Path, version: str = VERSION) -> Caller:
    found = await trio.to_thread.run_sync(link.attach, home, version)
    assert found is not None
    return Caller(found)


async def test_several_attach_each_with_its_own_answers_and_go_without_a_trace(home: Path) -> None:
    async with running(home) as (core, _):
        with await attach(home) as one, await attach(home) as other:
            assert one.link.info.version == VERSION
            assert (await other.call(api.CoreGet(version=VERSION))).attached == 2
            assert (await one.call(api.MessageSend(conversation="c", text="hé"))).id == "hé"
            with pytest.raises(ApiError) as refused:
                await other.call(api.ConversationList())
            assert refused.value.kind is Kind.LOCKED
            rows = await one.call(api.MessageList(conversation="c", limit=500))
            assert len(rows) == 500
            core.clients[0].tell.send_nowait(api.NetworkChanged(peers=3))
            assert event_of(await one.line()) == api.NetworkChanged(peers=3)
        while core.clients:  # noqa: ASYNC110
            await trio.sleep(0.01)


async def test_one_too_many_is_told_so(home: Path) -> None:
    async with running(home):
        callers = [await attach(home) for _ in range(FEW)]
        with pytest.raises(ApiError) as refused:
            await attach(home)
        assert refused.value.kind is Kind.TOO_MANY
        for each in callers:
            each.link.connection.close()


async def test_why_it_was_refused_is_heard_though_the_core_has_closed_already() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(encode_error(NULL_ID, ApiError(Kind.TOO_MANY, "Too many.", limit=FEW)))
        theirs.close()
        with pytest.raises(ApiError) as refused:
            link.ask(ours, 0, api.CoreGet(version=VERSION))
        assert refused.value.kind is Kind.TOO_MANY


async def test_without_a_core_there_is_none_and_a_killed_ones_socket_is_none_either(home: Path) -> None:
    assert await trio.to_thread.run_sync(link.attach, home, VERSION) is None
    dead = place.listen(home)
    place.publish(home, dead.path)
    dead.listener.close()
    assert dead.path.exists()
    assert await trio.to_thread.run_sync(link.attach, home, VERSION) is None
    async with running(home) as (_, found):
        assert not dead.path.exists()
        assert not dead.path.parent.exists()
        assert found.path.exists()
    assert not found.path.parent.exists()
    assert not (home / place.POINTER).exists()


async def test_who_comes_while_it_starts_waits_for_it(home: Path) -> None:
    place.publish(home, None)
    async with trio.open_nursery() as nursery:
        waiting = trio.Event()

        async def wait() -> None:
            with await attach(home):
                waiting.set()

        nursery.start_soon(wait)
        async with running(home):
            await waiting.wait()


async def test_a_core_that_says_nothing_is_given_up_with_words(home: Path) -> None:
    silent = place.listen(home)
    place.publish(home, silent.path)
    with pytest.raises(ApiError, match="does not answer"):
        await trio.to_thread.run_sync(lambda: link.attach(home, VERSION, patience=0.05))
    silent.close()


@pytest.mark.parametrize("said", [b"220 smtp\r\n", b"[]\n", b'{"id": 0, "result": 5}\n', b"x" * (1 << 21)])
async def test_what_speaks_another_language_is_no_core(home: Path, said: bytes) -> None:
    strange = place.listen(home)
    place.publish(home, strange.path)

    def answer() -> None:
        connection, _ = strange.listener.accept()
        with connection:
            try:
                connection.sendall(said)
                connection.recv(1)
            except OSError:
                pass  # it has gone already

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, answer)
        with pytest.raises(ApiError) as refused:
            await attach(home)
        assert refused.value.kind is Kind.CORE_VERSION
    strange.close()


# --- versions ---------------------------------------------------------------------------------------------------------


async def test_another_version_is_told_which_one_runs_and_can_only_end_it(home: Path) -> None:
    async with running(home) as (core, _):
        with await attach(home, "9.9") as newer:
            assert newer.link.info.version == VERSION
            with pytest.raises(ApiError) as refused:
                await newer.call(api.MessageSend(conversation="c", text="x"))
            assert refused.value.kind is Kind.CORE_VERSION
            assert refused.value.data == {"core": VERSION}
            assert core.sent == []
            await newer.call(api.CoreStop())
            assert core.stopped.is_set()


async def test_who_says_no_version_is_answered_nothing_else(home: Path) -> None:
    async with running(home) as (core, found):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(found.path))
            raw = Caller(Link(connection, api.CoreInfo(version="", started_at=0, attached=0, runs_on=True, pid=0), b""))
            with pytest.raises(ApiError) as refused:
                await raw.call(api.MessageSend(conversation="c", text="x"))
            assert refused.value.kind is Kind.CORE_VERSION
            assert core.sent == []


def another_user(_: object) -> bool:
    """What the kernel says of a process of another user."""
    return False


# --- who may ------------------------------------------------------------------------------------------------------------


async def test_another_user_gets_nothing_from_a_core(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "is_same_user", another_user)
    async with running(home) as (core, found):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(found.path))
            connection.settimeout(10)
            assert await trio.to_thread.run_sync(connection.recv, 1) == b""
            assert core.clients == []


async def test_nothing_is_said_to_another_users_core(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "is_same_user", another_user)
    async with running(home):
        with pytest.raises(ApiError, match="another user listens there"):
            await attach(home)


# --- who does not read, and what goes away -----------------------------------------------------------------------------


async def test_one_that_does_not_read_delays_no_other_and_is_told_that_it_missed_something(home: Path) -> None:
    async with running(home) as (core, _):
        with await attach(home) as stopped, await attach(home) as other:
            for _ in range(2):  # megabytes that are not read
                await stopped.say(encode_request(1, api.MessageList(conversation="c", limit=500)))
            client = core.clients[0]
            for number in range(400):
                client.tell.send_nowait(api.NetworkChanged(peers=number))
            with trio.fail_after(30):
                for _ in range(10):
                    assert (await other.call(api.MessageSend(conversation="c", text="x"))).id == "x"
                told = await stopped.line()
                while not isinstance(event_of(told), api.EventsMissed):
                    told = await stopped.line()


async def test_the_core_ends_without_one_that_does_not_read(home: Path) -> None:
    with trio.fail_after(30):
        async with running(home, farewell=0.05):
            stopped = await attach(home)
            for _ in range(5):
                await stopped.say(encode_request(1, api.MessageList(conversation="c", limit=500)))
        stopped.link.connection.close()


async def test_what_is_told_once_is_carried_out_and_logged_when_who_asked_is_gone(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(home) as (core, _):
        with await attach(home) as gone:
            await gone.say(encode_request(1, api.AccountCreate(passcode="p")))
            await gone.call(api.MessageSend(conversation="c", text="x"))
        core.slow.set()
        with trio.fail_after(30):
            while core.clients:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert core.made
        assert "1 answers to a screen or program were not read" in caplog.text
        with await attach(home) as other:
            assert (await other.call(api.MessageSend(conversation="c", text="y"))).id == "y"


async def test_a_place_that_goes_away_is_made_anew_and_who_is_attached_stays(home: Path) -> None:
    async with running(home, pause=0.01) as (_, found):
        with await attach(home) as one:
            found.path.unlink()
            found.path.parent.rmdir()
            with trio.fail_after(30):
                while (pointer := place.read_pointer(home)) is None or pointer.socket == str(found.path):  # noqa: ASYNC110
                    await trio.sleep(0.01)
            with await attach(home) as other:
                assert (await one.call(api.MessageSend(conversation="c", text="x"))).id == "x"
                assert (await other.call(api.MessageSend(conversation="c", text="y"))).id == "y"


async def test_rubbish_gets_errors_and_ends_nothing(home: Path) -> None:
    async with running(home):
        with await attach(home) as one:
            await one.say(b"\x00\xff\n[]\n" + b"{" * 3000 + b"\n")
            kinds = [(await one.line()).error.data["kind"] for _ in range(3)]
            assert kinds == ["bad-request"] * 3
            assert (await one.call(api.MessageSend(conversation="c", text="x"))).id == "x"


async def test_a_line_of_a_later_version_is_passed_over() -> None:
    line = msgspec.json.encode({"jsonrpc": "2.0", "method": "event", "params": {"type": "moon.phase"}})
    assert event_of(decode_line(line)) is None
    refused = msgspec.json.encode(
        {"id": 1, "error": {"code": 1, "message": "m", "data": {"kind": "new-kind", "limit": 3}}}
    )
    with pytest.raises(ApiError) as said:
        result_of(decode_line(refused), api.CoreGet)
    assert (said.value.kind, said.value.data) == (Kind.FAILED, {"limit": 3})
