"""What the price and the terms of a parcel are good for: nobody pays for less than he takes, or is taken elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from net.bucket import Bucket, address_of
from net.errors import DecodeError
from net.events import Verdict
from net.ids import ParcelId
from net.parcel import record
from net.parcel.box import BOX_SIZE, appraise_box, box_digest
from net.parcel.record import (
    CIPHERTEXT_SIZES,
    Record,
    appraise_record,
    check_record_terms,
    decode_record,
    encode_record,
    record_size,
)
from net.parcel.work import appraise, required_work, solve, work_digest
from tests.support.parcels import CHEAP, HOUR, id_of, make_box, make_record

LITTLE = 20_000.0  # compressions: 5 ms
DIGEST = work_digest(b"some parcel")


def worked(made: Record, work: float) -> Record:
    """Return a record with so much work instead of what it should have."""
    digest = record.record_digest(made.record_id, made.sequence, made.expiry_hour, made.ciphertext)
    return replace(made, work=solve(digest, work))


def test_a_record_is_kept_by_custodians_of_its_bucket_only() -> None:
    made = make_record(1, 1)
    elsewhere = address_of(made.record_id) ^ 1 << 31
    assert check_record_terms(made, HOUR, Bucket.of(address_of(made.record_id), 1)) is None
    assert check_record_terms(made, HOUR, Bucket.of(elsewhere, 1)) is Verdict.PREFIX


def test_a_record_for_long_is_not_paid_for_like_one_for_an_hour() -> None:
    made = make_record(1, 1, expiry_hour=HOUR + 90 * 24)
    paid = appraise_record(worked(made, required_work(record_size(1024), 90 * 24, CHEAP)), HOUR, CHEAP)
    assert paid in {3, 4}  # thirteen weeks, by the yardstick of one
    assert appraise_record(worked(made, required_work(record_size(1024), 0, CHEAP)), HOUR, CHEAP) is Verdict.WORK


def test_a_large_record_is_not_paid_for_like_a_small_one() -> None:
    made = make_record(1, 1, size=CIPHERTEXT_SIZES[-1], expiry_hour=HOUR + 20)
    as_small = worked(made, required_work(record_size(CIPHERTEXT_SIZES[0]), 20, CHEAP))
    paid = appraise_record(worked(made, required_work(record_size(CIPHERTEXT_SIZES[-1]), 20, CHEAP)), HOUR, CHEAP)
    assert paid in {-4, -3, -2}  # an eighth of a week
    assert appraise_record(as_small, HOUR, CHEAP) is Verdict.WORK


def test_a_box_for_two_days_is_not_paid_for_like_one_for_an_hour() -> None:
    box = make_box(1, price=CHEAP)
    digest = box_digest(box.prefix, box.expiry_hour, box.box_id, box.ciphertext)
    for_an_hour = solve(digest, required_work(BOX_SIZE, 0, CHEAP))
    assert appraise_box(replace(box, work=for_an_hour), HOUR, CHEAP) is Verdict.WORK


def test_a_box_without_work_is_refused_though_it_is_signed() -> None:
    assert appraise_box(replace(make_box(1, price=CHEAP), work=(0,) * 8), HOUR) is Verdict.WORK


@pytest.mark.parametrize("more", [-1, 1, 976, CIPHERTEXT_SIZES[-1] - CIPHERTEXT_SIZES[0] - 1])
def test_a_record_of_another_size_is_none(more: int) -> None:
    made = encode_record(make_record(1, 1, size=CIPHERTEXT_SIZES[0]))
    with pytest.raises(DecodeError, match="length"):
        decode_record(made[:more] if more < 0 else made + bytes(more))


def test_who_overpays_one_puzzle_has_not_overpaid() -> None:
    plain, dear = solve(DIGEST, LITTLE), solve(DIGEST, 64 * LITTLE)
    surplus = appraise(DIGEST, plain, LITTLE, LITTLE)
    assert surplus is not None
    assert appraise(DIGEST, dear, LITTLE, LITTLE) == 6
    for puzzle in range(8):
        mixed = (*plain[:puzzle], dear[puzzle], *plain[puzzle + 1 :])
        assert appraise(DIGEST, mixed, LITTLE, LITTLE) in {surplus, surplus + 1}


def test_nobody_signs_for_another_id() -> None:
    other = replace(make_box(1, price=CHEAP), signature=make_box(2, price=CHEAP).signature)
    assert appraise_box(other, HOUR, CHEAP) is Verdict.SIGNATURE
    stolen = replace(make_record(1, 1, price=CHEAP), record_id=ParcelId(id_of(2)))
    assert appraise_record(worked(stolen, required_work(record_size(1024), 100, CHEAP)), HOUR, CHEAP) is (
        Verdict.SIGNATURE
    )
