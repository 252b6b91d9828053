"""Greetings: the first message to someone whose link one holds.

A greeting is sealed twice, against a quantum computer by X-Wing and by the invitation's Olm account, and carries the
random root from which everything the two share is derived. It is signed over the link it answers, so it cannot be
passed on to somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Account, Session
from core.errors import Malformed, OpenFailed
from core.people.bounds import Bytes16, GreetingText, Key, Millis, Name, Signature, decode
from core.people.device import Certificate, check
from core.people.fragment import PIECE_SIZE, pad, unpad
from core.people.invitation import Bundle, Link
from core.people.lane import Offer, check_offer

FRAGMENTS = 4
SIZE = FRAGMENTS * PIECE_SIZE
_INNER_SIZE = SIZE - primitives.XWING_OVERHEAD
ROOT_SIZE = 32
# Strangers pay four times the work of a message, and the inviter checks it.
WORK_FACTOR = 4


class Greeting(msgspec.Struct, frozen=True, array_like=True):
    """What a greeter says."""

    certificate: Certificate
    olm: Annotated[bytes, msgspec.Meta(max_length=512)]  # prekey message that carries the root
    offer: Offer
    inbox: Key  # secret of the greeter's addresses: where the answer goes
    name: Name
    uid: Bytes16
    text: GreetingText
    made_at: Millis
    signature: Signature


@dataclass(frozen=True, slots=True)
class Opened:
    """A greeting that was opened: what it says, its root, the session it started and its hash."""

    greeting: Greeting
    root: bytes
    session: Session
    greeting_hash: bytes


def _signed(greeting: Greeting, link_hash: bytes, inviter: bytes) -> bytes:
    bare = msgspec.structs.replace(greeting, signature=bytes(64))
    return b"sottovoce/v1/greeting-signature" + link_hash + inviter + msgspec.msgpack.encode(bare)


def _info(link_hash: bytes, inviter: bytes) -> bytes:
    return b"sottovoce/v1/greeting" + link_hash + inviter


def seal(link: Link, bundle: Bundle, unsigned: Greeting, device_seed: bytes) -> bytes:
    """Sign and seal a greeting to a bundle: 3068 bytes, four box payloads."""
    message = _signed(unsigned, link.bundle_hash, link.identity)
    signed = msgspec.structs.replace(unsigned, signature=primitives.ed25519_sign(device_seed, message))
    padded = pad(msgspec.msgpack.encode(signed), _INNER_SIZE)
    return primitives.xwing_seal(bundle.xwing, padded, _info(link.bundle_hash, link.identity))


def open_greeting(sealed: bytes, link: Link, xwing_private: bytes, account: Account) -> Opened:
    """Open and check a greeting to one of our links. Raises ``OpenFailed`` or ``Malformed``."""
    padded = primitives.xwing_open(xwing_private, sealed, _info(link.bundle_hash, link.identity))
    greeting = decode(Greeting, unpad(padded), "greeting")
    certificate = check(greeting.certificate)
    message = _signed(greeting, link.bundle_hash, link.identity)
    if not primitives.ed25519_verify(certificate.device, greeting.signature, message):
        raise OpenFailed
    if certificate.identity == link.identity:
        raise Malformed("greeting: from ourselves")
    check_offer(greeting.offer)
    session, root = account.accept_session(certificate.olm_identity, 0, greeting.olm)
    if len(root) != ROOT_SIZE:
        raise Malformed("greeting: root")
    return Opened(greeting, root, session, primitives.sha256(sealed))


def acceptance_secret(root: bytes) -> bytes:
    """Return the slot secret of the acceptance."""
    return primitives.hkdf(root, b"sottovoce/v1/accept")


def reset_secret(root: bytes) -> bytes:
    """Return the slot secret of resets."""
    return primitives.hkdf(root, b"sottovoce/v1/reset")


def reset_key(root: bytes) -> bytes:
    """Return the key that seals resets, with a random nonce each."""
    return primitives.hkdf(root, b"sottovoce/v1/reset-seal")
