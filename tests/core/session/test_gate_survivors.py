"""What the gate lets nobody see behind the screen lock, and what a person's own lock is stronger than."""

from __future__ import annotations

from typing import Any, cast

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.node.service import NodeService
from core.session.engines import Engines
from core.session.messenger import Messenger
from core.vault.remembered import REMEMBERED_SECONDS
from tests.support.devices import BEST, GOOD
from tests.support.locking import SCREEN_LOCK, Device, SilentNode

pytestmark = pytest.mark.trio


async def test_behind_the_screen_lock_nobody_is_told_whose_account_it_is_nor_what_happens(device: Device) -> None:
    async with device.running() as gate:
        identity = await device.create()
        service = gate.account().service
        assert (await device.info()).identity == identity
        await device.give(SCREEN_LOCK)
        shown = await device.info()
        assert (shown.identity, shown.name, shown.locked, shown.exists) == ("", "", True, True)
        service.emit(api.ContactAccepted(conversation="behind"))
        await device.unlock(GOOD)
        service.emit(api.ContactAccepted(conversation="before"))
        told = [event.conversation for event in device.told if isinstance(event, api.ContactAccepted)]
        assert told == ["before"]
        assert (await device.info()).identity == identity


async def test_what_a_person_locked_after_its_time_ran_out_is_not_opened_by_the_given_passcode(
    device: Device,
) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        device.clock.pass_seconds(REMEMBERED_SECONDS)
        await device.give(api.AccountLock())  # before the program looked at the clock: that is every ten seconds
        with trio.move_on_after(0.5):
            await gate.watch(0.01)
        assert gate.open is None
        assert not any(isinstance(event, api.AccountOpened) for event in device.told)


async def test_behind_the_screen_lock_no_command_is_carried_out_but_those_that_tell_nothing(device: Device) -> None:
    async with device.running() as gate:
        node = SilentNode()
        await device.create()
        with Messenger(cast("NodeService", node), Engines(node), gate).attach() as client:
            await client.call(api.AccountUnlock(passcode=GOOD))
            assert await client.call(api.ConversationList()) == []
            await client.call(SCREEN_LOCK)
            commands: tuple[api.Command[Any], ...] = (
                api.ConversationList(),
                api.GreetingList(),
                api.InviteList(),
                api.AccountChangePasscode(old=GOOD, new=BEST),
                api.AccountWords(passcode=GOOD),
            )
            for command in commands:
                with pytest.raises(ApiError) as refused:
                    await client.call(command)
                assert refused.value.kind is Kind.LOCKED
            assert (await client.call(api.AccountGet())).locked
            await client.call(api.AccountUnlock(passcode=GOOD))
            assert await client.call(api.ConversationList()) == []
