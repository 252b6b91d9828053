"""Greetings: sealed twice, bound to one link, opened by its maker alone."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core import api
from core.crypto import primitives
from core.crypto.ratchet import Receiver, open_session
from core.errors import Malformed, Newer, OpenFailed
from core.people.format import greeting as greetings, signing
from core.people.format.block import Block, decode_block, encode_block
from core.people.format.bounds import decode
from core.people.format.content import Text
from core.people.format.device import certify
from core.people.format.fragment import pad
from core.people.format.greeting import (
    VERSION,
    Greeting,
    Opened,
    open_greeting,
    root_name,
    root_of,
    seal,
    text_entry,
    text_place,
)
from core.people.format.invitation import Link, bundle_hash, encode_bundle, new_bundle
from core.people.format.lane import new_lane
from core.people.format.prekey import Prekey, make_prekey
from core.people.format.signing import Place
from core.people.format.slot import SLOT_SIZE

INVITER_SEED, GREETER_SEED, DEVICE_SEED, VOUCHER_SEED = b"a" * 32, b"b" * 32, b"d" * 32, b"v" * 32
DEVICE = primitives.ed25519_public(DEVICE_SEED)
SECRET = bytes(range(32))


class Inviter:
    """Somebody with one invitation."""

    def __init__(self) -> None:
        self.receiver, key = Receiver.create()
        self.private, public = primitives.xwing_generate()
        certificate = certify(INVITER_SEED, primitives.ed25519_public(b"e" * 32), 5)
        self.bundle = new_bundle(public, (self.receiver.identity_key, key), certificate, "alice")
        identity = primitives.ed25519_public(INVITER_SEED)
        self.link = Link(1_800_000_000, identity, b"s" * 16, bundle_hash(encode_bundle(self.bundle)))
        self._kept = self.receiver.pickle(bytes(32))

    def open(self, sealed: bytes) -> Opened:
        """Open with keys as they are before the first greeting; the first uses the ratchet's key up."""
        return open_greeting(sealed, self.link, self.private, Receiver.restore(self._kept, bytes(32)))

    def seal_anything(self, said: object) -> bytes:
        """Seal what anybody with the link may seal."""
        padded = pad(msgspec.msgpack.encode(said), SLOT_SIZE - primitives.XWING_OVERHEAD)
        info = b"sottovoce/v1/greeting" + self.link.bundle_hash + self.link.identity
        return primitives.xwing_seal(self.bundle.xwing, padded, info)


def unsigned(inviter: Inviter, *, identity_seed: bytes = GREETER_SEED, secret: bytes = SECRET) -> Greeting:
    _, olm = open_session(inviter.bundle.olm_identity, inviter.bundle.olm_key).encrypt(secret)
    return Greeting(
        version=VERSION,
        certificate=certify(identity_seed, DEVICE, 5, VOUCHER_SEED),
        olm=olm,
        offer=new_lane()[1],
        inbox=b"i" * 32,
        inbox_number=3,
        prekey=make_prekey(1_790_000_000_000, hybrid=False).public,
        name="bob",
        uid=b"u" * 16,
        text="hello",
        text_signature=bytes(64),
        made_at=7,
        signature=bytes(64),
    )


def greet(inviter: Inviter, greeting: Greeting | None = None, seed: bytes = DEVICE_SEED) -> bytes:
    return seal(inviter.link, inviter.bundle, greeting or unsigned(inviter), seed)


INVITER = Inviter()
SAID = INVITER.open(greet(INVITER)).greeting


def test_the_inviter_reads_who_greets_and_both_share_a_secret() -> None:
    sealed = greet(INVITER)
    assert len(sealed) == SLOT_SIZE
    opened = INVITER.open(sealed)
    assert (opened.greeting.text, opened.secret) == ("hello", SECRET)
    assert opened.greeting_hash == primitives.sha256(sealed)
    assert greet(INVITER, opened.greeting) != sealed
    assert INVITER.open(INVITER.seal_anything(SAID)).greeting == SAID, "or what is sealed by hand is about nothing"


def test_roots_are_steps_of_a_secret_that_lead_nowhere_else() -> None:
    root = root_of(SECRET)
    derived = [
        SECRET,
        root,
        greetings.acceptance_secret(SECRET),
        root_name(root),
        greetings.mixed_root(root, b"f" * 32),
        greetings.mixed_root(root, b"g" * 32),
        greetings.mixed_root(SECRET, b"f" * 32),
        greetings.reset_secret(root),
        greetings.reset_key(root),
    ]
    assert len(set(derived)) == len(derived)


