"""Who opens what, until when, and what is left of it: the gate with real accounts on a node that nobody answers."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import trio

from core import api, gate as gate_module
from core.api import ApiError, Kind
from core.commands import act_of
from core.crypto import primitives
from core.gate import LOOK_PAUSE, OPEN_MS, RENEW_AHEAD_MS, Gate, Terms
from core.messenger import Mailbox
from core.node_service import NodeService
from core.open_account import OpenAccount
from core.people.account_keys import keys_of_seed
from core.people_service import LOG_PAUSE
from core.refusals import refusals
from core.storage.database import COMMITS_IN_LOG
from core.storage.errors import Closed
from core.vault import slots
from core.vault.account import Unlocked
from core.vault.cost import CostPolicy
from core.vault.durable import replace_file
from core.vault.errors import SlowDown, WrongPasscode
from core.vault.passcode import normalise
from core.vault.remembered import REMEMBERED_SECONDS
from core.vault.slots import Content, Kind as SlotKind
from net.bucket import Bucket
from net.events import CustodianUp, NodeEvent
from net.ids import NodeId
from net.instant import Instant
from tests.support.cheap_node import CHEAP as CHEAP_NODE
from tests.support.devices import BEST, BETTER, CHEAP, GOOD, FakeClock, MemoryStore, repeatable

pytestmark = pytest.mark.trio

UP: NodeEvent = CustodianUp(NodeId(bytes(32)), Bucket(0, 0))
VAULT_LOCKED = api.AccountLocked(vault=True)
SCREEN_LOCK = api.AccountLock(keep_receiving=True)


class SilentNode:
    """A node that nobody answers; it keeps nothing of what it is told."""

    def now(self) -> Instant:
        return Instant(trio.current_time(), 1_800_000_000_000)

    def network_ms(self) -> int:
        return 1_800_000_000_000

    def custodians(self) -> list[NodeId]:
        return []

    def shown_width(self) -> int:
        return 1

    def price_factor(self, _: int) -> int:
        return 1

    def __getattr__(self, verb: str) -> Any:
        return self._hear

    def _hear(self, *_: object) -> None:
        pass


@dataclass
class Device:
    """A home with a clock that the test moves, and the gate to it."""

    home: Path
    clock: FakeClock = field(default_factory=FakeClock)
    stores: tuple[MemoryStore, ...] = ()
    told: list[api.Event] = field(default_factory=list[api.Event])
    gate: Gate = field(init=False)

    @asynccontextmanager
    async def running(self, policy: CostPolicy = CHEAP, passcode: str | None = None) -> AsyncGenerator[Gate]:
        """Run the program for a block."""
        terms = Terms(policy, self.stores, CHEAP_NODE, self.clock, passcode)
        async with trio.open_nursery() as nursery:
            self.gate = Gate(self.home, cast("NodeService", SilentNode()), nursery, terms, self.told.append)
            nursery.start_soon(self.gate.watch)
            yield self.gate
            await self.gate.close()
            nursery.cancel_scope.cancel()

    def plant_second(self) -> Content:
        """Write a second profile into the vault, which BETTER opens, as its own screen will one day."""
        draw = repeatable("second")
        path = self.home / "vault"
        vault = slots.decode(path.read_bytes(), CHEAP)
        first = slots.unseal(vault, slots.root_of(normalise(GOOD), SlotKind.PASSCODE, vault.header))
        second = Content(draw(27), draw(32), slots.other_places(first.places, draw))
        root = slots.root_of(normalise(BETTER), SlotKind.PASSCODE, vault.header)
        replace_file(path, slots.seal(vault, root, SlotKind.PASSCODE, second, draw).encode())
        return second

    def is_open(self) -> bool:
        return self.gate.open is not None

    async def unlock(self, passcode: str | None) -> api.AccountIdentity:
        return await self.gate.unlock(api.AccountUnlock(passcode=passcode))

    async def info(self) -> api.AccountInfo:
        return await self.gate.info(api.AccountGet())

    async def until_told(self, event: api.Event | type[api.Event]) -> None:
        with trio.fail_after(30):
            while not any(each == event or type(each) is event for each in self.told):  # noqa: ASYNC110 -- no event
                await trio.sleep(0.005)

    def log_size(self) -> int:
        """Return the bytes of all logs of databases in the home."""
        return sum(path.stat().st_size for path in self.home.glob("*-wal"))


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "home")


@pytest.fixture
def a_history_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each profile a database of its own: this version makes no second profile, and so has no place for it yet."""
    start = OpenAccount.start

    async def start_own(nursery: trio.Nursery, history: Path, unlocked: Unlocked, *more: Any) -> OpenAccount:
        return await start(nursery, history.with_name(f"{unlocked.identity[:8]}.db"), unlocked, *more)

    monkeypatch.setattr(OpenAccount, "start", start_own)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the clock often; a test cannot wait ten seconds."""
    monkeypatch.setattr(gate_module, "LOOK_PAUSE", 0.01)
    monkeypatch.setattr(gate_module, "RENEW_PAUSE", 0.0)


async def create(device: Device) -> str:
    return (await device.gate.create(api.AccountCreate(passcode=GOOD, name="alice"))).identity


# --- a passcode opens the account it belongs to -------------------------------------------------------------------------


@pytest.mark.usefixtures("a_history_each")
@pytest.mark.parametrize("locked_by", [SCREEN_LOCK, api.AccountLock(), None])
async def test_the_other_profiles_passcode_opens_that_profile_and_no_other(
    device: Device, locked_by: api.AccountLock | None
) -> None:
    async with device.running() as gate:
        first = await create(device)
        second = device.plant_second()
        service = gate.account().service
        if locked_by is not None:
            await gate.lock(locked_by)
        answer = await device.unlock(BETTER)
        assert answer.identity != first
        assert (gate.account().unlocked.seed, gate.is_screen_locked) == (second.seed, False)
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
    async with device.running() as gate:
        await create(device)
        device.plant_second()
        seen: list[tuple[list[api.Event], list[str]]] = []
        for passcode in (GOOD, BETTER, BETTER, GOOD):
            await gate.lock(SCREEN_LOCK)
            device.told.clear()
            answer = await device.unlock(passcode)
            seen.append((list(device.told), list(answer.__struct_fields__)))
    assert seen == [([], ["identity"])] * 4


@pytest.mark.usefixtures("a_history_each")
async def test_a_screen_opens_no_sooner_for_the_profile_that_was_open(device: Device) -> None:
    """The time would tell whether an account had to be closed and another one opened."""
    async with device.running():
        await create(device)
        device.plant_second()
    async with device.running(CostPolicy(CHEAP.floor, seconds=3.0)) as gate:
        await device.unlock(GOOD)
        taken: list[float] = []
        for passcode in (GOOD, BETTER):
            await gate.lock(SCREEN_LOCK)
            began = trio.current_time()
            await device.unlock(passcode)
            taken.append(trio.current_time() - began)
    assert min(taken) >= 1.0


async def test_the_open_profiles_passcode_lets_go_of_the_screen_lock_and_leaves_the_account_running(
    device: Device,
) -> None:
    async with device.running() as gate:
        await create(device)
        account = gate.account()
        await gate.lock(SCREEN_LOCK)
        await device.unlock(GOOD)
        assert gate.account() is account
        assert not gate.is_screen_locked


async def test_a_wrong_passcode_leaves_the_screen_locked_and_counts(device: Device) -> None:
    async with device.running() as gate:
        await create(device)
        await gate.lock(SCREEN_LOCK)
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.unlock(BEST)
        assert gate.is_screen_locked
        with pytest.raises(SlowDown):
            await device.unlock(GOOD)


async def test_a_profile_whose_history_is_not_here_does_not_open_and_what_was_open_is_locked(device: Device) -> None:
    async with device.running() as gate:
        await create(device)
        device.plant_second()
        await gate.lock(SCREEN_LOCK)
        device.told.clear()
        with pytest.raises(ApiError) as refused, refusals():
            await device.unlock(BETTER)
        assert refused.value.kind is Kind.WRONG_PASSCODE
        assert (gate.open, gate.is_screen_locked, device.told) == (None, False, [VAULT_LOCKED])
        await device.unlock(GOOD)
        assert (await device.info()).name == "alice"


async def test_an_open_account_cannot_try_out_the_other_profiles_passcode_by_changing_it(device: Device) -> None:
    async with device.running() as gate:
        await create(device)
        second = device.plant_second()
        before = (device.home / "vault").read_bytes()
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await gate.change_passcode(api.AccountChangePasscode(old=BETTER, new=BEST))
        with pytest.raises(SlowDown):
            await gate.change_passcode(api.AccountChangePasscode(old=GOOD, new=BEST))
        assert (device.home / "vault").read_bytes() == before
        assert gate.account().unlocked.seed != second.seed


# --- twenty hours ------------------------------------------------------------------------------------------------------


def sleep_through(device: Device, seconds: float) -> None:
    """Let the boot clock run on, as it does in suspend; the date is set back meanwhile."""
    now = device.clock.now
    device.clock.now = now._replace(boot_ms=now.boot_ms + int(seconds * 1000), wall_ms=now.wall_ms - 86_400_000)


async def test_nothing_is_answered_told_or_taken_in_after_twenty_hours(device: Device) -> None:
    """From the first moment on, though nothing has looked at the clock yet."""
    assert LOOK_PAUSE > 5
    async with device.running() as gate:
        await create(device)
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
    async with device.running() as gate:
        await create(device)
        if is_screen_locked:
            await gate.lock(SCREEN_LOCK)
        device.clock.set_wall(30 * 86400)
        await trio.sleep(0.1)
        assert device.is_open()
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        assert not device.is_open()
        assert not gate.is_screen_locked


async def test_the_remembered_key_opens_for_what_is_left_of_the_twenty_hours(tmp_path: Path) -> None:
    device = Device(tmp_path / "home", stores=(MemoryStore(),))
    async with device.running():
        await create(device)
    device.clock.pass_seconds(19 * 3600)
    async with device.running() as gate:
        await device.unlock(None)
        assert (await device.info()).locks_at == device.clock.now.wall_ms + 3600 * 1000
        await gate.lock(SCREEN_LOCK)
        await device.unlock(None)
        device.clock.pass_seconds(3600)
        with pytest.raises(ApiError):
            gate.account()


@pytest.mark.parametrize("way", ["screen", "change"])
async def test_typing_the_passcode_gives_another_twenty_hours(device: Device, way: str) -> None:
    async with device.running() as gate:
        await create(device)
        device.clock.pass_seconds(19 * 3600)
        if way == "screen":
            await gate.lock(SCREEN_LOCK)
            assert (await device.info()).locks_at == device.clock.now.wall_ms + 3600 * 1000
            await device.unlock(GOOD)
        else:
            await gate.change_passcode(api.AccountChangePasscode(old=GOOD, new=BETTER))
        assert (await device.info()).locks_at == device.clock.now.wall_ms + REMEMBERED_SECONDS * 1000
        device.clock.pass_seconds(19 * 3600)
        gate.account()


async def test_what_came_in_after_the_time_was_over_was_not_taken_so_the_account_begins_anew(device: Device) -> None:
    async with device.running() as gate:
        await create(device)
        account = gate.account()
        device.clock.pass_seconds(REMEMBERED_SECONDS)
        await device.unlock(GOOD)
        assert gate.account() is not account
        assert device.told[-1] == VAULT_LOCKED


# --- without a person --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("is_screen_locked", [False, True])
async def test_a_given_passcode_keeps_the_account_open_without_a_gap(device: Device, *, is_screen_locked: bool) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        account = gate.account()
        if is_screen_locked:
            await gate.lock(SCREEN_LOCK)
        for _ in range(3):
            device.clock.pass_seconds(REMEMBERED_SECONDS - RENEW_AHEAD_MS / 1000)
            with trio.fail_after(30):
                while (await device.info()).locks_at != device.clock.now.wall_ms + OPEN_MS:  # noqa: ASYNC110
                    await trio.sleep(0.005)  # behind the screen lock no event tells
        assert (gate.account() is account, gate.is_screen_locked) == (True, is_screen_locked)
    assert api.AccountLocked(vault=True) in device.told[-1:]  # at the end, and never before
    assert device.told.count(VAULT_LOCKED) == 1


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("is_screen_locked", [False, True])
async def test_a_given_passcode_opens_again_what_ran_out_in_suspend(device: Device, *, is_screen_locked: bool) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        if is_screen_locked:
            await gate.lock(SCREEN_LOCK)
        sleep_through(device, 3 * REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        if is_screen_locked:
            with trio.fail_after(30):
                while gate.open is None or not gate.is_screen_locked:  # noqa: ASYNC110 -- behind the lock no event tells
                    await trio.sleep(0.005)
        else:
            await device.until_told(api.AccountOpened)
        assert (gate.account().unlocked.remembered, gate.is_screen_locked) == (False, is_screen_locked)


@pytest.mark.usefixtures("often")
async def test_what_a_person_locked_is_not_opened_again(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(api.AccountOpened)
        await gate.lock(api.AccountLock())
        sleep_through(device, REMEMBERED_SECONDS)
        await trio.sleep(0.1)
        assert gate.open is None


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_that_no_longer_opens_is_tried_once_and_then_forgotten(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with device.running(passcode=BETTER) as gate:
        await create(device)
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        with trio.fail_after(30):
            while "no longer opens" not in caplog.text:  # noqa: ASYNC110 -- a log has no event
                await trio.sleep(0.005)
        await trio.sleep(0.1)
        assert gate.open is None
        assert caplog.text.count("no longer opens") == 1
        assert BETTER not in caplog.text
        await device.unlock(GOOD)  # not slowed down by tries of the program's own


@pytest.mark.usefixtures("often", "a_history_each")
async def test_a_given_passcode_opens_no_other_profile_in_place_of_the_one_that_ran_out(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        device.plant_second()
        await device.unlock(BETTER)
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(VAULT_LOCKED)
        await trio.sleep(0.1)
        assert gate.open is None


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_that_is_changed_here_goes_along(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        await gate.change_passcode(api.AccountChangePasscode(old=GOOD, new=BETTER))
        sleep_through(device, REMEMBERED_SECONDS)
        await device.until_told(api.AccountOpened)
        gate.account()


@pytest.mark.usefixtures("often")
async def test_a_given_passcode_waits_like_any_other(device: Device) -> None:
    async with device.running(passcode=GOOD) as gate:
        await create(device)
        for _ in range(5):
            with pytest.raises(WrongPasscode):
                await device.unlock(BEST)
        sleep_through(device, REMEMBERED_SECONDS)  # and so the wait is over as well
        await device.until_told(api.AccountOpened)
        gate.account()
    assert GOOD not in repr(Terms(passcode=GOOD))


# --- what is left ------------------------------------------------------------------------------------------------------


async def leave_in_log(device: Device) -> None:
    """Commit until something lies in the log: every few commits it is emptied."""
    for number in range(COMMITS_IN_LOG):
        await device.gate.account().service.act(act_of(api.AccountRename(name=f"name {number}")))
        if device.log_size() > 0:
            return
    raise AssertionError("nothing ever lies in the log")


async def test_the_log_is_empty_behind_the_screen_lock_and_gone_behind_the_vaults(device: Device) -> None:
    async with device.running() as gate:
        await create(device)
        await leave_in_log(device)
        await gate.lock(SCREEN_LOCK)
        assert device.log_size() == 0
        await gate.lock(api.AccountLock())
        assert list(device.home.glob("*-wal")) == []


async def test_the_log_is_emptied_soon_after_the_last_commit(device: Device) -> None:
    async with device.running():
        await create(device)
        await leave_in_log(device)
        with trio.fail_after(LOG_PAUSE + 30):
            while device.log_size() > 0:  # noqa: ASYNC110 -- a file has no event
                await trio.sleep(0.05)


def _reachable() -> Iterator[object]:
    """Go through everything that the process's objects refer to, however far."""
    seen: set[int] = set()
    waiting: list[object] = list(gc.get_objects())
    seen.update(map(id, waiting))
    while waiting:
        for found in gc.get_referents(waiting.pop()):
            if id(found) not in seen:
                seen.add(id(found))
                waiting.append(found)
                yield found


