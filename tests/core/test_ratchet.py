"""The port to the double ratchet, and the five things vodozemac leaves to its caller."""

from __future__ import annotations

from pathlib import Path

import pytest
import vodozemac
from hypothesis import given, settings, strategies as st

from core import api
from core.crypto.ratchet import Account, Session, prekey_id
from core.errors import Malformed, OpenFailed
from core.people.envelope import Wrapped
from core.people.reading import unwrap
from core.people.work import Work
from core.storage import devices
from tests.core.test_talking import meet
from tests.support.post_office import Office, Person, settle

KEY = b"k" * 32


def pair() -> tuple[Session, Session]:
    """Return two ends of a ratchet that has begun."""
    alice, _ = Account.create()
    bob, fallback = Account.create()
    ours = alice.open_session(bob.identity_key, fallback)
    theirs, _ = bob.accept_session(alice.identity_key, *ours.encrypt(b"hello"))
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
    account, _ = Account.create()
    with pytest.raises(OpenFailed):
        ours.decrypt(kind, data)
    with pytest.raises(OpenFailed):
        account.accept_session(bytes(range(32)), kind, data)
    with pytest.raises(Malformed):
        prekey_id(kind, data)


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
    account, key = Account.create()
    for keys in ((bytes(32), key), (account.identity_key, bytes(32)), (account.identity_key, b"short")):
        with pytest.raises(Malformed):
            account.open_session(*keys)


# --- the five guards --------------------------------------------------------------------------------------------------


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def alice(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "alice")


@pytest.fixture
def bob(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "bob")


def test_1_a_first_message_opens_a_ratchet_once(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)

    def replay(work: Work) -> None:
        (row,) = devices.of_conversation(work.tx, 1)
        writer = Account.restore(bob_account(bob), bob.engine.me.pickle_key)
        certificate = alice.engine.me.certificate
        first = Wrapped(*writer.open_session(certificate.olm_identity, certificate.olm_fallback).encrypt(b"once"))
        assert unwrap(work, row, first) == b"once"
        work.tx.run("DELETE FROM sessions")  # forgotten, as the oldest of many are
        with pytest.raises(OpenFailed):
            unwrap(work, row, first)

    alice.engine.command(replay, alice.moment())


def bob_account(bob: Person) -> str:
    with bob.database.read() as snapshot:
        row = snapshot.row("SELECT olm_account FROM account")
    assert row is not None
    return str(row[0])


def test_1_the_library_itself_would_accept_it_twice() -> None:
    """Should vodozemac refuse it one day, the guard can go."""
    writer, _ = Account.create()
    reader, fallback = Account.create()
    kind, message = writer.open_session(reader.identity_key, fallback).encrypt(b"once")
    for _ in range(2):
        assert reader.accept_session(writer.identity_key, kind, message)[1] == b"once"


def test_2_no_group_session_is_used() -> None:
    """Whoever begins to use them keeps (session, index) of what was read: the library accepts replays."""
    code = Path(__file__).parents[2] / "core"
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
        assert snapshot.row("SELECT count(*) FROM sessions WHERE sendable = 1") == (0,)
        assert snapshot.row("SELECT count(*) FROM write_lanes WHERE ended = 0") == (0,)
        old = snapshot.rows("SELECT id, pickle FROM sessions")
    alice.say(a, "after")
    settle(office, alice, bob, rounds=12)
    with alice.database.read() as snapshot:
        assert not [row for row in snapshot.rows("SELECT id, sendable FROM sessions") if row[1] and row[0] in dict(old)]
    assert bob.heard(b) == ["before", "in the lost future", "after"]
    assert alice.call(api.ConversationList())[0].state == "open"
