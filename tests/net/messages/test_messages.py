"""Messages between nodes: what comes out is what went in, and nothing else comes out."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from net import messages as m
from net.errors import DecodeError
from net.ids import TAG_SIZE
from net.instant import Instant
from net.parcel.box import BOX_SIZE
from tests.support.messages import EXAMPLES, MESSAGES

ILL_FORMED: list[m.Message] = [
    m.Deposit(-1, 0, b""),
    m.Deposit(2**32, 0, b""),
    m.Deposit(1, 256, b""),
    m.Deposit(1, 0, bytes(m.MAX_MESSAGE_SIZE)),
    m.DepositAnswer(1, 256, 1),
    m.Follow(1, 0, 33, b"", 0),
    m.Follow(1, 0, 0, bytes(9), 0),
    m.Fetch(1, bytes((m.MAX_TAGS_PER_FETCH + 1) * TAG_SIZE)),
    m.Fetch(1, b""),
    m.Boxes(1, [bytes(BOX_SIZE)] * (m.MAX_BOXES_PER_ANSWER + 1), is_last=True),
    m.FindRecord(1, bytes(31)),
    m.Push([]),
    m.Want([bytes(m.KEY_SIZE - 1)]),
    m.Want([bytes(m.KEY_SIZE)] * (m.MAX_KEYS_PER_ANSWER + 1)),
    m.Compare(1, bytes(m.KEY_SIZE + 1), b"", bytes(16)),
    m.Peers(1, 0, [m.Peer(bytes(4), 4000, bytes(32))] * (m.MAX_PEERS_PER_ANSWER + 1)),
    m.Peers(1, 0, [m.Peer(bytes(4), 65536, bytes(32))]),
    m.Peers(1, 0, [m.Peer(bytes(m.MAX_HOST_SIZE + 1), 4000, bytes(32))]),
    m.Nodes(1, [bytes(m.MAX_DESCRIPTOR_SIZE + 1)]),
    m.Describe(b""),
    m.Price(1, 0),
    m.Refused(2**32, 1),
    m.LeaveCookie(1, bytes(m.COOKIE_SIZE - 1)),
    m.PresentCookie(1, bytes(m.COOKIE_SIZE + 1)),
    m.RendezvousAnswer(1, 256),
]
# Whatever a later version may put into a field.
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.binary(max_size=40)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 9), inner, max_size=3),
    max_leaves=8,
)
KNOWN = range(1, 38)
UNKNOWN = st.one_of(st.just(0), st.integers(KNOWN.stop, m.UPPER_HALF), st.integers(KNOWN.stop, 2**64 - 1))


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
        b"\x91\x0f",  # AskPeers without its field
        b"\x92\x0f\xa1x",  # AskPeers with a word for a number
        m.encode_message(m.AskPeers(1)) + b"\x00",  # something behind it
        b"\x94\x0f\x01\xc1\x00",  # a further field that is none
        b"",
        b"\x90",  # no type
        b"\x92\xff\x01",  # below any type
        b"\x92\xa1x\x01",  # a word for a type
        b"\x92\xc3\x01",  # yes for a type
        b"\x81\x63\x01",  # no array
        b"\x92\x63",  # no such type, cut short
        b"\x92\x63\x01\x00",  # no such type, and something behind it
        b"\x93\x63\x01\xc1",  # no such type, and a field that is none
        b"\x93\x0f\x01" + b"\x91" * 70_000 + b"\x00",  # a further field nested beyond all reason
        b"\x93\x63\x01" + b"\x91" * 70_000 + b"\x00",  # the same of no such type
    ],
)
def test_what_does_not_fit_the_schema_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError) as error:
        m.decode_message(data)
    assert not isinstance(error.value, m.UnknownMessage)


def test_the_types_that_there_are() -> None:
    assert {m.encode_message(message)[1] for message in EXAMPLES} == set(KNOWN)
    assert max(KNOWN) < m.UPPER_HALF


@given(MESSAGES, st.lists(ANYTHING, max_size=4))
def test_further_fields_of_a_later_version_are_passed_over(message: m.Message, more: list[object]) -> None:
    grown = [*msgspec.msgpack.decode(m.encode_message(message)), *more]
    assert m.decode_message(msgspec.msgpack.encode(grown)) == message


@given(st.lists(ANYTHING, max_size=3))
def test_further_fields_of_the_lists_inside_are_passed_over_too(more: list[object]) -> None:
    peer, parcel, part = m.Peer(bytes(4), 4000, bytes(32)), m.Parcel(0, b"box"), m.Range(b"", bytes(16))
    grown = [
        (m.Peers(1, 2, [peer]), [16, 1, 2, [[peer.host, peer.port, peer.node, *more]]]),
        (m.Push([parcel]), [11, [[0, b"box", *more]]]),
        (m.Compared(1, is_same=False, keys=[], ranges=[part]), [13, 1, False, [], [[b"", bytes(16), *more]]]),
    ]
    for message, fields in grown:
        assert m.decode_message(msgspec.msgpack.encode(fields)) == message


@given(UNKNOWN, st.integers(0, m.U32), st.lists(ANYTHING, max_size=4))
def test_a_type_of_a_later_version_is_told_from_nonsense(kind: int, request: int, more: list[object]) -> None:
    with pytest.raises(m.UnknownMessage) as unknown:
        m.decode_message(msgspec.msgpack.encode([kind, request, *more]))
    assert (unknown.value.type, unknown.value.request) == (kind, request)


@pytest.mark.parametrize("first", [-1, 2**32, True, 1.0, "1", None, [1]])
def test_a_message_that_begins_with_no_number_has_the_request_nought(first: object) -> None:
    with pytest.raises(m.UnknownMessage) as unknown:
        m.decode_message(msgspec.msgpack.encode([99, first]))
    assert unknown.value.request == 0
    with pytest.raises(m.UnknownMessage) as unknown:
        m.decode_message(msgspec.msgpack.encode([99]))
    assert unknown.value.request == 0


def test_the_lower_half_is_refused_within_bounds_and_the_upper_half_passed_over() -> None:
    refusals, now = m.Refusals(), Instant(100.0, 0)
    unknown = m.UnknownMessage(m.UPPER_HALF - 1, 7)
    for _ in range(100):
        assert refusals.answer(m.UnknownMessage(m.UPPER_HALF, 7), now) is None
    told = [refusals.answer(unknown, now) for _ in range(100)]
    assert told == [m.Refused(7, m.UPPER_HALF - 1)] * 8 + [None] * 92
    assert refusals.answer(unknown, Instant(101.0, 0)) == m.Refused(7, m.UPPER_HALF - 1)
    assert refusals.answer(unknown, Instant(101.0, 0)) is None


def test_a_message_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(DecodeError, match="length"):
        m.decode_message(bytes(m.MAX_MESSAGE_SIZE + 1))


def test_frozen_bytes_of_short_messages() -> None:
    assert m.encode_message(m.AskPeers(1)).hex() == "920f01"
    assert m.encode_message(m.DepositAnswer(7, 0, 500_000)).hex() == "95020700ce0007a12000"
    assert m.encode_message(m.Follow(2, 0, 0, b"", 5)).hex() == "9603020000c40005"
