"""What people and their devices say to one another: items, each with a kind. A block of them is what an envelope holds.

Kinds this version does not know are kept as bytes, so that a later sottovoce can send reactions or files to an older one
without breaking its lane: those below 128 are shown as needing a newer version, those from 128 on are kept silently and
acted on after an upgrade.

``KINDS`` is the one table of the kinds it knows. A new kind is a struct and a row of the table here, a rule for reading it
(``core.people.conversation.item_rules``), and, if it is shown, words for its row (``tui.widgets.chat_log.notes``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from core.crypto import primitives
from core.errors import Malformed
from core.people.format.bounds import (
    MAX_AUDIENCE,
    Bytes4,
    Bytes8,
    Bytes16,
    Count,
    Emoji,
    Index,
    Key,
    Millis,
    Name,
    Number,
    TextBody,
    decode,
    decode_versioned,
)
from core.people.format.device import Certificate
from core.people.format.kept import Kept, Reference, RowForm
from core.people.format.lane import Offer
from core.people.format.prekey import KeyOffer, Prekey

# Lanes one acknowledgement speaks of: every generation of every device of the other side, newest first.
MAX_LANES = 16
ACCEPTANCE_VERSION = 1
Bits = Annotated[int, msgspec.Meta(ge=0, lt=256)]
MAX_LACKS = 8  # runs of indexes one acknowledgement names as given up, the latest


class Text(msgspec.Struct, frozen=True, array_like=True):
    """A text. ``uid`` is the same in every copy of it, however often it is encoded.

    ``reply_to`` names what it answers. ``forwarded``: its writer passes on what somebody said, and does not say who.
    """

    uid: Bytes16
    text: TextBody
    reply_to: Reference | None = None
    forwarded: bool = False


class Edit(msgspec.Struct, frozen=True, array_like=True):
    """Another version of a text of the writer's own, ``of`` by its uid. The one of the highest ``rank`` counts.

    A rank is the time of the edit, or one more than the last where the clock went back. ``version`` counts from 2.
    """

    of: Bytes16
    rank: Millis
    version: Annotated[int, msgspec.Meta(ge=2, lt=1 << 32)]
    text: TextBody


class Reaction(msgspec.Struct, frozen=True, array_like=True):
    """The one emoji that the writer puts to a row, empty to take it back. Of several one counts by its rank, as of edits."""

    to: Reference
    rank: Millis
    emoji: Emoji


class LaneAck(msgspec.Struct, frozen=True, array_like=True):
    """The indexes held of one lane: all below ``next``, and ``next + 1 + k`` for every bit k of ``bitmap``.

    But not ``lacks``, runs (first index, how many) that were waited for in vain: their content is to be sent again.
    """

    generation: Bytes16
    next: Index
    bitmap: Annotated[int, msgspec.Meta(ge=0)]  # 64 bits; MessagePack holds no more
    lacks: Annotated[list[tuple[Index, Count]], msgspec.Meta(max_length=MAX_LACKS)] = []


class Ack(msgspec.Struct, frozen=True, array_like=True):
    """Cumulative acknowledgement of the lanes of the other side."""

    lanes: Annotated[list[LaneAck], msgspec.Meta(max_length=MAX_LANES)]


class SealedSecret(msgspec.Struct, frozen=True, array_like=True):
    """A re-keying secret for one device, by the key it offered."""

    device: Bytes4
    key_id: Bytes8
    sealed: Annotated[bytes, msgspec.Meta(max_length=2048)]


class Rekey(msgspec.Struct, frozen=True, array_like=True):
    """From the index after this block the lane's chain is mixed with a fresh secret."""

    secrets: Annotated[list[SealedSecret], msgspec.Meta(max_length=MAX_AUDIENCE)]


class Acceptance(msgspec.Struct, frozen=True, array_like=True):
    """A greeting was accepted: the accepting device, its lane, its account's inbox and name, a prekey of its own."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    certificate: Certificate
    offer: Offer
    inbox: Key
    inbox_number: Number
    name: Name
    prekey: Prekey


class KeepRequest(msgspec.Struct, frozen=True, array_like=True):
    """Asks the reader to keep the writer's mail on its device; or, not ``wanted``, no longer. It is not answered."""

    uid: Bytes16
    wanted: bool


class Restart(msgspec.Struct, frozen=True, array_like=True):
    """First in a lane that a reset began: what its writer holds of the other side's, so that the rest is sent again."""

    holds: Annotated[list[LaneAck], msgspec.Meta(max_length=MAX_LANES)]


class InboxNotice(msgspec.Struct, frozen=True, array_like=True):
    """From now on the writer reads at the addresses of this secret; of two notices the higher number counts."""

    number: Number
    inbox: Key


class Tells(IntFlag):
    """What a side lets the other know."""

    READ = 1
    TYPING = 2
    PRESENCE = 4


class Here(IntFlag):
    """What a person does when a block is made."""

    TYPING = 1
    THERE = 2


NOTHING: Final = Here(0)


