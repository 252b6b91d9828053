"""Greetings: the first message to the maker of a link.

A greeting is sealed twice, against a quantum computer by X-Wing and by the invitation's Olm keys, and carries the random
secret from which everything the two share is derived: the slots of the acceptance, and the *root*. The secret itself is
then deleted. The greeting is signed over the link it answers, so it cannot be passed on to another inviter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Receiver, Session
from core.errors import Malformed, OpenFailed
from core.people.format import signing
from core.people.format.bounds import Bytes16, GreetingText, Key, Millis, Name, Number, Signature, decode_versioned
from core.people.format.content import Text, encode_item
from core.people.format.device import Certificate, check
from core.people.format.fragment import pad, unpad
from core.people.format.invitation import Bundle, Link
from core.people.format.lane import Offer, check_offer
from core.people.format.prekey import Prekey, check_prekey
from core.people.format.signing import Entry, Place
from core.people.format.slot import SLOT_SIZE

_INNER_SIZE = SLOT_SIZE - primitives.XWING_OVERHEAD
SECRET_SIZE = 32
VERSION = 1


class Greeting(msgspec.Struct, frozen=True, array_like=True):
    """What a greeter says."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    certificate: Certificate
    olm: Annotated[bytes, msgspec.Meta(max_length=512)]  # prekey message that carries the secret
    offer: Offer
    inbox: Key  # secret of the greeter's addresses: where the answer goes
    inbox_number: Number
    prekey: Prekey  # for the acceptance; its Olm half alone
    name: Name
    uid: Bytes16
    text: GreetingText
    text_signature: Signature  # of the text by itself, as of an item at index 0 of a generation named by the link
    made_at: Millis
    signature: Signature


@dataclass(frozen=True, slots=True)
class Opened:
    """A greeting that was opened: what it says, its secret, the session it started and its hash."""

    greeting: Greeting
    secret: bytes
    session: Session
    greeting_hash: bytes


def _signed(greeting: Greeting, link_hash: bytes, inviter: bytes) -> bytes:
    bare = msgspec.structs.replace(greeting, signature=bytes(64))
    return b"sottovoce/v1/greeting-signature" + link_hash + inviter + msgspec.msgpack.encode(bare)


def _info(link_hash: bytes, inviter: bytes) -> bytes:
    return b"sottovoce/v1/greeting" + link_hash + inviter


def text_place(greeter: Certificate, link_hash: bytes, inviter: bytes) -> Place:
    """Return where the text of a greeting stands."""
    return Place(greeter.identity, inviter, greeter.device, link_hash, 0)


def text_entry(uid: bytes, text: str) -> Entry:
    """Return the text of a greeting as an item."""
    return Entry(0, 1, *encode_item(Text(uid, text)))


def signed_text(link: Link, unsigned: Greeting, device_seed: bytes) -> bytes:
    """Return what is signed of the text of a greeting of ours, and the signature, as it is kept with a row."""
    place = text_place(unsigned.certificate, link.bundle_hash, link.identity)
    entry = text_entry(unsigned.uid, unsigned.text)
    signature = signing.sign(device_seed, place, unsigned.made_at, entry)
    return signing.message(place, unsigned.made_at, entry) + signature


def seal(link: Link, bundle: Bundle, unsigned: Greeting, device_seed: bytes) -> bytes:
    """Sign and seal a greeting to a bundle: 3068 bytes, four box payloads."""
    place = text_place(unsigned.certificate, link.bundle_hash, link.identity)
    entry = text_entry(unsigned.uid, unsigned.text)
    said = msgspec.structs.replace(
        unsigned, text_signature=signing.sign(device_seed, place, unsigned.made_at, entry), signature=bytes(64)
    )
    message = _signed(said, link.bundle_hash, link.identity)
    signed = msgspec.structs.replace(said, signature=primitives.ed25519_sign(device_seed, message))
    padded = pad(msgspec.msgpack.encode(signed), _INNER_SIZE)
    return primitives.xwing_seal(bundle.xwing, padded, _info(link.bundle_hash, link.identity))


def open_greeting(sealed: bytes, link: Link, xwing_private: bytes, receiver: Receiver) -> Opened:
    """Open and check a greeting to one of our links. Raises ``OpenFailed``, ``Newer`` or ``Malformed``."""
    padded = primitives.xwing_open(xwing_private, sealed, _info(link.bundle_hash, link.identity))
    greeting = decode_versioned(Greeting, unpad(padded), "greeting", VERSION)
    certificate = check(greeting.certificate)
    message = _signed(greeting, link.bundle_hash, link.identity)
    if not primitives.ed25519_verify(certificate.device, greeting.signature, message):
        raise OpenFailed
    if certificate.identity == link.identity:
        raise Malformed("greeting: from ourselves")
    place = text_place(certificate, link.bundle_hash, link.identity)
    signing.verified(place, greeting.made_at, text_entry(greeting.uid, greeting.text), greeting.text_signature)
    check_offer(greeting.offer)
    check_prekey(greeting.prekey, hybrid=False)
    session, secret = receiver.accept_session(greeting.olm)
    if len(secret) != SECRET_SIZE:
        raise Malformed("greeting: secret")
    return Opened(greeting, secret, session, primitives.sha256(sealed))


def acceptance_secret(secret: bytes) -> bytes:
    """Return the slot secret of the acceptance."""
    return primitives.hkdf(secret, b"sottovoce/v1/accept")


def root_of(secret: bytes) -> bytes:
    """Return the root that is derived from a greeting's secret and kept in its place."""
    return primitives.hkdf(secret, b"sottovoce/v1/root/step")


def mixed_root(root: bytes, fresh: bytes) -> bytes:
    """Return the root that replaces ``root`` after a reset: mixed with a secret that no earlier copy holds."""
    return primitives.hkdf(root + fresh, b"sottovoce/v1/root/mix")


def root_name(root: bytes) -> bytes:
    """Return the local name of a root, which reveals nothing of it."""
    return primitives.hkdf(root, b"sottovoce/v1/root/name")


def reset_secret(root: bytes) -> bytes:
    """Return the slot secret of resets."""
    return primitives.hkdf(root, b"sottovoce/v1/reset")


def reset_key(root: bytes) -> bytes:
    """Return the key that seals resets, with a random nonce each."""
    return primitives.hkdf(root, b"sottovoce/v1/reset-seal")
