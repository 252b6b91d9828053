"""What nobody foresaw ends no program: a command is refused, an event left out, an account locked, with a reason."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import trio
import trio.testing

from core import api, machine
from core.api import ApiError, Kind
from core.node.keep_trying import RETRY_PAUSE, keep_trying
from core.people import maintenance
from core.people.effects import Effect
from core.people.engine import Engine
from core.people.mail import outbox
from core.refusals import is_unforeseen, refusal_of, refusals
from core.session.node_share import NodeShares
from core.session.people_service import PeopleService
from core.storage import accounts, mail
from core.storage.database import Database
from core.storage.errors import Corrupt, DiskFailed, DiskFull, SchemaTooNew, StorageError, WrongKey
from core.storage.migrations import load_migrations
from core.storage.thread import DatabaseThread
from core.vault import durable
from core.vault.errors import NoLocks
from core.vault.mark import Mark
from core.vault.profile import Profile
from net.bucket import Bucket
from net.errors import Unreachable
from net.events import CustodianUp
from net.ids import NodeId
from net.requests import Read
from tests.core.session.test_people_service import Node, run
from tests.support.devices import BETTER, GOOD
from tests.support.locking import Device
from tests.support.tables import be_of_a_newer_version

SECRET = "what nobody may read"
UP = CustodianUp(NodeId(bytes(32)), Bucket(0, 0))


def fault(*_: object, **__: object) -> Any:
    raise LookupError(SECRET)


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, *errno.errorcode])
def test_each_error_of_the_system_is_a_sentence(number: int, tmp_path: Path) -> None:
    for error in (
        OSError(number, "reason"),
        OSError(number, "reason", b"/a\n\x1b[31m\xff"),
        OSError("no number at all"),
    ):
        refusal = refusal_of(error, tmp_path)
        assert refusal.message.isprintable()
        assert refusal.message.endswith((".", "?"))
        assert refusal.kind in {Kind.FAILED, Kind.DISK_FULL, Kind.READ_ONLY}
        assert not is_unforeseen(refusal)


def every_leaf(base: type[Exception]) -> list[type[Exception]]:
    return [leaf for child in base.__subclasses__() for leaf in every_leaf(child)] or [base]


@pytest.mark.parametrize(
    "kind", [each for each in every_leaf(StorageError) if each.__module__ == "core.storage.errors"]
)
def test_each_error_of_the_store_is_foreseen_and_names_the_file(kind: type[Any]) -> None:
    error = kind(2, 1) if kind is SchemaTooNew else kind() if kind.__name__ == "Closed" else kind("reason")
    error.file = Path("/somewhere/history.db")
    refusal = refusal_of(error)
    assert not is_unforeseen(refusal)
    assert "history.db" in refusal.message or refusal.kind is Kind.LOCKED


def test_what_nobody_foresaw_tells_places_and_no_contents() -> None:
    with pytest.raises(LookupError) as raised:
        fault()
    refusal = refusal_of(ExceptionGroup("several", [ExceptionGroup("within", [raised.value])]))
    assert refusal.kind is Kind.FAILED
    assert is_unforeseen(refusal)
    assert "LookupError" in refusal.message
    assert SECRET not in refusal.message + repr(refusal.data)
    assert "test_unforeseen.py" in repr(refusal.data["report"])


def test_an_overflow_is_the_clocks_where_the_clock_is_beyond_what_can_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert is_unforeseen(refusal_of(OverflowError("int too big")))
    monkeypatch.setattr(time, "time", lambda: 2.0**32)
    assert refusal_of(OverflowError("int too big")).kind is Kind.CLOCK_OFF


# --- files and folders ------------------------------------------------------------------------------------------------


@pytest.mark.disk
@pytest.mark.parametrize("number", sorted(machine.UNSUPPORTED))
def test_a_file_system_that_cannot_force_a_directory_or_set_modes_is_used(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, "as SMB before 4.17 answers, and FUSE")
        real(handle)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no modes here")

    (tmp_path / "home").mkdir(0o755)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)
    with Profile(tmp_path / "home") as profile:
        durable.replace_file(profile.vault, b"kept")
        assert durable.read_file(profile.vault, 10) == b"kept"


@pytest.mark.disk
def test_a_directory_whose_disk_fails_is_no_such_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="broken"):
        durable.sync_directory(tmp_path)


@pytest.mark.disk
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_home_that_cannot_be_locked_is_named(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_: int, __: int) -> None:
        raise OSError(number, "no locks")

    monkeypatch.setattr("core.vault.profile.fcntl.flock", flock)
    with pytest.raises(NoLocks) as found:
        Profile(tmp_path / "home")
    refusal = refusal_of(found.value, tmp_path / "home")
    assert str(tmp_path / "home") in refusal.message
    assert not is_unforeseen(refusal)


def newer(path: Path, key: bytes) -> None:
    database = Database.open(path, key, load_migrations("history"))
    with database.transaction() as tx:
        be_of_a_newer_version(tx)
    database.close()


def first_page(path: Path, _: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[100:200] = os.urandom(100)
    path.write_bytes(data)


def later_page(path: Path, _: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[5000:5100] = os.urandom(100)
    path.write_bytes(data)


def cut(path: Path, _: bytes) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def emptied(path: Path, _: bytes) -> None:
    path.write_bytes(b"")


def directory(path: Path, _: bytes) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [newer, first_page, later_page, cut, emptied, directory])
@pytest.mark.trio
async def test_a_history_that_cannot_be_used_is_named_and_the_program_goes_on(
    spoil: Callable[[Path, bytes], None], device: Device
) -> None:
    history = device.home / "history.db"
    async with device.running() as gate:
        await device.create()
        assert gate.open is not None
        key = gate.open.unlocked.database_key
        await device.give(api.AccountLock())
        good = history.read_bytes()
        spoil(history, key)
        with pytest.raises(ApiError) as refused, refusals(device.home):
            await device.unlock(GOOD)
        assert refused.value.kind is (Kind.NEWER_VERSION if spoil is newer else Kind.DAMAGED)
        assert str(history) in refused.value.message
        assert not device.is_open()
        if history.is_dir():
            history.rmdir()
        history.write_bytes(good)
        await device.unlock(GOOD)
        assert (await device.info()).name == "alice"


@pytest.mark.trio
async def test_a_history_that_was_taken_away_begins_anew(device: Device) -> None:
    async with device.running():
        await device.create()
        await device.give(api.AccountLock())
        (device.home / "history.db").unlink()
        await device.unlock(GOOD)
        assert (await device.info()).name == ""


@pytest.mark.trio
async def test_a_history_of_another_account_is_named_and_the_new_account_taken_back(
    device: Device, tmp_path: Path
) -> None:
    device.home.mkdir()
    foreign = device.home / "history.db"
    Database.open(foreign, bytes(32), ()).close()
    async with device.running():
        for _ in range(2):
            with pytest.raises(ApiError) as refused, refusals(device.home):
                await device.create()
            assert refused.value.kind is Kind.DAMAGED
            assert foreign.exists()  # it was there before
        foreign.unlink()
        await device.create()


# --- an account -------------------------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_an_account_that_cannot_be_opened_was_never_made(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    async with device.running():
        for spoiled in (
            "core.session.people_protocol.Engine",
            "core.session.commands.account.act_of",
            "core.vault.account.Accounts._remember",
        ):
            with monkeypatch.context() as patch:
                patch.setattr(spoiled, fault)
                with pytest.raises(LookupError):
                    await device.create()
            assert {path.name for path in device.home.iterdir()} <= {"lock", "attempts"}
            assert not device.is_open()
        await device.create()
        assert (await device.info()).name == "alice"


@pytest.mark.trio
async def test_an_account_whose_words_nobody_waits_for_was_never_made(device: Device) -> None:
    async with device.running():
        with trio.CancelScope() as scope:
            scope.cancel()
            await device.create()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(device.create)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert not (device.home / "vault").exists()
        await device.create()


@pytest.mark.trio
async def test_an_unforeseen_event_of_a_command_is_refused_and_the_next_works(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        service = gate.account().service

        def act(work: Any) -> None:
            accounts.rename(work.tx, "mallory")
            service.engine._memory.solving.add((1, 1))  # pyright: ignore[reportPrivateUsage]
            fault()

        with pytest.raises(ApiError) as refused, refusals():
            await service.act(act)
        assert refused.value.kind is Kind.FAILED
        assert (await device.info()).name == "alice"
        assert not service.engine._memory.solving, "what was rolled back is not remembered"  # pyright: ignore[reportPrivateUsage]


@pytest.mark.trio
async def test_an_event_of_a_stranger_that_no_rule_foresaw_is_left_out(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with device.running() as gate:
        await device.create()
        monkeypatch.setattr(outbox, "repeat_unconfirmed", fault)
        await gate.feed([UP])
        assert gate.account().fault is None
        assert (await device.info()).name == "alice"


@pytest.mark.parametrize("error", [Corrupt("SQLITE_CORRUPT"), MemoryError(), LookupError(SECRET)])
@pytest.mark.trio
async def test_what_is_due_and_cannot_be_done_locks_the_account_and_says_why(
    error: Exception, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tend(_: object) -> None:
        raise error

    async with device.running() as gate:
        await device.create()
        account = gate.account()
        with monkeypatch.context() as patch:
            patch.setattr(maintenance, "tend", tend)
            account.service.engine._next_maintenance = 0.0  # pyright: ignore[reportPrivateUsage]
            await account.service.act(lambda _: None)  # then it looks at what is due
            await device.until_told(api.AccountLocked)
        (locked,) = [event for event in device.told if isinstance(event, api.AccountLocked)]
        assert locked.vault
        assert locked.reason
        assert SECRET not in locked.reason
        assert not device.is_open()
        with pytest.raises(ApiError) as refused:
            gate.account()
        assert refused.value.kind is Kind.LOCKED
        await device.unlock(GOOD)
        assert (await device.info()).name == "alice"


@pytest.mark.parametrize("error", [DiskFull("no room"), DiskFailed("it may come back")])
@pytest.mark.trio
async def test_what_may_pass_locks_nothing(error: Exception, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = trio.Event()

    def tend(_: object) -> None:
        trio.from_thread.run_sync(tried.set)
        raise error

    async with device.running() as gate:
        await device.create()
        with monkeypatch.context() as patch:
            patch.setattr(maintenance, "tend", tend)
            gate.account().service.engine._next_maintenance = 0.0  # pyright: ignore[reportPrivateUsage]
            await gate.account().service.act(lambda _: None)  # then it looks at what is due
            with trio.fail_after(30):
                await tried.wait()
        assert (await device.info()).name == "alice"


@pytest.mark.usefixtures("often")
@pytest.mark.trio
async def test_an_account_with_a_given_passcode_is_opened_again(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with device.running() as first:
        await device.create()
        await first.close()
    async with device.running(passcode=GOOD) as gate:
        await device.unlock(GOOD)
        gate.account().fail(LookupError(SECRET))
        await device.until_told(api.AccountOpened)
        assert (await device.info()).name == "alice"


@pytest.mark.trio
async def test_effects_that_could_not_be_let_out_are_found_anew() -> None:
    class Twice:
        counter = 0
        forgot = 0

        def command(self, act: Callable[[object], object], _: object) -> tuple[object, list[Effect]]:
            return act(None), [Read(frozenset({7}))]

        def forget_memory(self) -> None:
            self.forgot += 1

    node, engine = Node(), Twice()
    node.request = fault  # type: ignore[method-assign]
    thread = cast("DatabaseThread", type("", (), {"run": staticmethod(run)}))
    service = PeopleService(
        cast("Engine", engine), NodeShares(cast("Any", node)).open(), thread, cast("Mark", None), lambda _: None
    )
    assert await service.act(lambda _: "committed") == "committed"
    assert engine.forgot == 1


@pytest.mark.trio
async def test_a_memory_that_cannot_be_built_is_built_when_it_can(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with device.running() as gate:
        await device.create()
        service = gate.account().service
        service.engine.forget_memory()
        with monkeypatch.context() as patch:
            patch.setattr(mail, "tags", fault)
            with pytest.raises(LookupError):
                await service.act(lambda _: None)
        assert (await device.info()).name == "alice"


@pytest.mark.trio
async def test_what_runs_beside_is_tried_again(autojump_clock: trio.testing.MockClock) -> None:
    tries: list[float] = []

    async def look_up() -> None:
        tries.append(trio.current_time())
        if len(tries) == 1:
            raise UnicodeError("label too long")
        if len(tries) == 2:
            raise ExceptionGroup("both", [OSError("no network"), LookupError(SECRET)])

    await keep_trying("joining", partial(look_up))
    assert [round(b - a) for a, b in pairwise(tries)] == [RETRY_PAUSE, RETRY_PAUSE]


@pytest.mark.trio
async def test_a_wrong_passcode_stays_one(device: Device) -> None:
    async with device.running():
        await device.create()
        with pytest.raises(ApiError) as refused, refusals(device.home):
            await device.unlock(BETTER)
        assert refused.value.kind is Kind.WRONG_PASSCODE
    assert refusal_of(WrongKey("SQLITE_NOTADB"), device.home).kind is Kind.DAMAGED


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
def test_where_no_socket_is_to_be_had_no_other_place_is_proposed(number: int) -> None:
    refused = Unreachable("cannot listen on 127.0.0.1:0")
    refused.__cause__ = OSError(number, "none")
    said = refusal_of(refused).message
    assert "--listen" not in said
    assert said == refusal_of(OSError(number, "none")).message
