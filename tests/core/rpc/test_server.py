"""A program talks to the core over two byte streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import trio
import trio.testing

from core.api import (
    AccountGet,
    AccountInfo,
    AccountLocked,
    ApiError,
    Command,
    Done,
    Event,
    InviteList,
    Kind,
    MessageDelete,
    MessageReceived,
    MessageRef,
    MessageSend,
    NetworkChanged,
    R,
)
from core.rpc.server import MAX_OUTGOING, MAX_RUNNING, PATIENCE, Losses, serve

pytestmark = pytest.mark.trio


class FakeCore:
    """Answers a few commands, and holds back those that a test wants to be slow."""

    def __init__(self) -> None:
        self.called: list[Command[Any]] = []
        self.gates: dict[str, trio.Event] = {}

    async def call(self, command: Command[R]) -> R:
        gate = self.gates.get(getattr(command, "text", type(command).__name__))
        if gate is not None:
            await gate.wait()
        self.called.append(command)
        answer: object = Done()
        if isinstance(command, AccountGet):
            answer = AccountInfo(identity="", name="", locked=True, exists=False)
        if isinstance(command, MessageSend):
            if command.text == "refused":
                raise ApiError(Kind.TOO_LONG, "Too long.", limit=1)
            if command.text == "a fault":
                raise LookupError(command.text)
            answer = MessageRef(id="\ud800" if command.text == "unwritable" else command.text)
        if isinstance(command, InviteList):
            raise ApiError(Kind.LOCKED, "The account is locked.")
        return cast("R", answer)


class Caller:
    """The program at the other end."""

    def __init__(self, core: FakeCore, *, unread: bool) -> None:
        self.core = core
        self.events, self._inner_events = trio.open_memory_channel[Event](0)
        self._to_core, self._incoming = trio.testing.memory_stream_one_way_pair()
        self._outgoing: trio.abc.SendStream
        self._from_core: trio.abc.ReceiveStream
        if unread:  # a write then waits for a read, as with a full pipe
            self._outgoing, self._from_core = trio.testing.lockstep_stream_one_way_pair()
        else:
            self._outgoing, self._from_core = trio.testing.memory_stream_one_way_pair()
        self._pending = b""
        self.lost = Losses(answers=-1)

    async def serve(self) -> None:
        self.lost = await serve(self.core, self._inner_events, self._incoming, self._outgoing)
        await self._outgoing.aclose()

    async def say(self, data: bytes) -> None:
        await self._to_core.send_all(data)

    async def ask(self, number: int, method: str, **params: object) -> None:
        await self.say(
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
        )

    async def hear(self) -> dict[str, Any]:
        while b"\n" not in self._pending:
            data = await self._from_core.receive_some()
            if not data:
                raise EOFError
            self._pending += bytes(data)
        line, _, self._pending = self._pending.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    async def end_input(self) -> None:
        await self._to_core.aclose()

    async def stop_listening(self) -> None:
        await self._from_core.aclose()


@asynccontextmanager
async def conversation(*, unread: bool = False) -> AsyncGenerator[Caller]:
    """A caller being served; the session must have ended when the block does."""
    caller = Caller(FakeCore(), unread=unread)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(caller.serve)
        yield caller


async def test_requests_are_answered_and_the_end_of_input_ends_it() -> None:
    async with conversation() as caller:
        await caller.ask(1, "account.info")
        assert await caller.hear() == {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {
                "identity": "",
                "name": "",
                "locked": True,
                "exists": False,
                "remembered": None,
                "locks_at": None,
            },
        }
        await caller.ask(2, "invite.list")
        assert (await caller.hear())["error"]["data"] == {"kind": "locked"}
        await caller.end_input()
        with pytest.raises(EOFError):
            await caller.hear()
    assert caller.lost == Losses()


async def test_what_was_asked_before_the_end_is_answered_even_without_a_last_line_end() -> None:
    async with conversation() as caller:
        await caller.say(b'\n{"jsonrpc":"2.0","id":1,"method":"account.info"}\r\n  \nnonsense')
        await caller.end_input()
        replies = {reply["id"]: reply for reply in [await caller.hear(), await caller.hear()]}
        assert replies[1]["result"]["locked"]
        assert replies[None]["error"]["data"]["kind"] == "bad-request"


async def test_a_request_without_id_is_carried_out_and_answered_only_when_it_fails() -> None:
    async with conversation() as caller:
        await caller.say(b'{"jsonrpc":"2.0","method":"account.info"}\n{"jsonrpc":"2.0","method":"invite.list"}\n')
        reply = await caller.hear()
        assert (reply["id"], reply["error"]["data"]["kind"]) == (None, "locked")
        await caller.end_input()
    assert {type(command) for command in caller.core.called} == {AccountGet, InviteList}


async def test_a_slow_request_holds_up_no_other() -> None:
    async with conversation() as caller:
        gate = caller.core.gates["MessageDelete"] = trio.Event()
        await caller.ask(1, "message.delete", ids=[])
        await caller.ask(2, "account.info")
        assert (await caller.hear())["id"] == 2
        gate.set()
        assert (await caller.hear())["id"] == 1
        await caller.end_input()


async def test_sends_to_one_conversation_keep_their_order_and_wait_for_no_other() -> None:
    async with conversation() as caller:
        gate = caller.core.gates["first"] = trio.Event()
        for number, (to, text) in enumerate([("a", "first"), ("a", "second"), ("b", "elsewhere"), ("a", "third")]):
            await caller.ask(number, "message.send", conversation=to, text=text)
        assert (await caller.hear())["result"] == {"id": "elsewhere"}
        gate.set()
        assert [(await caller.hear())["result"]["id"] for _ in range(3)] == ["first", "second", "third"]
        await caller.end_input()


async def test_many_sends_at_once_keep_their_order() -> None:
    texts = [str(number) for number in range(200)]
    async with conversation() as caller:
        for number, text in enumerate(texts):
            await caller.ask(number, "message.send", conversation="a", text=text)
        await caller.end_input()
        assert [(await caller.hear())["result"]["id"] for _ in texts] == texts


async def test_a_failed_send_does_not_hold_up_the_next() -> None:
    async with conversation() as caller:
        await caller.ask(1, "message.send", conversation="a", text="refused")
        await caller.ask(2, "message.send", conversation="a", text="second")
        assert (await caller.hear())["error"]["data"] == {"kind": "too-long", "limit": 1}
        assert (await caller.hear())["result"] == {"id": "second"}
        await caller.end_input()


async def test_events_come_as_notifications() -> None:
    async with conversation() as caller:
        await caller.events.send(NetworkChanged(peers=3))
        assert await caller.hear() == {
            "jsonrpc": "2.0",
            "method": "event",
            "params": {"type": "network.changed", "peers": 3},
        }
        await caller.end_input()


async def test_a_caller_who_does_not_read_loses_events_but_no_answer_and_stalls_nobody() -> None:
    async with conversation(unread=True) as caller:
        for peers in range(MAX_OUTGOING * 2):
            await caller.events.send(NetworkChanged(peers=peers))  # rendezvous: returns although nobody reads
        await caller.ask(1, "account.info")
        heard = [await caller.hear()]
        while heard[-1].get("id") != 1:
            heard.append(await caller.hear())
        await caller.end_input()
    assert caller.lost.events == MAX_OUTGOING * 2 - (len(heard) - 1)
    assert len(heard) <= MAX_OUTGOING + 2


async def test_events_that_were_not_read_before_a_lock_are_not_written_after_it() -> None:
    async with conversation(unread=True) as caller:
        await caller.events.send(NetworkChanged(peers=1))  # under way, so it stays
        await trio.testing.wait_all_tasks_blocked()
        for number in range(5):
            await caller.events.send(MessageReceived(conversation="c", id=str(number), sender="s", text="secret"))
        await caller.ask(1, "account.info")
        await trio.testing.wait_all_tasks_blocked()
        await caller.events.send(AccountLocked(vault=True))
        await caller.events.send(NetworkChanged(peers=2))
        said = [await caller.hear() for _ in range(4)]
        await caller.end_input()
    assert [line["params"]["type"] for line in said if "id" not in line] == [
        "network.changed",
        "account.locked",
        "network.changed",
    ]
    assert [line["id"] for line in said if "id" in line] == [1]


async def test_a_caller_who_does_not_read_is_not_read_either() -> None:
    async with conversation(unread=True) as caller:
        for number in range(MAX_OUTGOING + 3 * MAX_RUNNING):
            await caller.ask(number, "account.info")
        await trio.testing.wait_all_tasks_blocked()
        assert len(caller.core.called) <= MAX_OUTGOING + MAX_RUNNING + 2
        numbers = {(await caller.hear())["id"] for _ in range(MAX_OUTGOING + 3 * MAX_RUNNING)}
        assert numbers == set(range(MAX_OUTGOING + 3 * MAX_RUNNING))
        await caller.end_input()


async def test_a_caller_who_hangs_up_ends_it() -> None:
    async with conversation() as caller:
        await caller.stop_listening()
        await caller.ask(1, "account.info")
    assert caller.lost == Losses()


async def test_a_farewell_is_not_forever_and_refuses_what_it_leaves(autojump_clock: trio.testing.MockClock) -> None:
    async with conversation() as caller:
        caller.core.gates["MessageDelete"] = trio.Event()
        await caller.ask(1, "message.delete", ids=[])
        await caller.end_input()
        reply = await caller.hear()
        assert (reply["id"], reply["error"]["data"]["kind"]) == (1, "failed")
    assert caller.lost == Losses()
    assert not [command for command in caller.core.called if isinstance(command, MessageDelete)]


async def test_a_slow_machine_is_waited_for_when_the_input_has_ended(autojump_clock: trio.testing.MockClock) -> None:
    async with conversation() as caller:
        gate = caller.core.gates["MessageDelete"] = trio.Event()
        await caller.ask(1, "message.delete", ids=[])
        await caller.end_input()
        await trio.sleep(PATIENCE * 0.9)
        gate.set()
        assert "result" in await caller.hear()
    assert caller.lost == Losses()


async def test_what_is_told_only_once_is_waited_for_however_long_it_takes(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with conversation() as caller:
        gate = caller.core.gates["AccountCreate"] = trio.Event()
        await caller.ask(1, "account.create", passcode="p")
        await caller.end_input()
        await trio.sleep(PATIENCE * 10)
        gate.set()
        assert "result" in await caller.hear()
    assert caller.lost == Losses()


@pytest.mark.parametrize("running", [1, MAX_RUNNING + 3])
async def test_whatever_ends_the_session_every_request_that_was_taken_is_answered(running: int) -> None:
    caller = Caller(FakeCore(), unread=False)
    caller.core.gates["MessageDelete"] = trio.Event()
    create = caller.core.gates["AccountCreate"] = trio.Event()
    taken = min(running, MAX_RUNNING)  # the one beyond them waits, and the rest were not looked at
    replies: list[dict[str, Any]] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(caller.serve)
        await caller.ask(0, "account.create", passcode="p")
        for number in range(1, running + 1):
            await caller.ask(number, "message.delete", ids=[])
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()  # as a signal does, or a fault of the node
        with trio.CancelScope(shield=True):
            replies += [await caller.hear() for _ in range(taken)]
            create.set()
            replies += [await caller.hear()]
    assert {reply["error"]["data"]["kind"] for reply in replies if "error" in reply} == {"failed"}
    assert [reply["id"] for reply in replies if "result" in reply] == [0]
    assert {reply["id"] for reply in replies} >= set(range(taken))


async def test_answers_that_nobody_reads_in_the_end_are_counted(autojump_clock: trio.testing.MockClock) -> None:
    async with conversation(unread=True) as caller:
        for number in range(3):
            await caller.ask(number, "account.info")
        await caller.end_input()
    assert caller.lost == Losses(answers=3)


async def test_who_hangs_up_on_what_is_told_only_once_is_counted(autojump_clock: trio.testing.MockClock) -> None:
    async with conversation() as caller:
        gate = caller.core.gates["AccountCreate"] = trio.Event()
        await caller.ask(1, "account.create", passcode="p")
        await caller.ask(2, "account.info")
        await trio.testing.wait_all_tasks_blocked()
        await caller.stop_listening()
        await caller.ask(3, "account.info")
        await trio.testing.wait_all_tasks_blocked()
        gate.set()
    assert caller.lost == Losses(answers=1)


async def test_a_fault_is_an_answer_without_contents() -> None:
    async with conversation() as caller:
        await caller.ask(1, "message.send", conversation="a", text="a fault")
        await caller.ask(2, "account.info")
        reply = await caller.hear()
        assert reply["error"]["data"]["kind"] == "failed"
        assert "a fault" not in json.dumps(reply)
        assert (await caller.hear())["id"] == 2
        await caller.end_input()


async def test_a_result_or_an_event_that_cannot_be_written_stops_nothing() -> None:
    async with conversation() as caller:
        await caller.ask(1, "message.send", conversation="a", text="half a character: \\ud800")
        await caller.events.send(MessageReceived(conversation="c", id="i", sender="s", text="\ud800"))
        await caller.ask(2, "message.send", conversation="a", text="unwritable")
        heard = [await caller.hear() for _ in range(3)]
        assert {each["id"] for each in heard if "id" in each} == {1, 2}
        assert [each["params"] for each in heard if "id" not in each] == [{"type": "events.missed"}]
        await caller.ask(3, "account.info")
        assert (await caller.hear())["id"] == 3
        await caller.end_input()
    assert caller.lost == Losses(events=1)
