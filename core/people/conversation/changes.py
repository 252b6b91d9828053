"""Changes of texts: edits by their author, reactions by anyone of the conversation.

A change is a row that is not shown, encoded and acknowledged as a text is (``core.storage.changes``). What a text shows is a
function of the set of its changes, so that no order of arrival, no repetition and no change that waits for its text makes a
difference:

    edits       the one of the highest rank, then of the highest uid; up to ``MAX_VERSIONS`` of the latest are kept
    reactions   of each author the one of the highest rank, then of the highest uid; those before it are dropped

(A change's uid is made of all that it says, so that not even an author who uses a rank twice is shown in two ways.)

An edit is about a text of its own author, by what it says. It counts if the device that wrote it is known, or wrote the text
itself: with a contact's words alone one does not rewrite what the contact said. A reaction by a device that is not known is
shown as one, and yields to any by a device that is.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.people.conversation import deletion
from core.people.conversation.rows import Origin, author_of, insert_own, insert_received
from core.people.format.content import Edit, Reaction, Text, kind_of, uid_of
from core.people.format.emoji import is_emoji
from core.people.format.kept import Reference
from core.people.work import Work
from core.storage import changes, conversations, deposits, devices, lanes, outgoing, postings
from core.storage.messages import MessageRow

TEXT: Final = kind_of(Text).number
EDIT: Final = kind_of(Edit).number
REACTION: Final = kind_of(Reaction).number

# Versions of a text that are kept of one device, beside the first. What a contact edits more often is shown, not kept.
MAX_VERSIONS: Final = 16
# Changes that are kept of one author of one row, of all its devices.
MAX_CHANGES: Final = 32
# Changes of one author that wait for rows that are not here. Of more the oldest are dropped: their texts were deleted by
# then, or were said before this device was there.
MAX_WAITING: Final = 500
_LAST_RANK: Final = api.END_OF_TIME_MS - 1


# --- the other side's -------------------------------------------------------------------------------------------------


def take_edit(work: Work, origin: Origin, item: Edit, signed: bytes) -> None:
    """Take the other side's edit of a text of its own."""
    _take(work, origin, item, Reference(author_of(work, origin), item.of), signed)


def take_reaction(work: Work, origin: Origin, item: Reaction, signed: bytes) -> None:
    """Take the other side's reaction; what is no emoji is passed over."""
    if not item.emoji or is_emoji(item.emoji):
        _take(work, origin, item, item.to, signed)


def _take(work: Work, origin: Origin, item: Edit | Reaction, about: Reference, signed: bytes) -> None:
    if changes.is_deleted(work.tx, origin.conversation, about.author, about.uid):
        return
    new = insert_received(work, origin, item, signed)
    if new is not None:
        row = changes.named(work.tx, new.conversation, new.author, new.uid)
        assert row is not None
        _accept(work, row)


def adopt(work: Work, conversation: int, author: bytes, uid: bytes) -> None:
    """Let the changes count that waited for a row: it is here now."""
    for row in changes.about(work.tx, conversation, author, uid):
        _accept(work, row)


# --- one's own --------------------------------------------------------------------------------------------------------


def edit(work: Work, row: MessageRow, text: str) -> None:
    """Say a text of one's own otherwise. One that never left this device is replaced, without a trace of the first."""
    if text == row.text:
        return
    if _is_unsent(work, row):
        _replace(work, row, text)
        _tell(work, row, "edited")
        return
    say_otherwise(work, row, text)


def _replace(work: Work, row: MessageRow, text: str) -> None:
    """Put another text in place of one that never left.

    Where that was encoded it keeps its place in the lane (``core.people.conversation.empty_blocks``): what was written
    after it may have left, and the other side shows texts in the order of the lane.
    """
    found = postings.of_message(work.tx, row.seq)
    deletion.take_back(work, row)
    changes.replace(work.tx, row.seq, text)
    current = lanes.writing(work.tx, row.conversation)
    in_lane = [each for each in found if current is not None and each.generation == current.generation]
    if not row.pending and len(in_lane) == len(found) == 1:
        postings.reserve(work.tx, found[0], row.seq)
        outgoing.set_encoded(work.tx, row.seq, found[0].generation, found[0].first_index)


def say_otherwise(work: Work, row: MessageRow, text: str) -> None:
    """Write another version of a text, one that never left in its place."""
    for latest in [each for each in changes.of_row(work.tx, row.seq) if each.kind == EDIT][:1]:
        if _is_unsent(work, latest):
            _drop(work, latest)
    known = [each for each in changes.of_row(work.tx, row.seq) if each.kind == EDIT]
    version = max((each.version for each in known), default=1) + 1
    rank = _next_rank(work, known)
    _insert(work, row, Edit(row.uid, rank, version, text))


