"""Blocks cut into boxes and put together again."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core.errors import Malformed
from core.people.format.fragment import (
    CLASSES,
    MAX_BLOCK_SIZE,
    PIECE_SIZE,
    PLAINTEXT_SIZE,
    cut,
    decode_piece,
    pad,
    padded_size,
    unpad,
)


@given(st.integers(0, MAX_BLOCK_SIZE - 1).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_a_block_comes_back_from_its_boxes(data: bytes) -> None:
    plaintexts = cut(pad(data, padded_size(len(data))))
    assert len(plaintexts) in CLASSES
    assert {len(each) for each in plaintexts} == {PLAINTEXT_SIZE}
    pieces = [decode_piece(each) for each in plaintexts]
    assert [(piece.count, piece.number) for piece in pieces] == [(len(pieces), n) for n in range(len(pieces))]
    assert unpad(b"".join(piece.data for piece in pieces)) == data


@given(st.binary(max_size=2 * PLAINTEXT_SIZE))
def test_any_bytes_are_a_piece_or_malformed(data: bytes) -> None:
    try:
        piece = decode_piece(data)
    except Malformed:
        assert len(data) != PLAINTEXT_SIZE or data[0] & 0x3F >= CLASSES[data[0] >> 6]
    else:
        assert piece.number < piece.count
        assert len(piece.data) == PIECE_SIZE


@given(st.binary(max_size=100))
def test_any_bytes_are_padded_or_malformed(data: bytes) -> None:
    try:
        inner = unpad(data)
    except Malformed:
        return
    assert pad(inner, len(data)) == data


@pytest.mark.parametrize(
    ("size", "boxes"), [(0, 1), (766, 1), (767, 4), (3067, 4), (3068, 16), (12_272, 32), (24_543, 32)]
)
def test_the_smallest_class_that_holds_a_block_and_its_mark_is_taken(size: int, boxes: int) -> None:
    assert padded_size(size) == boxes * PIECE_SIZE


def test_what_fits_no_class_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="fits no class"):
        padded_size(MAX_BLOCK_SIZE)
    with pytest.raises(ValueError, match="are no class"):
        cut(bytes(2 * PIECE_SIZE))
    with pytest.raises(ValueError, match="no room"):
        pad(bytes(5), 5)
