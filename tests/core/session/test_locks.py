"""Who opens what, and what is left of it behind a lock: the gate with real accounts."""

from __future__ import annotations

import gc
import weakref
from functools import partial

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.people.format.account_keys import keys_of_seed
from core.refusals import refusals
from core.session.attachments import EventQueue
from core.session.commands import act_of
from core.session.gate import Gate
from core.session.people_service import LOG_PAUSE
from core.storage.database import COMMITS_IN_LOG
from core.storage.errors import Closed
from core.vault.cost import CostPolicy
from core.vault.errors import SlowDown, WrongPasscode
from core.vault.remembered import REMEMBERED_SECONDS
from tests.support.devices import BEST, BETTER, CHEAP, GOOD
from tests.support.locking import SCREEN_LOCK, VAULT_LOCKED, Device
from tests.support.memory import held, masked

pytestmark = pytest.mark.trio


# --- a passcode opens the account it belongs to -----------------------------------------------------------------------


@pytest.mark.usefixtures("a_history_each")
@pytest.mark.parametrize("locked_by", [SCREEN_LOCK, api.AccountLock(), None])
async def test_the_other_profiles_passcode_opens_that_profile_and_no_other(
    device: Device, locked_by: api.AccountLock | None
) -> None:
    async with device.running() as gate:
        first = await device.create()
        second = device.plant_second()
        service = gate.account().service
        if locked_by is not None:
            await device.give(locked_by)
        answer = await device.unlock(BETTER)
        assert answer.identity != first
        assert (gate.account().unlocked.seed, device.screen.is_locked) == (second.seed, False)
        assert await device.info() == api.AccountInfo(
            identity=answer.identity,
            name="",
            locked=False,
            exists=True,
            remembered=False,
            locks_at=device.clock.now.wall_ms + REMEMBERED_SECONDS * 1000,
        )
        with pytest.raises(Closed):
            await service.forget_deleted()
        assert (await device.unlock(GOOD)).identity == first
        assert (await device.info()).name == "alice"


@pytest.mark.usefixtures("a_history_each")
async def test_who_looks_on_sees_the_same_whichever_profile_is_opened(device: Device) -> None:
    """Answers have the same fields and events are the same, none: a lock of the vault would tell."""
    async with device.running():
        await device.create()
        device.plant_second()
        seen: list[tuple[list[api.Event], list[str]]] = []
        for passcode in (GOOD, BETTER, BETTER, GOOD):
            await device.give(SCREEN_LOCK)
            device.told.clear()
            answer = await device.unlock(passcode)
            seen.append((list(device.told), list(answer.__struct_fields__)))
    assert seen == [([], ["identity"])] * 4


@pytest.mark.usefixtures("a_history_each")
async def test_a_screen_opens_no_sooner_for_the_profile_that_was_open(device: Device) -> None:
    """The time would tell whether an account had to be closed and another one opened."""
    async with device.running():
        await device.create()
        device.plant_second()
    async with device.running(CostPolicy(CHEAP.floor, seconds=3.0)):
        await device.unlock(GOOD)
        taken: list[float] = []
        for passcode in (GOOD, BETTER):
            await device.give(SCREEN_LOCK)
            began = trio.current_time()
            await device.unlock(passcode)
            taken.append(trio.current_time() - began)
    assert min(taken) >= 1.0


async def test_the_open_profiles_passcode_lets_go_of_the_screen_lock_and_leaves_the_account_running(
    device: Device,
) -> None:
    async with device.running() as gate:
        await device.create()
        account = gate.account()
        await device.give(SCREEN_LOCK)
        await device.unlock(GOOD)
        assert gate.account() is account
        assert not device.screen.is_locked


async def test_a_wrong_passcode_leaves_the_screen_locked_and_counts(device: Device) -> None:
    async with device.running():
        await device.create()
        await device.give(SCREEN_LOCK)
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.unlock(BEST)
        assert device.screen.is_locked
        with pytest.raises(SlowDown):
            await device.unlock(GOOD)


