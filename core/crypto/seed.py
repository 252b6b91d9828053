"""The account's seed: 27 random bytes, the keys derived from them, and the 52 characters that name the person.

Twenty-seven bytes are exactly eighteen 12-bit words, which leaves no room for a checksum. So the checksum is ground into
the seed instead: draws are repeated until a hash of the seed starts with a zero byte, which leaves 208 bits of choice
and lets a mistyped seed be noticed 255 times in 256. A seed without it is still a seed, if the person insists.

Every key comes from the seed by HKDF under a label of its own, so that no key is ever used for two purposes.
Reference: RFC 5869; ``docs/PROTOCOL.md`` 4.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Final, NewType

from core.crypto import primitives
from core.errors import CoreError, Malformed

SEED_SIZE: Final = 27  # bytes: 18 words of 12 bits
PUBLIC_KEY_SIZE: Final = 32  # bytes, Ed25519
IDENTITY_SIZE: Final = 52  # characters: 256 bits of key and 4 of checksum, 5 bits each

_PREFIX: Final = b"sottovoce/v1/"
LABEL_SEED_CHECK: Final = _PREFIX + b"seed-check"
LABEL_IDENTITY: Final = _PREFIX + b"identity"

# Labels of the keys that derive from the seed. Those without a file that uses them are reserved, so no later one collides.
LABEL_ID_SIGN: Final = b"id/sign"  # the identity's Ed25519 key
LABEL_SELF_INBOX: Final = b"self/inbox"  # where mail for the account lies (``core.people.format.address``)
LABEL_SELF_BOX: Final = b"self/box"  # messages to one's own other devices
LABEL_SELF_KV_WRITE: Final = b"self/kv-write"  # personal records in the network: who may rewrite them
LABEL_SELF_KV_READ: Final = b"self/kv-read"  # and who may read them
LABEL_RECOVER: Final = b"recover"  # the vault's recovery slot
LABEL_D3M: Final = b"d3m"

_SHAPE = re.compile(f"[a-z2-7]{{{IDENTITY_SIZE}}}")
_SCALAR_ONE = (1).to_bytes(32, "little")

# A person: an Ed25519 key and its checksum as 52 lower-case characters.
Identity = NewType("Identity", str)


class BadIdentity(CoreError):
    """Not an identity: wrong length or alphabet, a checksum that does not fit, or no point of the group."""


def draw_seed(draw: Callable[[int], bytes] = primitives.random_bytes) -> bytes:
    """Return a fresh seed that passes its check; takes 256 draws of ``draw(size)`` on average."""
    while True:
        seed = draw(SEED_SIZE)
        if is_checked(seed):
            return seed


def is_checked(seed: bytes) -> bool:
    """Tell whether the seed carries its checksum, as every drawn seed does and one mistyped seed in 256."""
    return primitives.sha256(LABEL_SEED_CHECK + seed)[0] == 0


def derive(seed: bytes, label: bytes, index: int = 0, size: int = primitives.KEY_SIZE) -> bytes:
    """Return the key of ``size`` bytes that is derived from the seed for one purpose; ``index`` is a u32."""
    return primitives.hkdf(seed, _PREFIX + label + index.to_bytes(4, "big"), size)


def identity_key(seed: bytes) -> bytes:
    """Return the 32-byte private seed of the identity's Ed25519 key."""
    return derive(seed, LABEL_ID_SIGN)


def identity_of_seed(seed: bytes) -> Identity:
    """Return the identity that a seed makes."""
    return identity_of(primitives.ed25519_public(identity_key(seed)))


def identity_of(public_key: bytes) -> Identity:
    """Return a public key as an identity: base32 (RFC 4648) whose four spare bits are the checksum.

    Stock base32 decoders ignore spare bits, so they still read the key.
    """
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise BadIdentity
    check = primitives.sha256(LABEL_IDENTITY + public_key)[0] >> 4
    padded = public_key + bytes([check << 4])  # 33 bytes are 53 characters; the last holds 4 zero bits and goes
    return Identity(base64.b32encode(padded).decode()[:IDENTITY_SIZE].lower())


def public_key_of(identity: str) -> bytes:
    """Return the public key an identity names.

    Raises:
        BadIdentity: mistyped, or made up. A slip in one character passes the checksum one time in 16 and is then
            refused as no point of the prime-order group 15 times in 16.
    """
    if not _SHAPE.fullmatch(identity):
        raise BadIdentity
    key = base64.b32decode(identity.upper() + "====")
    if identity_of(key) != identity:
        raise BadIdentity
    try:
        primitives.point_multiply(_SCALAR_ONE, key)
    except Malformed as error:
        raise BadIdentity from error
    return key
