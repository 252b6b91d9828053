"""Re-keying: a fresh secret mixed into a lane's chain, sealed to one prekey of each device that reads it.

It is done after some blocks or days, as soon as every known device has given a key; with a copy of the file from before,
what comes after can be neither found nor opened.
"""

from __future__ import annotations

from core.crypto import primitives
from core.errors import OpenFailed
from core.people.conversation import lane_writer, prekeys, trust
from core.people.conversation.ratchets import has_ratchet, usable_key
from core.people.format import lane, signing
from core.people.format.content import Rekey, SealedSecret
from core.people.format.device import TAG_SIZE
from core.people.work import Work
from core.storage import conversations, devices, lanes
from core.storage.devices import DeviceRow
from core.storage.lanes import WriteLane


def is_overdue(work: Work, row: WriteLane) -> bool:
    """Tell whether a lane was not mixed with a fresh secret for longer than is promised."""
    is_long_ago = row.next_index > 0 and work.now.network_ms - max(row.rekeyed_at, row.made_at) > lane.REKEY_PROMISED_MS
    return row.rekeyed_blocks > work.limits.rekey_promised_blocks or is_long_ago


def rekey_if_due(work: Work, row: WriteLane) -> WriteLane:
    """Mix a fresh secret into a lane if it is time to and every device that is to read on has a key; return the lane."""
    is_due = (
        row.rekeyed_blocks >= work.limits.rekey_after_blocks
        or work.now.network_ms - row.rekeyed_at >= lane.REKEY_AFTER_MS
    )
    if not is_due or row.restarts:
        return row
    audience = trust.audience(work, row.conversation)
    with_key = [device for device in audience if usable_key(work, device) is not None]
    lacking = [device for device in audience if device not in with_key]
    if not with_key or not all(not device.is_known or is_overdue(work, row) for device in lacking):
        return row
    for device in lacking:  # it cannot read on, and will ask for a fresh start when it notices
        devices.set_left_behind(work.tx, row.conversation, device.device, left=True)
    return _rekey(work, row, with_key)


def _rekey(work: Work, row: WriteLane, audience: list[DeviceRow]) -> WriteLane:
    secret = primitives.random_bytes(32)
    sealed = [_seal_secret(work, row, device, secret) for device in audience]
    lane_writer.write_block(work, row, (Rekey(sealed),))
    after = lanes.written(work.tx, row.generation)
    assert after is not None
    lanes.mark_rekeyed(work.tx, row.generation, lane.rekey(after.chain, secret), after.next_index, work.now.network_ms)
    rekeyed = lanes.written(work.tx, row.generation)
    assert rekeyed is not None
    return rekeyed


def rekey_info(conversation: bytes, generation: bytes, device: bytes) -> bytes:
    """Return what binds a re-keying secret to its lane and its reader."""
    return b"sottovoce/v1/lane/rekey-secret" + conversation + generation + device


def _seal_secret(work: Work, row: WriteLane, device: DeviceRow, secret: bytes) -> SealedSecret:
    offered = usable_key(work, device)
    assert offered is not None
    recipient = conversations.by_id(work.tx, row.conversation).recipient
    info = rekey_info(signing.conversation_hash(work.me.identity, recipient), row.generation, device.device)
    # The Olm half goes with it where there is a ratchet already; where there is none this block opens it.
    sealed = primitives.xwing_seal(offered.xwing, secret, info)
    if has_ratchet(work, device):
        devices.set_offered_key(work.tx, row.conversation, device.device, None)
    return SealedSecret(device.device[:TAG_SIZE], offered.key_id, sealed)


def open_rekey(work: Work, conversation: int, device: bytes, generation: bytes, item: Rekey) -> bytes | None:
    """Return the secret that a device mixes into its lane; None when it is not for this device, or does not open."""
    writer = devices.find(work.tx, conversation, device)
    if writer is None:
        return None
    between = signing.conversation_hash(writer.identity, trust.addressed_to(work, writer))
    info = rekey_info(between, generation, work.me.device)
    for sealed in item.secrets:
        if sealed.device == work.me.certificate.tag:
            try:
                secret = prekeys.open_sealed(work, device, sealed.key_id, sealed.sealed, info)
            except OpenFailed:
                return None  # its writer has locked itself out of its own lane
            prekeys.forget(work, sealed.key_id)
            return secret
    return None
