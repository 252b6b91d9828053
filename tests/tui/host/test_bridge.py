"""Two loops, two threads: commands go in, events come out, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from tui.host.bridge import CoreHost, Messenger
from tui.host.event_queue import MAX_EVENTS, EventQueue

pytestmark = pytest.mark.asyncio
PATIENCE = 10.0


class TinyMessenger:
    """Answers a few commands and emits what it is told to."""

    def __init__(self) -> None:
        self.outbox, self.events = trio.open_memory_channel[Any](5000)
        self.closed = False
        self.never = trio.Event()
        self.harm: trio.MemorySendChannel[str]
        self.harm, self.harmed = trio.open_memory_channel[str](1)
        self.taken_back = trio.Event()

    async def call(self, command: api.Command[Any]) -> Any:
        match command:
            case api.AccountGet():
                return api.AccountInfo(identity="me", name="", locked=False, exists=True)
            case api.AccountLogout():
                raise ApiError(Kind.READ_ONLY, "read only")
            case api.ConversationList():
                await self.never.wait()
            case api.DraftSet():
                raise ZeroDivisionError(command.text)
            case api.AccountCreate():
                try:
                    await self.never.wait()
                finally:
                    self.taken_back.set()
            case api.AccountLock():
                await self.taken_back.wait()
            case api.AccountRename():
                await self.harm.send(command.name)
                await self.never.wait()
            case api.MessageList():
                for number in range(command.limit):
                    await self.outbox.send(state_event(number))
                return []
            case _:
                pass
        return api.Done()


def state_event(number: int) -> api.MessageStateChanged:
    return api.MessageStateChanged(conversation="c", id=f"m{number}", state="sent")


class Screens:
    """What the app is to the host."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.woken = asyncio.Event()
        self.crashed: asyncio.Future[str] = self.loop.create_future()
        self.times_woken = 0

    def wake(self) -> None:
        self.times_woken += 1
        self.loop.call_soon_threadsafe(self.woken.set)

    def crash(self, report: str) -> None:
        self.loop.call_soon_threadsafe(self.crashed.set_result, report)


def opener(
    messenger_of: Callable[[], TinyMessenger], closed: threading.Event
) -> Callable[[], AbstractAsyncContextManager[Messenger]]:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Messenger]:
        messenger = messenger_of()

        async def come_to_harm() -> None:
            raise ZeroDivisionError(await messenger.harmed.receive())

        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(come_to_harm)
                yield messenger
                nursery.cancel_scope.cancel()
        finally:
            closed.set()

    return opened


def started() -> tuple[CoreHost, Screens, threading.Event]:
    closed = threading.Event()
    host, screens = CoreHost(opener(TinyMessenger, closed)), Screens()
    host.start(screens.wake, screens.crash)
    return host, screens, closed


async def test_a_command_that_carries_a_list_is_answered() -> None:
    host, screens, _ = started()
    assert await asyncio.wait_for(host.call(api.MessageDelete(ids=["m1"])), PATIENCE) is not None
    await host.stop()
    assert not screens.crashed.done()


async def test_a_command_given_before_the_core_is_open_is_answered() -> None:
    host, _, closed = started()
    info = await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)
    assert info.identity == "me"
    await host.stop()
    assert closed.is_set()


async def test_a_refusal_reaches_the_caller_and_harms_nothing() -> None:
    host, _, _ = started()
    with pytest.raises(ApiError) as refused:
        await asyncio.wait_for(host.call(api.AccountLogout()), PATIENCE)
    assert refused.value.kind is Kind.READ_ONLY
    assert (await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)).exists
    await host.stop()


async def test_a_slow_command_does_not_hold_up_the_next() -> None:
    host, _, _ = started()
    slow = asyncio.ensure_future(host.call(api.ConversationList()))
    assert await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)
    assert not slow.done()
    await host.stop()
    with pytest.raises(ApiError):
        await asyncio.wait_for(slow, PATIENCE)


