"""The account's own record against the future: a later version of it, and entries from after the end of time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from core import api
from core.errors import Malformed, Newer
from core.people.contact import invitations
from core.people.effects import RecordDraft
from core.people.format import lww, personal_record
from core.people.format.account_keys import keys_of_seed
from core.people.format.lww import Entry
from core.people.format.personal_record import LIFE_HOURS, epoch_of, record_id
from core.people.record import account_state
from net.instant import DAY_MS, HOUR_MS
from net.parcel.record import Record, decode_record, encode_record
from tests.core.people.test_restoring import WRITTEN, name_of, record_of, restored
from tests.support.post_office import CHEAP, CUSTODIANS, Office, Person, settle

END_OF_TIME = (1 << 47) - 1


def put_state(office: Office, person: Person, state: bytes) -> bytes:
    """Write a record as another device of the account does; return it."""
    keys, hour = keys_of_seed(person.seed), office.now_ms // HOUR_MS
    epoch = epoch_of(office.now_ms // DAY_MS)
    known = office.find_record(record_id(keys, epoch))
    sequence = personal_record.next_sequence(0 if known is None else decode_record(known).sequence, 1)
    expiry = hour + LIFE_HOURS
    ciphertext = personal_record.seal(keys, epoch, sequence, expiry, personal_record.compress(state))
    signature = personal_record.sign(keys, epoch, sequence, expiry, ciphertext)
    name = record_id(keys, epoch)
    draft = RecordDraft(None, name, sequence, expiry, ciphertext, signature)
    nonces = invitations.solve_draft(draft, hour, CHEAP)
    record = encode_record(Record(name, sequence, expiry, nonces, ciphertext, signature))
    office.put_record(record)
    return record


def later_state(state: dict[bytes, Entry]) -> bytes:
    version, entries = msgspec.msgpack.decode(lww.encode(state))
    return msgspec.msgpack.encode([version + 1, {"of": entries, "and": "more"}])


def test_a_state_says_its_version() -> None:
    state = {b"k": Entry(1, b"dev1", b"v")}
    version, entries = msgspec.msgpack.decode(lww.encode(state))
    assert version == lww.VERSION
    assert lww.decode_state(msgspec.msgpack.encode([version, entries, "a later field"])) == state
    with pytest.raises(Newer):
        lww.decode_state(later_state(state))
    with pytest.raises(Malformed):
        lww.decode_state(msgspec.msgpack.encode([entries]))


def test_a_record_of_a_later_version_is_not_read_and_not_written_over(office: Office, alice: Person) -> None:
    settle(office, alice, rounds=WRITTEN)
    newer = put_state(office, alice, later_state({b"name": Entry(END_OF_TIME, b"dev2", b"nobody")}))
    settle(office, alice, rounds=2, seconds=86_400)
    alice.call(api.AccountRename(name="alicia"))
    for _ in range(3):
        settle(office, alice, rounds=WRITTEN)
        settle(office, alice, rounds=1, seconds=43_000)
    assert record_of(office, alice) == newer
    assert name_of(alice) == "alicia"
    for _ in range(8):  # the next epoch has a record of its own
        settle(office, alice, rounds=1, seconds=8 * 86_400)
        settle(office, alice, rounds=WRITTEN)
    latest = record_of(office, alice)
    assert latest is not None
    assert latest != newer


@pytest.mark.parametrize("again", [False, True])
def test_what_is_dated_at_the_end_of_time_can_be_replaced(
    office: Office, folder: Path, alice: Person, *, again: bool
) -> None:
    settle(office, alice, rounds=WRITTEN)
    poisoned = put_state(office, alice, lww.encode({b"name": Entry(END_OF_TIME, b"dev2", b"mallory")}))
    settle(office, alice, rounds=3, seconds=86_400)
    assert name_of(alice) == "mallory", "it is said by a device of the account"
    settle(office, alice, rounds=2, seconds=86_400)
    alice.call(api.AccountRename(name="alice again"))
    settle(office, alice, rounds=WRITTEN)
    settle(office, alice, rounds=WRITTEN)
    if again:  # a custodian shows what was there before
        name = decode_record(poisoned).record_id
        office.liars[CUSTODIANS[0]] = {name: poisoned}
        settle(office, alice, rounds=3, seconds=86_400)
    assert name_of(alice) == "alice again"
    third = restored(office, folder, device="third")
    assert name_of(third) == "alice again"


def test_a_mark_that_is_no_count_is_left_out() -> None:
    state = {
        b"mark" + bytes(32): Entry(END_OF_TIME, b"dev2", b""),
        b"mark" + b"1" * 32: Entry(7, b"dev2", b""),
        b"name": Entry(END_OF_TIME, b"dev2", b"x"),
    }
    assert account_state.checked(state, 5) == {
        b"mark" + b"1" * 32: Entry(7, b"dev2", b""),
        b"name": Entry(5, b"dev2", b"x"),
    }
