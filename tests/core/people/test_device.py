"""Device certificates: the word of an identity, and of a device that vouches."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives
from core.errors import Malformed, Newer
from core.people.format.bounds import decode
from core.people.format.device import ACTIVE, REMOVED, VERSION, Certificate, certify, check, is_vouched_by

SEED, DEVICE_SEED, VOUCHER_SEED = b"i" * 32, b"d" * 32, b"v" * 32
DEVICE, VOUCHER = primitives.ed25519_public(DEVICE_SEED), primitives.ed25519_public(VOUCHER_SEED)
CERTIFICATE = certify(SEED, DEVICE, 12_345, VOUCHER_SEED)
ALONE = certify(SEED, DEVICE, 12_345)


def entry(certificate: Certificate) -> bytes:
    """Return what of an entry of the list is signed, written out once more."""
    return (
        certificate.identity
        + certificate.device
        + certificate.created_at.to_bytes(8, "big")
        + certificate.number.to_bytes(4, "big")
        + bytes([certificate.state])
        + (certificate.voucher or bytes(32))
    )


def resigned(seed: bytes = SEED, voucher_seed: bytes = VOUCHER_SEED, /, **fields: object) -> Certificate:
    """Return the certificate with other fields, and whatever signatures its makers give for that."""
    changed = msgspec.structs.replace(CERTIFICATE, **fields)
    return msgspec.structs.replace(
        changed,
        signature=primitives.ed25519_sign(seed, b"sottovoce/v1/device" + entry(changed)),
        vouch=primitives.ed25519_sign(voucher_seed, b"sottovoce/v1/vouch" + entry(changed)),
    )


def test_a_certificate_is_the_word_of_its_identity() -> None:
    for certificate in (CERTIFICATE, ALONE):
        assert check(certificate) == certificate
        assert certificate.identity == primitives.ed25519_public(SEED)
        assert certificate.tag == certificate.device[:4]
        assert decode(Certificate, msgspec.msgpack.encode(certificate), "certificate") == certificate
    assert resigned() == CERTIFICATE


@pytest.mark.parametrize("certificate", [CERTIFICATE, ALONE], ids=["vouched", "alone"])
@pytest.mark.parametrize("field", ["identity", "device", "created_at", "number", "state", "voucher", "signature"])
@given(data=st.data())
def test_a_certificate_with_anything_changed_is_refused(
    field: str, certificate: Certificate, data: st.DataObject
) -> None:
    before: bytes | int = getattr(certificate, field)
    if isinstance(before, bytes) and before:
        value = bytearray(before)
        value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
        after: bytes | int = bytes(value)
    elif isinstance(before, bytes):
        after = data.draw(st.binary(min_size=32, max_size=32).filter(any))
    else:
        top = {"created_at": (1 << 47) - 1, "number": (1 << 32) - 1, "state": 255}[field]
        after = data.draw(st.integers(0, top).filter(lambda value: value != before))
    changed = msgspec.structs.replace(certificate, **{field: after})
    with pytest.raises(Malformed):
        check(changed)


@given(st.data())
def test_an_encoded_certificate_with_a_byte_changed_is_the_same_one_or_refused(data: st.DataObject) -> None:
    """Of all bytes only the vouch is not the identity's word; who reads it checks it by itself."""
    broken = bytearray(msgspec.msgpack.encode(CERTIFICATE))
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = check(decode(Certificate, bytes(broken), "certificate"))
    except Malformed:
        return
    assert msgspec.structs.replace(found, vouch=CERTIFICATE.vouch) == CERTIFICATE
    if found.vouch != CERTIFICATE.vouch:
        assert not is_vouched_by(found, VOUCHER)


@pytest.mark.parametrize("state", [REMOVED, 2, 255])
def test_a_device_that_is_not_active_is_refused_though_it_is_signed(state: int) -> None:
    assert check(resigned(state=ACTIVE)).state == ACTIVE
    with pytest.raises(Malformed):
        check(resigned(state=state))


@pytest.mark.parametrize("size", [1, 31])
def test_a_voucher_is_a_key_or_nothing(size: int) -> None:
    """What is signed is filled up with zeros: a short one has the signature of none at all."""
    with pytest.raises(Malformed):
        check(msgspec.structs.replace(ALONE, voucher=bytes(size)))


def test_a_certificate_of_a_later_version_asks_for_a_newer_program() -> None:
    later = msgspec.structs.replace(CERTIFICATE, version=VERSION + 1, state=77, voucher=b"another shape")
    with pytest.raises(Newer):
        check(later)


