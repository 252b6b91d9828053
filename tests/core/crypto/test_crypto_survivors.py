"""What the primitives of people refuse, and what their signatures must never give away."""

from __future__ import annotations

import os
from importlib.resources import files
from random import Random

import pytest
import vodozemac

from core.crypto.primitives import (
    KEY_SIZE,
    aead_open,
    aead_seal,
    ed25519_public,
    ed25519_sign,
    ed25519_verify,
    equal,
    is_x25519_public,
    is_xwing_public,
    scalar_from,
    scalar_public,
    scalar_sign,
    xwing_generate,
)
from core.crypto.ratchet import Session
from core.crypto.seed import BadIdentity, derive, draw_seed, identity_of, identity_of_seed, is_checked, public_key_of
from core.crypto.words import (
    BadWords,
    WordListDamaged,
    WordsMismatch,
    load_words,
    place_of,
    seed_of,
    words_in,
    words_of,
)
from core.errors import OpenFailed

SEED = Random(1).randbytes(KEY_SIZE)
MESSAGE = b"some bytes that were signed"


@pytest.mark.parametrize("cut", [0, 63, 65])
def test_no_other_cut_between_signature_and_message_is_taken(cut: int) -> None:
    whole = ed25519_sign(SEED, MESSAGE) + MESSAGE
    assert ed25519_verify(ed25519_public(SEED), whole[:64], whole[64:])
    assert not ed25519_verify(ed25519_public(SEED), whole[:cut], whole[cut:])


def test_a_signature_is_good_for_its_key_and_its_bytes_alone() -> None:
    signature = ed25519_sign(SEED, MESSAGE)
    assert not ed25519_verify(ed25519_public(SEED), signature, MESSAGE[:-1])
    assert not ed25519_verify(ed25519_public(bytes(KEY_SIZE)), signature, MESSAGE)
    assert not ed25519_verify(ed25519_public(SEED)[:-1], signature, MESSAGE)


def test_a_blinded_key_never_signs_two_messages_with_one_nonce() -> None:
    scalar = scalar_from(b"one blinded key")
    commitments = {scalar_sign(scalar, number.to_bytes(4, "big"))[:32] for number in range(50)}
    assert len(commitments) == 50, "two signatures with one nonce tell the key"


def test_a_nonce_hangs_on_the_secret_and_not_on_what_everybody_sees() -> None:
    commitments = {scalar_sign(scalar_from(b"key %d" % number), MESSAGE)[:32] for number in range(50)}
    assert len(commitments) == 50, "who can work out a nonce has the key"
    signature = scalar_sign(scalar_from(b"key 1"), MESSAGE)
    assert signature == scalar_sign(scalar_from(b"key 1"), MESSAGE), "the same again is the same again"
    assert ed25519_verify(scalar_public(scalar_from(b"key 1")), signature, MESSAGE)


@pytest.mark.parametrize("nonce", [b"", bytes(5), bytes(12)])
@pytest.mark.parametrize("size", [0, 1, 15, 40])
def test_a_seal_that_was_cut_short_opens_as_nothing_and_ends_nothing(nonce: bytes, size: int) -> None:
    sealed = aead_seal(SEED, bytes(12), b"a text of a few words and more", b"")
    with pytest.raises(OpenFailed):
        aead_open(SEED, nonce, sealed[:size], b"")


def test_seals_are_compared_to_their_last_byte() -> None:
    assert equal(bytes(32), bytes(32))
    assert not equal(bytes(32), bytes(31) + b"\x01")


def test_a_hybrid_key_is_none_when_either_half_is_none() -> None:
    _, public = xwing_generate()
    assert is_xwing_public(public)
    assert not is_xwing_public(public[:1184] + bytes(32)), "the classical half contributes nothing"
    assert not is_xwing_public(b"\xff" * 1184 + public[1184:]), "the post-quantum half is no key"
    assert not is_xwing_public(public[:-1])
    assert not is_xwing_public(public + b"\0"), "what is behind it would be passed over"
    assert not is_x25519_public(public[1184:-1])
    assert not is_x25519_public(bytes([1]) + bytes(31))


# The account and its words.


def test_an_identity_has_one_spelling_and_names_a_point() -> None:
    identity = identity_of_seed(bytes(27))
    assert identity_of(public_key_of(identity)) == identity
    for slip in ("a", "7"):
        with pytest.raises(BadIdentity):
            public_key_of(identity[:-1] + (slip if identity[-1] != slip else "b"))
    with pytest.raises(BadIdentity):
        public_key_of(identity_of(bytes([1]) + bytes(31)))
    with pytest.raises(BadIdentity):
        identity_of(bytes(33))


def test_a_seed_is_drawn_until_it_carries_its_check() -> None:
    random = Random(4)
    assert all(is_checked(draw_seed(random.randbytes)) for _ in range(5))
    assert sum(is_checked(random.randbytes(27)) for _ in range(512)) < 20


def test_no_two_purposes_or_numbers_have_one_key() -> None:
    keys = {derive(bytes(27), label, index) for label in (b"one", b"two") for index in (0, 1, 256)}
    assert len(keys) == 6


def test_a_word_list_that_was_changed_gives_nobody_another_account() -> None:
    text = files("core").joinpath("words.txt").read_bytes()
    assert words_in(text) == load_words()
    assert len(load_words()) == 4096
    for other in (text.upper(), text + b"more\n", text[:-1], b""):
        with pytest.raises(WordListDamaged):
            words_in(other)


def test_wrong_words_are_noticed() -> None:
    seed = draw_seed(Random(5).randbytes)
    right = words_of(seed)
    assert seed_of(right) == seed
    others = [word for word in load_words()[:300] if word != right[3]]
    noticed = 0
    for word in others:
        try:
            seed_of([*right[:3], word, *right[4:]])
        except WordsMismatch:
            noticed += 1
    assert noticed > 0.98 * len(others)
    for count in (17, 19):
        with pytest.raises(BadWords):
            seed_of((right * 2)[:count])


def test_a_word_of_which_only_the_beginning_is_right_is_none() -> None:
    word = next(word for word in load_words() if len(word) > 5)
    assert place_of(word) == place_of(word[:4]) == load_words().index(word)
    assert place_of(word[:4] + "qq") is None


# Ratchets.


def pair() -> tuple[Session, Session]:
    """Return both ends of a session that is open."""
    ours, theirs = vodozemac.Account(), vodozemac.Account()
    theirs.generate_one_time_keys(1)
    (key,) = theirs.one_time_keys.values()
    one = ours.create_outbound_session(theirs.curve25519_key, key)
    first = vodozemac.AnyOlmMessage.from_parts(*one.encrypt(b"hello").to_parts()).to_pre_key()
    assert first is not None
    other, _ = theirs.create_inbound_session(ours.curve25519_key, first)
    return Session(one), Session(other)


def test_a_message_that_was_altered_does_not_open_and_the_next_one_does() -> None:
    one, other = pair()
    kind, message = other.encrypt(b"an answer")
    with pytest.raises(OpenFailed):
        one.decrypt(kind, message[:-1] + bytes([message[-1] ^ 1]))
    assert one.decrypt(kind, message) == b"an answer"


def test_a_ratchets_state_opens_with_the_key_it_was_sealed_with_alone() -> None:
    one, _ = pair()
    pickled = one.pickle(SEED)
    for wrong in (bytes(KEY_SIZE), os.urandom(KEY_SIZE)):
        with pytest.raises(vodozemac.PickleException):
            Session.restore(pickled, wrong)
    assert Session.restore(pickled, SEED).id == one.id
