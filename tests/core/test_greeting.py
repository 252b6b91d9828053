"""Greetings: sealed twice, bound to one link, opened by its maker alone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core import api
from core.crypto import primitives
from core.crypto.ratchet import Account
from core.errors import Malformed, OpenFailed
from core.people.bounds import decode
from core.people.device import certify
from core.people.fragment import pad
from core.people.greeting import SIZE, Greeting, Opened, open_greeting, seal
from core.people.invitation import Bundle, Link, bundle_hash, encode_bundle
from core.people.lane import new_lane

INVITER_SEED, GREETER_SEED, DEVICE_SEED = b"a" * 32, b"b" * 32, b"d" * 32
ROOT = bytes(range(32))


class Inviter:
    """Somebody with one invitation."""

    def __init__(self) -> None:
        self.account, key = Account.create()
        self.private, public = primitives.xwing_generate()
        certificate = certify(INVITER_SEED, primitives.ed25519_public(b"e" * 32), self.account.identity_key, key, 5)
        self.bundle = Bundle(public, self.account.identity_key, key, certificate, "alice")
        identity = primitives.ed25519_public(INVITER_SEED)
        self.link = Link(1_800_000_000, identity, b"s" * 16, bundle_hash(encode_bundle(self.bundle)))

    def open(self, sealed: bytes) -> Opened:
        return open_greeting(sealed, self.link, self.private, self.account)


def unsigned(inviter: Inviter, *, identity_seed: bytes = GREETER_SEED, root: bytes = ROOT) -> Greeting:
    device, fallback = Account.create()
    certificate = certify(identity_seed, primitives.ed25519_public(DEVICE_SEED), device.identity_key, fallback, 5)
    _, olm = device.open_session(inviter.bundle.olm_identity, inviter.bundle.olm_key).encrypt(root)
    return Greeting(certificate, olm, new_lane()[1], b"i" * 32, "bob", b"u" * 16, "hello", 7, bytes(64))


def greet(inviter: Inviter, greeting: Greeting | None = None, seed: bytes = DEVICE_SEED) -> bytes:
    return seal(inviter.link, inviter.bundle, greeting or unsigned(inviter), seed)


INVITER = Inviter()


def test_the_inviter_reads_who_greets_and_both_share_a_root() -> None:
    sealed = greet(INVITER)
    assert len(sealed) == SIZE
    opened = INVITER.open(sealed)
    assert (opened.greeting.text, opened.root) == ("hello", ROOT)
    assert opened.greeting_hash == primitives.sha256(sealed)
    assert greet(INVITER, opened.greeting) != sealed


def test_the_longest_greeting_fits() -> None:
    longest = msgspec.structs.replace(
        unsigned(INVITER), name="ü" * (api.MAX_NAME_SIZE // 2), text="é" * (api.MAX_GREETING_SIZE // 2)
    )
    assert INVITER.open(greet(INVITER, longest)).greeting.text == longest.text


def test_another_inviter_cannot_open_it_nor_be_given_it() -> None:
    other = Inviter()
    with pytest.raises(OpenFailed):
        other.open(greet(INVITER))
    with pytest.raises(OpenFailed):
        open_greeting(greet(INVITER), other.link, INVITER.private, INVITER.account)


def test_it_cannot_be_passed_on_to_another_link_of_the_same_keys() -> None:
    """The signature covers the link, so that who reads a greeting cannot use it to greet somebody else."""
    said = INVITER.open(greet(INVITER)).greeting
    elsewhere = Link(INVITER.link.expires_at, INVITER.link.identity, b"t" * 16, b"x" * 16)
    info = b"sottovoce/v1/greeting" + elsewhere.bundle_hash + elsewhere.identity
    padded = pad(msgspec.msgpack.encode(said), SIZE - primitives.XWING_OVERHEAD)
    with pytest.raises(OpenFailed):
        open_greeting(
            primitives.xwing_seal(INVITER.bundle.xwing, padded, info), elsewhere, INVITER.private, INVITER.account
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda: greet(INVITER, seed=b"x" * 32),  # signed by another device
        lambda: greet(INVITER, unsigned(INVITER, identity_seed=INVITER_SEED)),  # from ourselves
        lambda: greet(INVITER, unsigned(INVITER, root=b"short")),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), olm=b"")),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), olm=b"\x03" * 100)),
        lambda: greet(
            INVITER,
            msgspec.structs.replace(
                unsigned(INVITER), offer=msgspec.structs.replace(new_lane()[1], point=b"\x02" * 32)
            ),
        ),
        lambda: greet(INVITER)[:-1] + b"!",
        lambda: bytes(SIZE),
    ],
)
def test_whatever_is_wrong_with_it_is_a_typed_error(make: Callable[[], bytes]) -> None:
    with pytest.raises((OpenFailed, Malformed)):
        INVITER.open(make())


@settings(max_examples=60)
@given(st.binary(max_size=500))
def test_whatever_a_holder_of_the_link_seals_is_a_value_or_a_typed_error(data: bytes) -> None:
    info = b"sottovoce/v1/greeting" + INVITER.link.bundle_hash + INVITER.link.identity
    for padded in (data, pad(data, SIZE - primitives.XWING_OVERHEAD)):
        with pytest.raises((OpenFailed, Malformed)):
            INVITER.open(primitives.xwing_seal(INVITER.bundle.xwing, padded, info))


@given(st.binary(max_size=500))
def test_any_bytes_are_a_greeting_or_malformed(data: bytes) -> None:
    try:
        decode(Greeting, data, "greeting")
    except Malformed:
        return