def test_the_same_version_may_say_more_than_we_read() -> None:
    longer = [*msgspec.msgpack.decode(msgspec.msgpack.encode(CERTIFICATE)), "from the future"]
    assert check(decode(Certificate, msgspec.msgpack.encode(longer), "certificate")) == CERTIFICATE


@pytest.mark.parametrize(
    "values",
    [
        {0: 0},
        {0: 1 << 16},
        {1: bytes(31)},
        {2: bytes(33)},
        {3: -1},
        {3: 1 << 47},
        {4: 1 << 32},
        {5: 256},
        {5: -1},
        {6: bytes(33)},
        {7: bytes(65)},
        {8: bytes(63)},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_malformed(values: dict[int, object]) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(CERTIFICATE))
    for at, value in values.items():
        fields[at] = value
    with pytest.raises(Malformed):
        decode(Certificate, msgspec.msgpack.encode(fields), "certificate")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        check(decode(Certificate, data, "certificate"))


# --- who vouches ------------------------------------------------------------------------------------------------------


def test_a_device_is_vouched_for_by_the_one_that_signed_it() -> None:
    assert is_vouched_by(CERTIFICATE, VOUCHER)
    assert not is_vouched_by(ALONE, VOUCHER)
    assert not is_vouched_by(ALONE, b"")
    assert not is_vouched_by(CERTIFICATE, primitives.ed25519_public(b"x" * 32))


def test_a_vouch_counts_for_the_device_only_that_the_certificate_names() -> None:
    other = b"x" * 32
    assert is_vouched_by(
        resigned(SEED, other, voucher=primitives.ed25519_public(other)), primitives.ed25519_public(other)
    )
    assert not is_vouched_by(resigned(SEED, other), primitives.ed25519_public(other))


def test_no_device_vouches_for_itself() -> None:
    itself = certify(SEED, DEVICE, 12_345, DEVICE_SEED)
    assert check(itself).voucher == DEVICE
    assert not is_vouched_by(itself, DEVICE)


def test_who_has_only_the_words_cannot_vouch_in_a_known_devices_name() -> None:
    """The identity may name any voucher it likes: the vouch itself is what it lacks."""
    for claimed in (
        resigned(SEED, SEED),  # by the identity's key
        resigned(SEED, DEVICE_SEED),  # by the device's own
        msgspec.structs.replace(CERTIFICATE, vouch=b""),
        msgspec.structs.replace(CERTIFICATE, vouch=CERTIFICATE.signature),
        msgspec.structs.replace(ALONE, vouch=CERTIFICATE.vouch),
    ):
        check(claimed)
        assert not is_vouched_by(claimed, VOUCHER)


def test_the_vouch_of_a_device_of_another_identity_is_not_one_for_this_account() -> None:
    """Bob's device vouched for a key as bob's; mallory certifies the same key and takes that vouch along."""
    mallory = b"m" * 32
    stolen = msgspec.structs.replace(certify(mallory, DEVICE, 12_345), voucher=VOUCHER, vouch=CERTIFICATE.vouch)
    signature = primitives.ed25519_sign(mallory, b"sottovoce/v1/device" + entry(stolen))
    claimed = check(msgspec.structs.replace(stolen, signature=signature))
    assert not is_vouched_by(claimed, VOUCHER)


@pytest.mark.parametrize(
    "fields",
    [
        {"identity": primitives.ed25519_public(b"x" * 32)},
        {"device": VOUCHER[::-1]},
        {"created_at": 9},
        {"number": 2},
        {"state": 1},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_vouch_is_for_one_entry_of_the_list_alone(fields: dict[str, object]) -> None:
    assert not is_vouched_by(msgspec.structs.replace(CERTIFICATE, **fields), VOUCHER)


@given(st.integers(0, 63), st.integers(1, 255))
def test_a_vouch_with_any_byte_changed_is_none(at: int, by: int) -> None:
    vouch = bytearray(CERTIFICATE.vouch)
    vouch[at] ^= by
    assert not is_vouched_by(msgspec.structs.replace(CERTIFICATE, vouch=bytes(vouch)), VOUCHER)


def test_neither_signature_stands_for_the_other() -> None:
    """An identity that is a device's key as well signs each under a label of its own."""
    both = certify(VOUCHER_SEED, DEVICE, 5, VOUCHER_SEED)
    assert both.signature != both.vouch
    with pytest.raises(Malformed):
        check(msgspec.structs.replace(both, signature=both.vouch))
    assert not is_vouched_by(msgspec.structs.replace(both, vouch=both.signature), VOUCHER)
