"""Makes the boxes of a day from a posting: ids and keys, sealing, proof of work; and opens those found in slots."""

from __future__ import annotations

from dataclasses import dataclass

from core.crypto import primitives
from core.crypto.primitives import KEY_SIZE
from core.errors import OpenFailed
from core.people.effects import BoxDraft
from core.people.format import lane
from core.people.format.address import shown_prefix
from core.people.format.fragment import PLAINTEXT_SIZE
from core.people.format.lane import BoxSecrets
from core.people.format.numbers import COPY_HOURS
from core.people.format.slot import SlotKey, slot_key, work_factor
from core.people.work import Work
from core.storage import lanes
from core.storage.postings import MAX_FRAGMENTS, Posting
from net.ids import ParcelId
from net.parcel.box import BOX_SIZE, UNPAID_HOURS, Box, box_digest, signed_fields, yardstick
from net.parcel.work import WorkPrice, check, required_work, solve


@dataclass(frozen=True, slots=True)
class BoxAddress:
    """Where a fragment goes on a day, and the key that signs for it: of a lane a scalar, of a slot a seed."""

    box_id: bytes
    seal_key: bytes
    scalar: bytes | None
    seed: bytes | None

    def sign(self, message: bytes) -> bytes:
        """Sign for the box id."""
        if self.seed is not None:
            return primitives.ed25519_sign(self.seed, message)
        assert self.scalar is not None
        return primitives.scalar_sign(self.scalar, message)


def address_of(work: Work, posting: Posting, number: int, day: int) -> BoxAddress:
    """Return where a fragment goes; ``number`` counts on from ``MAX_FRAGMENTS`` for the copy that goes beside."""
    copy, fragment = divmod(number, MAX_FRAGMENTS)
    day = lane.beside(day) if copy else day
    if posting.kind == "block":
        assert posting.generation is not None
        written = lanes.written(work.tx, posting.generation)
        assert written is not None
        secrets = BoxSecrets.unpack(posting.secrets[64 * fragment : 64 * fragment + 64])
        scalar = lane.box_scalar(written.scalar, secrets, day)
        return BoxAddress(primitives.scalar_public(scalar), lane.box_key(secrets, day), scalar, None)
    slot = int.from_bytes(posting.secrets[32:36], "big")
    key = slot_key(posting.secrets[:32], day, slot, fragment)
    return BoxAddress(key.box_id, key.seal_key, None, key.seed)


def box_ad(prefix: int, expiry_hour: int, box_id: bytes) -> bytes:
    """Return the associated data of a box's seal."""
    return signed_fields(prefix, expiry_hour, ParcelId(box_id), b"")


def draft_box(work: Work, posting: Posting, number: int) -> BoxDraft:
    """Return today's box of a fragment, sealed and signed, without its work; ``number`` as in ``address_of``."""
    day, expiry = work.now.day, work.now.hour + COPY_HOURS
    address = address_of(work, posting, number, day)
    copy, fragment = divmod(number, MAX_FRAGMENTS)
    plaintext = posting.payload[PLAINTEXT_SIZE * fragment : PLAINTEXT_SIZE * (fragment + 1)]
    inbox = posting.inbox[KEY_SIZE * copy : KEY_SIZE * (copy + 1)]
    prefix = shown_prefix(inbox, day, work.now.shown_width)
    sealed = primitives.siv_seal(address.seal_key, plaintext, box_ad(prefix, expiry, address.box_id))
    signature = address.sign(signed_fields(prefix, expiry, ParcelId(address.box_id), sealed))
    return BoxDraft(
        posting.id, number, day, expiry, prefix, address.box_id, sealed, signature, work_factor(posting.kind)
    )


def open_slot(key: SlotKey, box: Box) -> bytes | None:
    """Open a box found in a slot; None when it does not open: another holder of the secret wrote it."""
    try:
        return primitives.siv_open(key.seal_key, box.ciphertext, box_ad(box.prefix, box.expiry_hour, box.box_id))
    except OpenFailed:
        return None


def is_paid(box: Box, price: WorkPrice, factor: int) -> bool:
    """Tell whether a box carries ``factor`` times the work of its kind, as strangers owe it."""
    digest = box_digest(box.prefix, box.expiry_hour, box.box_id, box.ciphertext)
    return check(digest, box.work, required_work(BOX_SIZE, COPY_HOURS - UNPAID_HOURS, price, factor))


def solve_draft(draft: BoxDraft, now_hour: int, price: WorkPrice) -> tuple[int, ...]:
    """Do a box's proof of work: 50 ms at full price, in a worker thread.

    Custodians measure it by the longest time, whatever is left of it: never less, however late this is done.
    """
    digest = box_digest(draft.prefix, draft.expiry_hour, ParcelId(draft.box_id), draft.ciphertext)
    once = max(required_work(BOX_SIZE, draft.expiry_hour - now_hour, price), yardstick(price))
    return solve(digest, draft.factor * once)
