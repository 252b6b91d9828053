"""Commands about contacts: names, devices, blocking and removing."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from core.api.account import Done
from core.api.base import Carrier, Command, Record
from core.api.talking import ContactWarning, Deleted
from core.sentence import Sentence

# What two people can let each other know: what was read, who types, who is there. Each works both ways or not at all.
Sign = Literal["read", "typing", "presence"]


class ContactDevice(Record, frozen=True, omit_defaults=False):
    """A device of a contact. ``state``: vouched for by a device known before, confirmed by the person, or unknown.

    ``served``: what is written now is written to it as well. ``since``: when it appeared here.
    """

    id: str
    name: str
    state: Literal["vouched", "confirmed", "unknown"]
    since: int
    served: bool


class Contact(Record, frozen=True, omit_defaults=False):
    """A contact. ``name`` is the person's own name for the contact, ``own_name`` what the contact calls itself.

    ``warning`` is for programs, ``warning_text`` one sentence for people, ``warning_said`` its template and values
    where it has any; empty when there is nothing to say.
    ``tells``: what the contact has switched on; ``exchanged``: what both have, and therefore see of each other. ``online``,
    ``last_seen``: as far as ``presence`` is exchanged, in steps of ten minutes.
    ``rekey_overdue``: fresh keys were not mixed into what is written to the contact for longer than is promised.
    """

    identity: str
    name: str
    own_name: str
    conversation: str
    state: Literal["waiting", "open", "unanswered"]
    verified: bool
    blocked: bool
    devices: list[ContactDevice]
    warning: ContactWarning | None = None
    warning_text: str = ""
    warning_said: Sentence | None = None
    rekey_overdue: bool = False
    muted_until: int | None = None
    pinned: bool = False
    archived: bool = False
    marked_unread: bool = False
    tells: list[Sign] = msgspec.field(default_factory=list[Sign])
    exchanged: list[Sign] = msgspec.field(default_factory=list[Sign])
    online: bool = False
    last_seen: int | None = None


class ContactList(Command[list[Contact]], frozen=True, tag="contact.list"):
    """Contacts by name, at most ``limit`` after the identity ``after``."""

    limit: int = 500
    after: str | None = None


class ContactRename(Command[Done], frozen=True, tag="contact.rename"):
    """Call a contact by a name of one's own; empty: by its own name again. The name stays with this account."""

    identity: str
    name: str


class ContactBlock(Command[Done], frozen=True, tag="contact.block"):
    """Ignore a contact: nothing more of it is read, and it gets no acknowledgement and no answer. It is not told."""

    identity: str


class ContactUnblock(Command[Done], frozen=True, tag="contact.unblock"):
    """Receive from a contact again, and tell it where to write."""

    identity: str


class ContactRemove(Command[Done], frozen=True, tag="contact.remove"):
    """Forget a contact with everything that was said and every key. It is not told, and would have to greet again."""

    identity: str


class ContactConfirmDevice(Command[Done], frozen=True, tag="contact.confirm_device"):
    """Confirm that an unknown device is the contact's, or, not ``accept``, that it is not: then it is always ignored."""

    identity: str
    device: str
    accept: bool


class SecurityCode(Record, frozen=True):
    """What two people compare: ``digits``, sixty, and ``qr``, the text of a QR code that holds them."""

    digits: str
    qr: str


class ContactCode(Command[SecurityCode], frozen=True, tag="contact.code"):
    """Tell the security code of a contact. Both sides have the same, whatever devices they use."""

    identity: str


class ContactVerify(Command[Done], frozen=True, tag="contact.verify"):
    """Note that one compared the security code with a contact, or, not ``verified``, that it is to be compared again.

    With ``code`` (sixty digits, or the text of the other side's QR code) or ``image`` (the path of a picture of that) it is
    compared here, and one that is not the contact's is a bad-code. What is written to a verified contact goes to no device
    that nobody vouches for until that is confirmed. Errors: unknown-contact, bad-code, bad-picture.
    """

    carrier: ClassVar = Carrier.STEPS

    identity: str
    verified: bool
    code: str = ""
    image: str = ""


class IdentityChecked(Record, frozen=True):
    """An identity, as it is written."""

    identity: str


class IdentityCheck(Command[IdentityChecked], frozen=True, tag="identity.check"):
    """Tell whether a text is an identity, in whatever case and groups; else bad-identity.

    ``slip`` in its data: character, length, swapped, checksum; ``at``: the character, from 1, where that is known.
    """

    text: str


class ConversationDelete(Command[Deleted], frozen=True, tag="conversation.delete"):
    """Delete all that was said in a conversation from this device; the contact stays. What has not left is not sent.

    A conversation whose greeting was not answered is forgotten altogether.
    """

    conversation: str
