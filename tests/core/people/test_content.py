"""Blocks and their items: what is written is read, and what is not ours to read is refused or kept."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core.api import MAX_EMOJI_SIZE, MAX_NAME_SIZE, MAX_TEXT_SIZE
from core.crypto import primitives
from core.errors import Malformed, Newer, OpenFailed
from core.people.conversation import item_rules
from core.people.format import content, signing
from core.people.format.block import MAX_ITEMS, Block, Said, decode_block, encode_block
from core.people.format.content import (
    FIRST_SILENT_KIND,
    MAX_LANES,
    Acceptance,
    Ack,
    Edit,
    InboxNotice,
    Item,
    KeepRequest,
    LaneAck,
    Reaction,
    Rekey,
    Restart,
    SealedSecret,
    Signs,
    Text,
    Unknown,
    decode_item,
    encode_item,
    text_size,
)
from core.people.format.device import Certificate, certify
from core.people.format.kept import Reference
from core.people.format.lane import Offer
from core.people.format.prekey import KeyOffer, Prekey
from core.people.format.signing import Entry, Place

SEED = b"d" * 32
PLACE = Place(b"a" * 32, b"r" * 32, primitives.ed25519_public(SEED), b"g" * 16, 7)
CERTIFICATE = certify(b"i" * 32, PLACE.device, 5, b"v" * 32)
PREKEY = Prekey(bytes(1216), b"o" * 32, b"k" * 32, 1_790_000_000_000)
KINDS = (*range(1, 10), 128, 129)  # of this version


def exactly(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


millis = st.integers(0, (1 << 47) - 1)
indexes = st.integers(0, (1 << 53) - 1)
numbers = st.integers(0, (1 << 32) - 1)
sixteen, keys = exactly(16), exactly(32)
acks = st.builds(
    LaneAck,
    generation=sixteen,
    next=indexes,
    bitmap=st.integers(0, (1 << 64) - 1),
    lacks=st.lists(st.tuples(indexes, st.integers(1, 1 << 16)), max_size=8),
)
prekeys = st.builds(
    Prekey,
    xwing=st.sampled_from([b"", bytes(range(256)) * 4 + bytes(192)]),
    olm_identity=keys,
    olm_key=keys,
    until=millis,
)
certificates = st.builds(
    Certificate,
    version=st.integers(1, 65_535),
    identity=keys,
    device=keys,
    created_at=millis,
    number=numbers,
    state=st.integers(0, 255),
    voucher=st.sampled_from([b"", b"v" * 32]),
    vouch=st.sampled_from([b"", b"s" * 64]),
    signature=exactly(64),
)
offers = st.builds(Offer, generation=sixteen, point=keys, chain=keys, first=indexes)
secrets = st.builds(SealedSecret, device=exactly(4), key_id=exactly(8), sealed=st.binary(max_size=100))
unknown = st.builds(
    Unknown,
    kind=st.integers(1, 255).filter(lambda kind: kind not in KINDS),
    raw=st.one_of(
        st.none(), st.integers(-5, 5), st.binary(max_size=50), st.dictionaries(st.text(max_size=3), st.none())
    ).map(msgspec.msgpack.encode),
)
items: st.SearchStrategy[Item] = st.one_of(
    st.builds(
        Text,
        uid=sixteen,
        text=st.text(max_size=200),
        reply_to=st.none() | st.builds(Reference, author=keys, uid=sixteen),
        forwarded=st.booleans(),
    ),
    st.builds(Ack, lanes=st.lists(acks, max_size=MAX_LANES)),
    st.builds(KeyOffer, device=exactly(4), prekey=prekeys),
    st.builds(Rekey, secrets=st.lists(secrets, max_size=3)),
    st.builds(
        Acceptance,
        version=st.just(1),
        certificate=certificates,
        offer=offers,
        inbox=keys,
        inbox_number=numbers,
        name=st.text(max_size=MAX_NAME_SIZE),
        prekey=prekeys,
    ),
    st.builds(KeepRequest, uid=sixteen, wanted=st.booleans()),
    st.builds(Restart, holds=st.lists(acks, max_size=MAX_LANES)),
    st.builds(InboxNotice, number=numbers, inbox=keys),
    st.builds(
        Signs,
        tells=st.integers(0, 255),
        seen=st.lists(st.tuples(sixteen, indexes), max_size=MAX_LANES),
        now=st.integers(0, 255),
    ),
    st.builds(Edit, of=sixteen, rank=millis, version=st.integers(2, 99), text=st.text(max_size=200)),
    st.builds(
        Reaction,
        to=st.builds(Reference, author=keys, uid=sixteen),
        rank=millis,
        emoji=st.sampled_from(["", "👍"]),
    ),
    unknown,
)
blocks = st.builds(Block, made_at=millis, items=st.lists(items, max_size=MAX_ITEMS).map(tuple))
ONE_OF_EACH: tuple[Item, ...] = (
    Text(bytes(16), "said"),
    Ack([LaneAck(bytes(16), 3, 0b101, [(1, 2)])]),
    KeyOffer(b"tag4", PREKEY),
    Rekey([SealedSecret(b"tag4", b"k" * 8, b"sealed")]),
    Acceptance(1, CERTIFICATE, Offer(bytes(16), b"p" * 32, b"c" * 32), b"i" * 32, 2, "alice", PREKEY),
    KeepRequest(bytes(16), wanted=True),
    Restart([LaneAck(bytes(16), 3, 0, [])]),
    InboxNotice(3, b"i" * 32),
    Edit(bytes(16), 1_790_000_000_000, 2, "said better"),
    Reaction(Reference(b"a" * 32, bytes(16)), 1_790_000_000_000, "👍"),
    Signs(3, [(bytes(16), 7)], 2),
)


@settings(max_examples=60)
@given(blocks)
def test_a_block_comes_back_as_it_was_each_item_with_its_signature(block: Block) -> None:
    said = decode_block(encode_block(block, PLACE, SEED), PLACE)
    assert Block(said.made_at, tuple(item for item, _ in said.items)) == block
    for number, (item, signed) in enumerate(said.items):
        entry = Entry(number, len(block.items), *encode_item(item))
        message = signing.message(PLACE, block.made_at, entry)
        assert signed[:-64] == message
        assert primitives.ed25519_verify(PLACE.device, signed[-64:], message)


def test_every_kind_has_its_number_and_comes_back_alone() -> None:
    assert [encode_item(item)[0] for item in ONE_OF_EACH] == list(KINDS)
    for item in ONE_OF_EACH:
        assert decode_item(*encode_item(item)) == item


@settings(max_examples=100)
@given(items)
def test_an_item_comes_back_from_its_kind_and_its_bytes(item: Item) -> None:
    assert decode_item(*encode_item(item)) == item


@given(st.binary(max_size=400))
def test_any_bytes_are_a_block_or_malformed(data: bytes) -> None:
    try:
        decode_block(data, PLACE)
    except (Malformed, OpenFailed):
        return
    assert data == msgspec.msgpack.encode([msgspec.msgpack.decode(data)[0], []]), "only what says nothing is unsigned"


@given(st.integers(1, 255), st.binary(max_size=200))
def test_any_bytes_are_an_item_or_malformed(kind: int, data: bytes) -> None:
    try:
        item = decode_item(kind, data)
    except Malformed:
        assert kind in KINDS
        return
    assert isinstance(item, Unknown) == (kind not in KINDS)


@settings(max_examples=60)
@given(blocks.filter(lambda block: block.items), st.data())
def test_a_block_with_a_byte_changed_says_nothing_else(block: Block, data: st.DataObject) -> None:
    """Each item's bytes, kind, number, count and date are signed; other bytes that mean the same may be."""
    encoded = encode_block(block, PLACE, SEED)
    broken = bytearray(encoded)
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        said = decode_block(bytes(broken), PLACE)
    except (Malformed, OpenFailed):
        return
    assert said == decode_block(encoded, PLACE)


