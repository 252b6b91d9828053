"""Several screens and programs at one messenger: each has its own lock and its own events; the vault is all of theirs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import cast

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.node.service import NodeService
from core.people.moment import Attention
from core.session.attachments import MAX_ATTACHMENTS, Attachment
from core.session.engines import Engines
from core.session.gate import Gate
from core.session.messenger import AttachedClient, Messenger
from core.vault.remembered import REMEMBERED_SECONDS
from tests.support.devices import BETTER, GOOD, MemoryStore
from tests.support.locking import SCREEN_LOCK, VAULT_LOCKED, Device, SilentNode, give_each_a_history

pytestmark = pytest.mark.trio

UNLOCK = api.AccountUnlock()
BY_PASSCODE = api.AccountUnlock(passcode=GOOD)


def attach(gate: Gate) -> AbstractContextManager[AttachedClient]:
    node = SilentNode()
    return Messenger(cast("NodeService", node), Engines(node), gate).attach()


@asynccontextmanager
async def two_screens(device: Device) -> AsyncGenerator[tuple[AttachedClient, AttachedClient]]:
    """Attach one screen that opened the account by its passcode, and a second one."""
    async with device.running() as gate:
        await device.create()
        await device.give(api.AccountLock())
        with attach(gate) as first, attach(gate) as second:
            await first.call(BY_PASSCODE)
            yield first, second


def told(client: AttachedClient) -> list[api.AnyEvent]:
    """Take the events that wait for a screen."""
    events: list[api.AnyEvent] = []
    while True:
        try:
            events.append(client.events.receive_nowait())
        except trio.WouldBlock:
            return events


async def is_locked(client: AttachedClient) -> bool:
    """Tell whether a screen gets no answer about contents."""
    try:
        await client.call(api.ConversationList())
    except ApiError as error:
        return error.kind is Kind.LOCKED
    return False


async def test_a_second_screen_starts_locked_though_the_first_is_open(device: Device) -> None:
    async with two_screens(device) as (first, second):
        assert [await is_locked(each) for each in (first, second)] == [False, True]
        shown = await second.call(api.AccountGet())
        assert (shown.identity, shown.name, shown.locked) == ("", "", True)
        await second.call(BY_PASSCODE)
        assert not await is_locked(second)


async def test_only_a_screen_that_is_open_is_told_what_happens(device: Device) -> None:
    event = api.ContactAccepted(conversation="c")
    async with two_screens(device) as (first, second):
        device.gate.emit(event)
        assert (told(first), told(second)) == ([event], [])
        await second.call(BY_PASSCODE)
        await first.call(SCREEN_LOCK)
        device.gate.emit(event)
        assert (told(first), told(second)) == ([api.AccountLocked(vault=False)], [event])


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        (api.MessageReceived(conversation="c", id="1", sender="x", text="secret"), [api.SomethingArrived()]),
        (
            api.MessageReceived(conversation="c", id="1", sender="x", text="secret", notify="bell"),
            [api.SomethingArrived()],
        ),
        (api.MessageReceived(conversation="c", id="1", sender="x", text="secret", notify="never"), []),
        (api.GreetingReceived(id="1", identity="x", name="Eve", text="secret"), [api.SomethingArrived()]),
        (api.ConversationChanged(conversation="c"), []),
    ],
)
async def test_a_locked_screen_is_told_that_something_came_and_no_more(
    device: Device, event: api.Event, hint: list[api.Event]
) -> None:
    async with two_screens(device) as (first, second):
        device.gate.emit(event)
        assert (told(first), told(second)) == ([event], hint)
        assert all(str(each) == "SomethingArrived()" for each in hint)


async def test_one_screens_lock_leaves_the_other_open_and_takes_back_only_its_own_events(device: Device) -> None:
    event = api.ContactAccepted(conversation="c")
    async with two_screens(device) as (first, second):
        await second.call(BY_PASSCODE)
        device.gate.emit(event)
        await first.call(SCREEN_LOCK)
        assert [await is_locked(each) for each in (first, second)] == [True, False]
        assert (told(first), told(second)) == ([api.AccountLocked(vault=False)], [event])


@pytest.mark.parametrize("lock", [api.AccountLock(), api.AccountLogout()])
async def test_the_vaults_lock_is_for_all(device: Device, lock: api.Command[api.Done]) -> None:
    async with two_screens(device) as (first, second):
        await second.call(BY_PASSCODE)
        await second.call(lock)
        assert [await is_locked(each) for each in (first, second)] == [True, True]
        assert (told(first), told(second)) == ([VAULT_LOCKED], [VAULT_LOCKED])
        await second.call(BY_PASSCODE)
        assert [await is_locked(each) for each in (first, second)] == [True, False], "one passcode opens one screen"


async def test_a_screen_that_comes_opens_by_the_remembered_key_as_a_program_that_starts_does(tmp_path: Path) -> None:
    async with two_screens(Device(tmp_path / "home", stores=(MemoryStore(),))) as (_, second):
        await second.call(UNLOCK)
        assert not await is_locked(second)


@pytest.mark.parametrize("typed", [BY_PASSCODE, api.AccountChangePasscode(old=GOOD, new=BETTER)])
async def test_what_a_person_locked_no_other_screens_passcode_opens(tmp_path: Path, typed: api.Command[object]) -> None:
    """A stranger at the locked screen could close it and begin anew: no key is remembered until it is unlocked."""
    async with two_screens(device := Device(tmp_path / "home", stores=(MemoryStore(),))) as (first, second):
        await second.call(BY_PASSCODE)
        await first.call(SCREEN_LOCK)
        await second.call(typed)
        for client in (nullcontext(first), attach(device.gate)):
            with client as screen, pytest.raises(ApiError) as refused:
                await screen.call(UNLOCK)
            assert refused.value.kind is Kind.PASSCODE_NEEDED


async def test_what_a_person_locked_takes_the_passcode_though_a_key_is_remembered(tmp_path: Path) -> None:
    store = MemoryStore()
    async with two_screens(Device(tmp_path / "home", stores=(store,))) as (first, second):
        remembered = dict(store.kept)
        await first.call(SCREEN_LOCK)
        store.kept |= remembered
        with pytest.raises(ApiError) as refused:
            await first.call(UNLOCK)
        assert refused.value.kind is Kind.PASSCODE_NEEDED
        await second.call(UNLOCK)
        assert not await is_locked(second)


async def test_the_other_profiles_passcode_locks_all_screens_but_the_one_it_was_typed_at(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_each_a_history(monkeypatch)
    async with two_screens(device) as (first, second):
        device.plant_second()
        await second.call(api.AccountUnlock(passcode=BETTER))
        assert [await is_locked(each) for each in (first, second)] == [True, False]
        assert (told(first), told(second)) == ([VAULT_LOCKED], [])


async def test_what_ran_out_is_opened_again_for_the_screens_that_were_open(tmp_path: Path) -> None:
    device = Device(tmp_path / "home", look_pause=0.01, renew_pause=0.01)
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        with attach(gate) as second:
            device.clock.pass_seconds(2 * REMEMBERED_SECONDS)
            await device.until_told(api.AccountOpened)
            assert not device.screen.is_locked
            assert await is_locked(second)
            assert told(second) == [VAULT_LOCKED]


async def test_more_screens_than_there_is_room_for_are_refused_and_who_left_makes_room(device: Device) -> None:
    async with device.running() as gate:
        with ExitStack() as screens:
            while len(gate.attachments) < MAX_ATTACHMENTS:
                screens.enter_context(attach(gate))
            with pytest.raises(ApiError) as refused, attach(gate):
                pass
            assert refused.value.kind is Kind.TOO_MANY
        with attach(gate) as client:
            assert not (await client.call(api.AccountGet())).exists
        with pytest.raises(trio.EndOfChannel):
            await client.events.receive()


# --- what a screen shows ----------------------------------------------------------------------------------------------


async def test_a_person_is_there_while_a_screen_is_open_and_was_used_lately(device: Device) -> None:
    device.attentive = 0.5
    async with two_screens(device) as (first, second):
        attention = device.gate.attachments.attention
        assert not attention().present, "that it was opened is no more than that"
        await second.call(BY_PASSCODE)
        await second.call(api.ConversationFocus(conversation=None))
        assert attention() == Attention(present=True)
        await trio.sleep(0.5)
        assert not attention().present
        await first.call(api.ConversationFocus(conversation=None))
        assert attention().present
        await first.call(SCREEN_LOCK)
        assert not attention().present


def shown_on(attachment: Attachment) -> str | None:
    return attachment.focus


async def test_what_a_screen_shows_is_forgotten_when_it_locks(device: Device) -> None:
    async with two_screens(device) as (first, second):
        with pytest.raises(ApiError) as refused:
            await first.call(api.ConversationFocus(conversation="nowhere"))
        assert refused.value.kind is Kind.UNKNOWN_CONVERSATION
        with pytest.raises(ApiError) as locked:
            await second.call(api.ConversationFocus(conversation=None))
        assert locked.value.kind is Kind.LOCKED
        attachment = Attachment(lambda _: None)
        attachment.unlock()
        attachment.touch()
        attachment.focus = "c"
        attachment.lock()
        assert (shown_on(attachment), attachment.is_attended()) == (None, False)
