"""A reset as it lies in its slot: whole, for one reader at one root, and its way for one key alone."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.errors import Malformed, Newer, OpenFailed
from core.people.conversation.rekeying import rekey_info
from core.people.format.bounds import decode
from core.people.format.device import Certificate, certify
from core.people.format.fragment import cut, decode_piece, pad
from core.people.format.greeting import reset_key
from core.people.format.lane import Offer, new_lane
from core.people.format.prekey import make_prekey
from core.people.format.reset import (
    ANY,
    NO_KEY,
    NOBODY,
    VERSION,
    Between,
    Own,
    Reset,
    Way,
    decode_way,
    open_reset,
    seal,
    seal_way,
    way_info,
)
from core.people.format.slot import FRAGMENTS, SLOT_SIZE

WRITER_SEED, READER_SEED, DEVICE_SEED, VOUCHER_SEED = b"w" * 32, b"r" * 32, b"d" * 32, b"v" * 32
DEVICE = primitives.ed25519_public(DEVICE_SEED)
BETWEEN = Between(primitives.ed25519_public(WRITER_SEED), primitives.ed25519_public(READER_SEED))
BACK = Between(BETWEEN.reader, BETWEEN.writer)
ROOT, OTHER_ROOT = b"R" * 32, b"S" * 32
MILLIS, INDEX, NUMBER = (1 << 47) - 1, (1 << 53) - 1, (1 << 32) - 1  # the largest of each
SCALAR, OFFER = new_lane()
OURS = make_prekey(1_790_000_000_000)  # of the writer, for the answer
THEIRS = make_prekey(1_790_000_000_000)  # of the reader
UNSIGNED = Reset(
    version=VERSION,
    certificate=certify(WRITER_SEED, DEVICE, MILLIS, VOUCHER_SEED),
    reader=b"dev1",
    generation=OFFER.generation,
    old_generation=b"o" * 16,
    last_index=INDEX,
    known=b"k" * 16,
    known_next=INDEX,
    made_at=MILLIS,
    answers=b"a" * 16,
    heard=True,
    inbox=b"i" * 32,
    inbox_number=NUMBER,
    prekey=msgspec.structs.replace(OURS.public, until=MILLIS),
    to=NO_KEY,
    sealed=b"",
    signature=bytes(64),
)
WAY = Way(OFFER.point, OFFER.chain, INDEX, b"f" * 32)
LARGEST = seal_way(BETWEEN, UNSIGNED, WAY, THEIRS.public)
SEALED = seal(BETWEEN, ROOT, LARGEST, DEVICE_SEED)
OPENED = open_reset(BETWEEN, ROOT, SEALED)
Changes = dict[str, object]
CHANGED: list[Changes] = [
    {"reader": ANY},
    {"generation": b"x" * 16},
    {"old_generation": NOBODY},
    {"last_index": -1},
    {"known": NOBODY},
    {"known_next": 4},
    {"made_at": 8},
    {"answers": NOBODY},
    {"heard": False},
    {"inbox": bytes(32)},
    {"inbox_number": 2},
    {"prekey": make_prekey(5).public},
    {"prekey": OURS.public},  # its time alone
    {"to": NO_KEY},
    {"sealed": b""},
    {"certificate": certify(WRITER_SEED, DEVICE, 5)},
]


def sealed_as(said: object, root: bytes = ROOT) -> bytes:
    """Seal what anybody who knows the root may seal under it."""
    padded = pad(msgspec.msgpack.encode(said), SLOT_SIZE - 12 - primitives.SEAL_OVERHEAD)
    return bytes(12) + primitives.aead_seal(reset_key(root), bytes(12), padded, b"")


def test_what_was_sealed_is_read_by_the_other_side() -> None:
    assert msgspec.structs.replace(LARGEST, signature=OPENED.signature) == OPENED
    assert OPENED.is_answer
    assert not msgspec.structs.replace(OPENED, answers=NOBODY).is_answer
    opened = primitives.xwing_open(cast("bytes", THEIRS.xwing_private), OPENED.sealed, way_info(BETWEEN, OPENED))
    assert decode_way(opened, OPENED.generation) == (
        Offer(OFFER.generation, OFFER.point, OFFER.chain, INDEX),
        b"f" * 32,
    )
    assert open_reset(BETWEEN, ROOT, sealed_as(OPENED)) == OPENED, "or what is sealed by hand below is about nothing"


def test_it_fits_its_four_boxes_with_every_field_at_its_largest_and_a_voucher() -> None:
    at_most = msgspec.structs.replace(
        LARGEST,
        version=65_535,
        certificate=msgspec.structs.replace(LARGEST.certificate, version=65_535, number=NUMBER, state=255),
    )
    room = SLOT_SIZE - 12 - primitives.SEAL_OVERHEAD - 1
    assert len(msgspec.msgpack.encode(at_most)) <= room
    assert (len(at_most.certificate.voucher), len(at_most.certificate.vouch)) == (32, 64)
    assert len(seal(BETWEEN, ROOT, at_most, DEVICE_SEED)) == SLOT_SIZE == len(SEALED)
    assert len(cut(SEALED)) == FRAGMENTS == decode_piece(cut(SEALED)[0]).count


def test_the_largest_field_sizes_are_those_that_a_reader_takes() -> None:
    """One more in any of them and nobody would read it: the last test is about the largest there are."""
    for change in (
        {"made_at": MILLIS + 1},
        {"last_index": INDEX + 1},
        {"known_next": INDEX + 1},
        {"inbox_number": NUMBER + 1},
        {"last_index": -2},
    ):
        too_large = msgspec.msgpack.encode(msgspec.structs.replace(LARGEST, **change))
        with pytest.raises(Malformed):
            decode(Reset, too_large, "reset")
    with pytest.raises(Malformed):
        decode(Way, msgspec.msgpack.encode(msgspec.structs.replace(WAY, fresh=bytes(33))), "way")


def test_two_copies_have_nothing_in_common() -> None:
    again = seal(BETWEEN, ROOT, LARGEST, DEVICE_SEED)
    assert again[:12] != SEALED[:12]
    assert again[12:] != SEALED[12:]


@settings(max_examples=60)
@given(st.integers(0, SLOT_SIZE - 1), st.integers(1, 255))
def test_a_reset_with_any_byte_changed_on_the_way_is_refused(at: int, by: int) -> None:
    broken = SEALED[:at] + bytes([SEALED[at] ^ by]) + SEALED[at + 1 :]
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, ROOT, broken)


@given(st.data())
def test_who_knows_the_root_but_not_the_device_can_change_no_byte_of_what_it_says(data: st.DataObject) -> None:
    encoded = bytearray(msgspec.msgpack.encode(OPENED))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert open_reset(BETWEEN, ROOT, sealed_as(msgspec.Raw(encoded))) == OPENED
    except (OpenFailed, Malformed):
        return


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: next(iter(change)))
def test_the_signature_covers_every_field(change: Changes) -> None:
    changed = msgspec.structs.replace(OPENED, **change)
    assert changed != OPENED
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, ROOT, sealed_as(changed))
    resigned = open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, changed, DEVICE_SEED))
    assert resigned == msgspec.structs.replace(changed, signature=resigned.signature), "by its device it may be said"


def test_every_field_was_changed() -> None:
    names = {name for change in CHANGED for name in change}
    assert names == set(Reset.__struct_fields__) - {"version", "signature"}


def test_a_reset_of_one_root_says_nothing_at_another() -> None:
    """Who knows both roots (the reader does) cannot put the words said at one under the other."""
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, OTHER_ROOT, SEALED)
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, OTHER_ROOT, sealed_as(OPENED, OTHER_ROOT))
    assert (
        open_reset(BETWEEN, OTHER_ROOT, seal(BETWEEN, OTHER_ROOT, LARGEST, DEVICE_SEED)).generation == OFFER.generation
    )


def test_a_reset_to_one_reader_says_nothing_to_another() -> None:
    """Two contacts who pass a root to each other cannot pass on what somebody said to one of them."""
    elsewhere = Between(BETWEEN.writer, primitives.ed25519_public(b"c" * 32))
    with pytest.raises(OpenFailed):
        open_reset(elsewhere, ROOT, SEALED)


def test_a_reset_of_our_own_is_known_as_that_and_nobody_else_can_write_it() -> None:
    with pytest.raises(Own):
        open_reset(BACK, ROOT, SEALED)
    with pytest.raises(Malformed) as refused:
        open_reset(Between(primitives.ed25519_public(b"c" * 32), BETWEEN.reader), ROOT, SEALED)
    assert not isinstance(refused.value, Own)


def test_another_device_cannot_sign_for_it() -> None:
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, LARGEST, b"e" * 32))
    other = msgspec.structs.replace(LARGEST, certificate=certify(WRITER_SEED, primitives.ed25519_public(b"e" * 32), 5))
    with pytest.raises(OpenFailed):
        open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, other, DEVICE_SEED))


def test_a_device_that_its_identity_did_not_certify_is_refused() -> None:
    forged = msgspec.structs.replace(LARGEST.certificate, device=primitives.ed25519_public(b"e" * 32))
    with pytest.raises(Malformed):
        open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, msgspec.structs.replace(LARGEST, certificate=forged), b"e" * 32))


@pytest.mark.parametrize(
    "change",
    [{"xwing": b""}, {"xwing": b"\xff" * 1216}, {"olm_identity": bytes(32)}, {"olm_key": bytes(32)}],
    ids=lambda change: next(iter(change)),
)
def test_a_key_for_the_answer_that_cannot_be_sealed_to_is_refused(change: dict[str, bytes]) -> None:
    bad = msgspec.structs.replace(LARGEST, prekey=msgspec.structs.replace(OURS.public, **change))
    with pytest.raises(Malformed):
        open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, bad, DEVICE_SEED))


@settings(max_examples=60)
@given(st.binary(max_size=600))
def test_whatever_somebody_seals_under_the_root_is_a_typed_error(data: bytes) -> None:
    size = SLOT_SIZE - 12 - primitives.SEAL_OVERHEAD
    for padded in (data, pad(data, size)):
        with pytest.raises((OpenFailed, Malformed)):
            open_reset(BETWEEN, ROOT, bytes(12) + primitives.aead_seal(reset_key(ROOT), bytes(12), padded, b""))
    with pytest.raises((OpenFailed, Malformed)):
        open_reset(BETWEEN, ROOT, data)


# --- the way ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("between", "change"),
    [
        (BETWEEN, {"generation": b"x" * 16}),
        (BETWEEN, {"certificate": certify(WRITER_SEED, primitives.ed25519_public(b"e" * 32), 5)}),
        (Between(BETWEEN.writer, primitives.ed25519_public(b"c" * 32)), {}),
    ],
    ids=["generation", "device", "conversation"],
)
def test_a_way_cannot_be_moved_to_another_reset(between: Between, change: Changes) -> None:
    moved = msgspec.structs.replace(OPENED, **change)
    with pytest.raises(OpenFailed):
        primitives.xwing_open(cast("bytes", THEIRS.xwing_private), moved.sealed, way_info(between, moved))


def test_a_way_opens_with_the_key_it_names_and_no_other() -> None:
    assert OPENED.to == THEIRS.public.key_id
    with pytest.raises(OpenFailed):
        primitives.xwing_open(cast("bytes", OURS.xwing_private), OPENED.sealed, way_info(BETWEEN, OPENED))


def test_a_way_is_no_secret_of_a_re_keying() -> None:
    """Both are sealed to prekeys: each under a label of its own."""
    info = rekey_info(BETWEEN.conversation, OPENED.generation, DEVICE)
    assert way_info(BETWEEN, OPENED) != info
    with pytest.raises(OpenFailed):
        primitives.xwing_open(cast("bytes", THEIRS.xwing_private), OPENED.sealed, info)


@given(st.binary(max_size=200), st.binary(min_size=16, max_size=16))
def test_any_bytes_are_a_way_or_malformed(data: bytes, generation: bytes) -> None:
    with pytest.raises(Malformed):
        decode_way(data, generation)


def test_a_way_leads_to_a_point_of_the_group() -> None:
    with pytest.raises(Malformed):
        decode_way(msgspec.msgpack.encode(msgspec.structs.replace(WAY, point=b"\x02" * 32)), OFFER.generation)
    no_root = msgspec.structs.replace(WAY, fresh=b"")
    assert decode_way(msgspec.msgpack.encode(no_root), OFFER.generation)[1] == b""


# --- from the future --------------------------------------------------------------------------------------------------


@given(st.integers(VERSION + 1, (1 << 63) - 1), st.lists(st.integers(), max_size=3))
def test_a_later_version_asks_for_a_newer_program_whatever_it_says(version: int, said: list[int]) -> None:
    with pytest.raises(Newer):
        open_reset(BETWEEN, ROOT, sealed_as([version, *[value % 1000 for value in said]]))


@pytest.mark.parametrize("version", [0, -1, "1", None])
def test_what_is_no_version_is_malformed(version: object) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(OPENED))
    with pytest.raises(Malformed) as refused:
        open_reset(BETWEEN, ROOT, sealed_as([version, *fields[1:]]))
    assert not isinstance(refused.value, Newer)


def test_a_certificate_of_a_later_version_asks_for_a_newer_program() -> None:
    later = msgspec.structs.replace(LARGEST.certificate, version=2)
    with pytest.raises(Newer):
        open_reset(BETWEEN, ROOT, seal(BETWEEN, ROOT, msgspec.structs.replace(LARGEST, certificate=later), DEVICE_SEED))


def _longer(said: object) -> list[object]:
    return [*msgspec.msgpack.decode(msgspec.msgpack.encode(said)), "from the future"]


def test_the_same_version_with_more_in_its_parts_is_read_as_far_as_we_know() -> None:
    fields = _longer(OPENED)
    assert decode(Reset, msgspec.msgpack.encode(fields), "reset") == OPENED
    certificate_at = Reset.__struct_fields__.index("certificate")
    fields[certificate_at] = _longer(OPENED.certificate)
    assert decode(Reset, msgspec.msgpack.encode(fields), "reset") == OPENED
    assert decode(Certificate, msgspec.msgpack.encode(fields[certificate_at]), "certificate") == OPENED.certificate
    way = msgspec.msgpack.encode(_longer(WAY))
    assert decode_way(way, OFFER.generation)[0].first == INDEX


def test_a_longer_array_of_the_same_version_is_accepted() -> None:
    """The signature covers the fields of this version, whatever stands behind them."""
    assert open_reset(BETWEEN, ROOT, sealed_as(_longer(OPENED))) == OPENED
