"""The port to the double ratchet, and the five things vodozemac leaves to its caller."""

from __future__ import annotations

from pathlib import Path

import pytest
import vodozemac
from hypothesis import given, settings, strategies as st

from core import api
from core.crypto.ratchet import PREKEY, Receiver, Session, open_session, prekey_names
from core.errors import Malformed, OpenFailed
from core.people.conversation import prekeys
from core.people.conversation.ratchets import unwrap
from core.people.format.envelope import Wrapped
from core.people.format.prekey import make_prekey, open_session_to
from core.people.work import Work
from core.storage import devices, lanes
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import lose, table

KEY = b"k" * 32


def pair() -> tuple[Session, Session]:
    """Return two ends of a ratchet that has begun."""
    bob, key = Receiver.create()
    ours = open_session(bob.identity_key, key)
    theirs, _ = bob.accept_session(ours.encrypt(b"hello")[1])
    ours.decrypt(*theirs.encrypt(b"hello back"))
    return ours, theirs


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), max_size=20))
def test_what_one_end_says_the_other_hears(talk: list[tuple[bool, bytes]]) -> None:
    ends = pair()
    for is_first, said in talk:
        speaker, hearer = ends if is_first else reversed(ends)
        assert hearer.decrypt(*speaker.encrypt(said)) == said


