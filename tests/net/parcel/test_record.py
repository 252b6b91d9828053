"""Records as bytes, and what a custodian asks of one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from net.bucket import Bucket
from net.errors import DecodeError
from net.events import Verdict
from net.ids import ParcelId
from net.parcel.box import ID_SIZE
from net.parcel.record import (
    CIPHERTEXT_SIZES,
    RECORD_SIZES,
    VERSION,
    Record,
    appraise_record,
    asked_work,
    check_record_terms,
    decode_record,
    encode_record,
    is_signed,
    signed_fields,
)
from net.parcel.work import FULL_PRICE, required_work
from net.primitives import SIGNATURE_SIZE
from simulator import FREE
from tests.support.parcels import CHEAP, HOUR, VECTORS, make_record

U32 = st.integers(0, 2**32 - 1)
RECORDS = st.builds(
    Record,
    record_id=st.binary(min_size=ID_SIZE, max_size=ID_SIZE).map(ParcelId),
    sequence=st.integers(0, 2**64 - 1),
    expiry_hour=U32,
    work=st.tuples(*[U32] * 8),
    ciphertext=st.sampled_from(CIPHERTEXT_SIZES[:2]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    signature=st.binary(min_size=SIGNATURE_SIZE, max_size=SIGNATURE_SIZE),
)


def test_the_frozen_record_is_read_and_made_byte_for_byte() -> None:
    frozen = json.loads(VECTORS.read_text())["record"]
    record = decode_record(bytes.fromhex(frozen["bytes"]))
    assert (record.sequence, record.expiry_hour) == (frozen["sequence"], frozen["expiry_hour"])
    assert is_signed(record)
    assert record.variant().hex() == frozen["variant"]
    signed = signed_fields(record.record_id, record.sequence, record.expiry_hour, record.ciphertext)
    assert signed.hex() == frozen["signed"]
    assert encode_record(record).hex() == frozen["bytes"]


@given(RECORDS)
def test_a_record_survives_its_bytes(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


@given(
    st.binary(max_size=2000) | st.sampled_from(RECORD_SIZES[:2]).flatmap(lambda n: st.binary(min_size=n, max_size=n))
)
def test_any_bytes_are_a_record_or_an_error(data: bytes) -> None:
    try:
        record = decode_record(data)
    except DecodeError:
        assert len(data) not in RECORD_SIZES or data[0] != VERSION
    else:
        assert encode_record(record) == data


@pytest.mark.parametrize("size", CIPHERTEXT_SIZES)
def test_each_class_of_size_is_a_record(size: int) -> None:
    record = make_record(1, 1, size=size)
    assert decode_record(encode_record(record)) == record


def test_other_sizes_are_our_own_bug() -> None:
    with pytest.raises(ValueError):
        encode_record(replace(make_record(1, 1), ciphertext=bytes(1000)))


@pytest.mark.parametrize("at", [1, 40, 44, 80, 1100, RECORD_SIZES[0] - 1])
def test_no_signed_byte_can_be_changed(at: int) -> None:
    data = bytearray(encode_record(make_record(1, 9)))
    data[at] ^= 1
    assert not is_signed(decode_record(bytes(data)))


@pytest.mark.parametrize(("hours", "verdict"), [(-1, Verdict.EXPIRY), (0, None), (2162, None), (2163, Verdict.EXPIRY)])
def test_a_record_expires_within_ninety_days_and_two_hours(hours: int, verdict: Verdict | None) -> None:
    assert check_record_terms(make_record(1, 1, expiry_hour=HOUR + hours), HOUR, Bucket(0, 0)) is verdict


@pytest.mark.parametrize(
    ("hours", "factor", "paid"), [(24, 0, 25), (24, 1, 169), (24, 4, 676), (336, 0, 337), (336, 1, 337)]
)
def test_custodians_ask_for_times_a_week_and_nobody_pays_less_than_for_its_own_hours(
    hours: int, factor: int, paid: int
) -> None:
    an_hour = required_work(RECORD_SIZES[1], 0)
    assert asked_work(RECORD_SIZES[1], hours, FULL_PRICE, factor) == pytest.approx(paid * an_hour)


def test_work_then_signature_are_checked() -> None:
    record = make_record(1, 1, expiry_hour=HOUR + 10, price=CHEAP)
    assert appraise_record(record, HOUR, CHEAP) in {-4, -3}  # ten hours, by the yardstick of a week
    assert appraise_record(replace(record, work=(2**31,) * 8), HOUR) is Verdict.WORK
    assert appraise_record(replace(record, signature=bytes(64)), HOUR, FREE) is Verdict.SIGNATURE
