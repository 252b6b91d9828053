"""What a device signs of an item: every field that says where it stands, so that nothing said can be moved."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import assume, given, strategies as st
from nacl.signing import SigningKey

from core.crypto import primitives
from core.errors import OpenFailed
from core.people.format.block import Block, decode_block, encode_block
from core.people.format.content import Text
from core.people.format.signing import Entry, Place, conversation_hash, message, sign, verified
from net.primitives import SIGNATURE_SIZE

SEED, OTHER_SEED = b"d" * 32, b"e" * 32
DEVICE, OTHER_DEVICE = primitives.ed25519_public(SEED), primitives.ed25519_public(OTHER_SEED)
PLACE = Place(b"a" * 32, b"r" * 32, DEVICE, b"g" * 16, 7)
MADE_AT = 1_790_000_000_000
ENTRY = Entry(1, 3, 1, b"what is said")

Claim = tuple[Place, int, Entry]
CHANGED: dict[str, Claim] = {
    "conversation, by another author": (replace(PLACE, author=b"b" * 32), MADE_AT, ENTRY),
    "recipient": (replace(PLACE, recipient=b"s" * 32), MADE_AT, ENTRY),
    "author and recipient exchanged": (replace(PLACE, author=b"r" * 32, recipient=b"a" * 32), MADE_AT, ENTRY),
    "device": (replace(PLACE, device=OTHER_DEVICE), MADE_AT, ENTRY),
    "generation": (replace(PLACE, generation=b"h" * 16), MADE_AT, ENTRY),
    "index": (replace(PLACE, index=8), MADE_AT, ENTRY),
    "number": (PLACE, MADE_AT, replace(ENTRY, number=0)),
    "count": (PLACE, MADE_AT, replace(ENTRY, count=2)),
    "kind": (PLACE, MADE_AT, replace(ENTRY, kind=2)),
    "made_at": (PLACE, MADE_AT + 1, ENTRY),
    "item": (PLACE, MADE_AT, replace(ENTRY, item=b"what is not said")),
}


def test_what_is_kept_of_an_item_proves_it_to_somebody_who_sees_nothing_else() -> None:
    signed = verified(PLACE, MADE_AT, ENTRY, sign(SEED, PLACE, MADE_AT, ENTRY))
    said, signature = signed[:-SIGNATURE_SIZE], signed[-SIGNATURE_SIZE:]
    assert said == message(PLACE, MADE_AT, ENTRY)
    SigningKey(SEED).verify_key.verify(said, signature)
    who = conversation_hash(PLACE.author, PLACE.recipient) + PLACE.recipient + PLACE.author + DEVICE
    where = PLACE.generation + PLACE.index.to_bytes(8, "big") + bytes([ENTRY.number, ENTRY.count, ENTRY.kind])
    what = MADE_AT.to_bytes(8, "big") + hashlib.sha256(ENTRY.item).digest()
    assert said == b"sottovoce/v1/item" + who + where + what


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_a_signature_holds_for_nothing_that_differs_in_one_field(changed: Claim) -> None:
    signature = sign(SEED, PLACE, MADE_AT, ENTRY)
    with pytest.raises(OpenFailed):
        verified(*changed, signature)
    assert message(*changed) != message(PLACE, MADE_AT, ENTRY)


@pytest.mark.parametrize(
    "name", ["conversation, by another author", "recipient", "generation", "index", "author and recipient exchanged"]
)
def test_a_block_opens_at_the_place_only_that_it_was_written_for(name: str) -> None:
    """The words of the last test, by the way they come in."""
    block = encode_block(Block(MADE_AT, (Text(bytes(16), "yes"),)), PLACE, SEED)
    decode_block(block, PLACE)
    with pytest.raises(OpenFailed):
        decode_block(block, CHANGED[name][0])


def test_another_device_cannot_sign_for_it() -> None:
    with pytest.raises(OpenFailed):
        decode_block(encode_block(Block(MADE_AT, (Text(bytes(16), "yes"),)), PLACE, OTHER_SEED), PLACE)
    with pytest.raises(OpenFailed):
        verified(PLACE, MADE_AT, ENTRY, sign(OTHER_SEED, PLACE, MADE_AT, ENTRY))


@given(st.integers(0, SIGNATURE_SIZE - 1), st.integers(1, 255))
def test_a_signature_with_any_byte_changed_is_refused(at: int, by: int) -> None:
    signature = bytearray(sign(SEED, PLACE, MADE_AT, ENTRY))
    signature[at] ^= by
    with pytest.raises(OpenFailed):
        verified(PLACE, MADE_AT, ENTRY, bytes(signature))


@given(st.binary(max_size=100))
def test_any_bytes_are_no_signature(data: bytes) -> None:
    with pytest.raises(OpenFailed):
        verified(PLACE, MADE_AT, ENTRY, data)


places = st.builds(
    Place,
    author=st.binary(min_size=32, max_size=32),
    recipient=st.binary(min_size=32, max_size=32),
    device=st.just(DEVICE),
    generation=st.binary(min_size=16, max_size=16),
    index=st.integers(0, (1 << 53) - 1),
)
entries = st.builds(
    Entry, number=st.integers(0, 7), count=st.integers(1, 8), kind=st.integers(1, 255), item=st.binary(max_size=20)
)
claims = st.tuples(places, st.integers(0, (1 << 47) - 1), entries)


@given(claims, claims)
def test_two_things_said_never_share_what_is_signed(one: Claim, other: Claim) -> None:
    assume(one != other)
    assert message(*one) != message(*other)
    assert len(message(*one)) == len(message(*other)), "fields of fixed sizes: none runs into the next"


@given(claims)
def test_whatever_is_signed_verifies(claim: Claim) -> None:
    assert verified(*claim, sign(SEED, *claim))[:-SIGNATURE_SIZE] == message(*claim)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_conversation_has_one_name_on_both_sides_and_no_other_has_it(one: bytes, other: bytes, third: bytes) -> None:
    assert conversation_hash(one, other) == conversation_hash(other, one)
    if third not in {one, other}:
        assert conversation_hash(one, third) != conversation_hash(one, other)
