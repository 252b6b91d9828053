"""Whoever has an account's words can write its personal record: what that does to a device in use, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.people.contact.invitations import solve_draft
from core.people.conversation import inboxes
from core.people.conversation.inboxes import MAX_FOLLOWED
from core.people.effects import RecordDraft
from core.people.format import lww, personal_record
from core.people.format.account_keys import keys_of_seed
from core.people.format.greeting import root_name
from core.people.format.lww import Entry
from core.people.record import account_state
from core.people.record.restoring import UNREACHED_MS
from core.storage import conversations, inboxes as inbox_rows, roots
from net.events import Verdict
from net.ids import ParcelId
from net.instant import DAY_MS, HOUR_MS
from net.parcel.record import Record, encode_record
from tests.core.people.test_restoring import WRITTEN, restored
from tests.core.people.test_talking import meet
from tests.support.post_office import CHEAP, Office, Person, settle

THIEF = b"evil"
DAY = 86_400


@pytest.fixture
def at_alice(office: Office, alice: Person, bob: Person) -> str:
    """A conversation in which something was said, and a record that knows of it."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    bob.say(b, "precious")
    settle(office, alice, bob, rounds=3)
    return a


def put(office: Office, owner: Person, said: dict[bytes, bytes | None]) -> None:
    """Write into somebody's record with nothing but the words."""
    keys, hour = keys_of_seed(owner.seed), office.now_ms // HOUR_MS
    epoch = personal_record.epoch_of(office.now_ms // DAY_MS)
    record_id = personal_record.record_id(keys, epoch)
    last, state = 0, dict[bytes, Entry]()
    found = office.find_record(record_id)
    if found is not None:  # none yet where an epoch has just begun
        opened = personal_record.open_record(keys, epoch, found)
        last, state = opened.sequence, lww.decode_state(opened.state)
    state |= {key: Entry(office.now_ms + 1, THIEF, value) for key, value in said.items()}
    sequence = personal_record.next_sequence(last, 5)
    expiry = hour + personal_record.LIFE_HOURS
    sealed = personal_record.seal(keys, epoch, sequence, expiry, personal_record.compress(lww.encode(state)))
    signature = personal_record.sign(keys, epoch, sequence, expiry, sealed)
    nonces = solve_draft(RecordDraft(None, record_id, sequence, expiry, sealed, signature), hour, CHEAP)
    record = Record(ParcelId(record_id), sequence, expiry, nonces, sealed, signature)
    assert office.put_record(encode_record(record)) is Verdict.STORED


def found_by(office: Office, *people: Person) -> None:
    """Let a day pass, in which records are looked for."""
    office.wait(DAY)
    settle(office, *people, rounds=WRITTEN)


def elsewhere(person: Person, conversation: str) -> list[str]:
    return [row.text for row in person.rows(conversation) if row.kind == "elsewhere"]


def names(person: Person) -> list[str]:
    return [row.name for row in person.call(api.ContactList())]


# --- what cannot be so ------------------------------------------------------------------------------------------------

_LATE = b"\xff" * 8
_NAME = b"x" * 32


# What keys hold that no device of ours would write: too long, too short, too late, of nobody.
IMPOSSIBLE: list[tuple[bytes, bytes | None]] = [
    (b"inbox\0\0\x10\0", bytes(32) + _LATE),
    (b"inbox\0\0\x10\0", bytes(40) + b"more"),
    (b"inbox\0\0\x10\0", b""),
    (b"inbox\0", bytes(40)),
    (b"inbox" + bytes(9), bytes(40)),
    (b"inbox\xff\xff\xff\xff", bytes(40)),
    (b"inbox\0\0\x10\0", None),
    (b"contact" + b"x" * 5, b"zz"),
    (b"contact", b"zz"),
    (b"contact" + b"x" * 31, None),
    (b"contact" + _NAME, b"a field without a name"),
    (b"contact" + _NAME + b"name", b"\xff\xfe" * 2048),
    (b"contact" + _NAME + b"inbox", b"short"),
    (b"contact" + _NAME + b"inbox", bytes(36)),
    (b"contact" + _NAME + b"root", b"no name"),
    (b"contact" + _NAME + b"root" + bytes(32), bytes(32)),
    (b"contact" + _NAME + b"root" + bytes(32), bytes(31)),
    (b"contact" + _NAME + b"device", b"no certificate"),
    (b"contact" + _NAME + b"blocked", b"perhaps"),
    (b"device", b""),
    (b"mark", b""),
    (b"name", b"\xff" * 4096),
    (b"settings", b"\xc1"),
    (b"", b""),
    (b"of a later version", b"what it is"),
]


def test_no_entry_of_a_record_stops_a_device_now_or_after_a_restart(
    office: Office, alice: Person, bob: Person, at_alice: str
) -> None:
    for key, value in IMPOSSIBLE:
        said = {key: Entry(office.now_ms, THIEF, value)}
        with alice.engine.work(alice.moment()) as work:
            account_state.merge(work, account_state.checked(said, office.now_ms))
        assert "bob" in names(alice), key
        settle(office, alice, rounds=1)
    put(office, alice, dict(IMPOSSIBLE))
    found_by(office, alice, bob)
    alice.close()
    alice.open()
    settle(office, alice, bob, rounds=4)
    carol = Person(office, alice.path.parent, "carol")
    meet(office, alice, carol)
    of_carol = next(row.identity for row in alice.call(api.ContactList()) if row.name == "carol")
    alice.call(api.ContactBlock(identity=of_carol))  # draws an inbox, whatever numbers were named
    settle(office, alice, bob, rounds=WRITTEN)
    alice.say(at_alice, "still here")
    settle(office, alice, bob, rounds=4)
    assert "still here" in [text for row in bob.call(api.ConversationList()) for text in bob.heard(row.id)]


def test_a_number_at_the_end_of_all_numbers_leaves_room_for_the_next(office: Office, alice: Person) -> None:
    def restore_and_renew() -> list[int]:
        with alice.engine.work(alice.moment()) as work:
            inboxes.restore(work, {(1 << 32) - 1: (b"t" * 32, office.now_ms)})
            inboxes.renew(work)
            return [row.number for row in inbox_rows.every(work.tx)]

    assert max(restore_and_renew()) < 1 << 20


def test_few_inboxes_are_followed_however_many_a_record_names(
    office: Office, alice: Person, bob: Person, at_alice: str
) -> None:
    drawn_at = office.now_ms.to_bytes(8, "big")  # lately: age alone lets go of none
    put(office, alice, {b"inbox" + n.to_bytes(4, "big"): bytes([n]) * 32 + drawn_at for n in range(1, 200)})
    found_by(office, alice, bob)
    with alice.database.read() as snapshot:
        assert len(inbox_rows.every(snapshot)) <= MAX_FOLLOWED


# --- what it may say, and is shown ------------------------------------------------------------------------------------


def test_a_removal_elsewhere_deletes_nothing_that_was_said_here(
    office: Office, tmp_path: Path, alice: Person, bob: Person, at_alice: str
) -> None:
    thief = restored(office, tmp_path, device="thief")
    thief.call(api.ContactRemove(identity=_identity(alice)))
    settle(office, thief, rounds=WRITTEN)
    for _ in range(2):
        found_by(office, alice, bob)
    assert "precious" in alice.heard(at_alice)
    (contact,) = alice.call(api.ContactList())
    assert contact.blocked
    assert elsewhere(alice, at_alice) == ["removed"]
    alice.call(api.ContactUnblock(identity=contact.identity))
    alice.say(at_alice, "it was not me")
    settle(office, alice, bob, rounds=6)
    for _ in range(2):
        found_by(office, alice, bob)
    (contact,) = alice.call(api.ContactList())
    assert not contact.blocked, "what the person here said last stands"
    assert elsewhere(alice, at_alice) == ["removed"]
    assert "it was not me" in [text for row in bob.call(api.ConversationList()) for text in bob.heard(row.id)]


def _identity(alice: Person) -> str:
    (contact,) = alice.call(api.ContactList())
    return contact.identity


def test_a_contact_removed_elsewhere_stays_removed_there_and_kept_here(
    office: Office, tmp_path: Path, alice: Person, bob: Person, at_alice: str
) -> None:
    second = restored(office, tmp_path, device="second")
    second.call(api.ContactRemove(identity=_identity(alice)))
    settle(office, second, rounds=WRITTEN)
    for _ in range(3):
        found_by(office, alice, second, bob)
    assert (names(second), names(alice)) == ([], ["bob"])
    alice.call(api.ContactRemove(identity=_identity(alice)))
    for _ in range(2):
        found_by(office, alice, second, bob)
    assert names(second) == names(alice) == []


def test_names_and_blocks_that_come_from_elsewhere_are_rows(
    office: Office, alice: Person, bob: Person, at_alice: str
) -> None:
    head = b"contact" + bob.engine.me.identity
    put(office, alice, {head + b"name": b"mallory"})
    found_by(office, alice, bob)
    assert names(alice) == ["mallory"]
    assert elsewhere(alice, at_alice) == ["renamed"]
    put(office, alice, {head + b"blocked": b"\1"})
    found_by(office, alice, bob)
    put(office, alice, {head + b"blocked": b"\0"})
    found_by(office, alice, bob)
    assert elsewhere(alice, at_alice) == ["renamed", "blocked", "unblocked"]


# --- where a contact reads, and by what it is heard -------------------------------------------------------------------


def test_texts_go_on_to_a_contact_that_is_reached_wherever_the_record_says_it_reads(
    office: Office, alice: Person, bob: Person, at_alice: str
) -> None:
    head = b"contact" + bob.engine.me.identity
    put(office, alice, {head + b"inbox": b"t" * 32 + b"\xff" * 4})
    found_by(office, alice, bob)
    alice.say(at_alice, "for bob alone")
    settle(office, alice, bob, rounds=6)
    (conversation,) = bob.call(api.ConversationList())
    assert "for bob alone" in bob.heard(conversation.id)
    with alice.database.read() as snapshot:
        assert conversations.by_id(snapshot, 1).inbox == bob.engine.me.inbox


def test_a_contact_that_is_not_reached_for_long_is_written_to_where_another_device_knows_it(
    office: Office, alice: Person, bob: Person, at_alice: str
) -> None:
    head = b"contact" + bob.engine.me.identity
    alice.say(at_alice, "are you there?")
    for _ in range(UNREACHED_MS // DAY_MS + 1):
        found_by(office, alice)
    put(office, alice, {head + b"inbox": b"n" * 32 + b"\0\0\x20\0"})
    found_by(office, alice)
    with alice.database.read() as snapshot:
        assert conversations.by_id(snapshot, 1).inbox == b"n" * 32


def test_no_root_in_use_goes_for_what_a_record_says(office: Office, alice: Person, bob: Person, at_alice: str) -> None:
    with alice.database.read() as snapshot:
        before = {root.name for root in roots.of_conversation(snapshot, 1) if root.former_since is None}
    head = b"contact" + bob.engine.me.identity + b"root"
    made = [personal_root(n) for n in range(20)]
    put(office, alice, {**{head + name: None for name in before}, **{head + name: root for name, root in made}})
    found_by(office, alice, bob)
    with alice.database.read() as snapshot:
        assert before <= {root.name for root in roots.of_conversation(snapshot, 1)}
    bob.close()
    bob.open(distrust=True)  # it has lost count, and asks for a fresh start at the roots that it has
    settle(office, alice, bob, rounds=8)
    alice.say(at_alice, "heard again")
    settle(office, alice, bob, rounds=6)
    (conversation,) = bob.call(api.ConversationList())
    assert "heard again" in bob.heard(conversation.id)


def personal_root(n: int) -> tuple[bytes, bytes]:
    """Return a root that nobody has, with its name."""
    root = bytes([n]) * 32
    return root_name(root), root
