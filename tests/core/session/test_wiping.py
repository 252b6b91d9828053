"""An account that is removed: what is left of it here and in the network, and a program that goes on without."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import trio

from core import api
from core.api import ApiError, Kind
from core.people.format import personal_record
from core.people.record import farewell
from core.people.work import Work
from core.refusals import refusals
from core.session.messenger import open_messenger
from core.session.overrides import Overrides
from core.session.people_protocol import prove
from core.session.unfinished import finish_removal
from core.vault import removal
from core.vault.mark import marks_directory
from net.parcel.record import decode_record
from tests.core.people.test_talking import meet
from tests.support.cheap_node import CHEAP as CHEAP_NODE, alone
from tests.support.devices import BETTER, CHEAP, GOOD, MemoryStore
from tests.support.locking import Device
from tests.support.post_office import CHEAP as CHEAP_WORK, Office, Person, settle


async def refused(device: Device, passcode: str) -> Kind:
    with pytest.raises(ApiError) as error, refusals():
        await device.give(api.AccountWipe(passcode=passcode))
    return error.value.kind


@pytest.mark.trio
async def test_neither_home_mark_nor_key_is_left(device: Device) -> None:
    device.stores = (MemoryStore(),)
    async with device.running() as gate:
        await device.create()
        (device.home / "own-node").mkdir(exist_ok=True)
        (device.home / "own-node" / "parcels.db").write_bytes(b"x")
        before = set(marks_directory().iterdir())
        assert before
        assert device.stores[0].kept
        answer = await device.give(api.AccountWipe(passcode=GOOD))
        assert (answer.emptied, answer.files) == (False, [])
        assert not device.home.exists()
        left = set(marks_directory().iterdir()) if marks_directory().exists() else set()
        assert len(before - left) == 1, "its own mark, and those of other homes stay"
        assert device.stores[0].kept == {}
        info = await device.info()
        assert (info.exists, info.locked, gate.open, device.screen.is_locked) == (False, True, None, True)
        with pytest.raises(ApiError) as error:
            gate.account()
        assert error.value.kind is Kind.NO_ACCOUNT
        assert not device.home.exists()  # looking makes none
        await device.create()  # the program goes on
    assert device.home.exists()


@pytest.mark.trio
async def test_only_its_own_passcode_removes_an_account(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        device.plant_second()
        for passcode in (BETTER, "not it at all"):
            assert await refused(device, passcode) is Kind.WRONG_PASSCODE
        for _ in range(3):
            await refused(device, "not it at all")
        assert await refused(device, GOOD) is Kind.SLOW_DOWN  # each was an attempt
        assert gate.open is not None
        assert not removal.has_begun(device.home)


@pytest.mark.trio
async def test_the_others_are_told_why_they_are_locked(device: Device) -> None:
    async with device.running() as gate:
        told: list[api.Event] = []
        other = gate.attachments.attach(told.append)
        await device.create()
        other.unlock()
        device.told.clear()
        await device.give(api.AccountWipe(passcode=GOOD))
        (event,) = [each for each in told if isinstance(each, api.AccountLocked)]
        assert "removed" in event.reason
        assert other.is_locked
        assert [each for each in device.told if isinstance(each, api.AccountLocked)] == []


@pytest.mark.trio
async def test_a_cancelled_removal_leaves_the_account_as_it_was(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with device.running() as gate:
        await device.create()
        with trio.CancelScope() as scope:

            def act(*_: object) -> object:
                return _cancelled(scope)

            monkeypatch.setattr(type(gate.account().service), "act", act)
            await device.give(api.AccountWipe(passcode=GOOD))
        monkeypatch.undo()
        assert not removal.has_begun(device.home)
        assert (await device.info()).name == "alice"


async def _cancelled(scope: trio.CancelScope) -> None:
    scope.cancel()
    await trio.lowlevel.checkpoint()


@pytest.mark.trio
async def test_what_a_kill_interrupted_is_finished_at_the_next_start(device: Device) -> None:
    terms = Overrides(CHEAP, ())
    async with device.running() as gate:
        await device.create()
        tag = gate.account().unlocked.tag
    removal.begin(device.home, tag, marks_directory() / ("0" * 32))
    finish_removal(device.home, terms)
    assert not device.home.exists()
    finish_removal(device.home, terms)  # nothing to do


@pytest.mark.trio
async def test_what_the_start_could_not_finish_the_first_command_does(device: Device) -> None:
    async with device.running() as gate:
        await device.create()
        tag = gate.account().unlocked.tag
        removal.begin(device.home, tag, marks_directory() / ("0" * 32))
        finish_removal(device.home, Overrides(CHEAP, ()))  # the home is in use
        assert (device.home / "vault").exists()
    async with device.running():
        assert not (await device.info()).exists
    assert not (device.home / "vault").exists()


# --- the network --------------------------------------------------------------------------------------------------------


def empty_records(person: Person) -> None:
    """Do what ``account.wipe`` does before it removes."""
    drafts, _ = person.engine.command(
        partial(farewell.drafts, keys=person.engine._memory.record_sync._keys), person.moment()
    )
    for empty in drafts:
        nonces = prove(empty.draft, person.moment().hour, CHEAP_WORK)

        def pay(work: Work, empty: farewell.EmptyRecord = empty, nonces: tuple[int, ...] = nonces) -> None:
            farewell.paid(work, empty, nonces)

        person.carry_out(person.engine.command(pay, person.moment())[1])


@pytest.fixture
def settled(office: Office, alice: Person, bob: Person) -> str:
    conversation, _ = meet(office, alice, bob)
    settle(office, alice, rounds=20)
    assert office.records
    return conversation


@pytest.mark.usefixtures("settled")
def test_the_words_bring_no_contacts_back_after_it(office: Office, alice: Person, tmp_path: Path) -> None:
    before = Person(office, tmp_path, "alice", device="before")
    settle(office, before, rounds=3)
    assert len(before.call(api.ContactList())) == 1
    before.close()
    empty_records(alice)
    assert alice.engine.command(farewell.copies, alice.moment())[0] > 0
    alice.close()
    after = Person(office, tmp_path, "alice", device="after")
    settle(office, after, rounds=3)
    assert after.call(api.ContactList()) == []


@pytest.mark.usefixtures("settled")
def test_an_empty_record_looks_like_any_other(office: Office, alice: Person) -> None:
    def mine() -> bytes:
        keys = alice.engine._memory.record_sync._keys
        epoch = personal_record.epoch_of(alice.moment().day)
        return office.records[personal_record.record_id(keys, epoch)]

    former = decode_record(mine())
    empty_records(alice)
    latter = decode_record(mine())
    assert (len(latter.ciphertext), latter.expiry_hour) == (len(former.ciphertext), former.expiry_hour)
    assert latter.sequence > former.sequence


def test_an_account_that_was_not_removed_after_all_writes_its_record_again(
    office: Office, alice: Person, settled: str, tmp_path: Path
) -> None:
    empty_records(alice)
    alice.close()
    alice.open()  # killed before the removal began
    settle(office, alice, rounds=20)
    again = Person(office, tmp_path, "alice", device="again")
    settle(office, again, rounds=3)
    assert len(again.call(api.ContactList())) == 1
    assert alice.rows(settled)


@pytest.mark.trio
async def test_a_program_that_starts_finishes_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(0o700)
    (home / "vault").write_bytes(b"what is left of one")
    removal.begin(home, bytes(16), marks_directory() / ("0" * 32))
    async with open_messenger(home, alone(), terms=Overrides(CHEAP, (), CHEAP_NODE)):
        assert not (home / "vault").exists()
        assert not (home / removal.REMOVING).exists()
