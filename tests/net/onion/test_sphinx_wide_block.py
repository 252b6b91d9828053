"""The wide block cipher: each bit of the result depends on each bit of the input, and nothing gets longer."""

from __future__ import annotations

from random import Random

from hypothesis import given, strategies as st

from net.onion.packets.wide_block import WIDE_KEY_SIZE, WideBlock
from net.primitives import sha256

KEYS = st.binary(min_size=WIDE_KEY_SIZE, max_size=WIDE_KEY_SIZE)
TWEAKS = st.integers(0, 2**64 - 1)
BLOCKS = st.binary(min_size=17, max_size=1200)
KEY = bytes(range(WIDE_KEY_SIZE))
SIZE = 967
FROZEN = "a87ae380640e06d9707d58c5b95ed30585a5edf1cb53f43c47a33050b069477bd6245d82f32722c4"
FROZEN_LONG = "335b0a9f2510ec1c66923b6d774c74e49d88e3357a9dd92b7e5df4d40272264d"


def distance(one: bytes, other: bytes) -> int:
    """Return in how many bits two blocks differ."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@given(key=KEYS, tweak=TWEAKS, block=BLOCKS)
def test_opening_undoes_sealing_and_the_size_stays(key: bytes, tweak: int, block: bytes) -> None:
    ours, theirs = WideBlock(key), WideBlock(key)
    sealed = ours.seal(block, tweak)
    assert len(sealed) == len(block)
    assert theirs.open(sealed, tweak) == block
    assert ours.seal(theirs.open(block, tweak), tweak) == block  # a permutation, either way round


@given(key=KEYS, tweak=TWEAKS, other=TWEAKS)
def test_each_tweak_is_another_permutation(key: bytes, tweak: int, other: int) -> None:
    cipher = WideBlock(key)
    assert (cipher.seal(bytes(40), tweak) == cipher.seal(bytes(40), other)) == (tweak == other)


def test_a_flipped_bit_anywhere_changes_half_of_everything() -> None:
    cipher, block = WideBlock(KEY), Random(1).randbytes(SIZE)
    sealed, opened = cipher.seal(block), cipher.open(block)
    for bit in range(0, 8 * SIZE, 3):
        altered = (int.from_bytes(block, "big") ^ 1 << bit).to_bytes(SIZE, "big")
        # Half of 7736 bits is 3868; seven standard deviations are 308.
        assert abs(distance(cipher.seal(altered), sealed) - 4 * SIZE) < 308
        assert abs(distance(cipher.open(altered), opened) - 4 * SIZE) < 308
        assert any(cipher.open(altered)[:8])


def test_each_part_of_the_key_counts() -> None:
    sealed = WideBlock(KEY).seal(bytes(SIZE))
    for at in (0, 31, 32, 63, 64, 95):
        altered = KEY[:at] + bytes([KEY[at] ^ 1]) + KEY[at + 1 :]
        assert WideBlock(altered).open(sealed) != bytes(SIZE)


def test_the_bytes_are_those_frozen_with_the_protocol() -> None:
    cipher = WideBlock(KEY)
    assert cipher.seal(bytes(range(40)), 7).hex() == FROZEN
    assert sha256(cipher.seal(bytes(1152), 2**64 - 1)).hex() == FROZEN_LONG