@pytest.mark.parametrize("first", range(0, len(ONE_OF_EACH), MAX_ITEMS))
def test_a_block_says_for_every_item_of_every_kind_that_it_was_changed(first: int) -> None:
    encoded = encode_block(Block(1_790_000_000_000, ONE_OF_EACH[first : first + MAX_ITEMS]), PLACE, SEED)
    before = decode_block(encoded, PLACE)
    for at in range(len(encoded)):
        broken = encoded[:at] + bytes([encoded[at] ^ 1]) + encoded[at + 1 :]
        try:
            said = decode_block(broken, PLACE)
        except (Malformed, OpenFailed):
            continue
        assert said == before, f"byte {at} changed what is said"


@pytest.mark.parametrize("change", ["dropped", "exchanged", "repeated"])
def test_no_item_can_be_taken_out_moved_or_said_twice(change: str) -> None:
    made_at, (first, second) = msgspec.msgpack.decode(
        encode_block(Block(5, (Text(bytes(16), "yes"), Text(b"x" * 16, "to the second question"))), PLACE, SEED)
    )
    found = {"dropped": [first], "exchanged": [second, first], "repeated": [first, second, second]}[change]
    with pytest.raises(OpenFailed):
        decode_block(msgspec.msgpack.encode([made_at, found]), PLACE)


