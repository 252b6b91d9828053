"""Commands about archives: what is taken out of the account as a file, and brought back; and removing the account."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from core.api.base import Carrier, Command, Event, Record
from core.sentence import N_, Sentence

Exported = Literal["chats", "contacts", "settings", "all"]

# Said before an archive without a password is written, and in the answer.
LIES_OPEN = N_(
    "Without a password this file lies open: whoever gets hold of it, of a copy or of a backup of its disk can read it."
)


class Archive(Record, frozen=True, omit_defaults=False):
    """An archive that was written: where, how much is in it, its size in bytes. ``warning``: a sentence, if it lies open."""

    path: str
    conversations: int
    messages: int
    contacts: int
    settings: bool
    encrypted: bool
    size: int
    warning: str = ""


class ArchiveExport(Command[Archive], frozen=True, tag="archive.export"):
    """Write chats, contacts or settings into a file, mode 0600: a zip of texts and JSON, no keys.

    ``password``: encrypted by it in the age format. ``conversation``: of the chats this one only. A file that is there is
    kept unless ``overwrite``. ``passcode``: checked first, as an attempt, where a person is asked for it; programs need
    none, since who can give commands can read every row. The file appears once it is whole.
    Errors: file-exists, weak-passcode (of the password), wrong-passcode, unknown-conversation, disk-full, read-only.
    """

    carrier: ClassVar = Carrier.GATE

    path: str
    what: Exported = "all"
    password: str | None = None
    conversation: str | None = None
    overwrite: bool = False
    passcode: str | None = None

    def queue(self) -> str:
        """Return a queue of their own: one archive at a time."""
        return "archive"


class ArchiveTaken(Record, frozen=True, omit_defaults=False):
    """What was taken from an archive, and what was left out.

    ``messages``: rows added, ``known`` rows that were here already. ``contacts``: those that got back the name that the
    person gave them. ``settings``: the names of those that changed. ``left_out``: sentences, each a reason;
    ``said``: the same as templates and values.
    """

    conversations: int
    messages: int
    known: int
    contacts: int
    settings: list[str]
    left_out: list[str]
    said: list[Sentence] = msgspec.field(default_factory=list[Sentence])


class ArchiveImport(Command[ArchiveTaken], frozen=True, tag="archive.import"):
    """Take in an archive: texts as rows of kind "imported", names of contacts that there are, settings.

    Imported rows prove nothing, are never sent, and count as read. Errors: bad-archive, wrong-password, newer-version.
    """

    carrier: ClassVar = Carrier.STEPS

    path: str
    password: str | None = None

    def queue(self) -> str:
        """Return a queue of their own: one archive at a time."""
        return "archive"


class ArchiveProgress(Event, frozen=True, tag="archive.progress"):
    """An archive is being written or taken in: ``done`` of about ``total`` rows."""

    done: int
    total: int


def builtins_of(record: Record) -> dict[str, Any]:
    """Return a record as the dictionary that JSON has of it, whatever fields it has in this version."""
    found: dict[str, Any] = msgspec.to_builtins(record)
    return found