class Signs(msgspec.Struct, frozen=True, array_like=True):
    """What the writer lets the reader know (``Tells``), what it saw of the reader's lanes, what it does (``Here``).

    ``seen``: of each lane that it names, the index below which the person has seen everything; cumulative. Bits that are
    not known mean nothing.
    """

    tells: Bits
    seen: Annotated[list[tuple[Bytes16, Index]], msgspec.Meta(max_length=MAX_LANES)] = []
    now: Bits = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """An item of a kind from the future, as it came."""

    kind: int
    raw: bytes


Shown = Text | KeepRequest
# Kept as rows, so that they are delivered as texts are, and shown with the row that they are about.
Change = Edit | Reaction
Silent = Ack | KeyOffer | Rekey | Acceptance | Restart | InboxNotice | Signs
Known = Shown | Change | Silent
Item = Known | Unknown
# Numbers below this are shown as needing a newer version where they are not known; those from it on are kept silently.
FIRST_SILENT_KIND = 128

# --- the table of kinds -----------------------------------------------------------------------------------------------

_K = TypeVar("_K", bound=Known)


def _edit_of(_uid: bytes, kept: Kept) -> Edit:
    assert kept.about is not None
    return Edit(kept.about.uid, kept.rank, kept.version, kept.text)


def _reaction_of(_uid: bytes, kept: Kept) -> Reaction:
    assert kept.about is not None
    return Reaction(kept.about, kept.rank, kept.text)


@dataclass(frozen=True, slots=True)
class ContentKind(Generic[_K]):
    """A kind of item: its ``number`` on the wire and its ``struct``.

    ``row`` is None for a kind that is acted on silently. ``version`` is the latest that is read of a struct that begins
    with its version.
    """

    number: int
    struct: type[_K]
    row: RowForm[_K] | None = None
    version: int | None = None


KINDS: Final[tuple[ContentKind[Any], ...]] = (
    ContentKind(
        1,
        Text,
        row=RowForm(
            kept=lambda said, _: Kept(said.text, said.reply_to, forwarded=said.forwarded),
            item=lambda uid, kept: Text(uid, kept.text, kept.about, kept.forwarded),
            name="text",
        ),
    ),
    ContentKind(2, Ack),
    ContentKind(3, KeyOffer),
    ContentKind(4, Rekey),
    ContentKind(5, Acceptance, version=ACCEPTANCE_VERSION),
    ContentKind(
        6,
        KeepRequest,
        row=RowForm(
            kept=lambda asked, _: Kept("+" if asked.wanted else "-"),
            item=lambda uid, kept: KeepRequest(uid, wanted=kept.text == "+"),
            name={"+": "keep-asked", "-": "keep-ended"},
        ),
    ),
    ContentKind(7, Restart),
    ContentKind(8, InboxNotice),
    ContentKind(
        9,
        Edit,
        row=RowForm(
            kept=lambda said, author: Kept(said.text, Reference(author, said.of), said.rank, said.version),
            item=_edit_of,
            name=None,
        ),
    ),
    ContentKind(
        128,
        Reaction,
        row=RowForm(kept=lambda put, _: Kept(put.emoji, put.to, put.rank), item=_reaction_of, name=None),
    ),
    ContentKind(129, Signs),
)
_BY_NUMBER = {kind.number: kind for kind in KINDS}
_BY_STRUCT = {kind.struct: kind for kind in KINDS}


def kind_of(struct: type[_K]) -> ContentKind[_K]:
    """Return what is known of the kind whose struct this is."""
    return _BY_STRUCT[struct]


def kind_numbered(number: int) -> ContentKind[Any] | None:
    """Return the kind with a number, None when this version does not know it."""
    return _BY_NUMBER.get(number)


# --- items on the wire ------------------------------------------------------------------------------------------------


def encode_item(item: Item) -> tuple[int, bytes]:
    """Return an item's kind and its MessagePack. Fields at its end that say nothing are left out."""
    if isinstance(item, Unknown):
        return item.kind, item.raw
    values, defaults = list(msgspec.structs.astuple(item)), list(item.__struct_defaults__)
    while defaults and values[-1] == defaults.pop():
        values.pop()
    return kind_of(type(item)).number, msgspec.msgpack.encode(values)


def uid_of(item: Item) -> bytes:
    """Return the uid of the row that keeps an item; empty for one that stands in no row.

    That of a change is made of all that it says, so that none can be taken for another, and is longer than any that travels.
    """
    if isinstance(item, Text | KeepRequest):
        return item.uid
    if isinstance(item, Edit | Reaction):
        kind, raw = encode_item(item)
        return b"change" + primitives.sha256(b"sottovoce/v1/change" + bytes([kind]) + raw)[:16]
    return b""


def decode_item(number: int, raw: bytes) -> Item:
    """Read an item of a kind. Raises ``Malformed``, and ``Newer`` for a later version of a struct that has one."""
    kind, what = kind_numbered(number), f"item of kind {number}"
    if kind is None:
        return Unknown(number, raw)
    item: Known = (
        decode(kind.struct, raw, what)
        if kind.version is None
        else decode_versioned(kind.struct, raw, what, kind.version)
    )
    return item


def text_size(text: str) -> int:
    """Return the size of a text in UTF-8 bytes; a lone surrogate is ``Malformed``."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise Malformed("text") from error