def react(work: Work, row: MessageRow, emoji: str, *, remove: bool) -> None:
    """Put an emoji to a text, or take it back if it is the one that counts."""
    mine = [
        each for each in changes.of_row(work.tx, row.seq) if each.kind == REACTION and each.author == work.me.identity
    ]
    current = mine[0].text if mine else ""
    if remove == (current != emoji):
        return
    reference = Reference(row.author, row.uid)
    said = "" if remove else emoji
    _insert(work, row, Reaction(reference, _next_rank(work, mine), said))


def _next_rank(work: Work, before: list[MessageRow]) -> int:
    return min(max(work.now.own_ms, *(each.rank + 1 for each in before), 0), _LAST_RANK)


def _insert(work: Work, row: MessageRow, item: Edit | Reaction) -> None:
    insert_own(work, conversations.by_id(work.tx, row.conversation), item)
    inserted = changes.named(work.tx, row.conversation, work.me.identity, uid_of(item))
    assert inserted is not None
    _accept(work, inserted)


def _is_unsent(work: Work, row: MessageRow) -> bool:
    """Tell whether nothing of a row of ours can have left, and all that was encoded of it can be taken back."""
    found = postings.of_message(work.tx, row.seq)
    is_encoded = any(each.kind != "block" or deposits.any_was_made(work.tx, each.id) for each in found)
    return not row.departed and not is_encoded and (bool(row.pending) or bool(found))


# --- what counts ------------------------------------------------------------------------------------------------------


def _accept(work: Work, row: MessageRow) -> None:
    """Let a change count, if it does, and drop those that count no more."""
    assert row.about_author is not None
    assert row.about_uid is not None
    target = changes.named(work.tx, row.conversation, row.about_author, row.about_uid)
    if target is not None and not _may(work, row, target):
        _drop(work, row)
        return
    if target is not None:
        changes.set_target(work.tx, row.seq, target.seq)
    kept = _thin_out(work, row)
    if target is None:
        for old in changes.oldest_waiting(work.tx, row.conversation, row.author, MAX_WAITING):
            _drop(work, old)
    elif row.kind == EDIT:
        _show_latest(work, target, kept)
    else:
        _tell(work, target, "reactions")


def _may(work: Work, row: MessageRow, target: MessageRow) -> bool:
    """Tell whether a change may be made: of texts alone, and edits by no thief of the author's words."""
    if target.kind != TEXT or not target.shown:
        return False
    return row.kind == REACTION or row.device == target.device or is_known(work, row.device)


def is_known(work: Work, device: bytes) -> bool:
    """Tell whether a device is this one or is known as a person's own."""
    standing = devices.standing(work.tx, device)
    return device == work.me.device or (standing is not None and standing.is_known)


def _thin_out(work: Work, row: MessageRow) -> list[MessageRow]:
    """Drop the changes of the same kind, author and row that are beyond the bounds; return the others in order."""
    assert row.about_author is not None
    assert row.about_uid is not None
    alike = [
        each
        for each in changes.about(work.tx, row.conversation, row.about_author, row.about_uid)
        if (each.kind, each.author) == (row.kind, row.author)
    ]
    kept: list[MessageRow] = []
    of_device: dict[bytes, int] = {}
    for each in alike:
        of_device[each.device] = of_device.get(each.device, 0) + 1
        if of_device[each.device] > (MAX_VERSIONS if row.kind == EDIT else 1) or len(kept) == MAX_CHANGES:
            _drop(work, each)
        else:
            kept.append(each)
    return kept


def _show_latest(work: Work, target: MessageRow, versions: list[MessageRow]) -> None:
    latest = versions[0]
    if (target.text, target.edited_at) != (latest.text, latest.sent_at):
        changes.show_version(work.tx, target.seq, latest.text, latest.sent_at)
        _tell(work, target, "edited")


def _drop(work: Work, row: MessageRow) -> None:
    if row.author == work.me.identity:
        deletion.take_back(work, row)
    changes.drop(work.tx, row.seq)


def _tell(work: Work, row: MessageRow, what: api.Change) -> None:
    owner = conversations.by_id(work.tx, row.conversation)
    work.emit(api.MessageChanged(conversation=owner.public_id, id=row.id, what=what))
