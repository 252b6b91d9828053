"""Changes of rows that are there: reactions, edits, pins (``core.api.changing``)."""

from __future__ import annotations

from typing import Final

from core import api
from core.api import ApiError, Kind
from core.people.contact import removal
from core.people.conversation import changes
from core.people.format.emoji import is_emoji
from core.people.work import Work
from core.sentence import N_
from core.session.checks import check_text
from core.session.commands.lookup import message_of
from core.session.commands.registry import transaction
from core.storage import changes as rows, conversations
from core.storage.messages import MessageRow

# Rows of a conversation that may be pinned: more than a person looks through.
MAX_PINNED: Final = 100


@transaction(api.MessageReact)
def _react(work: Work, command: api.MessageReact) -> api.Done:
    if not is_emoji(command.emoji):
        raise ApiError(Kind.BAD_REQUEST, f"A reaction is one emoji of at most {api.MAX_EMOJI_SIZE} bytes.")
    row = _text_of(work, command.id, "Only texts can be reacted to.")
    changes.react(work, row, command.emoji, remove=command.remove)
    return api.Done()


@transaction(api.MessageEdit)
def _edit(work: Work, command: api.MessageEdit) -> api.Done:
    if not command.text:
        raise ApiError(Kind.BAD_REQUEST, "A text cannot be made empty: delete it instead.")
    check_text(command.text, api.MAX_TEXT_SIZE)
    row = _text_of(work, command.id, N_("Only texts can be edited."))
    if row.author != work.me.identity:
        raise ApiError(Kind.NOT_ALLOWED, N_("Only who wrote a text can edit it."))
    changes.edit(work, row, command.text)
    return api.Done()


def _text_of(work: Work, message: str, why_not: str) -> MessageRow:
    """Return a text of a conversation that can be written to. Raises ``ApiError``."""
    row = message_of(work, message)
    removal.refuse_blocked(conversations.by_id(work.tx, row.conversation))
    if row.kind != changes.TEXT:
        raise ApiError(Kind.NOT_ALLOWED, why_not)
    return row


@transaction(api.MessagePin)
def _pin(work: Work, command: api.MessagePin) -> api.Done:
    row = message_of(work, command.id)
    if bool(row.pinned) == command.pinned:
        return api.Done()
    if command.pinned and rows.count_pinned(work.tx, row.conversation) >= MAX_PINNED:
        raise ApiError(Kind.TOO_MANY, f"{MAX_PINNED} rows are pinned here: let go of one first.", limit=MAX_PINNED)
    rows.set_pinned(work.tx, row.seq, pinned=command.pinned)
    owner = conversations.by_id(work.tx, row.conversation)
    work.emit(api.MessageChanged(conversation=owner.public_id, id=row.id, what="pinned"))
    return api.Done()
