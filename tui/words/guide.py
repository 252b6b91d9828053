"""The short guide inside the help: newcomers' questions, how a message travels, and what that protects from."""

from __future__ import annotations

from typing import Final, NamedTuple

from tui.language import N_
from tui.words.questions import QUESTIONS


class Chapter(NamedTuple):
    """A heading and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


GUIDE: Final = (
    *(Chapter(title, paragraphs) for title, paragraphs in QUESTIONS),
    Chapter(
        N_("How a message travels"),
        (
            N_("1. Enter commits it to the encrypted file on this device. It is safe from then on: 'queued'."),
            N_(
                "2. It is sealed for the other person's device with a key used once, padded to one of three sizes, and "
                "some 50 ms of proof of work are added, which keeps floods out."
            ),
            N_(
                "3. It goes over three strangers' devices, each of which knows only the one before and the one after: "
                "'sent'."
            ),
            N_("4. Several nodes keep it for up to 48 hours, under a name that leads to nobody: 'stored'."),
            N_(
                "5. The other device fetches everything of a whole region of names and finds its own by a secret only "
                "you two share. It answers: 'delivered'. Until then your device tries again, for 30 days."
            ),
        ),
    ),
    Chapter(
        N_("What it protects you from, and what not"),
        (
            N_(
                "Nobody but you two can read it, or learn that you two talk. There is no server to be seized or "
                "switched off, and neither of you sees the other's address. What is recorded today stays sealed "
                "against a quantum computer."
            ),
            N_("A stolen, locked device shows nothing. How long that lasts depends on your passcode."),
            N_(
                "It does not protect you from the person you write to: messages are signed and can be shown to others. "
                "Nor from someone who controls this machine while it is open, or looks over your shoulder."
            ),
            N_(
                "Whoever watches your line sees that you use sottovoce, but not with whom. A terminal cannot stop "
                "pictures of the screen."
            ),
        ),
    ),
    Chapter(
        N_("Meeting people"),
        (
            N_(
                "Nobody can find you. You give somebody an invitation, as a link or a QR code; they greet you; you "
                "accept. Or the other way round. An invitation ends by itself and can be revoked."
            ),
            N_(
                "To use one, paste what you got it in, a whole mail if you like: the link is found in it. Or name a "
                "picture of its QR code, a photo or a screenshot; dragging the file into the field does, too."
            ),
            N_(
                "Compare security codes (/verify), face to face or on the telephone: both of you see the same sixty digits, "
                "and then you know that nobody stands between you."
            ),
        ),
    ),
    Chapter(
        N_("Names and devices"),
        (
            N_(
                "What you call somebody (/rename) is yours alone. What they call themselves stands beside it in "
                "brackets, and a ! warns where a name could be taken for another contact's."
            ),
            N_(
                "Whoever has somebody's eighteen words can make a device that looks like theirs. One that no device "
                "you knew vouches for is unknown (/devices): ask them by another way, then confirm or refuse it. If a "
                "device you knew is heard as well, it waits until you do; else it gets what you write after an hour, "
                "since people lose devices."
            ),
        ),
    ),
    Chapter(
        N_("Being rid of somebody"),
        (
            N_(
                "/block: you hear nothing of them, and they nothing of you. /unblock ends it. /remove: they are "
                "forgotten, with all that was said and every key. They are not told either time. Your other contacts "
                "learn where your mail is to go from now on, but not why."
            ),
            N_(
                "A message you delete (d) and a conversation you delete (/delete-conversation) go from this device. "
                "What had not left it is never sent; what had left cannot be taken back."
            ),
        ),
    ),
)
