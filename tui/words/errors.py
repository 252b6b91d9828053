"""Every error kind as one sentence for people and one hint about what to do next."""

from __future__ import annotations

import dataclasses

from core.api import ApiError, Kind
from tui.language import told


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what can be done about it (may be empty)."""

    sentence: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".rstrip()


EXPLANATIONS: dict[Kind, Explanation] = {
    Kind.BAD_REQUEST: Explanation("That could not be understood.", "This is a fault of the program: please report it."),
    Kind.UNKNOWN_METHOD: Explanation("This version cannot do that.", "Update the program."),
    Kind.LOCKED: Explanation("It is locked.", "Enter your passcode first."),
    Kind.NO_ACCOUNT: Explanation("There is no account on this device yet.", "Create one, or restore yours."),
    Kind.ACCOUNT_EXISTS: Explanation("This device already has an account.", "Use another --home for a second one."),
    Kind.WRONG_PASSCODE: Explanation("That is not the passcode.", "Try again."),
    Kind.PASSCODE_NEEDED: Explanation("The passcode is needed.", "The key is no longer remembered."),
    Kind.WEAK_PASSCODE: Explanation("That passcode is easy to guess.", "Make it longer; four random words are good."),
    Kind.SLOW_DOWN: Explanation("Too fast.", "Wait {seconds} and try again."),
    Kind.BAD_WORDS: Explanation("Those are not eighteen words of the list.", "Check the marked words."),
    Kind.WORDS_MISMATCH: Explanation("Some word is probably wrong.", "Compare them with your copy, or go on anyway."),
    Kind.PROFILE_IN_USE: Explanation("This account is open in another window.", "Close that one first."),
    Kind.BAD_INVITE: Explanation("That invitation is damaged or incomplete.", "Copy the whole link again."),
    Kind.OWN_INVITE: Explanation("That is your own invitation.", "Give it to the person you want to talk to."),
    Kind.INVITE_EXPIRED: Explanation("That invitation has expired.", "Ask for a new one."),
    Kind.INVITE_REVOKED: Explanation("That invitation was withdrawn.", "Ask for a new one."),
    Kind.INVITE_USED: Explanation("That invitation was already used.", "Ask for a new one."),
    Kind.INVITE_NOT_FOUND: Explanation(
        "Nobody in the network holds that invitation.", "Ask whether it is still valid."
    ),
    Kind.BAD_PICTURE: Explanation("No QR code could be read from that picture.", "Try another one, or paste the link."),
    Kind.NO_NETWORK: Explanation("There is no network.", "What you write is kept and sent once there is one."),
    Kind.UNKNOWN_CONVERSATION: Explanation("That conversation is gone.", "Choose another one."),
    Kind.UNKNOWN_MESSAGE: Explanation("That message is gone."),
    Kind.UNKNOWN_GREETING: Explanation("That greeting was already answered."),
    Kind.UNKNOWN_CONTACT: Explanation("That contact is gone.", "To talk again, one of you has to greet the other."),
    Kind.NO_SUCH_DEVICE: Explanation("That device is gone.", "Look at their devices again: /devices."),
    Kind.BLOCKED: Explanation("You blocked this contact, so nothing is sent.", "/unblock ends it."),
    Kind.BAD_CODE: Explanation("That is another code.", "Do not confirm it: ask them by another way."),
    Kind.BAD_IDENTITY: Explanation("That is no identity.", "Compare its 52 characters again."),
    Kind.NOT_ALLOWED: Explanation("That cannot be done with this one."),
    Kind.BAD_PROOF: Explanation("That is no proof of a message.", "Ask for its file again."),
    Kind.TOO_LONG: Explanation("That is too long.", "Send it in parts; the limit is {limit} bytes."),
    Kind.TOO_MANY: Explanation("That is more than there can be at once.", "Close or remove one first."),
    Kind.DISK_FULL: Explanation("The disk is full, nothing was saved.", "Free some space and try again."),
    Kind.READ_ONLY: Explanation("The account cannot be written.", "Check the permissions of its folder."),
    Kind.CLOCK_OFF: Explanation("The clock of this computer is wrong.", "Set it, then try again."),
    Kind.DAMAGED: Explanation("A file is damaged.", "Put the right one back."),
    Kind.NEWER_VERSION: Explanation("A newer version wrote that.", "Update the program."),
    Kind.BAD_ARCHIVE: Explanation("That file cannot be taken in.", "Choose one that /export wrote."),
    Kind.WRONG_PASSWORD: Explanation("That password does not open the file.", "Try again."),
    Kind.FILE_EXISTS: Explanation("There is a file of that name already, and it is kept.", "Choose another name."),
    Kind.CORE_VERSION: Explanation("The core that runs is of another version.", "End it, and start again."),
    Kind.FAILED: Explanation("That failed.", "Try again."),
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
# What a hint says when the error did not bring the figure.
WITHOUT_FIGURES = {"seconds": "a moment", "limit": "12288"}


def explain(error: ApiError) -> Explanation:
    """Return what to tell about ``error``, with the figures it carries."""
    if error.kind in IN_CORES_WORDS and error.message:
        return Explanation(told(error.said))
    known = EXPLANATIONS[error.kind]
    if "{" not in known.hint:
        return known
    figures = dict(WITHOUT_FIGURES)
    figures |= {name: str(value) for name, value in error.data.items() if name in figures}
    if figures["seconds"].isdecimal():
        figures["seconds"] += " seconds" if figures["seconds"] != "1" else " second"
    return Explanation(known.sentence, known.hint.format_map(figures))
