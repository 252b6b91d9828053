"""The one interface: every command, result, event and error of the program, as frozen, serialisable records.

Screens, ``sottovoce rpc`` and bots use this and nothing else. A command is a value; ``Client.call`` turns it into its
result or raises ``ApiError``. Events are hints that something changed; ``message.list`` is the truth.

Times are integer milliseconds of Unix time, durations are seconds, identities and ids are strings.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

# Longest text of one message, in UTF-8 bytes: what twenty minutes of fast typing make.
MAX_TEXT_SIZE = 12 * 1024
# Longest greeting text, in UTF-8 bytes: a greeting must fit four boxes together with its keys.
MAX_GREETING_SIZE = 600
# Longest name of a person, in UTF-8 bytes.
MAX_NAME_SIZE = 64
# Most rows one ``message.list`` gives.
MAX_PAGE = 500
# An invitation lives at least and at most this long, in seconds.
MIN_INVITE_LIFE, MAX_INVITE_LIFE = 1, 90 * 86400


class Kind(StrEnum):
    """Why a command failed. A closed list; ``docs/PROTOCOL.md`` 8 says when each is given."""

    BAD_REQUEST = "bad-request"
    UNKNOWN_METHOD = "unknown-method"
    LOCKED = "locked"
    NO_ACCOUNT = "no-account"
    ACCOUNT_EXISTS = "account-exists"
    WRONG_PASSCODE = "wrong-passcode"
    PASSCODE_NEEDED = "passcode-needed"
    WEAK_PASSCODE = "weak-passcode"
    SLOW_DOWN = "slow-down"
    BAD_WORDS = "bad-words"
    WORDS_MISMATCH = "words-mismatch"
    PROFILE_IN_USE = "profile-in-use"
    BAD_INVITE = "bad-invite"
    OWN_INVITE = "own-invite"
    INVITE_EXPIRED = "invite-expired"
    INVITE_REVOKED = "invite-revoked"
    INVITE_USED = "invite-used"
    INVITE_NOT_FOUND = "invite-not-found"
    NO_NETWORK = "no-network"
    UNKNOWN_CONVERSATION = "unknown-conversation"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_GREETING = "unknown-greeting"
    TOO_LONG = "too-long"
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    CLOCK_OFF = "clock-off"


class ApiError(Exception):
    """A command that was refused. ``message`` is one sentence for people; ``data`` holds what programs need.

    ``data`` by kind: slow-down {"seconds"}, bad-words {"positions", "count"}, too-long {"limit"},
    weak-passcode {"suggestions"}.
    """

    def __init__(self, kind: Kind, message: str, **data: object) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.data: dict[str, object] = data


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of results and events."""


# --- commands and their results -------------------------------------------------------------------------------------


class Command(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True, tag_field="method", forbid_unknown_fields=True):
    """Base of commands; ``Command[R]`` is answered by an ``R``."""


class Done(Record, frozen=True):
    """Nothing to tell beyond success."""


class AccountCreated(Record, frozen=True):
    """A new account: its identity and the eighteen words that are its only copy outside this device."""

    identity: str
    words: list[str]


class AccountIdentity(Record, frozen=True):
    """The identity of the account now open."""

    identity: str


class AccountInfo(Record, frozen=True, omit_defaults=False):
    """Whose account this is. Identity and name are empty while locked or while there is no account.

    ``remembered`` says whether the unlocked key is held for 20 hours (None while locked).
    """

    identity: str
    name: str
    locked: bool
    exists: bool
    remembered: bool | None = None


class AccountCreate(Command[AccountCreated], frozen=True, tag="account.create"):
    """Make an account on this device. Needs no network. Errors: account-exists, weak-passcode, disk-full, read-only."""

    passcode: str
    name: str = ""


class AccountRestore(Command[AccountIdentity], frozen=True, tag="account.restore"):
    """Make the account anew from its words. Errors as create, and bad-words, words-mismatch."""

    words: list[str]
    passcode: str
    accept_mismatch: bool = False
    name: str = ""


class AccountUnlock(Command[AccountIdentity], frozen=True, tag="account.unlock"):
    """Open with the passcode, or without one by the remembered key.

    Errors: no-account, wrong-passcode, passcode-needed, slow-down.
    """

    passcode: str | None = None


class AccountLock(Command[Done], frozen=True, tag="account.lock"):
    """Lock. With ``keep_receiving`` only the screen locks: commands answer ``locked``, mail still comes in."""

    keep_receiving: bool = False


