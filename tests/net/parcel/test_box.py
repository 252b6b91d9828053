"""Boxes as bytes, and what a custodian asks of one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from net.bucket import Bucket
from net.errors import DecodeError
from net.events import Verdict
from net.ids import ParcelId
from net.parcel.box import (
    BOX_SIZE,
    CIPHERTEXT_SIZE,
    ID_SIZE,
    VERSION,
    Box,
    appraise_box,
    box_digest,
    check_box_terms,
    decode_box,
    encode_box,
    is_signed,
    may_be_paid,
    signed_fields,
    surplus_of_box,
)
from net.parcel.work import FULL_PRICE, required_work, solve
from net.primitives import SIGNATURE_SIZE, sign_by_seed
from simulator import FREE
from tests.support.parcels import CHEAP, HOUR, VECTORS, make_box

ANYWHERE = Bucket(0, 0)

U32 = st.integers(0, 2**32 - 1)
BOXES = st.builds(
    Box,
    prefix=U32,
    expiry_hour=U32,
    box_id=st.binary(min_size=ID_SIZE, max_size=ID_SIZE).map(ParcelId),
    work=st.tuples(*[U32] * 8),
    ciphertext=st.binary(min_size=CIPHERTEXT_SIZE, max_size=CIPHERTEXT_SIZE),
    signature=st.binary(min_size=SIGNATURE_SIZE, max_size=SIGNATURE_SIZE),
)


def test_the_frozen_box_is_made_byte_for_byte() -> None:
    frozen = json.loads(VECTORS.read_text())["box"]
    ciphertext, expiry = bytes.fromhex(frozen["ciphertext"]), frozen["expiry_hour"]
    box_id = ParcelId(sign_by_seed(bytes.fromhex(frozen["seed"]), b"")[0])
    signed = signed_fields(frozen["prefix"], expiry, box_id, ciphertext)
    _, signature = sign_by_seed(bytes.fromhex(frozen["seed"]), signed)
    work = solve(box_digest(frozen["prefix"], expiry, box_id, ciphertext), required_work(BOX_SIZE, frozen["hours"]))
    box = Box(frozen["prefix"], expiry, box_id, work, ciphertext, signature)
    assert signed.hex() == frozen["signed"]
    assert list(work) == frozen["work"]
    assert encode_box(box).hex() == frozen["bytes"]
    assert box.variant().hex() == frozen["variant"]
    assert appraise_box(box, expiry - 48, FULL_PRICE) == 0


def test_a_box_has_921_bytes() -> None:
    assert len(encode_box(make_box(1))) == BOX_SIZE == 921


@given(BOXES)
def test_a_box_survives_its_bytes(box: Box) -> None:
    assert decode_box(encode_box(box)) == box


@given(st.binary(max_size=2 * BOX_SIZE) | st.binary(min_size=BOX_SIZE, max_size=BOX_SIZE))
def test_any_bytes_are_a_box_or_an_error(data: bytes) -> None:
    try:
        box = decode_box(data)
    except DecodeError:
        assert len(data) != BOX_SIZE or data[0] != VERSION
    else:
        assert encode_box(box) == data


def test_fields_of_a_wrong_size_are_our_own_bug() -> None:
    with pytest.raises(ValueError):
        encode_box(replace(make_box(1), ciphertext=b"short"))


@pytest.mark.parametrize("at", [1, 5, 9, 73, 800, BOX_SIZE - 1])
def test_no_signed_byte_can_be_changed(at: int) -> None:
    data = bytearray(encode_box(make_box(1)))
    data[at] ^= 1
    assert not is_signed(decode_box(bytes(data)))


def test_other_work_for_the_same_content_is_the_same_variant() -> None:
    box = make_box(1)
    other = replace(box, work=(7,) * 8)
    assert is_signed(other)
    assert other.variant() == box.variant()
    assert make_box(1, content=b"other").variant() != box.variant()


@pytest.mark.parametrize(
    ("hours", "verdict"), [(-1, Verdict.EXPIRY), (0, None), (48, None), (50, None), (51, Verdict.EXPIRY)]
)
def test_a_box_expires_within_fifty_hours(hours: int, verdict: Verdict | None) -> None:
    assert check_box_terms(make_box(1, expiry_hour=HOUR + hours), HOUR, ANYWHERE) is verdict


@pytest.mark.parametrize(
    ("prefix", "scope", "is_fine"),
    [
        (0b11 << 30, ANYWHERE, True),
        (0b111 << 29, ANYWHERE, False),
        (0b1011 << 28, Bucket(0b10 << 30, 2), True),
        (0b1100 << 28, Bucket(0b10 << 30, 2), False),
        (0b10001 << 27, Bucket(0b10 << 30, 2), False),
        (2**32 - 1, Bucket(2**32 - 1, 32), True),
        (2**32 - 2, Bucket(2**32 - 1, 32), False),
    ],
)
def test_a_box_lies_in_the_scope_and_shows_two_bits_more_at_most(prefix: int, scope: Bucket, is_fine: bool) -> None:
    verdict = check_box_terms(make_box(1, prefix=prefix), HOUR, scope)
    assert verdict is (None if is_fine else Verdict.PREFIX)


@pytest.mark.parametrize(("factor", "least"), [(1, 0), (2, 1), (8, 3)])
def test_who_pays_more_is_seen_to_have_paid_more_and_at_any_hour_the_same(factor: int, least: int) -> None:
    box = make_box(1, price=CHEAP, factor=factor)
    surplus = appraise_box(box, HOUR, CHEAP)
    assert isinstance(surplus, int)
    assert surplus >= least
    assert appraise_box(box, HOUR + 40, CHEAP) == surplus
    assert surplus_of_box(box, CHEAP) == surplus


@pytest.mark.parametrize(("hours", "least"), [(0, -6), (11, -3), (23, -2), (47, -1)])
def test_what_is_short_lived_and_cheap_is_worth_less_than_nothing(hours: int, least: int) -> None:
    box = make_box(1, price=FULL_PRICE, expiry_hour=HOUR + hours + 2, hours=hours)
    surplus = appraise_box(box, HOUR)
    assert isinstance(surplus, int)
    assert least <= surplus <= least + 1  # luck makes one in 256 look dearer


def test_a_box_may_have_been_paid_for_when_its_first_puzzle_is_solved() -> None:
    box = make_box(1, price=CHEAP)
    assert may_be_paid(box, CHEAP)
    wrong = next(nonce for nonce in range(100) if not may_be_paid(replace(box, work=(nonce, *box.work[1:])), CHEAP))
    assert appraise_box(replace(box, work=(wrong, *box.work[1:])), HOUR, CHEAP) is Verdict.WORK


def test_a_custodian_asks_two_hours_less_than_the_sender_pays() -> None:
    paid = make_box(1, price=CHEAP, hours=46)
    assert appraise_box(paid, HOUR, CHEAP) == 0


def test_an_unpaid_box_is_refused_before_its_signature_is_looked_at() -> None:
    unpaid = replace(make_box(1, price=CHEAP), work=(1,) * 8, signature=bytes(SIGNATURE_SIZE))
    assert appraise_box(unpaid, HOUR, CHEAP) is Verdict.WORK


def test_a_box_that_its_owner_did_not_write_is_refused() -> None:
    forged = replace(make_box(1), signature=make_box(2).signature)
    assert appraise_box(forged, HOUR, FREE) is Verdict.SIGNATURE
