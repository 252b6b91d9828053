"""Seed, key tree, identity."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives, seed as seeds
from core.crypto.seed import IDENTITY_SIZE, BadIdentity, draw_seed, identity_of, identity_of_seed, is_checked
from tests.support.devices import repeatable

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "keys.json").read_text())
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
MALLORY_IDENTITY = identity_of_seed(bytes(27))

seed_bytes = st.binary(min_size=27, max_size=27)


@pytest.mark.parametrize("case", VECTORS["hkdf"]["cases"], ids=lambda case: case["name"])
def test_hkdf_gives_the_rfc_5869_vectors(case: dict[str, str | int]) -> None:
    ikm, salt, info = (bytes.fromhex(str(case[field])) for field in ("ikm", "salt", "info"))
    assert primitives.hkdf(ikm, info, int(case["size"]), salt).hex() == case["okm"]


def test_three_accounts_come_out_byte_for_byte() -> None:
    draw = repeatable("keys.json")
    for case in VECTORS["accounts"]["cases"]:
        seed = draw_seed(draw)
        assert seed.hex() == case["seed"]
        assert seeds.identity_key(seed).hex() == case["id_sign"]
        assert seeds.derive(seed, seeds.LABEL_SELF_BOX, 1).hex() == case["self_box_1"]
        assert primitives.ed25519_public(seeds.identity_key(seed)).hex() == case["public_key"]
        assert identity_of_seed(seed) == case["identity"]


def test_a_drawn_seed_is_27_bytes_and_carries_its_check() -> None:
    seed = draw_seed()
    assert len(seed) == 27
    assert is_checked(seed)
    assert draw_seed() != seed


@given(seed_bytes)
def test_every_label_and_index_gives_a_key_of_its_own(seed: bytes) -> None:
    labels = (
        seeds.LABEL_ID_SIGN,
        seeds.LABEL_SELF_BOX,
        seeds.LABEL_SELF_KV_WRITE,
        seeds.LABEL_SELF_KV_READ,
        seeds.LABEL_RECOVER,
        seeds.LABEL_D3M,
    )
    keys = {seeds.derive(seed, label, index) for label in labels for index in (0, 1, 0xFFFFFFFF)}
    assert len(keys) == len(labels) * 3


@given(seed_bytes)
def test_an_identity_names_its_key_and_stock_base32_reads_it(seed: bytes) -> None:
    identity = identity_of_seed(seed)
    key = primitives.ed25519_public(seeds.identity_key(seed))
    assert len(identity) == IDENTITY_SIZE
    assert seeds.public_key_of(identity) == key
    assert base64.b32decode(identity.upper() + "====") == key


@given(seed_bytes, st.integers(0, 15))
def test_only_one_of_the_sixteen_spellings_of_a_key_is_an_identity(seed: bytes, bits: int) -> None:
    identity = identity_of_seed(seed)
    last = ALPHABET[ALPHABET.index(identity[-1]) & 16 | bits]
    if last == identity[-1]:
        return
    with pytest.raises(BadIdentity):
        seeds.public_key_of(identity[:-1] + last)


def test_nearly_every_single_slip_in_an_identity_is_refused() -> None:
    """A slip passes four bits of checksum and membership of the group once in 256: of 1612 slips about six do."""
    slips = [
        MALLORY_IDENTITY[:at] + letter + MALLORY_IDENTITY[at + 1 :]
        for at in range(IDENTITY_SIZE)
        for letter in ALPHABET
        if letter != MALLORY_IDENTITY[at]
    ]
    passed = sum(1 for slip in slips if _is_identity(slip))
    assert len(slips) == 1612
    assert passed < 20


@given(st.text(max_size=60))
def test_any_text_is_an_identity_or_refused(text: str) -> None:
    assert not _is_identity(text) or identity_of(seeds.public_key_of(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", MALLORY_IDENTITY.upper(), MALLORY_IDENTITY[:-1], MALLORY_IDENTITY + "a", " " + MALLORY_IDENTITY[1:]],
)
def test_other_spellings_are_refused(text: str) -> None:
    assert not _is_identity(text)


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_points_of_small_order_are_nobody(point: bytes) -> None:
    assert not _is_identity(identity_of(point))


def test_a_key_of_another_length_has_no_identity() -> None:
    with pytest.raises(BadIdentity):
        identity_of(bytes(31))


def _is_identity(text: str) -> bool:
    try:
        seeds.public_key_of(text)
    except BadIdentity:
        return False
    return True
