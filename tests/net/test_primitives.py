"""What the primitives of ``net`` refuse."""

from __future__ import annotations

from random import Random

import pytest

from net.errors import Unauthenticated
from net.primitives import equal, sign_by_seed, verify_signature, x25519

SEED = Random(3).randbytes(32)
MESSAGE = b"some bytes that were signed"
# Points of order 1, 4 and 8 (RFC 7748's curve); every secret gives zero with them.
SMALL_ORDER = (
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
)


def test_a_signature_is_good_for_its_key_and_its_bytes_alone() -> None:
    public, signature = sign_by_seed(SEED, MESSAGE)
    assert verify_signature(public, signature, MESSAGE)
    assert not verify_signature(public, signature, MESSAGE + b"!")
    assert not verify_signature(public, signature[:-1] + bytes([signature[-1] ^ 1]), MESSAGE)
    assert not verify_signature(sign_by_seed(bytes(32), b"")[0], signature, MESSAGE)


@pytest.mark.parametrize("cut", [0, 63, 65])
def test_no_other_cut_between_signature_and_message_is_taken(cut: int) -> None:
    public, signature = sign_by_seed(SEED, MESSAGE)
    whole = signature + MESSAGE
    assert not verify_signature(public, whole[:cut], whole[cut:])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_verifies_nothing(size: int) -> None:
    public, signature = sign_by_seed(SEED, MESSAGE)
    assert not verify_signature((public + b"x")[:size], signature, MESSAGE)


@pytest.mark.parametrize("point", SMALL_ORDER, ids=["0", "1", "order 8"])
def test_a_key_of_small_order_makes_no_secret_that_everybody_knows(point: bytes) -> None:
    with pytest.raises(Unauthenticated):
        x25519(SEED, point)


def test_marks_are_compared_to_their_last_byte() -> None:
    assert equal(b"sixteen bytes!!!", b"sixteen bytes!!!")
    assert not equal(b"sixteen bytes!!!", b"sixteen bytes!!?")
    assert not equal(b"sixteen bytes!!!", b"sixteen bytes!!")
