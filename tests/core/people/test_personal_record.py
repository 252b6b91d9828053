"""Where an account's own state lies in the network, and that only its words open it."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.format import personal_record
from core.people.format.account_keys import AccountKeys, keys_of_seed
from core.people.format.lww import Entry, decode_state, encode
from core.people.format.personal_record import (
    MAX_STATE_SIZE,
    ROOM,
    STATE_SIZES,
    compress,
    next_sequence,
    open_record,
)
from core.people.record.account_state import smaller
from net.ids import ParcelId
from net.parcel.record import Record, encode_record

KEYS = keys_of_seed(b"a" * 27)
EPOCH, SEQUENCE, EXPIRY = 670, 1 << 16, 500_000


def sealed(
    compressed: bytes, *, keys: AccountKeys = KEYS, epoch: int = EPOCH, sequence: int = SEQUENCE, expiry: int = EXPIRY
) -> Record:
    ciphertext = personal_record.seal(keys, epoch, sequence, expiry, compressed)
    signature = personal_record.sign(keys, epoch, sequence, expiry, ciphertext)
    return Record(personal_record.record_id(keys, epoch), sequence, expiry, (0,) * 8, ciphertext, signature)


@settings(max_examples=20)
@given(st.binary(max_size=3000))
def test_what_is_sealed_is_opened_and_of_one_size_for_few_contacts(state: bytes) -> None:
    record = sealed(compress(state))
    assert len(record.ciphertext) == STATE_SIZES[0]
    opened = open_record(KEYS, EPOCH, encode_record(record))
    assert (opened.sequence, opened.state) == (SEQUENCE, state)


def test_the_fullest_record_fits_and_one_byte_more_is_refused() -> None:
    assert len(sealed(bytes(ROOM)).ciphertext) == STATE_SIZES[1]
    with pytest.raises(ValueError, match="padding"):
        sealed(bytes(ROOM + 1))


def test_every_epoch_has_an_id_of_its_own_that_only_the_seed_gives() -> None:
    ids = {personal_record.record_id(keys, epoch) for keys in (KEYS, keys_of_seed(b"b" * 27)) for epoch in range(4)}
    assert len(ids) == 8
    write_only = AccountKeys(b"i" * 32, b"i" * 32, KEYS.record_write, b"r" * 32)
    assert personal_record.record_id(write_only, 1) in ids


def test_neither_other_words_nor_another_epoch_open_it() -> None:
    data = encode_record(sealed(compress(b"mine")))
    for keys, epoch in ((keys_of_seed(b"b" * 27), EPOCH), (KEYS, EPOCH + 1)):
        with pytest.raises(OpenFailed):
            open_record(keys, epoch, data)
    blind = AccountKeys(KEYS.identity, KEYS.inbox, KEYS.record_write, b"r" * 32)
    with pytest.raises(OpenFailed):
        open_record(blind, EPOCH, data)


def test_a_record_under_another_number_or_expiry_does_not_open() -> None:
    """A custodian cannot make an old content look new: the signature covers both, and so does the seal."""
    true = sealed(compress(b"old"))
    for sequence, expiry in ((SEQUENCE + 1, EXPIRY), (SEQUENCE, EXPIRY + 1)):
        forged = Record(true.record_id, sequence, expiry, true.work, true.ciphertext, true.signature)
        with pytest.raises(OpenFailed):
            open_record(KEYS, EPOCH, encode_record(forged))
        signature = personal_record.sign(KEYS, EPOCH, sequence, expiry, true.ciphertext)
        signed = Record(true.record_id, sequence, expiry, true.work, true.ciphertext, signature)
        with pytest.raises(OpenFailed):
            open_record(KEYS, EPOCH, encode_record(signed))


def test_a_record_that_the_epochs_key_did_not_sign_does_not_open() -> None:
    true = sealed(compress(b"mine"))
    signature = bytes([true.signature[0] ^ 1]) + true.signature[1:]
    forged = Record(true.record_id, true.sequence, true.expiry_hour, true.work, true.ciphertext, signature)
    with pytest.raises(OpenFailed):
        open_record(KEYS, EPOCH, encode_record(forged))


@pytest.mark.parametrize(
    "compressed",
    [
        b"",
        b"no zlib",
        zlib.compress(b"x")[:-1],
        zlib.compress(b"x") + b"more",
        zlib.compress(bytes(MAX_STATE_SIZE + 1)),
    ],
    ids=["empty", "junk", "cut", "followed", "bomb"],
)
def test_what_decompresses_badly_is_malformed(compressed: bytes) -> None:
    with pytest.raises(Malformed):
        open_record(KEYS, EPOCH, encode_record(sealed(compressed)))


def test_each_number_seals_under_a_key_of_its_own_and_equal_ones_give_away_equality_at_most() -> None:
    one = sealed(compress(b"state"))
    again, other = sealed(compress(b"state")), sealed(compress(b"state"), sequence=SEQUENCE + 1)
    assert one.ciphertext == again.ciphertext
    assert not set(zip(range(64), one.ciphertext, strict=False)) >= set(zip(range(64), other.ciphertext, strict=False))
    sister = sealed(compress(b"another"))
    assert sum(a == b for a, b in zip(one.ciphertext[:512], sister.ciphertext[:512], strict=True)) < 32


@given(st.integers(0, (1 << 62) - 1), st.integers(0, (1 << 16) - 1))
def test_the_next_number_is_above_every_one_seen(highest: int, random: int) -> None:
    assert highest < next_sequence(highest, random) <= highest + (2 << 16)


def test_the_signature_is_by_the_epochs_id() -> None:
    record = sealed(compress(b""))
    assert primitives.ed25519_verify(record.record_id, record.signature, b"sottovoce/v1/record" + record.fields())
    assert ParcelId(record.record_id) == personal_record.record_id(KEYS, EPOCH)


@pytest.mark.parametrize(("contacts", "certificates"), [(150, True), (300, False), (700, False)])
def test_what_does_not_fit_goes_certificates_first_then_the_contacts_unchanged_longest(
    contacts: int, *, certificates: bool
) -> None:
    state = {b"name": Entry(0, b"dev1", b"alice")}
    heads = [b"contact" + primitives.sha256(n.to_bytes(2, "big")) for n in range(contacts)]
    for ms, head in enumerate(heads):
        state[head + b"inbox"] = Entry(ms, b"dev1", primitives.sha256(head + b"inbox"))
        state[head + b"root" + primitives.sha256(head)] = Entry(ms, b"dev1", primitives.sha256(head + b"root"))
        state[head + b"device" + bytes(32)] = Entry(ms, b"dev1", head * 4)
        state[head + b"device" + bytes(31) + b"1"] = Entry(ms, b"dev1", primitives.hkdf(head, b"certificate", 200))
    fitting = next(data for each in smaller(state) if len(data := compress(encode(each))) <= ROOM)
    kept = decode_state(zlib.decompress(fitting))
    assert kept[b"name"] == state[b"name"]
    assert any(key[39:45] == b"device" for key in kept) == certificates
    known = [head + b"inbox" in kept for head in heads]
    assert known == sorted(known), "the latest are kept"
    assert sum(known) == contacts if contacts <= 300 else sum(known) >= 350