def test_the_longest_greeting_fits() -> None:
    """Every field at its largest, of a device that another vouches for."""
    before = unsigned(INVITER)
    longest = msgspec.structs.replace(
        before,
        name="ü" * (api.MAX_NAME_SIZE // 2),
        text="é" * (api.MAX_GREETING_SIZE // 2),
        certificate=certify(GREETER_SEED, DEVICE, (1 << 47) - 1, VOUCHER_SEED),
        offer=msgspec.structs.replace(before.offer, first=(1 << 53) - 1),
        inbox_number=(1 << 32) - 1,
        prekey=msgspec.structs.replace(before.prekey, until=(1 << 47) - 1),
        made_at=(1 << 47) - 1,
    )
    assert INVITER.open(greet(INVITER, longest)).greeting.text == longest.text
    assert len(msgspec.msgpack.encode(longest)) < SLOT_SIZE - primitives.XWING_OVERHEAD


def test_another_inviter_cannot_open_it_nor_be_given_it() -> None:
    other = Inviter()
    with pytest.raises(OpenFailed):
        other.open(greet(INVITER))
    with pytest.raises(OpenFailed):
        open_greeting(greet(INVITER), other.link, INVITER.private, INVITER.receiver)


def test_it_cannot_be_passed_on_to_another_link_of_the_same_keys() -> None:
    """The signature covers the link, so that who reads a greeting cannot use it to greet somebody else."""
    elsewhere = Link(INVITER.link.expires_at, INVITER.link.identity, b"t" * 16, b"x" * 16)
    info = b"sottovoce/v1/greeting" + elsewhere.bundle_hash + elsewhere.identity
    padded = pad(msgspec.msgpack.encode(SAID), SLOT_SIZE - primitives.XWING_OVERHEAD)
    with pytest.raises(OpenFailed):
        open_greeting(
            primitives.xwing_seal(INVITER.bundle.xwing, padded, info), elsewhere, INVITER.private, INVITER.receiver
        )


def test_what_is_signed_names_the_link_and_its_maker() -> None:
    bare = msgspec.msgpack.encode(msgspec.structs.replace(SAID, signature=bytes(64)))
    context = b"sottovoce/v1/greeting-signature" + INVITER.link.bundle_hash + INVITER.link.identity
    assert primitives.ed25519_verify(DEVICE, SAID.signature, context + bare)


@pytest.mark.parametrize(
    "make",
    [
        lambda: greet(INVITER, seed=b"x" * 32),  # signed by another device
        lambda: greet(INVITER, unsigned(INVITER, identity_seed=INVITER_SEED)),  # from ourselves
        lambda: greet(INVITER, unsigned(INVITER, secret=b"short")),
        lambda: greet(INVITER, unsigned(INVITER, secret=bytes(33))),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), olm=b"")),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), olm=b"\x03" * 100)),
        lambda: greet(
            INVITER,
            msgspec.structs.replace(
                unsigned(INVITER), offer=msgspec.structs.replace(new_lane()[1], point=b"\x02" * 32)
            ),
        ),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), prekey=Prekey(b"", bytes(32), b"k" * 32, 5))),
        lambda: greet(INVITER, msgspec.structs.replace(unsigned(INVITER), prekey=Prekey(b"", b"k" * 32, bytes(32), 5))),
        lambda: greet(INVITER)[:-1] + b"!",
        lambda: bytes(SLOT_SIZE),
        lambda: b"",
    ],
)
def test_whatever_is_wrong_with_it_is_a_typed_error(make: Callable[[], bytes]) -> None:
    with pytest.raises((OpenFailed, Malformed)):
        INVITER.open(make())


