"""Refusals: the kinds of errors that commands raise, and the bounds that they check."""

from __future__ import annotations

from enum import StrEnum

from core.sentence import Sentence

# Longest text of one message, in UTF-8 bytes: what twenty minutes of fast typing make.
MAX_TEXT_SIZE = 12 * 1024
# Longest unsent text, in UTF-8 bytes: fifty messages. As JSON it fits a line of ``core.rpc`` unless most of it is escapes.
MAX_DRAFT_SIZE = 50 * MAX_TEXT_SIZE
# Longest greeting text, in UTF-8 bytes: a greeting must fit four boxes together with its keys.
MAX_GREETING_SIZE = 600
# Longest name of a person, in UTF-8 bytes.
MAX_NAME_SIZE = 64
# Longest reaction, in UTF-8 bytes: the longest emoji of Unicode 16 (a couple, each with a skin tone) has 35.
MAX_EMOJI_SIZE = 48
# Characters of a text that a quote of it shows.
MAX_QUOTE = 160
# Longest proof of a text that is looked at, in characters: one of the longest text has 18 000, and words around it.
MAX_PROOF_SIZE = 64 * 1024
# Times are below this, milliseconds of Unix time: the year 6429, and fewer bits than a float holds.
END_OF_TIME_MS = 1 << 47
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
    BAD_PICTURE = "bad-picture"
    NO_NETWORK = "no-network"
    UNKNOWN_CONVERSATION = "unknown-conversation"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_GREETING = "unknown-greeting"
    UNKNOWN_CONTACT = "unknown-contact"
    NO_SUCH_DEVICE = "no-such-device"
    BLOCKED = "blocked"
    NOT_ALLOWED = "not-allowed"
    BAD_PROOF = "bad-proof"
    BAD_CODE = "bad-code"
    BAD_IDENTITY = "bad-identity"
    CORE_VERSION = "core-version"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    CLOCK_OFF = "clock-off"
    DAMAGED = "damaged"
    NEWER_VERSION = "newer-version"
    BAD_ARCHIVE = "bad-archive"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 -- of an archive; the name of an error
    FILE_EXISTS = "file-exists"
    FAILED = "failed"


class ApiError(Exception):
    """A command that was refused. ``message`` is one sentence for people; ``data`` holds what programs need.

    ``said`` is the same sentence as its template and values, for who shows it in another language. A message without
    values is its own template.

    ``data`` by kind: slow-down {"seconds"}, bad-words {"positions", "count"}, too-long and too-many {"limit"},
    weak-passcode {"suggestions"}, bad-identity {"slip", "at"}, core-version {"core"}, clock-off
    {"agreeing", "against"}, failed {"errno"} or {"report"}.
    """

    def __init__(self, kind: Kind, message: str | Sentence, **data: object) -> None:
        self.said = message if isinstance(message, Sentence) else Sentence(message)
        self.message = str(message)
        super().__init__(self.message)
        self.kind = kind
        self.data: dict[str, object] = data