@settings(max_examples=200)
@given(st.integers(0, 255), st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_typed_error(kind: int, data: bytes) -> None:
    ours, _ = pair()
    receiver, _ = Receiver.create()
    with pytest.raises(OpenFailed):
        ours.decrypt(kind, data)
    with pytest.raises((OpenFailed, Malformed)):
        receiver.accept_session(data)
    with pytest.raises(Malformed):
        prekey_names(data)


@given(st.binary(min_size=102, max_size=300))
def test_any_bytes_behind_the_head_of_a_first_message_are_malformed(data: bytes) -> None:
    """A first message has its three keys in front, each with its tag and its length: 103 bytes in all."""
    with pytest.raises(Malformed):
        prekey_names(b"\x03" + data)


@given(st.permutations([(0x0A, b"1" * 32), (0x12, b"2" * 32), (0x1A, b"3" * 32)]), st.binary(max_size=80))
def test_the_keys_that_a_first_message_names_are_read_in_any_order(
    fields: list[tuple[int, bytes]], rest: bytes
) -> None:
    message = b"\x03" + b"".join(bytes([tag, 32]) + key for tag, key in fields) + rest
    assert prekey_names(message) == (b"1" * 32, b"3" * 32)
    for at in range(3):
        twice = [fields[at], fields[at], fields[(at + 1) % 3]]
        with pytest.raises(Malformed):
            prekey_names(b"\x03" + b"".join(bytes([tag, 32]) + key for tag, key in twice) + rest)
    for cut in range(103):
        with pytest.raises(Malformed):
            prekey_names(message[:cut])


def test_a_first_message_names_the_key_it_is_for_and_its_senders_own() -> None:
    receiver, key = Receiver.create()
    session = open_session(receiver.identity_key, key)
    kind, message = session.encrypt(b"first")
    names = prekey_names(message)
    assert (kind, names.one_time_key) == (PREKEY, key)
    assert names.identity_key not in {key, receiver.identity_key}
    again = prekey_names(open_session(receiver.identity_key, key).encrypt(b"first")[1])
    assert again.identity_key != names.identity_key, "an account of its own for each"
    second = prekey_names(session.encrypt(b"second")[1])
    assert second == names, "until it is answered each message can open the session"


@given(st.data())
def test_a_first_message_with_a_byte_changed_opens_nothing_and_costs_no_key(data: st.DataObject) -> None:
    receiver, key = Receiver.create()
    _, message = open_session(receiver.identity_key, key).encrypt(b"first")
    broken = bytearray(message)
    broken[data.draw(st.integers(0, len(message) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert receiver.accept_session(bytes(broken))[1] == b"first", "protobuf has bytes without meaning"
    except (OpenFailed, Malformed):
        assert receiver.accept_session(message)[1] == b"first"


@given(st.data())
def test_a_message_with_a_byte_changed_does_not_open_and_changes_nothing(data: st.DataObject) -> None:
    ours, theirs = pair()
    kind, message = ours.encrypt(b"said")
    broken = bytearray(message)
    broken[data.draw(st.integers(0, len(message) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert theirs.decrypt(kind, bytes(broken)) == b"said", "protobuf has bytes without meaning"
    except OpenFailed:
        assert theirs.decrypt(kind, message) == b"said"


def test_a_state_comes_back_from_its_pickle_and_with_its_key_only() -> None:
    ours, theirs = pair()
    restored = Session.restore(ours.pickle(KEY), KEY)
    assert theirs.decrypt(*restored.encrypt(b"on")) == b"on"
    with pytest.raises(vodozemac.PickleException):
        Session.restore(ours.pickle(KEY), b"w" * 32)


def test_keys_that_contribute_nothing_are_malformed() -> None:
    receiver, key = Receiver.create()
    for keys in ((bytes(32), key), (receiver.identity_key, bytes(32)), (receiver.identity_key, b"short")):
        with pytest.raises(Malformed):
            open_session(*keys)


# --- the five guards --------------------------------------------------------------------------------------------------


def test_1_a_first_message_opens_a_ratchet_once(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)

    def replay(work: Work) -> None:
        (row,) = devices.of_conversation(work.tx, 1)
        made = make_prekey(work.now.network_ms)
        prekeys.keep(work, 1, row.device, made)
        first = Wrapped(*open_session_to(made.public).encrypt(b"once"))
        assert unwrap(work, row, first) == b"once"
        lose(work.tx, "sessions")  # forgotten, as the oldest of many are
        with pytest.raises(OpenFailed):
            unwrap(work, row, first)

    alice.engine.command(replay, alice.moment())


def test_1_a_receiver_opens_one_session_and_its_key_is_gone() -> None:
    """So far as memory goes; what was pickled before opens it again, and is thrown away by whoever kept it."""
    receiver, key = Receiver.create()
    kept = receiver.pickle(KEY)
    message, another = (open_session(receiver.identity_key, key).encrypt(b"once")[1] for _ in range(2))
    assert receiver.accept_session(message)[1] == b"once"
    for again in (message, another):
        with pytest.raises(OpenFailed):
            receiver.accept_session(again)
    assert Receiver.restore(kept, KEY).accept_session(message)[1] == b"once"
    with pytest.raises(OpenFailed):
        Receiver.restore(receiver.pickle(KEY), KEY).accept_session(message)


def test_1_a_receivers_pickle_is_opened_with_its_key_only() -> None:
    receiver, key = Receiver.create()
    _, message = open_session(receiver.identity_key, key).encrypt(b"first")
    kept = receiver.pickle(KEY)
    with pytest.raises(vodozemac.PickleException):
        Receiver.restore(kept, b"w" * 32)
    assert Receiver.restore(kept, KEY).accept_session(message)[1] == b"first"


def test_2_no_group_session_is_used() -> None:
    """Whoever begins to use them keeps (session, index) of what was read: the library accepts replays."""
    code = Path(__file__).parents[3] / "core"
    assert not [path for path in code.rglob("*.py") if "GroupSession(" in path.read_text()]


def test_3_a_backlog_longer_than_the_skipped_keys_is_read_in_order(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    before = len(office.boxes)
    for n in range(60):
        alice.say(a, f"{n}")
    office.boxes[before:] = reversed(office.boxes[before:])
    settle(office, alice, bob, rounds=4)
    assert bob.heard(b) == [str(n) for n in range(60)]


def test_3_the_library_itself_would_lose_the_forty_first() -> None:
    ours, theirs = pair()
    messages = [ours.encrypt(b"%d" % n) for n in range(42)]
    theirs.decrypt(*messages[-1])
    with pytest.raises(OpenFailed):
        theirs.decrypt(*messages[0])
    assert theirs.decrypt(*messages[1]) == b"1"


def test_4_pickles_are_sealed_with_a_random_key_of_the_account(alice: Person, bob: Person) -> None:
    assert len(alice.engine.me.pickle_key) == 32
    assert alice.engine.me.pickle_key != bob.engine.me.pickle_key
    ours, _ = pair()
    assert ours.pickle(KEY) == ours.pickle(KEY), "equal states are equal pickles: never outside the sealed file"


def test_5_nothing_is_encrypted_by_a_restored_state(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.say(a, "before")
    settle(office, alice, bob, rounds=2)
    backup = alice.copy()
    alice.say(a, "in the lost future")
    settle(office, alice, bob, rounds=2)
    alice.put_back(backup)
    with alice.database.read() as snapshot:
        assert not any(row["sendable"] for row in table(snapshot, "sessions"))
        assert lanes.every_writing(snapshot) == []
        old = {row["id"] for row in table(snapshot, "sessions")}
    alice.say(a, "after")
    settle(office, alice, bob, rounds=12)
    with alice.database.read() as snapshot:
        assert not any(row["sendable"] and row["id"] in old for row in table(snapshot, "sessions"))
    assert bob.heard(b) == ["before", "in the lost future", "after"]
    assert alice.call(api.ConversationList())[0].state == "open"