def _signed(*found: tuple[int, object], made_at: int = 1) -> bytes:
    """Return a block of items as a device might sign them that keeps to no bounds."""
    wire: list[object] = []
    for number, (kind, value) in enumerate(found):
        raw = msgspec.msgpack.encode(value)
        signature = (
            signing.sign(SEED, PLACE, made_at, Entry(number, len(found), kind, raw))
            if kind in range(256)
            else b"s" * 64
        )
        wire.append([kind, msgspec.Raw(raw), signature])
    return msgspec.msgpack.encode([made_at, wire])


def test_what_is_signed_by_hand_here_is_read() -> None:
    """Or the next test would be about nothing."""
    assert [item for item, _ in decode_block(_signed((1, [bytes(16), "short"])), PLACE).items] == [
        Text(bytes(16), "short")
    ]


_ACK = [bytes(16), 0, 0]
_PREKEY = [bytes(1216), bytes(32), bytes(32), 0]
_CERTIFICATE = msgspec.to_builtins(CERTIFICATE, builtin_types=(bytes,))
_OFFER = [bytes(16), bytes(32), bytes(32), 0]


@pytest.mark.parametrize(
    "data",
    [
        _signed((1, [bytes(15), "short uid"])),
        _signed((1, [bytes(16), "x" * (MAX_TEXT_SIZE + 1)])),
        _signed((2, [[[bytes(16), -1, 0]]])),
        _signed((2, [[[bytes(16), 1 << 53, 0]]])),
        _signed((2, [[_ACK] * (MAX_LANES + 1)])),
        _signed((2, [[[*_ACK, [[0, 0]]]]])),
        _signed((2, [[[*_ACK, [[0, 1]] * 9]]])),
        _signed((3, [bytes(3), _PREKEY])),
        _signed((3, [bytes(4), [bytes(1217), *_PREKEY[1:]]])),
        _signed((3, [bytes(4), [*_PREKEY[:3], 1 << 47]])),
        _signed((4, [[[bytes(4), bytes(8), bytes(2049)]]])),
        _signed((4, [[[bytes(4), bytes(8), b""]] * 17])),
        _signed((5, [0, _CERTIFICATE, _OFFER, bytes(32), 0, "", _PREKEY])),
        _signed((5, [1, _CERTIFICATE, _OFFER, bytes(32), 0, "n" * (MAX_NAME_SIZE + 1), _PREKEY])),
        _signed((6, [bytes(16), 2])),
        _signed((7, [[_ACK] * (MAX_LANES + 1)])),
        _signed((8, [1 << 32, bytes(32)])),
        _signed((8, [1, bytes(31)])),
        _signed((1, [bytes(16), "reply", [bytes(32), bytes(15)]])),
        _signed((9, [bytes(15), 1, 2, ""])),
        _signed((9, [bytes(16), 1 << 47, 2, ""])),
        _signed((9, [bytes(16), 1, 1, ""])),
        _signed((9, [bytes(16), 1, 2, "x" * (MAX_TEXT_SIZE + 1)])),
        _signed((128, [[bytes(31), bytes(16)], 1, "x"])),
        _signed((128, [[bytes(32), bytes(16)], 1, "x" * (MAX_EMOJI_SIZE + 1)])),
        _signed((0, [])),
        _signed((256, [])),
        _signed(*[(77, [])] * (MAX_ITEMS + 1)),
        msgspec.msgpack.encode([-1, []]),
        msgspec.msgpack.encode([1 << 47, []]),
        msgspec.msgpack.encode([1, [[77, [], bytes(63)]]]),
        msgspec.msgpack.encode([1, [[77, []]]]),
    ],
)
def test_what_is_out_of_bounds_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_block(data, PLACE)


