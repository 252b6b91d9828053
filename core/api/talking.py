"""Commands of conversations: lists, messages, drafts, search."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import field

from core.api.account import Done
from core.api.base import Carrier, Command, Record
from core.sentence import Sentence

# Why a contact should be looked at twice: a name that could be taken for another contact's, a device that no known device
# vouches for, such a device and one that was known before both in use.
ContactWarning = Literal["look-alike", "unknown-device", "both-alive"]


# How the person is told of what comes in a conversation: with all that the settings say, by the bell alone, not at all.
NotifyRule = Literal["always", "bell", "never"]


class Conversation(Record, frozen=True, omit_defaults=False):
    """A conversation as a list shows it. ``state``: waiting (greeting not answered yet), open, unanswered (link over).

    ``keep_asked``: we asked the other side to keep our mail on its device (whether it does is never told);
    ``keep_wanted``: it asks us; ``keeping``: this device does. ``name``, ``own_name``, ``blocked``, ``warning``,
    ``warning_text`` and ``rekey_overdue`` as in ``Contact``. ``muted_until``: it makes no noise until then.
    ``marked_unread``: by the person, whatever was read; reading takes the mark away. ``notify``: how the person wants to
    be told of what comes in it. ``verified``, ``online``, ``last_seen`` as in ``Contact``.
    """

    id: str
    identity: str
    name: str
    state: Literal["waiting", "open", "unanswered"]
    unread: int
    last_at: int
    last_kind: str = "text"  # of the last row, as in ``Message``; only of some kinds is there a text
    last_text: str = ""
    last_sender: str = ""
    last_state: str = ""
    first_unread: str | None = None
    draft: str = ""
    keep_asked: bool = False
    keep_wanted: bool = False
    keeping: bool = False
    own_name: str = ""
    blocked: bool = False
    warning: ContactWarning | None = None
    warning_text: str = ""
    warning_said: Sentence | None = None
    rekey_overdue: bool = False
    muted_until: int | None = None
    pinned: bool = False
    archived: bool = False
    marked_unread: bool = False
    notify: NotifyRule = "always"
    verified: bool = False
    online: bool = False
    last_seen: int | None = None


class ConversationList(Command[list[Conversation]], frozen=True, tag="conversation.list"):
    """All conversations, the latest first."""


class ConversationRead(Command[Done], frozen=True, tag="conversation.read"):
    """Mark everything up to and including message ``upto`` as seen on this device; take a mark as unread away."""

    conversation: str
    upto: str


class ConversationSet(Command[Done], frozen=True, tag="conversation.set"):
    """Make something of a conversation; what is left out stays as it is. The contact is not told.

    ``muted_until``: a time, 0 for no longer. One that is ``archived`` comes back by itself when a text comes in, unless it
    is muted.
    """

    conversation: str
    muted_until: int | None = None
    pinned: bool | None = None
    archived: bool | None = None
    unread: bool | None = None
    notify: NotifyRule | None = None


class ConversationFocus(Command[Done], frozen=True, tag="conversation.focus"):
    """Tell which conversation this screen shows now, None: none. It is forgotten when the screen locks.

    While its person is there, what comes in it is acknowledged soon. Given again when the person did something else, it
    tells that they are still there.
    """

    carrier: ClassVar = Carrier.GATE
    by_person: ClassVar = True

    conversation: str | None


class ConversationTyping(Command[Done], frozen=True, tag="conversation.typing"):
    """Tell that the person types in a conversation; to be given again while they do.

    The contact is told where both have ``typing`` on, the contact was heard lately, and it was not told in the last 20
    seconds; else nothing is done.
    """

    by_person: ClassVar = True

    conversation: str


class DraftSet(Command[Done], frozen=True, tag="draft.set"):
    """Keep an unsent text with its conversation."""

    by_person: ClassVar = True

    conversation: str
    text: str


# What a row is: see ``Message``. Not a closed list, since a content kind brings the names of its rows with it
# (``core.people.format.content.KINDS``).
RowKind = str
State = Literal["queued", "sent", "stored", "delivered", "read", "failed"]


class MessageRef(Record, frozen=True):
    """A message's id."""

    id: str


class Quote(Record, frozen=True):
    """What a row answers, as it is here: the other row's sender, and the first ``MAX_QUOTE`` characters of its text.

    ``missing``: that row is not here, never was or is deleted; its text is empty. What a quote says is never taken from who
    answers, who could quote what was not said.
    """

    sender: str
    text: str = ""
    kind: RowKind = "text"
    missing: bool = False


class Reaction(Record, frozen=True):
    """An emoji that ``senders`` ("me" or identities) put to a row. Not ``known``: a device among theirs is not."""

    emoji: str
    senders: list[str]
    known: bool = True


