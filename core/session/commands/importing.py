"""What is taken from an archive into an open account, and what is left out.

    chats      into the conversation with the same person, as rows of kind "imported" (``core.people.conversation.imported``)
    contacts   the name that the person gave, where the contact is here and has none of the person's own; mutes
    settings   those whose values are a closed list, a number or yes and no

Left out: what an archive could lie about to somebody's harm. No contact is made, for that takes keys; none is called
compared, blocked or unblocked. Of settings no free text is taken, since it could name a program to run. Rows of another
account's archive are refused: who is "me" in them is somebody else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from core import api
from core.archive.reading import ArchivedContact, ArchivedRow, ChatPart, Manifest
from core.crypto.seed import BadIdentity, identity_of, public_key_of
from core.people.contact import names
from core.people.conversation import imported
from core.people.conversation.imported import OldRow
from core.people.work import Work
from core.sentence import Sentence, sentence
from core.session.commands.registry import act_of
from core.storage import conversations, messages
from core.storage.conversations import ConversationRow

# Rows taken in one transaction: some milliseconds, most of it their words for the search.
PAGE: Final = 100
# Rows that someone wrote; the others are what the program noted then.
_TAKEN: Final = frozenset({"text", "imported"})


@dataclass(slots=True)
class Chat:
    """A conversation of the archive and the one here that takes its rows. ``after``: number of the row taken last."""

    part: ChatPart
    conversation: int
    public_id: str
    other: bytes
    after: int = messages.FIRST


@dataclass(slots=True)
class Import:
    """An archive being taken in."""

    manifest: Manifest
    contacts: Sequence[ArchivedContact]
    offered: dict[str, Any]
    chats: list[Chat] = field(default_factory=list[Chat])
    settings: list[str] = field(default_factory=list[str])
    added: int = 0
    known: int = 0
    named: int = 0
    left_out: list[Sentence] = field(default_factory=list[Sentence])

    def begin(self, work: Work) -> None:
        """Take names and settings, and find the conversations for the chats."""
        self._take_names(work)
        self._take_settings(work)
        parts = self.manifest.conversations
        if parts and self.manifest.identity != identity_of(work.me.identity):
            self.left_out.append(
                sentence("The chats are another account's, where somebody else is you: they were left out.")
            )
            return
        for part in parts:
            row = _conversation_with(work, part.identity)
            if row is not None:
                self.chats.append(Chat(part, row.id, row.public_id, row.identity))
        missing = len(parts) - len(self.chats)
        if missing:
            self.left_out.append(
                sentence(
                    "{missing} of {all} conversations are with people who are no contacts here: they were left out. Take "
                    "the file in again once they are.",
                    missing=missing,
                    all=len(parts),
                )
            )

    def _take_names(self, work: Work) -> None:
        for contact in self.contacts:
            row = _conversation_with(work, contact.identity)
            chosen = contact.name != contact.own_name and 0 < len(contact.name.encode()) <= api.MAX_NAME_SIZE
            if row is not None and chosen and row.name == row.own_name != contact.name:
                names.rename(work, row, contact.name)
                self.named += 1
            until = contact.muted_until or 0
            if row is not None and until > max(row.muted_until, work.now.own_ms):
                act_of(api.ConversationSet(conversation=row.public_id, muted_until=until))(work)

    def _take_settings(self, work: Work) -> None:
        here = api.builtins_of(act_of(api.SettingsGet())(work))
        for name, value in self.offered.items():
            if name in _CLOSED | _HARMLESS and value != here[name]:
                try:
                    msgspec.convert({**here, name: value}, api.Settings)
                except msgspec.ValidationError:
                    continue  # a later version's, or nonsense
                act_of(api.SettingsSet(settings={name: value}))(work)
                self.settings.append(name)

    def take(self, chat: Chat, page: Sequence[ArchivedRow], work: Work) -> None:
        """Take some rows of a conversation."""
        try:
            row = conversations.by_id(work.tx, chat.conversation)
        except AssertionError:
            return  # removed meanwhile
        for each in page:
            if each.kind not in _TAKEN or not each.text or each.sender not in {"me", chat.part.identity}:
                continue
            author = work.me.identity if each.sender == "me" else chat.other
            seq = imported.take(work, row, OldRow(each.id, author, each.text, each.sent_at), chat.after)
            if seq is None:
                self.known += 1
            else:
                self.added, chat.after = self.added + 1, seq

    def result(self) -> api.ArchiveTaken:
        """Return what came of it."""
        return api.ArchiveTaken(
            conversations=len(self.chats),
            messages=self.added,
            known=self.known,
            contacts=self.named,
            settings=sorted(self.settings),
            left_out=list(map(str, self.left_out)),
            said=self.left_out,
        )


def pages(rows: Iterator[ArchivedRow]) -> Generator[list[ArchivedRow]]:
    """Yield rows a page at a time."""
    while page := list(islice(rows, PAGE)):
        yield page


def _conversation_with(work: Work, identity: str) -> ConversationRow | None:
    try:
        return conversations.by_identity(work.tx, public_key_of(identity))
    except BadIdentity:
        return None


def closed_settings(settings: type[api.Record]) -> frozenset[str]:
    """Return the settings whose values no archive can choose freely: yes or no, a number, one of a list."""

    def is_closed(kind: object) -> bool:
        return kind is bool or kind is int or (get_origin(kind) is Literal and bool(get_args(kind)))

    return frozenset(name for name, kind in get_type_hints(settings).items() if is_closed(kind))


# Text that names no program and no place: the form of a theme's name, or language, is checked, an unknown one passed over.
_HARMLESS: Final = frozenset({"theme", "language"})
_CLOSED: Final = closed_settings(api.Settings)
