"""Until when a vault stays open, and how it opens again without a person: the gate with real accounts."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.session.gate import LOOK_PAUSE
from core.session.overrides import Overrides
from core.session.twenty_hours import OPEN_MS, RENEW_AHEAD_MS
from core.vault.errors import PasscodeNeeded, WrongPasscode
from core.vault.remembered import REMEMBERED_SECONDS
from net.bucket import Bucket
from net.events import CustodianUp, NodeEvent
from net.ids import NodeId
from tests.support.devices import BEST, BETTER, GOOD, MemoryStore
from tests.support.locking import SCREEN_LOCK, VAULT_LOCKED, Device

pytestmark = pytest.mark.trio

UP: NodeEvent = CustodianUp(NodeId(bytes(32)), Bucket(0, 0))


# --- twenty hours -----------------------------------------------------------------------------------------------------


def sleep_through(device: Device, seconds: float) -> None:
    """Let the boot clock run on, as it does in suspend; the date is set back meanwhile."""
    now = device.clock.now
    device.clock.now = now._replace(boot_ms=now.boot_ms + int(seconds * 1000), wall_ms=now.wall_ms - 86_400_000)


async def test_nothing_is_answered_told_or_taken_in_after_twenty_hours(device: Device) -> None:
    """From the first moment on, though nothing has looked at the clock yet."""
    assert LOOK_PAUSE > 5
    async with device.running() as gate:
        await device.create()
        service = gate.account().service
        fed: list[object] = []
        service.feed = fed.append  # type: ignore[assignment,method-assign]  # notes what would be taken in
        sleep_through(device, REMEMBERED_SECONDS - 1)
        gate.account()
        service.emit(api.ContactAccepted(conversation="before"))
        sleep_through(device, 1)
        with pytest.raises(ApiError) as refused:
            gate.account()
        service.emit(api.ContactAccepted(conversation="after"))
        await gate.feed([UP])
        assert refused.value.kind is Kind.LOCKED
        assert await device.info() == api.AccountInfo(identity="", name="", locked=True, exists=True)
        assert api.ContactAccepted(conversation="before") in device.told
        assert api.ContactAccepted(conversation="after") not in device.told
        assert fed == []


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("is_screen_locked", [False, True])
async def test_the_vault_locks_by_the_boot_clock_whatever_the_date_is_set_to(
    device: Device, *, is_screen_locked: bool
) -> None:
    async with device.running():
        await device.create()
        if is_screen_locked:
            await device.give(SCREEN_LOCK)
        device.clock.set_wall(30 * 86400)
        await trio.sleep(0.1)
        assert device.is_open()
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        assert not device.is_open()
        await device.unlock(GOOD)
        assert not device.screen.is_locked


async def test_the_remembered_key_opens_for_what_is_left_of_the_twenty_hours(tmp_path: Path) -> None:
    device = Device(tmp_path / "home", stores=(MemoryStore(),))
    async with device.running():
        await device.create()
    device.clock.pass_seconds(19 * 3600)
    async with device.running() as gate:
        await device.unlock(None)
        assert (await device.info()).locks_at == device.clock.now.wall_ms + 3600 * 1000
        await device.give(api.AccountLock())
        await device.unlock(None)
        device.clock.pass_seconds(3600)
        with pytest.raises(ApiError):
            gate.account()


async def test_a_locked_screen_is_no_less_locked_when_the_program_begins_again(tmp_path: Path) -> None:
    device = Device(tmp_path / "home", stores=(MemoryStore(),))
    async with device.running():
        await device.create()
        await device.give(SCREEN_LOCK)
        with pytest.raises(PasscodeNeeded):
            await device.unlock(None)
        assert device.screen.is_locked
    async with device.running():
        with pytest.raises(PasscodeNeeded):
            await device.unlock(None)
        await device.unlock(GOOD)
    async with device.running():
        await device.unlock(None)


@pytest.mark.parametrize("way", ["screen", "change"])
async def test_typing_the_passcode_gives_another_twenty_hours(device: Device, way: str) -> None:
    async with device.running() as gate:
        await device.create()
        device.clock.pass_seconds(19 * 3600)
        if way == "screen":
            await device.give(SCREEN_LOCK)
            assert (await device.info()).locks_at == device.clock.now.wall_ms + 3600 * 1000
            await device.unlock(GOOD)
        else:
            await device.give(api.AccountChangePasscode(old=GOOD, new=BETTER))
        assert (await device.info()).locks_at == device.clock.now.wall_ms + REMEMBERED_SECONDS * 1000
        device.clock.pass_seconds(19 * 3600)
        gate.account()


async def test_what_came_in_after_the_time_was_over_was_not_taken_so_the_account_begins_anew(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        account = gate.account()
        device.clock.pass_seconds(REMEMBERED_SECONDS)
        await device.unlock(GOOD)
        assert gate.account() is not account
        assert device.told[-1] == VAULT_LOCKED


# --- without a person -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("is_screen_locked", [False, True])
async def test_a_given_passcode_keeps_the_account_open_without_a_gap(device: Device, *, is_screen_locked: bool) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        account = gate.account()
        if is_screen_locked:
            await device.give(SCREEN_LOCK)
        for _ in range(3):
            device.clock.pass_seconds(REMEMBERED_SECONDS - RENEW_AHEAD_MS / 1000)
            with trio.fail_after(30):
                while (await device.info()).locks_at != device.clock.now.wall_ms + OPEN_MS:  # noqa: ASYNC110
                    await trio.sleep(0.005)  # behind the screen lock no event tells
        assert (gate.account() is account, device.screen.is_locked) == (True, is_screen_locked)
    assert api.AccountLocked(vault=True) in device.told[-1:]  # at the end, and never before
    assert device.told.count(VAULT_LOCKED) == 1


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("is_screen_locked", [False, True])
async def test_a_given_passcode_opens_again_what_ran_out_in_suspend(device: Device, *, is_screen_locked: bool) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        if is_screen_locked:
            await device.give(SCREEN_LOCK)
        sleep_through(device, 3 * REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        if is_screen_locked:
            with trio.fail_after(30):
                while gate.open is None or not device.screen.is_locked:  # noqa: ASYNC110 -- behind the lock no event tells
                    await trio.sleep(0.005)
        else:
            await device.until_told(api.AccountOpened)
        assert (gate.account().unlocked.remembered, device.screen.is_locked) == (False, is_screen_locked)


@pytest.mark.usefixtures("often")
async def test_what_a_person_locked_is_not_opened_again(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(api.AccountOpened)
        await device.give(api.AccountLock())
        sleep_through(device, REMEMBERED_SECONDS)
        await trio.sleep(0.1)
        assert gate.open is None


async def until_logged(log: pytest.LogCaptureFixture, words: str) -> None:
    with trio.fail_after(30):
        while words not in log.text:  # noqa: ASYNC110 -- a log has no event
            await trio.sleep(0.005)


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_that_no_longer_opens_is_tried_once_and_then_forgotten(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with device.running(passcode=BETTER) as gate:
        await device.create()
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        await until_logged(caplog, "no longer opens")
        await trio.sleep(0.1)
        assert gate.open is None
        assert caplog.text.count("no longer opens") == 1
        assert BETTER not in caplog.text
        await device.unlock(GOOD)  # not slowed down by tries of the program's own


@pytest.mark.usefixtures("often", "a_history_each")
async def test_a_given_passcode_opens_no_other_profile_in_place_of_the_one_that_ran_out(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        device.plant_second()
        await device.unlock(BETTER)
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        await until_logged(caplog, "no longer opens")
        assert gate.open is None


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_that_is_changed_here_goes_along(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        await device.give(api.AccountChangePasscode(old=GOOD, new=BETTER))
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(api.AccountOpened)
        gate.account()


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_waits_like_any_other(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await device.create()
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.unlock(BEST)
        sleep_through(device, REMEMBERED_SECONDS)  # and so the wait is over as well
        await device.until_told(api.AccountOpened)
        gate.account()
    assert GOOD not in repr(Overrides(passcode=GOOD))