@pytest.mark.parametrize("kind", [10, FIRST_SILENT_KIND - 1, FIRST_SILENT_KIND + 2, 255])
def test_a_kind_from_the_future_is_kept_as_it_came_and_can_be_said_on(kind: int) -> None:
    raw = msgspec.msgpack.encode({"emoji": "👍", "of": bytes(16)})
    (said,) = decode_block(_signed((kind, msgspec.Raw(raw)), made_at=5), PLACE).items
    assert said[0] == Unknown(kind, raw)
    assert encode_block(Block(5, (said[0],)), PLACE, SEED) == _signed((kind, msgspec.Raw(raw)), made_at=5)


def test_a_text_that_says_no_more_is_written_as_before_there_were_replies() -> None:
    assert encode_item(Text(bytes(16), "said")) == (1, msgspec.msgpack.encode([bytes(16), "said"]))


def test_a_version_of_before_replies_reads_the_text_of_one() -> None:
    class TextOfBefore(msgspec.Struct, frozen=True, array_like=True):
        uid: bytes
        text: str

    _, raw = encode_item(Text(bytes(16), "yes", Reference(b"a" * 32, b"u" * 16), forwarded=True))
    assert msgspec.msgpack.decode(raw, type=TextOfBefore) == TextOfBefore(bytes(16), "yes")


def test_half_of_the_kinds_are_silent() -> None:
    assert FIRST_SILENT_KIND == 128
    assert [kind.number for kind in content.KINDS if kind.number >= FIRST_SILENT_KIND] == [128, 129]


@pytest.mark.parametrize("item", ONE_OF_EACH, ids=lambda item: type(item).__name__)
def test_an_item_of_a_later_version_may_say_more_than_we_read(item: Item) -> None:
    kind = encode_item(item)[0]
    longer = msgspec.msgpack.encode([*msgspec.structs.astuple(item), "from the future"])  # type: ignore[arg-type]
    assert decode_item(kind, longer) == item
    said = decode_block(_signed((kind, msgspec.Raw(longer))), PLACE)
    assert said == Said(1, ((item, said.items[0][1]),))


@given(st.integers(2, 65_535), st.lists(st.integers(0, 9), max_size=3))
def test_an_acceptance_of_a_later_version_asks_for_a_newer_program_whatever_it_says(
    version: int, said: list[int]
) -> None:
    """Its fields may mean something else by then; to be accepted in silence, or to wait in silence, is both wrong."""
    _, raw = encode_item(ONE_OF_EACH[4])
    for fields in ([version, *said], [version, *msgspec.msgpack.decode(raw, type=list[msgspec.Raw])[1:]]):
        with pytest.raises(Newer):
            decode_item(5, msgspec.msgpack.encode(fields))


def test_an_acknowledgement_has_room_for_64_indexes_ahead_and_no_more() -> None:
    full = LaneAck(bytes(16), 3, (1 << 64) - 1)
    assert decode_item(*encode_item(Ack([full]))) == Ack([full])
    with pytest.raises(OverflowError):
        encode_item(Ack([LaneAck(bytes(16), 3, 1 << 64)]))


def test_a_lone_surrogate_has_no_size() -> None:
    assert text_size("é") == 2
    with pytest.raises(Malformed):
        text_size("\ud800")


def test_every_kind_has_a_rule_for_its_reader() -> None:
    assert item_rules.RULES.keys() == {*(kind.struct for kind in content.KINDS), Unknown}
    assert [kind.number for kind in content.KINDS] == list(KINDS)


def test_what_is_kept_as_a_row_is_read_back_from_it() -> None:
    reply = Text(b"4" * 16, "answered", Reference(b"a" * 32, bytes(16)), forwarded=True)
    for item in (reply, *(each for each in ONE_OF_EACH if isinstance(each, content.Shown | content.Change))):
        row = content.kind_of(type(item)).row
        assert row is not None
        kept = row.kept(item, b"a" * 32)
        assert row.item(content.uid_of(item), kept) == item
        assert (row.name is None) == isinstance(item, content.Change)
        if row.name is not None and not isinstance(row.name, str):
            assert kept.text in row.name
            assert not any(code.isalpha() for code in row.name), "no search finds a code"


def test_what_has_no_row_is_silent() -> None:
    silent = [item for item in ONE_OF_EACH if not isinstance(item, content.Shown | content.Change | Unknown)]
    assert silent
    assert all(content.kind_of(type(item)).row is None for item in silent)
