"""Whom one shares keys with is whom one takes them for: nobody gets what is another's counted as its own, or the other way.

Both identities and the invitation are in what a greeting signs, and both identities in what every item signs. There is no
safety number to compare yet: what is shown here is that keys cannot be passed on under another name.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import api
from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.format import greeting as greetings
from core.people.format.device import certify
from core.people.format.fragment import pad
from core.people.format.lane import Offer
from core.people.format.slot import SLOT_SIZE
from core.storage import lanes
from tests.core.people.test_greeting import DEVICE, INVITER, INVITER_SEED, SAID, Inviter, greet, unsigned
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle

MALLORY_SEED, MALLORY_DEVICE_SEED = b"m" * 32, b"n" * 32
MALLORY_DEVICE = primitives.ed25519_public(MALLORY_DEVICE_SEED)


def test_whoever_reads_a_greeting_cannot_give_it_to_somebody_else_in_its_writers_name() -> None:
    """Mallory invited bob, and knows all that his greeting says: to alice it is worth nothing but as mallory's own."""
    alice = Inviter()
    for signer in (MALLORY_DEVICE_SEED, INVITER_SEED):
        with pytest.raises(OpenFailed):
            alice.open(greet(alice, SAID, signer))
    resealed = alice.seal_anything(SAID)
    with pytest.raises(OpenFailed):
        alice.open(resealed)
    hers = msgspec.structs.replace(unsigned(alice), certificate=certify(MALLORY_SEED, MALLORY_DEVICE, 5))
    assert alice.open(greet(alice, hers, MALLORY_DEVICE_SEED)).greeting.certificate.device == MALLORY_DEVICE


def test_whoever_has_all_keys_of_an_inviter_still_greets_in_nobodys_name() -> None:
    """What was stolen from alice makes her hear nobody whom the thief is not."""
    private_of_alice = (INVITER_SEED, b"e" * 32)  # her identity, her device; and the invitation's keys are at hand
    for seed in private_of_alice:
        with pytest.raises(OpenFailed):
            INVITER.open(greet(INVITER, unsigned(INVITER), seed))
        lie = msgspec.structs.replace(unsigned(INVITER), certificate=certify(seed, DEVICE, 5))
        with pytest.raises((OpenFailed, Malformed)):
            INVITER.open(greet(INVITER, msgspec.structs.replace(lie, certificate=SAID.certificate), seed))


@pytest.mark.parametrize("field", ["identity", "bundle_hash"])
def test_a_greeting_names_inviter_and_invitation_in_what_is_sealed_and_in_what_is_signed(field: str) -> None:
    """Two places, so that neither the seal nor the signature can be moved alone."""
    other: dict[str, Any] = {field: b"o" * len(getattr(INVITER.link, field))}
    link = dataclasses.replace(INVITER.link, **other)
    with pytest.raises(OpenFailed):  # the seal
        greetings.open_greeting(greet(INVITER), link, INVITER.private, INVITER.receiver)
    info = b"sottovoce/v1/greeting" + link.bundle_hash + link.identity
    padded = pad(msgspec.msgpack.encode(SAID), SLOT_SIZE - primitives.XWING_OVERHEAD)
    with pytest.raises(OpenFailed):  # the signature
        greetings.open_greeting(
            primitives.xwing_seal(INVITER.bundle.xwing, padded, info), link, INVITER.private, INVITER.receiver
        )


def test_the_lane_of_another_offered_as_ones_own_speaks_for_neither(
    office: Office, victim: Person, mallory: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mallory reads bob's lane to her, and tells the victim that it is hers: bob's words do not come out of her mouth."""
    bob = Person(office, tmp_path, "bob")
    from_bob, to_mallory = meet(office, mallory, bob)
    with mallory.database.read() as snapshot:
        (read,) = lanes.every_reading(snapshot)
    stolen = Offer(read.generation, read.point, read.chain, read.next_index)
    link = victim.call(api.InviteCreate(expires_in=86_400)).link
    true = greetings.seal

    def lying(to: Any, bundle: Any, said: Any, seed: bytes) -> bytes:
        return true(to, bundle, msgspec.structs.replace(said, offer=stolen), seed)

    with monkeypatch.context() as patch:
        patch.setattr(greetings, "seal", lying)
        add(mallory, link)
        settle(office, mallory, victim, rounds=2)
    (greeting,) = victim.call(api.GreetingList())
    chat = victim.call(api.GreetingAccept(id=greeting.id)).conversation
    before = victim.heard(chat)
    bob.say(to_mallory, "for mallory alone")
    settle(office, bob, victim, rounds=3)
    assert victim.heard(chat) == before
    assert bob.said(to_mallory)[-1] != "delivered", "nor does the victim acknowledge it"
    settle(office, bob, mallory, victim, rounds=3)
    assert "for mallory alone" in mallory.heard(from_bob)
    assert bob.said(to_mallory)[-1] == "delivered"
