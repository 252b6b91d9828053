"""What the person makes of a conversation: muted for a time, pinned, archived, marked as unread.

Nothing of it is told to the contact. It goes with the account's own state (``core.people.record``), so that a restored
account has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, get_args

import msgspec

from core import api
from core.errors import Malformed
from core.people.format.bounds import Millis, decode
from core.people.work import Work
from core.storage import views
from core.storage.conversations import ConversationRow

RULES: Final[frozenset[api.NotifyRule]] = frozenset(get_args(api.NotifyRule))


class View(msgspec.Struct, frozen=True, array_like=True):
    """A view as the account's own state has it; ``muted_until`` is 0 where it is not muted."""

    muted_until: Millis = 0
    pinned: bool = False
    archived: bool = False
    unread: bool = False
    notify: str = "always"  # one of ``RULES``, or a later version's

    @property
    def rule(self) -> api.NotifyRule:
        """How the person wants to be told, as far as this version knows."""
        for rule in RULES:
            if rule == self.notify:
                return rule
        return "always"


# What a conversation begins with.
PLAIN = View()


def of(row: ConversationRow) -> View:
    """Return what the person made of a conversation."""
    return View(row.muted_until, bool(row.pinned), bool(row.archived), bool(row.marked_unread), row.notify)


def change(work: Work, row: ConversationRow, view: View) -> None:
    """Make something else of a conversation, and tell."""
    view = msgspec.structs.replace(view, notify=view.rule)
    if view == of(row):
        return
    changed = replace(
        row,
        muted_until=view.muted_until,
        pinned=view.pinned,
        archived=view.archived,
        marked_unread=view.unread,
        notify=view.rule,
    )
    views.set_view(work.tx, changed)
    work.emit(api.ConversationChanged(conversation=row.public_id))


def is_muted(work: Work, row: ConversationRow) -> bool:
    """Tell whether a conversation makes no noise now."""
    return row.muted_until > work.now.own_ms


def rule(work: Work, row: ConversationRow) -> api.NotifyRule:
    """Return how the person is to be told of what comes now."""
    return "never" if is_muted(work, row) else row.notify


def came(work: Work, row: ConversationRow) -> None:
    """Take a conversation out of the archive, since something came in it; not while it is muted."""
    if row.archived and not is_muted(work, row):
        change(work, row, msgspec.structs.replace(of(row), archived=False))


def was_read(work: Work, row: ConversationRow) -> None:
    """Take the mark away that it is unread."""
    if row.marked_unread:
        change(work, row, msgspec.structs.replace(of(row), unread=False))


# --- as the account's own state has it --------------------------------------------------------------------------------


def encode_view(view: View) -> bytes:
    """Return a view as it is kept in the account's own state."""
    return msgspec.msgpack.encode(view)


def decode_view(data: bytes) -> View | None:
    """Undo ``encode_view``; None for what is none, or of a version that means something else by it."""
    try:
        return decode(View, data, "view of a conversation")
    except Malformed:
        return None
