"""The rules for items that are read in a lane: one for each kind.

A rule is given the transaction, where the item stood, the item and what its device signed of it. It returns the secret of a
re-keying, and None for everything else. Acknowledgements are taken by ``lane_reader``, once a block and after all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from core import api
from core.crypto.seed import identity_of
from core.errors import Malformed
from core.people.conversation import changes, inboxes, keep_request, rekeying, resets, signs, views
from core.people.conversation.row_writers import Writers
from core.people.conversation.rows import Origin, insert_received
from core.people.format.content import (
    FIRST_SILENT_KIND,
    KINDS,
    Acceptance,
    Ack,
    Edit,
    InboxNotice,
    Item,
    KeepRequest,
    Reaction,
    Rekey,
    Restart,
    Signs,
    Text,
    Unknown,
    decode_item,
)
from core.people.format.prekey import KeyOffer, check_prekey
from core.people.work import Work
from core.storage import conversations, devices, later, messages
from core.storage.later import LaterRow
from core.storage.messages import NewMessage

_I = TypeVar("_I", bound=Item)
_Rule = Callable[[Work, Origin, _I, bytes], bytes | None]


def take(work: Work, origin: Origin, item: Item, signed: bytes) -> bytes | None:
    """Act on an item; return the secret of a re-keying."""
    return RULES[type(item)](work, origin, item, signed)


def take_text(work: Work, origin: Origin, item: Text, signed: bytes) -> None:
    """Insert the other side's text, once, and tell."""
    new = insert_received(work, origin, item, signed)
    if new is not None:
        changes.adopt(work, new.conversation, new.author, new.uid)
        _tell(work, new)


def _take_keep_request(work: Work, origin: Origin, item: KeepRequest, signed: bytes) -> None:
    keep_request.received(work, origin, item, signed)


def _take_rekey(work: Work, origin: Origin, item: Rekey, _signed: bytes) -> bytes | None:
    assert origin.generation is not None
    return rekeying.open_rekey(work, origin.conversation, origin.device, origin.generation, item)


def _take_restart(work: Work, origin: Origin, item: Restart, _signed: bytes) -> None:
    device = devices.find(work.tx, origin.conversation, origin.device)
    if device is not None and (origin.index, origin.number) == (0, 0):  # it begins a lane, and is there once
        resets.say_again(work, device, item.holds)


def _take_offer(work: Work, origin: Origin, item: KeyOffer, _signed: bytes) -> None:
    if item.device != work.me.certificate.tag or origin.late:
        return
    try:
        check_prekey(item.prekey)
    except Malformed:
        return
    devices.set_offered_key(work.tx, origin.conversation, origin.device, msgspec.msgpack.encode(item.prekey))


def _take_inbox_notice(work: Work, origin: Origin, item: InboxNotice, _signed: bytes) -> None:
    device = devices.find(work.tx, origin.conversation, origin.device)
    if device is not None:
        inboxes.noticed(work, device, item)


def _take_signs(work: Work, origin: Origin, item: Signs, _signed: bytes) -> None:
    signs.take(work, origin, item)


def _take_unknown(work: Work, origin: Origin, item: Unknown, signed: bytes) -> None:
    """Keep an item of a kind that is not known here: silently, or as a row that asks for a newer version."""
    if item.kind < FIRST_SILENT_KIND:
        new = insert_received(work, origin, item, signed)
        if new is not None:
            _tell(work, new)
        return
    assert origin.generation is not None
    at = origin.generation, origin.index, origin.number
    kept = LaterRow(origin.conversation, origin.device, *at, item.kind, origin.made_at, item.raw, signed)
    later.insert(work.tx, kept, work.limits.kept_for_later)


def _pass_over(_work: Work, _origin: Origin, _item: Acceptance | Ack, _signed: bytes) -> None:
    """Ignore an item that has no place in a lane, or is taken elsewhere."""


# By the struct of the kind (``core.people.format.content.KINDS``): each has one.
RULES: Final[dict[type[Item], _Rule[Any]]] = {
    Text: take_text,
    Ack: _pass_over,
    KeyOffer: _take_offer,
    Rekey: _take_rekey,
    Acceptance: _pass_over,
    KeepRequest: _take_keep_request,
    Restart: _take_restart,
    InboxNotice: _take_inbox_notice,
    Signs: _take_signs,
    Edit: changes.take_edit,
    Reaction: changes.take_reaction,
    Unknown: _take_unknown,
}


def _tell(work: Work, new: NewMessage) -> None:
    owner = conversations.by_id(work.tx, new.conversation)
    row = messages.by_id(work.tx, new.id)
    views.came(work, owner)
    writer = Writers(work.tx, work.me.identity).of_device(new.device)
    work.emit(
        api.MessageReceived(
            conversation=owner.public_id,
            id=new.id,
            sender="me" if new.author == work.me.identity else identity_of(new.author),
            text=new.text if row is None else row.text,  # an edit of it may have come first
            late=new.late,
            device=writer.name,
            known=writer.is_known,
            notify=views.rule(work, owner),
        )
    )


def take_later(work: Work) -> None:
    """Act on what was kept until this version could read it, silently or as rows that asked for a newer version."""
    for row in later.every(work.tx):
        if not isinstance(_read_later(row), Unknown) and not conversations.by_id(work.tx, row.conversation).blocked:
            later.drop(work.tx, row)
            _take_kept(work, row)
    for seq, row in later.shown_unknown(work.tx, [kind.number for kind in KINDS]):
        if not conversations.by_id(work.tx, row.conversation).blocked:
            later.drop_shown(work.tx, seq)
            _take_kept(work, row)


def _read_later(row: LaterRow) -> Item | None:
    try:
        return decode_item(row.kind, row.item)
    except Malformed:
        return None


def _take_kept(work: Work, row: LaterRow) -> None:
    item = _read_later(row)
    if item is not None:
        origin = Origin(row.conversation, row.device, row.made_at, row.generation, row.idx, row.number, late=True)
        take(work, origin, item, row.signed)
