"""A prekey as it is published: its two public halves, and until when it may be used. How they are kept: ``prekeys``.

The X-Wing half seals the secret of a re-keying, or of a reset; the Olm half starts a double ratchet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Receiver, Session, open_session
from core.errors import Malformed
from core.people.format.bounds import Bytes4, Key, Millis, decode
from net.instant import DAY_MS

# A key that was published so long ago is not sealed to; its owner may have deleted it. Longer than mail is tried.
LIFE_MS = 45 * DAY_MS
KEY_ID_SIZE = 8


class Prekey(msgspec.Struct, frozen=True, array_like=True):
    """The public halves. ``xwing`` is empty in greetings, which have no room for it and need none."""

    xwing: Annotated[bytes, msgspec.Meta(max_length=primitives.XWING_PUBLIC_SIZE)]
    olm_identity: Key
    olm_key: Key
    until: Millis  # network time after which it is not used any more

    @property
    def key_id(self) -> bytes:
        """The id by which ciphertexts sealed to it name it."""
        keys = self.xwing + self.olm_identity + self.olm_key
        return primitives.sha256(b"sottovoce/v1/prekey" + keys)[:KEY_ID_SIZE]

    def is_usable(self, now_ms: int) -> bool:
        """Tell whether it may still be sealed to."""
        return now_ms < self.until


class KeyOffer(msgspec.Struct, frozen=True, array_like=True):
    """A prekey for the device of this tag alone."""

    device: Bytes4
    prekey: Prekey


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A prekey of our own with its private halves, not stored yet."""

    public: Prekey
    xwing_private: bytes | None
    receiver: Receiver


def make_prekey(now_ms: int, *, hybrid: bool = True) -> Made:
    """Draw a prekey."""
    xwing_private, xwing = primitives.xwing_generate() if hybrid else (None, b"")
    receiver, olm_key = Receiver.create()
    return Made(Prekey(xwing, receiver.identity_key, olm_key, now_ms + LIFE_MS), xwing_private, receiver)


def check_prekey(prekey: Prekey, *, hybrid: bool = True) -> Prekey:
    """Return a prekey that can be used. Raises ``Malformed``: its maker may lie about every key in it."""
    if hybrid and not primitives.is_xwing_public(prekey.xwing):
        raise Malformed("prekey: x-wing")
    if not hybrid and prekey.xwing:  # it would not be used
        raise Malformed("prekey: x-wing")
    if not all(map(primitives.is_x25519_public, (prekey.olm_identity, prekey.olm_key))):
        raise Malformed("prekey: olm")
    return prekey


def decode_prekey(data: bytes) -> Prekey:
    """Read a stored prekey."""
    return decode(Prekey, data, "stored prekey")


def open_session_to(prekey: Prekey) -> Session:
    """Start a ratchet to a prekey."""
    return open_session(prekey.olm_identity, prekey.olm_key)