@pytest.mark.parametrize(
    "change",
    [
        {"certificate": certify(GREETER_SEED, DEVICE, 6)},
        {"olm": unsigned(INVITER).olm},
        {"offer": new_lane()[1]},
        {"inbox": bytes(32)},
        {"inbox_number": 4},
        {"prekey": make_prekey(5, hybrid=False).public},
        {"name": "mallory"},
        {"uid": bytes(16)},
        {"text": "goodbye"},
        {"text_signature": bytes(64)},
        {"made_at": 8},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_signature_covers_every_field(change: dict[str, object]) -> None:
    with pytest.raises(OpenFailed):
        INVITER.open(INVITER.seal_anything(msgspec.structs.replace(SAID, **change)))


@given(st.data())
def test_no_byte_of_what_it_says_can_be_changed(data: st.DataObject) -> None:
    encoded = bytearray(msgspec.msgpack.encode(SAID))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert INVITER.open(INVITER.seal_anything(msgspec.Raw(encoded))).greeting == SAID
    except (OpenFailed, Malformed):
        return


@settings(max_examples=60)
@given(st.binary(max_size=500))
def test_whatever_a_holder_of_the_link_seals_is_a_value_or_a_typed_error(data: bytes) -> None:
    info = b"sottovoce/v1/greeting" + INVITER.link.bundle_hash + INVITER.link.identity
    for padded in (data, pad(data, SLOT_SIZE - primitives.XWING_OVERHEAD)):
        with pytest.raises((OpenFailed, Malformed)):
            INVITER.open(primitives.xwing_seal(INVITER.bundle.xwing, padded, info))


@given(st.binary(max_size=500))
def test_any_bytes_are_a_greeting_or_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(Greeting, data, "greeting")


# --- its text, signed by itself ---------------------------------------------------------------------------------------


def test_the_text_is_signed_by_itself_as_the_first_item_of_a_block() -> None:
    """So a greeting proves its text as any other text is proved, and nothing else of what it says."""
    place = text_place(SAID.certificate, INVITER.link.bundle_hash, INVITER.link.identity)
    assert place == Place(SAID.certificate.identity, INVITER.link.identity, DEVICE, INVITER.link.bundle_hash, 0)
    entry = text_entry(SAID.uid, SAID.text)
    signed = signing.verified(place, SAID.made_at, entry, SAID.text_signature)
    block = encode_block(Block(SAID.made_at, (Text(SAID.uid, SAID.text),)), place, DEVICE_SEED)
    ((item, of_block),) = decode_block(block, place).items
    assert (item, of_block) == (Text(SAID.uid, SAID.text), signed)


@pytest.mark.parametrize("wrong", ["other text", "zeros", "other link"])
def test_a_device_that_signs_a_greeting_must_sign_its_text_too(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a row would be kept with a proof that proves nothing."""
    place = text_place(SAID.certificate, b"x" * 16, INVITER.link.identity)
    here = text_place(SAID.certificate, INVITER.link.bundle_hash, INVITER.link.identity)
    signature = {
        "other text": signing.sign(DEVICE_SEED, here, 7, text_entry(SAID.uid, "goodbye")),
        "zeros": bytes(64),
        "other link": signing.sign(DEVICE_SEED, place, 7, text_entry(SAID.uid, SAID.text)),
    }[wrong]
    monkeypatch.setattr(signing, "sign", Mock(return_value=signature))
    with pytest.raises(OpenFailed):
        INVITER.open(greet(INVITER))


# --- from the future --------------------------------------------------------------------------------------------------


@given(st.integers(VERSION + 1, (1 << 63) - 1), st.lists(st.integers(0, 9), max_size=3))
def test_a_later_version_asks_for_a_newer_program_whatever_it_says(version: int, said: list[int]) -> None:
    with pytest.raises(Newer):
        INVITER.open(INVITER.seal_anything([version, *said]))


@pytest.mark.parametrize("version", [0, -1, "1", None])
def test_what_is_no_version_is_malformed(version: object) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(SAID))
    with pytest.raises(Malformed) as refused:
        INVITER.open(INVITER.seal_anything([version, *fields[1:]]))
    assert not isinstance(refused.value, Newer)


def test_a_certificate_of_a_later_version_asks_for_a_newer_program() -> None:
    later = msgspec.structs.replace(SAID.certificate, version=2)
    with pytest.raises(Newer):
        INVITER.open(greet(INVITER, msgspec.structs.replace(unsigned(INVITER), certificate=later)))


def test_a_longer_array_of_the_same_version_is_accepted() -> None:
    """The signature covers the fields of this version, whatever stands behind them."""
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(SAID), type=list[msgspec.Raw])
    assert INVITER.open(INVITER.seal_anything([*fields, "from the future"])).greeting == SAID