class AccountLogout(Command[Done], frozen=True, tag="account.logout"):
    """Lock and forget the remembered key."""


class AccountChangePasscode(Command[Done], frozen=True, tag="account.change_passcode"):
    """Wrap the same account with another passcode. Errors: wrong-passcode, weak-passcode, slow-down."""

    old: str
    new: str


class AccountRename(Command[Done], frozen=True, tag="account.rename"):
    """Change the name that future invitations and greetings show."""

    name: str


class AccountGet(Command[AccountInfo], frozen=True, tag="account.info"):
    """Tell whose account is open. Works while locked."""


class InviteCreated(Record, frozen=True):
    """An invitation, and on how many nodes it lies by now."""

    id: str
    link: str
    expires_at: int
    copies: int


class Invite(Record, frozen=True, omit_defaults=False):
    """An invitation of one's own."""

    id: str
    link: str
    created_at: int
    expires_at: int
    state: Literal["open", "used", "revoked", "expired"]
    uses: int
    copies: int
    max_uses: int | None = None
    note: str = ""


class InviteCreate(Command[InviteCreated], frozen=True, tag="invite.create"):
    """Make an invitation; answers once two nodes hold it or after 5 s, and goes on by itself."""

    expires_in: int
    max_uses: int | None = None
    note: str = ""


class InviteList(Command[list[Invite]], frozen=True, tag="invite.list"):
    """One's own invitations, newest first."""


class InviteRevoke(Command[Done], frozen=True, tag="invite.revoke"):
    """Make an invitation dead: its key is deleted and the network is told."""

    id: str


class ConversationRef(Record, frozen=True):
    """A conversation's id."""

    conversation: str


class ContactAdd(Command[ConversationRef], frozen=True, tag="contact.add"):
    """Greet whoever made ``link``. The conversation exists at once and waits to be accepted.

    Errors: bad-invite, own-invite, invite-expired, -revoked, -used, -not-found, no-network, too-long.
    """

    link: str
    greeting: str = ""


class Greeting(Record, frozen=True, omit_defaults=False):
    """A stranger at the door. ``known`` when the identity is a contact's, writing from a new device."""

    id: str
    identity: str
    name: str
    text: str
    received_at: int
    note: str = ""
    known: bool = False


class GreetingList(Command[list[Greeting]], frozen=True, tag="greeting.list"):
    """Greetings that wait for an answer, oldest first."""


class GreetingAccept(Command[ConversationRef], frozen=True, tag="greeting.accept"):
    """Let a stranger in."""

    id: str


class GreetingReject(Command[Done], frozen=True, tag="greeting.reject"):
    """Turn a stranger away, silently."""

    id: str


class Conversation(Record, frozen=True, omit_defaults=False):
    """A conversation as a list shows it. ``state``: waiting (greeting not answered yet), open, unanswered (link over)."""

    id: str
    identity: str
    name: str
    state: Literal["waiting", "open", "unanswered"]
    unread: int
    last_at: int
    last_text: str = ""
    last_sender: str = ""
    last_state: str = ""
    first_unread: str | None = None
    draft: str = ""


class ConversationList(Command[list[Conversation]], frozen=True, tag="conversation.list"):
    """All conversations, the latest first."""


class ConversationRead(Command[Done], frozen=True, tag="conversation.read"):
    """Mark everything up to and including message ``upto`` as seen on this device."""

    conversation: str
    upto: str


class DraftSet(Command[Done], frozen=True, tag="draft.set"):
    """Keep an unsent text with its conversation."""

    conversation: str
    text: str


State = Literal["queued", "sent", "stored", "delivered", "read", "failed"]


class MessageRef(Record, frozen=True):
    """A message's id."""

    id: str


class Message(Record, frozen=True):
    """One row of a conversation. ``sender`` is "me" or an identity.

    ``state``, ``copies`` and ``until`` are for one's own messages (``received`` else). ``late`` marks a row that came
    after its place was given up. ``kind`` is "text", "gap" (something is missing here) or "unknown" (newer version needed).
    """

    id: str
    sender: str
    text: str
    sent_at: int
    state: Literal["queued", "sent", "stored", "delivered", "read", "failed", "received"]
    copies: int | None = None
    until: int | None = None
    late: bool = False
    kind: Literal["text", "gap", "unknown"] = "text"


class MessageSend(Command[MessageRef], frozen=True, tag="message.send"):
    """Commit a text to be delivered; never waits for the network. The same ``uid`` gives the same id."""

    conversation: str
    text: str
    uid: str | None = None


