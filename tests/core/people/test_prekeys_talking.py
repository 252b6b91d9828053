"""Prekeys in a conversation: used in their time only, and none that cannot be sealed to."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from core import api
from core.crypto import primitives
from core.errors import OpenFailed
from core.people.conversation import prekeys, ratchets, rekeying, sender
from core.people.conversation.reset_announcement import announce
from core.people.format.prekey import KeyOffer, Prekey, make_prekey
from core.people.format.reset import NO_KEY, Between, Reset, seal
from core.people.work import Work
from core.storage import devices, lanes, postings, sessions
from tests.core.people.test_prekeys import given_to, undone
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Person, Person]:
    """Alice and bob, who met."""
    office = Office()
    alice, bob = (Person(office, tmp_path, name) for name in ("alice", "bob"))
    meet(office, alice, bob)
    return alice, bob


@pytest.fixture
def alice(pair: tuple[Person, Person]) -> Person:
    """Alice; what bob offered her is replaced by each test."""
    return pair[0]


def offered(work: Work, until: int) -> Prekey:
    """Let bob have offered a key with a time, and no ratchet with him be trusted any more."""
    (device,) = devices.of_conversation(work.tx, 1)
    prekey = msgspec.structs.replace(make_prekey(5).public, until=until)
    devices.set_offered_key(work.tx, 1, device.device, msgspec.msgpack.encode(prekey))
    return prekey


@pytest.mark.parametrize("left_ms", [1, 0], ids=["in time", "expired"])
def test_a_ratchet_is_started_to_a_key_in_its_time_only(alice: Person, left_ms: int) -> None:
    def act(work: Work) -> None:
        offered(work, work.now.network_ms + left_ms)
        sessions.retire_all(work.tx)
        (device,) = devices.of_conversation(work.tx, 1)
        assert ratchets.can_write(work, 1) == (left_ms > 0)
        assert (ratchets.audience_session(work, device) is not None) == (left_ms > 0)
        (device,) = devices.of_conversation(work.tx, 1)
        assert device.offered_key is None, "used, or of no use"

    undone(alice, act)


@pytest.mark.parametrize("size", [1184, 1200, 1215])
def test_a_contact_who_offers_keys_that_are_too_short_locks_nobody_up(pair: tuple[Person, Person], size: int) -> None:
    """Were one kept, the next re-keying would fail, and with it whatever is said from then on."""
    alice, bob = pair
    key = make_prekey(alice.office.now_ms).public
    short = msgspec.structs.replace(key, xwing=key.xwing[:size])
    offer = KeyOffer(alice.engine.me.certificate.tag, short)

    def offer_short(work: Work) -> None:
        given_to(work, alice.engine.me.device)  # so that no good one goes with it
        sender.write_control(work, 1, offer)

    settle(alice.office, alice, bob, rounds=4)
    bob.carry_out(bob.engine.command(offer_short, bob.moment())[1])
    settle(alice.office, alice, rounds=2)

    def due(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        assert row is not None
        lanes.make_rekeying_due(work.tx, row.generation)

    alice.engine.command(due, alice.moment())
    (conversation,) = alice.call(api.ConversationList())
    alice.say(conversation.id, "and on")
    settle(alice.office, alice, bob, rounds=4)
    assert alice.said(conversation.id) == ["delivered"]


@pytest.mark.parametrize("left_ms", [1, 0], ids=["in time", "expired"])
def test_a_lane_is_re_keyed_to_a_key_in_its_time_only(alice: Person, left_ms: int) -> None:
    def act(work: Work) -> None:
        prekey = offered(work, work.now.network_ms + left_ms)
        row = lanes.writing(work.tx, 1)
        assert row is not None
        lanes.make_rekeying_due(work.tx, row.generation)
        due = lanes.writing(work.tx, 1)
        assert due is not None
        assert (rekeying.rekey_if_due(work, due).chain != due.chain) == (left_ms > 0)
        (device,) = devices.of_conversation(work.tx, 1)
        assert (device.offered_key is None) == (left_ms > 0), "used, or left for its ratchet to refuse"
        assert prekey.is_usable(work.now.network_ms) == (left_ms > 0)

    undone(alice, act)


@pytest.mark.parametrize("left_ms", [1, 0], ids=["in time", "expired"])
def test_a_reset_is_sealed_to_a_key_in_its_time_only(
    alice: Person, left_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bytes] = []

    def listen(between: Between, root: bytes, reset: Reset, device_seed: bytes) -> bytes:
        said.append(reset.to)
        return seal(between, root, reset, device_seed)

    monkeypatch.setattr("core.people.conversation.reset_announcement.seal", listen)

    def act(work: Work) -> None:
        prekey = offered(work, work.now.network_ms + left_ms)
        announce(work, 1, (bytes(16), -1))
        assert set(said) == {prekey.key_id if left_ms else NO_KEY}
        assert postings.of_conversation(work.tx, 1, "reset")

    undone(alice, act)


def test_a_secret_for_another_key_or_another_lane_does_not_re_key(alice: Person) -> None:
    """What a contact seals is bound to the conversation, the lane and the reader."""

    def act(work: Work) -> None:
        (device,) = devices.of_conversation(work.tx, 1)
        made = given_to(work, device.device)
        conversation, generation = b"c" * 32, b"g" * 16
        info = rekeying.rekey_info(conversation, generation, work.me.device)
        sealed = primitives.xwing_seal(made.public.xwing, b"s" * 32, info)
        for other in (
            rekeying.rekey_info(b"d" * 32, generation, work.me.device),
            rekeying.rekey_info(conversation, b"h" * 16, work.me.device),
            rekeying.rekey_info(conversation, generation, b"o" * 32),
        ):
            with pytest.raises(OpenFailed):
                prekeys.open_sealed(work, device.device, made.public.key_id, sealed, other)
        assert prekeys.open_sealed(work, device.device, made.public.key_id, sealed, info) == b"s" * 32

    undone(alice, act)
