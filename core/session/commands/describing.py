"""Rows as people see them: with what they answer, what was put to them and who wrote them, read together for a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from core import api
from core.crypto.seed import identity_of
from core.people.conversation import rows
from core.people.conversation.changes import REACTION
from core.people.conversation.row_writers import Writers
from core.people.work import Work
from core.storage import changes, conversations
from core.storage.changes import Put, Quoted
from core.storage.messages import MessageRow


def sender_of(work: Work, author: bytes) -> str:
    """Return an author as ``api.Message`` has it."""
    if not author:
        return ""
    return "me" if author == work.me.identity else identity_of(author)


def describe(work: Work, found: Sequence[MessageRow]) -> list[api.Message]:
    """Return rows as people see them."""
    seqs = [row.seq for row in found]
    answered = [row.seq for row in found if row.about_uid is not None]
    quoted = changes.quotes(work.tx, answered, api.MAX_QUOTE) if answered else {}
    put: dict[int, list[Put]] = {}
    for reaction in changes.reactions(work.tx, seqs, REACTION):
        put.setdefault(reaction.target, []).append(reaction)
    writers = Writers(work.tx, work.me.identity)
    return [
        _describe(work, row, writers, quoted.get(row.seq), _reactions(work, writers, put.get(row.seq, [])))
        for row in found
    ]


def _describe(
    work: Work, row: MessageRow, writers: Writers, quoted: Quoted | None, reactions: list[api.Reaction]
) -> api.Message:
    kind, text = rows.describe(row)
    writer = writers.of_row(row)
    reply_to, quote = (None, None) if quoted is None else _quote(work, row.conversation, quoted)
    return api.Message(
        id=row.id,
        sender=sender_of(work, row.author),
        text=text,
        sent_at=row.sent_at,
        state=cast("Any", row.state),  # the schema's CHECK lists the same
        copies=row.copies,
        until=row.until,
        late=bool(row.late),
        kind=kind,
        device=writer.name,
        known=writer.is_known,
        reply_to=reply_to,
        quote=quote,
        reactions=reactions,
        edited_at=row.edited_at,
        pinned=bool(row.pinned),
        forwarded=bool(row.forwarded),
    )


def _quote(work: Work, conversation: int, quoted: Quoted) -> tuple[str, api.Quote]:
    """Return the id of the row that is answered, and what it says."""
    owner = conversations.by_id(work.tx, conversation)
    kind, text = ("text", "") if quoted.kind is None else rows.words_of(quoted.kind, quoted.text)
    said = api.Quote(sender=sender_of(work, quoted.author), text=text, kind=kind, missing=quoted.kind is None)
    return rows.message_id(owner.public_id, quoted.author, quoted.uid), said


def _reactions(work: Work, writers: Writers, put: list[Put]) -> list[api.Reaction]:
    """Return the reactions to a row: of each author one, by a device that is known if there is such a one."""
    counting: dict[bytes, tuple[bool, Put]] = {}
    for reaction in put:
        is_known = reaction.author == work.me.identity or writers.of_device(reaction.device).is_known
        known_before = counting.get(reaction.author)
        if known_before is None or (is_known and not known_before[0]):
            counting[reaction.author] = is_known, reaction
    by_emoji: dict[str, list[tuple[bool, Put]]] = {}
    for is_known, reaction in sorted(counting.values(), key=lambda each: (each[1].sent_at, each[1].author)):
        if reaction.emoji:
            by_emoji.setdefault(reaction.emoji, []).append((is_known, reaction))
    return [
        api.Reaction(
            emoji=emoji,
            senders=[sender_of(work, reaction.author) for _, reaction in group],
            known=all(is_known for is_known, _ in group),
        )
        for emoji, group in by_emoji.items()
    ]
