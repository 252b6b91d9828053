"""Every error kind as one sentence for people and one hint about what to do next."""

from __future__ import annotations

import dataclasses

from core.api import ApiError, Kind
from tui.language import N_, told, tr, tr_n


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what can be done about it (may be empty)."""

    sentence: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".rstrip()


# The limit of a text, where the error did not bring it.
_LIMIT = "12288"
EXPLANATIONS: dict[Kind, Explanation] = {
    Kind.BAD_REQUEST: Explanation(
        N_("That could not be understood."), N_("This is a fault of the program: please report it.")
    ),
    Kind.UNKNOWN_METHOD: Explanation(N_("This version cannot do that."), N_("Update the program.")),
    Kind.LOCKED: Explanation(N_("It is locked."), N_("Enter your passcode first.")),
    Kind.NO_ACCOUNT: Explanation(N_("There is no account on this device yet."), N_("Create one, or restore yours.")),
    Kind.ACCOUNT_EXISTS: Explanation(
        N_("This device already has an account."), N_("Use another --home for a second one.")
    ),
    Kind.WRONG_PASSCODE: Explanation(N_("That is not the passcode."), N_("Try again.")),
    Kind.PASSCODE_NEEDED: Explanation(N_("The passcode is needed."), N_("The key is no longer remembered.")),
    Kind.WEAK_PASSCODE: Explanation(
        N_("That passcode is easy to guess."), N_("Make it longer; four random words are good.")
    ),
    Kind.SLOW_DOWN: Explanation(N_("Too fast."), N_("Wait {seconds} and try again.")),
    Kind.BAD_WORDS: Explanation(N_("Those are not eighteen words of the list."), N_("Check the marked words.")),
    Kind.WORDS_MISMATCH: Explanation(
        N_("Some word is probably wrong."), N_("Compare them with your copy, or go on anyway.")
    ),
    Kind.PROFILE_IN_USE: Explanation(N_("This account is open in another window."), N_("Close that one first.")),
    Kind.BAD_INVITE: Explanation(N_("That invitation is damaged or incomplete."), N_("Copy the whole link again.")),
    Kind.OWN_INVITE: Explanation(N_("That is your own invitation."), N_("Give it to the person you want to talk to.")),
    Kind.INVITE_EXPIRED: Explanation(N_("That invitation has expired."), N_("Ask for a new one.")),
    Kind.INVITE_REVOKED: Explanation(N_("That invitation was withdrawn."), N_("Ask for a new one.")),
    Kind.INVITE_USED: Explanation(N_("That invitation was already used."), N_("Ask for a new one.")),
    Kind.INVITE_NOT_FOUND: Explanation(
        N_("Nobody in the network holds that invitation."), N_("Ask whether it is still valid.")
    ),
    Kind.BAD_PICTURE: Explanation(
        N_("No QR code could be read from that picture."), N_("Try another one, or paste the link.")
    ),
    Kind.NO_NETWORK: Explanation(N_("There is no network."), N_("What you write is kept and sent once there is one.")),
    Kind.UNKNOWN_CONVERSATION: Explanation(N_("That conversation is gone."), N_("Choose another one.")),
    Kind.UNKNOWN_MESSAGE: Explanation(N_("That message is gone.")),
    Kind.UNKNOWN_GREETING: Explanation(N_("That greeting was already answered.")),
    Kind.UNKNOWN_CONTACT: Explanation(
        N_("That contact is gone."), N_("To talk again, one of you has to greet the other.")
    ),
    Kind.NO_SUCH_DEVICE: Explanation(N_("That device is gone."), N_("Look at their devices again: /devices.")),
    Kind.BLOCKED: Explanation(N_("You blocked this contact, so nothing is sent."), N_("/unblock ends it.")),
    Kind.BAD_CODE: Explanation(N_("That is another code."), N_("Do not confirm it: ask them by another way.")),
    Kind.BAD_IDENTITY: Explanation(N_("That is no identity."), N_("Compare its 52 characters again.")),
    Kind.NOT_ALLOWED: Explanation(N_("That cannot be done with this one.")),
    Kind.BAD_PROOF: Explanation(N_("That is no proof of a message."), N_("Ask for its file again.")),
    Kind.TOO_LONG: Explanation(N_("That is too long."), N_("Send it in parts; the limit is {limit} bytes.")),
    Kind.TOO_MANY: Explanation(N_("That is more than there can be at once."), N_("Close or remove one first.")),
    Kind.DISK_FULL: Explanation(N_("The disk is full, nothing was saved."), N_("Free some space and try again.")),
    Kind.READ_ONLY: Explanation(N_("The account cannot be written."), N_("Check the permissions of its folder.")),
    Kind.CLOCK_OFF: Explanation(N_("The clock of this computer is wrong."), N_("Set it, then try again.")),
    Kind.DAMAGED: Explanation(N_("A file is damaged."), N_("Put the right one back.")),
    Kind.NEWER_VERSION: Explanation(N_("A newer version wrote that."), N_("Update the program.")),
    Kind.BAD_ARCHIVE: Explanation(N_("That file cannot be taken in."), N_("Choose one that /export wrote.")),
    Kind.WRONG_PASSWORD: Explanation(N_("That password does not open the file."), N_("Try again.")),
    Kind.FILE_EXISTS: Explanation(
        N_("There is a file of that name already, and it is kept."), N_("Choose another name.")
    ),
    Kind.CORE_VERSION: Explanation(N_("The core that runs is of another version."), N_("End it, and start again.")),
    Kind.FAILED: Explanation(N_("That failed."), N_("Try again.")),
}
# Errors whose text from core is shown, since it is more exact: which file, and what to do about it.
IN_CORES_WORDS = frozenset(
    {
        Kind.DAMAGED,
        Kind.NEWER_VERSION,
        Kind.FAILED,
        Kind.READ_ONLY,
        Kind.BAD_ARCHIVE,
        Kind.CORE_VERSION,
        Kind.BAD_CODE,
        Kind.NOT_ALLOWED,
        Kind.BAD_IDENTITY,
    }
)


def explain(error: ApiError) -> Explanation:
    """Return what to tell about ``error`` in the language in use, with the figures it carries."""
    if error.kind in IN_CORES_WORDS and error.message:
        return Explanation(told(error.said))
    known = EXPLANATIONS[error.kind]
    hint = tr(known.hint)
    if "{" in hint:
        hint = hint.format(seconds=_seconds(error.data.get("seconds")), limit=error.data.get("limit", _LIMIT))
    return Explanation(tr(known.sentence), hint)


def _seconds(figure: object) -> str:
    """Return how long to wait; some errors do not bring the figure."""
    if figure is None:
        return tr("a moment")
    return tr_n("{count} second", "{count} seconds", int(figure)) if str(figure).isdecimal() else str(figure)  # type: ignore[call-overload]