def _masked(secrets: dict[str, bytes]) -> dict[str, bytes]:
    """Return secrets in a form that a search does not find."""
    return {name: bytes(byte ^ 0x5A for byte in secret) for name, secret in secrets.items()}


def _held(masked: dict[str, bytes]) -> set[str]:
    """Tell which secrets some object holds, as they are or in hex."""
    wanted = _masked(masked)
    held: set[str] = set()
    for found in _reachable():
        if isinstance(found, (bytes, bytearray)):
            held.update(name for name, secret in wanted.items() if secret in found and found is not secret)
        elif isinstance(found, str) and found.isascii():
            held.update(name for name, secret in wanted.items() if secret.hex() in found)
    return held


def _secrets(gate: Gate) -> dict[str, bytes]:
    account = gate.account()
    keys, me = keys_of_seed(account.unlocked.seed), account.service.engine.me
    return _masked(
        {
            "seed": account.unlocked.seed,
            "database key": account.unlocked.database_key,
            "identity": keys.identity,
            "device": me.device_seed,
            "inbox": keys.inbox,
        }
    )


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("way", ["lock", "logout", "time"])
async def test_no_object_of_the_process_holds_a_key_behind_the_vaults_lock(device: Device, way: str) -> None:
    async with device.running() as gate:
        await create(device)
        secrets = _secrets(gate)
        await gate.account().service.act(lambda work: primitives.ed25519_sign(work.me.device_seed, b"x") and None)
        assert _held(secrets) == set(secrets), "else the search is blind"
        if way == "lock":
            await gate.lock(api.AccountLock())
        elif way == "logout":
            await gate.logout(api.AccountLogout())
        else:
            device.clock.pass_seconds(REMEMBERED_SECONDS)
            await device.until_told(VAULT_LOCKED)
        assert _held(secrets) == set()


async def test_a_lock_takes_back_the_events_that_nobody_read() -> None:
    mailbox = Mailbox()
    mailbox.put(api.MessageReceived(conversation="c", id="i", sender="s", text="read in time"))
    assert isinstance(mailbox.incoming.receive_nowait(), api.MessageReceived)
    mailbox.put(api.MessageReceived(conversation="c", id="j", sender="s", text="not read in time"))
    mailbox.put(api.AccountLocked(vault=False))
    mailbox.put(api.NetworkChanged(peers=2))
    assert [mailbox.incoming.receive_nowait() for _ in range(2)] == [
        api.AccountLocked(vault=False),
        api.NetworkChanged(peers=2),
    ]
