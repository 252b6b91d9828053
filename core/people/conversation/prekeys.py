"""Prekeys: keys given to one device of the other side, to be used by it once.

Each has two halves. The X-Wing half seals the secret of a re-keying, or of a reset; the Olm half starts a double ratchet.
The private half that was used is deleted: so a later thief of this file cannot open what was sealed to it. A device always
has one unused key with each device it is read by, offered in the next block it writes when there is none or the present one
has aged. One that was replaced is deleted when the other side has read of its successor: nothing sealed to it can come after
that, since lanes keep their order.
"""

from __future__ import annotations

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Receiver, Session, prekey_names
from core.errors import Malformed, OpenFailed
from core.people.format.prekey import LIFE_MS, Made
from core.people.work import Work
from core.storage import prekeys as rows
from core.storage.prekeys import PrekeyRow
from net.instant import DAY_MS

# An unused key is replaced after so long: what is sealed to it is as old as that at most.
ROTATE_MS = 7 * DAY_MS
# What is sealed to it may lie in the network for so long after that.
GRACE_MS = 35 * DAY_MS
ANYBODY = b""  # in place of a device: the one of the other side that answers first


def keep(work: Work, conversation: int, device: bytes, made: Made, told_at: tuple[bytes, int] | None = None) -> None:
    """Keep the private halves of a prekey told to a device; ``told_at``: generation and index of the block that tells it."""
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
            generation=told_at[0] if told_at else None,
            idx=told_at[1] if told_at else None,
        ),
    )


def is_due(work: Work, device: bytes, generation: bytes) -> bool:
    """Tell whether a device has no key of ours that is unused and young, and was told in the lane that is written now.

    A key that was told outside of it, or in an earlier lane, the other side may have dropped, with a reset or unread.
    """
    return not rows.has_unused(work.tx, device, generation, work.now.network_ms - ROTATE_MS)


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
    """Delete a prekey: nothing more will be sealed to it."""
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
    """Delete keys that may not be used any more."""
    rows.drop_made_before(work.tx, work.now.earliest_ms - LIFE_MS - GRACE_MS)
