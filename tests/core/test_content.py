"""Blocks and their items: what is written is read, and what is not ours to read is refused or kept."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from core.api import MAX_TEXT_SIZE
from core.errors import Malformed
from core.people.bounds import decode
from core.people.content import (
    MAX_ITEMS,
    MAX_LANES,
    Ack,
    Block,
    Item,
    KeyOffer,
    LaneAck,
    Rekey,
    Reset,
    SealedSecret,
    Text,
    Unknown,
    decode_block,
    encode_block,
    reset_message,
    text_size,
)
from core.people.device import Certificate
from core.people.lane import Offer

millis = st.integers(0, (1 << 47) - 1)
sixteen = st.binary(min_size=16, max_size=16)
acks = st.builds(
    LaneAck,
    generation=sixteen,
    next=millis,
    bitmap=st.integers(0, (1 << 64) - 1),
    lacks=st.lists(st.tuples(millis, st.integers(1, 1 << 16)), max_size=8),
)
items: st.SearchStrategy[Item] = st.one_of(
    st.builds(Text, uid=sixteen, text=st.text(max_size=200)),
    st.builds(Ack, lanes=st.lists(acks, max_size=MAX_LANES)),
    st.builds(KeyOffer, public=st.binary(min_size=1216, max_size=1216)),
    st.builds(
        Rekey,
        secrets=st.lists(
            st.builds(
                SealedSecret,
                device=st.binary(min_size=4, max_size=4),
                key_id=st.binary(min_size=8, max_size=8),
                sealed=st.binary(max_size=100),
            ),
            max_size=3,
        ),
    ),
    st.builds(Unknown, kind=st.integers(7, (1 << 16) - 1), raw=st.binary(max_size=50).map(msgspec.msgpack.encode)),
)
blocks = st.builds(Block, made_at=millis, items=st.lists(items, max_size=MAX_ITEMS).map(tuple))


@given(blocks)
def test_a_block_comes_back_as_it_was(block: Block) -> None:
    assert decode_block(encode_block(block)) == block


@given(st.binary(max_size=400))
def test_any_bytes_are_a_block_or_malformed(data: bytes) -> None:
    try:
        decode_block(data)
    except Malformed:
        return


@given(blocks, st.data())
def test_a_block_with_a_byte_changed_is_a_block_or_malformed(block: Block, data: st.DataObject) -> None:
    encoded = bytearray(encode_block(block))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        decode_block(bytes(encoded))
    except Malformed:
        return


def _wire(*found: tuple[int, object]) -> bytes:
    return msgspec.msgpack.encode([1, [list(pair) for pair in found]])


@pytest.mark.parametrize(
    "data",
    [
        _wire((1, [bytes(15), "short uid"])),
        _wire((1, [bytes(16), "x" * (MAX_TEXT_SIZE + 1)])),
        _wire((2, [[[bytes(16), -1, 0]]])),
        _wire((2, [[[bytes(16), 1 << 53, 0]]])),
        _wire((2, [[[bytes(16), 0, 0]] * (MAX_LANES + 1)])),
        _wire((2, [[[bytes(16), 0, 0, [[0, 0]]]]])),
        _wire((3, [bytes(1215)])),
        _wire((0, [])),
        _wire((1 << 16, [])),
        _wire(*[(77, [])] * (MAX_ITEMS + 1)),
        msgspec.msgpack.encode([-1, []]),
        msgspec.msgpack.encode([1 << 53, []]),
    ],
)
def test_what_is_out_of_bounds_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_block(data)


def test_a_kind_from_the_future_is_kept_as_it_came() -> None:
    raw = msgspec.msgpack.encode({"emoji": "👍", "of": bytes(16)})
    (item,) = decode_block(msgspec.msgpack.encode([5, [[400, msgspec.Raw(raw)]]])).items
    assert item == Unknown(400, raw)


def test_a_lone_surrogate_has_no_size() -> None:
    assert text_size("é") == 2
    with pytest.raises(Malformed):
        text_size("\ud800")


@given(st.binary(max_size=600))
def test_any_bytes_are_a_reset_or_malformed(data: bytes) -> None:
    try:
        decode(Reset, data, "reset")
    except Malformed:
        return


def test_the_signature_of_a_reset_covers_everything_but_itself() -> None:
    certificate = Certificate(bytes(32), bytes(32), bytes(32), bytes(32), 1, bytes(64))
    offer = Offer(bytes(16), bytes(32), bytes(32))
    reset = Reset(certificate, bytes(16), 3, offer, [LaneAck(bytes(16), 1, 0)], 7, bytes(16), b"i" * 32, b"s" * 64)
    assert decode(Reset, msgspec.msgpack.encode(reset), "reset") == reset
    assert reset_message(reset) == reset_message(msgspec.structs.replace(reset, signature=bytes(64)))
    changed = [
        msgspec.structs.replace(reset, old_generation=b"x" * 16),
        msgspec.structs.replace(reset, last_index=4),
        msgspec.structs.replace(reset, offer=Offer(b"x" * 16, bytes(32), bytes(32))),
        msgspec.structs.replace(reset, holds=[]),
        msgspec.structs.replace(reset, made_at=8),
        msgspec.structs.replace(reset, answers=b"x" * 16),
        msgspec.structs.replace(reset, inbox=bytes(32)),
    ]
    assert len({reset_message(each) for each in (reset, *changed)}) == len(changed) + 1
