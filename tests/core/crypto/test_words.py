"""The eighteen words and the list they come from."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from string import ascii_lowercase

import pytest
from hypothesis import assume, given, strategies as st

from core.crypto.seed import draw_seed, is_checked
from core.crypto.words import (
    WORDS_SHA256,
    BadWords,
    WordsMismatch,
    complete,
    load_words,
    nearest,
    place_of,
    seed_of,
    words_of,
)
from tests.support.devices import repeatable

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "keys.json").read_text())
LIST = load_words()
SEED = draw_seed(repeatable("words"))

seed_bytes = st.binary(min_size=27, max_size=27)
list_words = st.sampled_from(LIST)


def slips_of(word: str) -> set[str]:
    """Every string that one typing slip makes of a word."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    dropped = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    replaced = {head + letter + tail[1:] for head, tail in cuts if tail for letter in ascii_lowercase}
    inserted = {head + letter + tail for head, tail in cuts for letter in ascii_lowercase}
    return (dropped | swapped | replaced | inserted) - {word}


def test_the_list_is_the_pinned_one() -> None:
    text = (Path(__file__).parents[3] / "core" / "words.txt").read_bytes()
    assert sha256(text).hexdigest() == WORDS_SHA256
    assert text == "".join(f"{word}\n" for word in LIST).encode()


def test_the_list_has_4096_short_sorted_lower_case_words() -> None:
    assert len(LIST) == len(set(LIST)) == 4096
    assert list(LIST) == sorted(LIST)
    assert all(3 <= len(word) <= 8 and set(word) <= set(ascii_lowercase) for word in LIST)


def test_four_letters_name_a_word() -> None:
    assert len({word[:4] for word in LIST}) == 4096


@pytest.mark.slow
def test_no_word_is_one_slip_from_another() -> None:
    words = set(LIST)
    assert [word for word in LIST if words & slips_of(word)] == []


def test_words_of_the_vectors() -> None:
    for case in VECTORS["accounts"]["cases"]:
        assert words_of(bytes.fromhex(case["seed"])) == case["words"].split()
        assert seed_of(case["words"].split()).hex() == case["seed"]


@given(seed_bytes)
def test_any_seed_survives_its_words(seed: bytes) -> None:
    words = words_of(seed)
    assert len(words) == 18
    assert seed_of(words, accept_mismatch=True) == seed


@given(seed_bytes)
def test_four_letters_any_case_and_accents_are_enough(seed: bytes) -> None:
    typed = [f" {word[:4].upper().replace('E', 'É')}\t" for word in words_of(seed)]
    assert seed_of(typed, accept_mismatch=True) == seed


@given(st.integers(0, 17), list_words)
def test_one_other_word_is_caught_by_the_seed_check(position: int, word: str) -> None:
    words = words_of(SEED)
    assume(words[position] != word)
    words[position] = word
    other = seed_of(words, accept_mismatch=True)
    if is_checked(other):  # one time in 256
        assert seed_of(words) == other
    else:
        with pytest.raises(WordsMismatch):
            seed_of(words)


def test_swapped_words_are_caught() -> None:
    words = words_of(SEED)
    words[3], words[4] = words[4], words[3]
    with pytest.raises(WordsMismatch):
        seed_of(words)


@given(st.data(), list_words)
def test_one_slip_in_a_word_never_makes_another_word(data: st.DataObject, word: str) -> None:
    slip = data.draw(st.sampled_from(sorted(slips_of(word))))
    place = place_of(slip)
    assert slip not in LIST
    assert place is None or LIST[place].startswith(
        slip
    )  # what is left is the start of a word: the seed's check decides


@given(st.data(), list_words.filter(lambda word: len(word) >= 6))
def test_a_slip_in_a_long_word_is_put_right(data: st.DataObject, word: str) -> None:
    slip = data.draw(st.sampled_from(sorted(slips_of(word))))
    assume(len(slip) >= 6)
    assert nearest(slip) in {word, None}
    if nearest(slip) is None:  # two words are one slip from it: saying nothing beats a guess
        assert len([other for other in LIST if slip in slips_of(other)]) > 1


def test_unknown_words_are_named_by_position() -> None:
    words = words_of(SEED)
    words[0], words[17] = "xyzzy", ""
    with pytest.raises(BadWords) as caught:
        seed_of(words)
    assert (caught.value.positions, caught.value.count) == ((0, 17), 18)


@pytest.mark.parametrize("count", [0, 17, 19, 1000])
def test_another_count_of_words_is_refused(count: int) -> None:
    with pytest.raises(BadWords) as caught:
        seed_of((words_of(SEED) * 56)[:count])
    assert caught.value.count == count


@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_typing_is_a_seed_or_a_typed_error(typed: list[str]) -> None:
    with pytest.raises(BadWords):
        seed_of(typed)


def test_three_letters_are_a_word_only_when_they_are_the_whole_word() -> None:
    assert LIST[place_of("add") or 0] == "add"
    assert LIST[place_of("addr") or 0] == "address"
    assert place_of("zeb") is None


@given(list_words, st.integers(1, 8))
def test_completion_offers_every_word_with_that_beginning(word: str, size: int) -> None:
    assert complete(word[:size].upper()) == [other for other in LIST if other.startswith(word[:size])]


def test_nothing_completes_to_nothing() -> None:
    assert complete("") == complete("qqq") == []
    assert nearest("qqqqqq") is None


def test_27_bytes_and_no_other_number_have_words() -> None:
    with pytest.raises(ValueError, match="27"):
        words_of(bytes(26))
