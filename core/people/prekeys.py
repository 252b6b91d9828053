"""Prekeys: keys given to one device of the other side, to be used by it once.

Each has two halves. The X-Wing half seals the secret of a re-keying, or of a reset; the Olm half starts a double ratchet.
Whichever way it is used, its private half is forgotten when it was: so what was sealed to it stays sealed, whoever takes
this file later. A device always has one unused key with each device it is read by, offered in the next block it writes
when there is none or the one there is has aged. One that was replaced is forgotten when the other side has read of its
successor: nothing sealed to it can come after that, since lanes keep their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Receiver, Session, open_session, prekey_names
from core.errors import Malformed, OpenFailed
from core.people.bounds import Bytes4, Key, Millis, decode
from core.people.moment import DAY_MS
from core.people.work import Work
from core.storage import prekeys as rows
from core.storage.prekeys import PrekeyRow

# An unused key is replaced after so long: what is sealed to it is as old as that at most.
ROTATE_MS = 7 * DAY_MS
# Nobody seals to a key that was told so long ago; its owner may have forgotten it. Longer than anybody's mail is tried.
LIFE_MS = 45 * DAY_MS
# What is sealed to it may lie in the network for so long after that.
GRACE_MS = 35 * DAY_MS
KEY_ID_SIZE = 8
ANYBODY = b""  # in the place of a device: whichever of the other side answers first


class Prekey(msgspec.Struct, frozen=True, array_like=True):
    """The public halves. ``xwing`` is empty in greetings, which have no room for it and need none."""

    xwing: Annotated[bytes, msgspec.Meta(max_length=primitives.XWING_PUBLIC_SIZE)]
    olm_identity: Key
    olm_key: Key
    until: Millis  # network time after which nobody uses it any more

    @property
    def key_id(self) -> bytes:
        """How whatever is sealed to it names it."""
        keys = self.xwing + self.olm_identity + self.olm_key
        return primitives.sha256(b"sottovoce/v1/prekey" + keys)[:KEY_ID_SIZE]


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


def make(now_ms: int, *, hybrid: bool = True) -> Made:
    """Draw a prekey."""
    xwing_private, xwing = primitives.xwing_generate() if hybrid else (None, b"")
    receiver, olm_key = Receiver.create()
    return Made(Prekey(xwing, receiver.identity_key, olm_key, now_ms + LIFE_MS), xwing_private, receiver)


def keep(work: Work, conversation: int, device: bytes, made: Made, place: tuple[bytes, int] | None = None) -> None:
    """Keep the private halves of a prekey told to a device; ``place`` is where in a lane it is told."""
    rows.insert(
        work.tx,
        PrekeyRow(
            key_id=made.public.key_id,
            conversation=conversation,
            device=device,
            xwing_private=made.xwing_private,
            olm_key=made.public.olm_key,
            olm_account=made.receiver.pickle(work.me.pickle_key),
            public=msgspec.msgpack.encode(made.public),
            made_at=work.now.network_ms,
            generation=place[0] if place else None,
            idx=place[1] if place else None,
        ),
    )


def check(prekey: Prekey, *, hybrid: bool = True) -> Prekey:
    """Return a prekey that can be used. Raises ``Malformed``: whoever made it may lie about every key in it."""
    if hybrid and not primitives.is_xwing_public(prekey.xwing):
        raise Malformed("prekey: x-wing")
    if not hybrid and prekey.xwing:  # nobody looks at it
        raise Malformed("prekey: x-wing")
    if not all(map(primitives.is_x25519_public, (prekey.olm_identity, prekey.olm_key))):
        raise Malformed("prekey: olm")
    return prekey


def is_due(work: Work, device: bytes, generation: bytes) -> bool:
    """Tell whether a device has no key of ours that is unused and young, and was told in the lane that is written now.

    What was told outside of it, or in one before, the other side may have let go of, with a reset or unread.
    """
    return not rows.has_unused(work.tx, device, generation, work.now.network_ms - ROTATE_MS)


def decode_public(data: bytes) -> Prekey:
    """Read a stored prekey."""
    return decode(Prekey, data, "stored prekey")


def is_usable(prekey: Prekey, now_ms: int) -> bool:
    """Tell whether a prekey of the other side may still be sealed to."""
    return now_ms < prekey.until


def session_to(prekey: Prekey) -> Session:
    """Start a ratchet to a prekey."""
    return open_session(prekey.olm_identity, prekey.olm_key)


def open_sealed(work: Work, device: bytes, key_id: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what a device sealed to a prekey of ours, and forget the half that opened it. Raises ``OpenFailed``.

    Only the device that a key was given to can use it up, and only by something that opens: junk costs us no key.
    """
    row = rows.find(work.tx, key_id)
    if row is None or row.device not in {ANYBODY, device} or row.xwing_private is None:
        raise OpenFailed
    opened = primitives.xwing_open(row.xwing_private, sealed, info)
    rows.use_xwing(work.tx, key_id)
    return opened


def forget(work: Work, key_id: bytes) -> None:
    """Forget a prekey: nothing more comes by it."""
    rows.drop(work.tx, key_id)


def accept_first(work: Work, device: bytes, message: bytes) -> tuple[Session, bytes]:
    """Take the session that a device's first message opens, and forget the key it opened. Raises ``OpenFailed``."""
    try:
        row = rows.by_olm_key(work.tx, prekey_names(message).one_time_key)
        if row is None or row.device not in {ANYBODY, device} or row.olm_account is None:
            raise OpenFailed
        accepted = Receiver.restore(row.olm_account, work.me.pickle_key).accept_session(message)
    except Malformed as error:
        raise OpenFailed from error
    rows.use_olm(work.tx, row.key_id)
    return accepted


def forget_old(work: Work) -> None:
    """Forget keys that nobody may use any more."""
    rows.drop_made_before(work.tx, work.now.sure_ms - LIFE_MS - GRACE_MS)
