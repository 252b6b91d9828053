"""What goes into an archive, read from an open account a page at a time, with other commands in between.

A row is what ``message.list`` says of it, in whatever fields this version has; a contact has its names, its identity and
whether a code was compared, and never a key. One conversation is gone through twice, for the two kinds of text, so that
memory holds a page and no more; a row that comes meanwhile may be in one of the two alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core import api
from core.archive import text
from core.archive.reading import FORMAT, VERSION
from core.crypto.seed import identity_of
from core.people.work import Work
from core.session.commands.lookup import conversation_of
from core.session.commands.registry import act_of
from core.storage import accounts, conversations, messages
from core.storage.conversations import ConversationRow

# What an archive has of a contact, of the fields of ``contact.list``.
_OF_CONTACTS: Final = frozenset({"identity", "name", "own_name", "state", "verified", "blocked", "muted_until"})
# Characters of a contact's name in the name of a part.
_NAME_LENGTH: Final = 32
README: Final = """\
Taken out of sottovoce on {when}, for {name}.

chats/*.txt      what was said, for people, with times
chats/*.jsonl    the same for programs: a line of JSON for each row, oldest first, times in milliseconds of Unix time
contacts.json    names and identities, no keys
settings.json    what Settings shows
archive.json     what is here

Nothing in here can be used to write or read as you: your account comes back by its 18 words alone. sottovoce takes this file
in by /import: texts as rows that are marked as imported, names that you gave, settings.

A file like this proves nothing: who has it can change what it says.
"""


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation that is exported: ``part`` names its two files, without their suffixes."""

    id: str
    identity: str
    name: str
    rows: int
    part: str


@dataclass(slots=True)
class Plan:
    """What an archive will hold."""

    command: api.ArchiveExport
    at: int
    identity: str
    name: str = ""
    chats: list[Chat] = field(default_factory=list[Chat])
    has_contacts: bool = False
    has_settings: bool = False
    written: dict[str, int] = field(default_factory=dict[str, int])  # rows, by a conversation's part

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(chat.rows for chat in self.chats)

    def make(self, work: Work) -> None:
        """Look at what there is. Raises ``ApiError``."""
        what = self.command.what
        account = accounts.load(work.tx)
        self.name = "" if account is None else account.name
        if self.command.conversation is not None:
            self.chats = [_chat(work, conversation_of(work, self.command.conversation), 1)]
            return
        self.has_contacts, self.has_settings = what in {"contacts", "all"}, what in {"settings", "all"}
        if what in {"chats", "all"}:
            rows = sorted(conversations.every_direct(work.tx), key=lambda row: (row.name.casefold(), row.id))
            self.chats = [_chat(work, row, number) for number, row in enumerate(rows, 1)]

    def readme(self) -> str:
        """Return what stands in the archive for people."""
        return README.format(when=text.time_of(self.at), name=text.printable(self.name) or self.identity)

    def manifest(self) -> str:
        """Return what the archive says of itself (``core.archive.reading.Manifest``), once its rows are ``written``."""
        return _json(
            {
                "format": FORMAT,
                "version": VERSION,
                "identity": self.identity,
                "name": self.name,
                "exported_at": self.at,
                "what": self.command.what,
                "conversations": [
                    {
                        "identity": each.identity,
                        "name": each.name,
                        "rows": self.written[each.part],
                        "file": f"{each.part}.jsonl",
                    }
                    for each in self.chats
                ],
            }
        )


def _chat(work: Work, row: ConversationRow, number: int) -> Chat:
    return Chat(
        id=row.public_id,
        identity=identity_of(row.identity),
        name=row.name,
        rows=messages.count(work.tx, row.id),
        part=f"chats/{number:04}-{_plain(row.name)}",
    )


def _plain(name: str) -> str:
    """Return a contact's name as a part of a file's name: letters and digits, which no system reads otherwise."""
    kept = "".join(each if each.isalnum() else "-" for each in name)[:_NAME_LENGTH].strip("-")
    return kept or "unnamed"


class Rows:
    """The rows of a conversation, oldest first: ``go_on`` reads the next ``page`` of them, until it is empty."""

    def __init__(self, conversation: str) -> None:
        self._conversation = conversation
        self._after: str | None = None
        self.page: list[api.Message] = []

    def go_on(self, work: Work) -> None:
        """Read the next page."""
        if self._after is None:
            self.page = self._first(work)
        else:
            rest = api.MessageList(conversation=self._conversation, limit=api.MAX_PAGE, after=self._after)
            self.page = self._list(work, rest)
        if self.page:
            self._after = self.page[-1].id

    def _first(self, work: Work) -> list[api.Message]:
        """Return the oldest row alone: ``message.list`` begins behind one, and pages from there on."""
        row = conversation_of(work, self._conversation)
        two = messages.page(work.tx, row.id, 2, None, messages.FIRST)
        before = two[1].id if len(two) > 1 else None
        return self._list(work, api.MessageList(conversation=row.public_id, limit=1, before=before)) if two else []

    @staticmethod
    def _list(work: Work, command: api.MessageList) -> list[api.Message]:
        looked_at = work.looked_at
        found = act_of(command)(work)
        work.looked_at = looked_at  # no one has it before their eyes
        return found


class Contacts:
    """The contacts as an archive has them: ``go_on`` reads the next ``page`` of them, until it is empty."""

    def __init__(self) -> None:
        self._after: str | None = None
        self.page: list[dict[str, Any]] = []

    def go_on(self, work: Work) -> None:
        """Read the next page."""
        found = act_of(api.ContactList(after=self._after))(work)
        self._after = found[-1].identity if found else None
        self.page = [
            {name: value for name, value in api.builtins_of(each).items() if name in _OF_CONTACTS} for each in found
        ]


def names_of(plan: Plan, chat: Chat) -> Mapping[str, str]:
    """Return what the senders of a conversation are called in its text."""
    return {"me": plan.name or "me", chat.identity: chat.name or chat.identity, "": "*"}


def head_of(plan: Plan, chat: Chat) -> str:
    """Return the first lines of a conversation's text."""
    name = text.printable(chat.name).replace("\n", " ")
    return f"A conversation with {name}\n{chat.identity}\nTaken out on {text.time_of(plan.at)}\n\n"


def line_of(row: api.Message) -> str:
    """Return a row as a line of JSON, of printable ASCII."""
    return _json(api.builtins_of(row))


def lines_of(rows: list[api.Message], names: Mapping[str, str] | None) -> str:
    """Return rows as text: for people with ``names``, else as JSON."""
    return "".join(line_of(row) if names is None else text.lines_of(row, names) for row in rows)


def list_of(contacts: Sequence[dict[str, Any]]) -> str:
    """Return a list of JSON, an entry a line."""
    return "[\n" + ",\n".join(json.dumps(contact) for contact in contacts) + "\n]\n"


def settings_of(settings: api.Settings) -> str:
    """Return settings as JSON."""
    return _json(api.builtins_of(settings))


def _json(value: object) -> str:
    return json.dumps(value) + "\n"