class MessageList(Command[list[Message]], frozen=True, tag="message.list"):
    """The newest ``limit`` rows before or after a message id (exclusive), oldest first, by local commit order."""

    conversation: str
    limit: int = 50
    before: str | None = None
    after: str | None = None


class MessageDelete(Command[Done], frozen=True, tag="message.delete"):
    """Delete rows from this device, from the search index and from the file."""

    ids: list[str]


class Found(Record, frozen=True):
    """One hit of a search."""

    conversation: str
    message: Message


class MessageSearch(Command[list[Found]], frozen=True, tag="message.search"):
    """Full-text search, newest first: in one conversation or in all. ``before`` pages on from a message id."""

    query: str
    conversation: str | None = None
    limit: int = 50
    before: str | None = None


class PeerInfo(Record, frozen=True):
    """One linked node, as the network screen shows it."""

    node: str
    endpoint: str
    role: Literal["full", "leaf"]
    rtt_ms: float
    following: bool


class NetworkStatus(Record, frozen=True, omit_defaults=False):
    """The network as this node sees it."""

    listen: str
    peers: int
    role: Literal["full", "leaf"]
    custodians: int
    copies_agree: bool | None  # None: not compared, which the overlay will do
    clock_offset_ms: int
    datagrams_in: int
    datagrams_out: int
    datagrams_dropped: int
    parcels: int
    links: list[PeerInfo]


class NetworkStatusGet(Command[NetworkStatus], frozen=True, tag="network.status"):
    """Tell the state of the network. Works while locked."""


class Settings(Record, frozen=True, omit_defaults=False):
    """What the screens remember, kept inside the encrypted file. Empty strings mean: decide by the terminal."""

    theme: Literal["", "dark", "light", "contrast", "mono"] = ""
    glyphs: Literal["", "ascii", "unicode", "nerd"] = ""
    enter_sends: bool = True
    lock_after: int = 600  # seconds without a key until the screen locks; 0 = never
    notify: Literal["off", "bell", "bell+text"] = "bell"
    low_bandwidth: Literal["auto", "on", "off"] = "auto"


class SettingsGet(Command[Settings], frozen=True, tag="settings.get"):
    """The stored settings."""


class SettingsSet(Command[Done], frozen=True, tag="settings.set"):
    """Store settings, all of them."""

    settings: Settings


AnyCommand = (
    AccountCreate | AccountRestore | AccountUnlock | AccountLock | AccountLogout | AccountChangePasscode
    | AccountRename | AccountGet | InviteCreate | InviteList | InviteRevoke | ContactAdd | GreetingList
    | GreetingAccept | GreetingReject | ConversationList | ConversationRead | DraftSet | MessageSend | MessageList
    | MessageDelete | MessageSearch | NetworkStatusGet | SettingsGet | SettingsSet
)  # fmt: skip

# --- events -----------------------------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of events."""


class GreetingReceived(Event, frozen=True, tag="greeting.received"):
    """A stranger wrote."""

    id: str
    identity: str
    name: str
    text: str


class ContactAccepted(Event, frozen=True, tag="contact.accepted"):
    """A greeting of ours was accepted, or two people greeted each other: the conversation is open."""

    conversation: str


class MessageReceived(Event, frozen=True, tag="message.received"):
    """A row came in."""

    conversation: str
    id: str
    sender: str
    text: str
    late: bool = False


class MessageStateChanged(Event, frozen=True, tag="message.state"):
    """One of our messages moved on."""

    conversation: str
    id: str
    state: State
    copies: int | None = None
    until: int | None = None


class NetworkChanged(Event, frozen=True, tag="network.changed"):
    """The number of linked peers changed."""

    peers: int


class AccountLocked(Event, frozen=True, tag="account.locked"):
    """The account was locked, by whoever; ``vault`` when the keys are gone too."""

    vault: bool


AnyEvent = GreetingReceived | ContactAccepted | MessageReceived | MessageStateChanged | NetworkChanged | AccountLocked


class Client(Protocol):
    """What screens and adapters hold: a way to give commands. Events reach them separately."""

    async def call(self, command: Command[R]) -> R:
        """Carry out a command and return its result; raises ``ApiError``."""
        ...


def method_of(command: type[Command[Any]] | Command[Any]) -> str:
    """Return the method name of a command, as ``rpc`` spells it."""
    tag = command.__struct_config__.tag
    return str(tag)
