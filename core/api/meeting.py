"""Commands of invitations and greetings."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.api.account import Done
from core.api.base import Carrier, Command, Record
from core.api.talking import ContactWarning
from core.sentence import Sentence


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
    """Revoke an invitation: its key is deleted and the network is told."""

    id: str


class ConversationRef(Record, frozen=True):
    """A conversation's id."""

    conversation: str


class ContactAdd(Command[ConversationRef], frozen=True, tag="contact.add"):
    """Greet the maker of an invitation. The conversation exists at once and waits to be accepted.

    ``link``: the link, or any text that it stands in. ``image``: the path of a picture of its QR code, instead of that.
    Errors: bad-invite, own-invite, invite-expired, -revoked, -used, -not-found, bad-picture, no-network, clock-off,
    too-long.
    """

    carrier: ClassVar = Carrier.STEPS

    link: str = ""
    image: str = ""
    greeting: str = ""


class InvitePreview(Record, frozen=True, omit_defaults=False):
    """Who invites: the name that the inviter gives itself, which proves nothing, and the identity, which does.

    ``conversation``: where it is a contact already. ``warning``, ``warning_text`` as in ``Contact``.
    """

    name: str
    identity: str
    expires_at: int
    warning: ContactWarning | None = None
    warning_text: str = ""
    warning_said: Sentence | None = None
    conversation: str | None = None


class ContactPreview(Command[InvitePreview], frozen=True, tag="contact.preview"):
    """Tell who made an invitation, before greeting. Parameters and errors as ``contact.add``."""

    carrier: ClassVar = Carrier.STEPS

    link: str = ""
    image: str = ""


class Greeting(Record, frozen=True, omit_defaults=False):
    """A stranger's greeting. ``known`` when the identity is a contact's, writing from a new device.

    ``invite``: the invitation that was used, which ``note`` is of; empty where it is gone.
    ``warning``, ``warning_text``: the name could be taken for that of a contact, as in ``Contact``.
    """

    id: str
    identity: str
    name: str
    text: str
    received_at: int
    note: str = ""
    known: bool = False
    warning: ContactWarning | None = None
    warning_text: str = ""
    warning_said: Sentence | None = None
    invite: str = ""


class GreetingList(Command[list[Greeting]], frozen=True, tag="greeting.list"):
    """Greetings that wait for an answer, oldest first."""


class GreetingAccept(Command[ConversationRef], frozen=True, tag="greeting.accept"):
    """Accept a stranger's greeting."""

    id: str


class GreetingReject(Command[Done], frozen=True, tag="greeting.reject"):
    """Reject a stranger's greeting; the stranger is not told."""

    id: str
