"""Messages between nodes: what comes out is what went in, and nothing else comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from net import messages as m
from net.errors import DecodeError
from net.ids import TAG_SIZE
from net.parcel.box import BOX_SIZE
from net.parcel.record import MAX_RECORD_SIZE
from tests.support.messages import MESSAGES

ILL_FORMED: list[m.Message] = [
    m.Deposit(-1, 0, b""),
    m.Deposit(2**32, 0, b""),
    m.Deposit(1, 2, b""),
    m.Deposit(1, 0, bytes(MAX_RECORD_SIZE + 1)),
    m.DepositAnswer(1, 9, 1),
    m.Follow(1, 0, 33, b"", 0),
    m.Follow(1, 0, 0, bytes(9), 0),
    m.Fetch(1, bytes((m.MAX_TAGS_PER_FETCH + 1) * TAG_SIZE)),
    m.Fetch(1, b""),
    m.Boxes(1, [bytes(BOX_SIZE - 1)], is_last=True),
    m.Boxes(1, [bytes(BOX_SIZE)] * (m.MAX_BOXES_PER_ANSWER + 1), is_last=True),
    m.FindRecord(1, bytes(31)),
    m.Push([]),
    m.Want([bytes(m.KEY_SIZE - 1)]),
    m.Want([bytes(m.KEY_SIZE)] * (m.MAX_KEYS_PER_ANSWER + 1)),
    m.Compare(1, bytes(m.KEY_SIZE + 1), b"", bytes(16)),
    m.Peers(1, 0, [m.Peer(bytes(4), 4000, bytes(32))] * (m.MAX_PEERS_PER_ANSWER + 1)),
    m.Peers(1, 0, [m.Peer(bytes(4), 0, bytes(32))]),
]


@given(MESSAGES)
def test_a_message_survives_its_bytes(message: m.Message) -> None:
    assert m.decode_message(m.encode_message(message)) == message


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    try:
        message = m.decode_message(data)
    except DecodeError:
        return
    assert m.decode_message(m.encode_message(message)) == message


@given(MESSAGES, st.data())
def test_a_damaged_message_is_a_message_or_an_error(message: m.Message, data: st.DataObject) -> None:
    damaged = bytearray(m.encode_message(message))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = m.decode_message(bytes(damaged))
    except DecodeError:
        return
    assert m.decode_message(m.encode_message(other)) == other


@pytest.mark.parametrize("message", ILL_FORMED, ids=lambda message: type(message).__name__)
def test_what_breaks_a_bound_is_an_error(message: m.Message) -> None:
    with pytest.raises(DecodeError):
        m.decode_message(m.encode_message(message))


@pytest.mark.parametrize(
    "data",
    [
        b"\x93\x06\x01\xc4\x07" + bytes(7),  # Fetch with seven bytes of tags
        b"\x94\x0f\x01\x00\x00",  # AskPeers with two fields too many
        b"\x91\x0f",  # AskPeers without its field
        b"\x92\x63\x01",  # no such type
        m.encode_message(m.AskPeers(1)) + b"\x00",  # something behind it
    ],
)
def test_what_does_not_fit_the_schema_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        m.decode_message(data)


def test_a_message_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(DecodeError, match="length"):
        m.decode_message(bytes(m.MAX_MESSAGE_SIZE + 1))


def test_frozen_bytes_of_short_messages() -> None:
    assert m.encode_message(m.AskPeers(1)).hex() == "920f01"
    assert m.encode_message(m.DepositAnswer(7, 0, 500_000)).hex() == "94020700ce0007a120"
    assert m.encode_message(m.Follow(2, 0, 0, b"", 5)).hex() == "9603020000c40005"