async def test_events_come_in_order_and_a_flood_wakes_the_screens_seldom() -> None:
    host, screens, _ = started()
    await asyncio.wait_for(host.call(api.MessageList(conversation="c", limit=500)), PATIENCE)
    seen: list[str] = []
    while len(seen) < 500:
        await asyncio.wait_for(screens.woken.wait(), PATIENCE)
        screens.woken.clear()
        seen += [event.id for event in host.take_events().events if isinstance(event, api.MessageStateChanged)]
    assert seen == [f"m{number}" for number in range(500)]
    assert screens.times_woken < 50
    await host.stop()


async def test_screens_that_do_not_read_do_not_stall_the_core_or_fill_the_memory() -> None:
    host, _, _ = started()
    flood = MAX_EVENTS + 1000
    await asyncio.wait_for(host.call(api.MessageList(conversation="c", limit=flood)), PATIENCE)
    assert await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)
    batch = host.take_events()
    assert len(batch.events) <= MAX_EVENTS
    await host.stop()


async def test_a_fault_of_a_command_is_its_answer_without_values_and_ends_nothing() -> None:
    host, screens, _ = started()
    with pytest.raises(ApiError) as refused:
        await asyncio.wait_for(host.call(api.DraftSet(conversation="c", text="a secret")), PATIENCE)
    assert refused.value.kind is Kind.FAILED
    assert "a secret" not in refused.value.message + repr(refused.value.data)
    assert (await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)).exists
    assert not screens.crashed.done()
    await host.stop()


async def test_what_is_told_only_once_is_taken_back_when_nobody_waits_for_it_any_more() -> None:
    host, _, _ = started()
    making = asyncio.ensure_future(host.call(api.AccountCreate(passcode="p")))
    await asyncio.wait_for(host.call(api.AccountGet()), PATIENCE)
    making.cancel()
    gone = await asyncio.wait_for(host.call(api.AccountLock()), PATIENCE)  # answered once the other was cancelled
    assert gone == api.Done()
    await host.stop()


async def test_a_crash_of_the_core_is_told_without_its_values_and_answers_everybody() -> None:
    host, screens, closed = started()
    slow = asyncio.ensure_future(host.call(api.ConversationList()))
    with pytest.raises(ApiError) as gone:
        await asyncio.wait_for(host.call(api.AccountRename(name="a secret")), PATIENCE)
    assert gone.value.kind is Kind.LOCKED
    report = await asyncio.wait_for(screens.crashed, PATIENCE)
    assert "ZeroDivisionError" in report
    assert "a secret" not in report
    assert closed.is_set()
    with pytest.raises(ApiError):
        await asyncio.wait_for(slow, PATIENCE)
    with pytest.raises(ApiError):
        await host.call(api.AccountGet())
    await host.stop()


async def test_stopping_twice_or_before_the_start_is_harmless() -> None:
    await CoreHost(opener(TinyMessenger, threading.Event())).stop()
    host, _, _ = started()
    await host.stop()
    await host.stop()


async def test_what_was_not_read_before_a_lock_is_not_read_after_it() -> None:
    queue = EventQueue()
    queue.put(api.MessageReceived(conversation="c", id="i", sender="s", text="unread"))
    queue.put(api.AccountLocked(vault=True))
    batch = queue.take()
    assert batch.events == (api.AccountLocked(vault=True),)
    assert batch.missed


async def test_a_queue_that_ran_over_says_so_once() -> None:
    queue = EventQueue(limit=3)
    for number in range(5):
        queue.put(state_event(number))
    batch = queue.take()
    assert ([event.id for event in batch.events if isinstance(event, api.MessageStateChanged)], batch.missed) == (
        ["m2", "m3", "m4"],
        True,
    )
    assert queue.take().missed is False


async def test_an_event_that_says_the_same_later_replaces_the_earlier() -> None:
    queue = EventQueue()
    for peers in range(10):
        queue.put(api.NetworkChanged(peers=peers))
    assert queue.take().events == (api.NetworkChanged(peers=9),)
