"""A map that merges: whatever meets whatever in any order, all say the same in the end."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core.errors import Malformed
from core.people.format.lww import Entry, alive, decode_state, digest, encode, merge

# Few keys, times and devices, so that everything collides.
entries = st.builds(
    Entry,
    ms=st.integers(0, 3),
    writer=st.sampled_from([b"dev1", b"dev2"]),
    value=st.one_of(st.none(), st.binary(max_size=2)),
)
states = st.dictionaries(st.sampled_from([b"a", b"b", b"c"]), entries)


@given(states, states)
def test_merging_is_commutative(one: dict[bytes, Entry], other: dict[bytes, Entry]) -> None:
    assert merge(one, other) == merge(other, one)


@given(states, states, states)
def test_merging_is_associative(a: dict[bytes, Entry], b: dict[bytes, Entry], c: dict[bytes, Entry]) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(states, states)
def test_merging_is_idempotent_and_loses_no_key(one: dict[bytes, Entry], other: dict[bytes, Entry]) -> None:
    merged = merge(one, other)
    assert merge(merged, one) == merge(merged, other) == merge(merged, merged) == merged
    assert merged.keys() == one.keys() | other.keys()


@given(states)
def test_a_state_survives_its_bytes_which_are_always_the_same(state: dict[bytes, Entry]) -> None:
    data = encode(state)
    assert decode_state(data) == state
    assert encode(dict(reversed(state.items()))) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_a_state_or_malformed(data: bytes) -> None:
    try:
        decode_state(data)
    except Malformed:
        return


def test_what_was_deleted_later_stays_deleted_and_what_was_written_later_stands() -> None:
    written, deleted = {b"k": Entry(5, b"dev1", b"v")}, {b"k": Entry(6, b"dev2", None)}
    assert alive(merge(written, deleted)) == {}
    assert alive(merge(merge(written, deleted), {b"k": Entry(7, b"dev1", b"w")})) == {b"k": b"w"}
    assert digest(written) != digest(deleted)


@pytest.mark.parametrize("entry", [Entry(1 << 47, b"dev1", b""), Entry(0, b"dev", b""), Entry(0, b"dev1", b"x" * 4097)])
def test_what_is_out_of_bounds_is_malformed(entry: Entry) -> None:
    with pytest.raises(Malformed):
        decode_state(encode({b"k": entry}))