class Message(Record, frozen=True):
    """One row of a conversation. ``sender`` is "me" or an identity.

    ``state``, ``copies`` and ``until`` are for one's own messages (``received`` else). ``late`` marks a row that came
    after its place was given up. ``kind`` is "text", or for rows that are no texts: "gap" (something is missing here),
    "device" (the other side has a device that was not known before), "both-alive" (one that is not known and one that is
    were both heard: one of them may be a thief's), "renamed" (it calls itself ``text`` now), "newer-version" (it uses a
    version that this one cannot read), "not-told" (it never heard where you read since you blocked or removed a contact),
    "elsewhere" (a device with your words has changed what is kept of this contact; ``text`` is "removed", which blocks it
    here, "blocked", "unblocked" or "renamed"), "imported" (a text from an archive: it proves nothing, and was never sent by
    this device or received by it), "keep-asked"
    (the sender asks that its mail be kept on the other's device), "keep-ended" (it no longer does), "unknown"
    (newer version needed).

    ``device`` is the device of the other side that wrote the row, or that it is about, by the ``name`` of ``ContactDevice``;
    empty for rows of one's own and those about no device. Not ``known``: no known device vouches for this one, or the
    person refused it, so a thief of the contact's words may have written the row.

    ``text`` is the latest version, said at ``edited_at`` by its author's clock; ``message.details`` has the others.
    ``reply_to`` is the id of the row that it answers, ``quote`` what that says. ``pinned``: by the person, on this device.
    ``forwarded``: its sender says that the text is somebody's and was passed on.
    """

    id: str
    sender: str
    text: str
    sent_at: int
    state: Literal["queued", "sent", "stored", "delivered", "read", "failed", "received"]
    copies: int | None = None
    until: int | None = None
    late: bool = False
    kind: RowKind = "text"
    device: str = ""
    known: bool = True
    reply_to: str | None = None
    quote: Quote | None = None
    reactions: list[Reaction] = []  # noqa: RUF012 - msgspec gives each row its own
    edited_at: int | None = None
    pinned: bool = False
    forwarded: bool = False


class MessageSend(Command[MessageRef], frozen=True, tag="message.send"):
    """Commit a text to be delivered; never waits for the network. The same ``uid`` gives the same id.

    ``reply_to`` is the id of the row of the same conversation that it answers.
    """

    by_person: ClassVar = True

    conversation: str
    text: str
    uid: str | None = None
    reply_to: str | None = None

    def queue(self) -> str:
        """Return a queue for each conversation, so that its texts keep their order."""
        return self.conversation


class MessageForward(Command[MessageRef], frozen=True, tag="message.forward"):
    """Say a text in a conversation as one's own, marked as forwarded. Who said it first is not told."""

    id: str
    conversation: str

    def queue(self) -> str:
        """Return the conversation's queue, so that its texts keep their order."""
        return self.conversation


class MessageList(Command[list[Message]], frozen=True, tag="message.list"):
    """The newest ``limit`` rows before or after a message id (exclusive), oldest first, by local commit order.

    Or those ``around`` a message id, that row among them, or around the first that was said ``at`` a time or later (the
    newest where there is none). ``pinned``: only those.
    """

    conversation: str
    limit: int = 50
    before: str | None = None
    after: str | None = None
    around: str | None = None
    at: int | None = None
    pinned: bool = False


class Deleted(Record, frozen=True, omit_defaults=False):
    """The outcome for texts of one's own that were deleted before they were delivered.

    ``withdrawn``: so many had not left this device and never will. ``on_their_way``: so many had left it, at least in
    part; they cannot be taken back, and the other side receives them.
    """

    withdrawn: int = 0
    on_their_way: int = 0


class MessageDelete(Command[Deleted], frozen=True, tag="message.delete"):
    """Delete rows from this device, from the search index and from the file; what has not left it is not sent.

    The rows by their ``ids``, or ``all`` of a ``conversation``, which stays.
    """

    ids: list[str] = []  # noqa: RUF012 - as above
    conversation: str | None = None
    all: bool = False


class Found(Record, frozen=True):
    """One hit of a search."""

    conversation: str
    message: Message


class MessageSearch(Command[list[Found]], frozen=True, tag="message.search"):
    """Search, newest first, in one conversation or in all: rows that hold every word of ``query``, or have it in a word.

    Case, accents and width make no difference (``core.search_terms``). ``before`` pages on from a message id. Only rows said
    from time ``since`` on and before ``until`` (by the clocks of their writers), ``from`` "me" or an identity, that have a
    link, of http or https; with one of these the query may be empty.
    """

    carrier: ClassVar = Carrier.STEPS

    query: str
    conversation: str | None = None
    limit: int = 50
    before: str | None = None
    since: int | None = None
    until: int | None = None
    sender: str | None = field(default=None, name="from")
    has: Literal["link"] | None = None