async def test_a_profile_whose_history_is_not_here_does_not_open_and_what_was_open_is_locked(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        device.plant_second()
        await device.give(SCREEN_LOCK)
        device.told.clear()
        with pytest.raises(ApiError) as refused, refusals():
            await device.unlock(BETTER)
        assert refused.value.kind is Kind.DAMAGED  # that history, by this passcode: its right owner has to know
        assert (gate.open, device.screen.is_locked, device.told) == (None, True, [VAULT_LOCKED])
        await device.unlock(GOOD)
        assert (await device.info()).name == "alice"


async def test_an_open_account_cannot_try_out_the_other_profiles_passcode_by_changing_it(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        second = device.plant_second()
        before = (device.home / "vault").read_bytes()
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.give(api.AccountChangePasscode(old=BETTER, new=BEST))
        with pytest.raises(SlowDown):
            await device.give(api.AccountChangePasscode(old=GOOD, new=BEST))
        assert (device.home / "vault").read_bytes() == before
        assert gate.account().unlocked.seed != second.seed


async def test_the_words_are_told_for_the_open_accounts_passcode_and_no_other(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        device.plant_second()
        assert (await device.give(api.AccountWords(passcode=GOOD))).words == gate.account().unlocked.words
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.give(api.AccountWords(passcode=BETTER))
        with pytest.raises(SlowDown):
            await device.give(api.AccountWords(passcode=GOOD))


# --- what is left -----------------------------------------------------------------------------------------------------


async def leave_in_log(device: Device) -> None:
    """Commit until something lies in the log: every few commits it is emptied."""
    for number in range(COMMITS_IN_LOG):
        await device.gate.account().service.act(act_of(api.AccountRename(name=f"name {number}")))
        if device.log_size() > 0:
            return
    raise AssertionError("nothing ever lies in the log")


async def test_the_log_is_empty_behind_the_screen_lock_and_gone_behind_the_vaults(device: Device) -> None:
    async with device.running():
        await device.create()
        await leave_in_log(device)
        await device.give(SCREEN_LOCK)
        assert device.log_size() == 0
        await device.give(api.AccountLock())
        assert list(device.home.glob("*-wal")) == []


async def test_the_log_is_emptied_soon_after_the_last_commit(device: Device) -> None:
    async with device.running():
        await device.create()
        await leave_in_log(device)
        with trio.fail_after(LOG_PAUSE + 30):
            while device.log_size() > 0:  # noqa: ASYNC110 -- a file has no event
                await trio.sleep(0.05)


def _secrets(gate: Gate) -> dict[str, bytes]:
    account = gate.account()
    keys, me = keys_of_seed(account.unlocked.seed), account.service.engine.me
    return masked(
        {
            "seed": account.unlocked.seed,
            "database key": account.unlocked.database_key,
            "identity": keys.identity,
            "device": me.device_seed,
            "inbox": keys.inbox,
        }
    )


@pytest.mark.fresh
@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("way", ["lock", pytest.param("logout", marks=pytest.mark.full), "time"])
async def test_no_object_of_the_process_holds_a_key_behind_the_vaults_lock(device: Device, way: str) -> None:
    async with device.running() as gate:
        await device.create()
        secrets = _secrets(gate)
        await gate.account().service.act(lambda work: primitives.ed25519_sign(work.me.device_seed, b"x") and None)
        assert held(secrets) == set(secrets), "else the search is blind"
        if way == "lock":
            await device.give(api.AccountLock())
        elif way == "logout":
            await device.give(api.AccountLogout())
        else:
            device.clock.pass_seconds(REMEMBERED_SECONDS)
            await device.until_told(VAULT_LOCKED)
        assert held(secrets) == set()


async def test_what_holds_on_to_itself_does_not_outlive_the_lock(device: Device) -> None:
    """An exception with its traceback is enough for a cycle, which only the collector takes apart, some time."""
    async with device.running() as gate:
        await device.create()
        service = gate.account().service
        service.emit = partial(print, service)
        there = weakref.ref(service)
        del service
        gc.disable()
        try:
            await device.give(api.AccountLock())
            assert there() is None
        finally:
            gc.enable()


async def test_a_lock_takes_back_the_events_that_nobody_read() -> None:
    queue = EventQueue()
    queue.put(api.MessageReceived(conversation="c", id="i", sender="s", text="read in time"))
    assert isinstance(queue.incoming.receive_nowait(), api.MessageReceived)
    queue.put(api.MessageReceived(conversation="c", id="j", sender="s", text="not read in time"))
    queue.put(api.AccountLocked(vault=False))
    queue.put(api.NetworkChanged(peers=2))
    assert [queue.incoming.receive_nowait() for _ in range(2)] == [
        api.AccountLocked(vault=False),
        api.NetworkChanged(peers=2),
    ]
