"""Events: hints of the core that something changed."""

from __future__ import annotations

from typing import Literal

from core.api.archive import ArchiveProgress
from core.api.base import Event
from core.api.device import ClockAlone, ClockOff
from core.api.talking import NotifyRule, State
from core.sentence import Sentence

Change = Literal["edited", "reactions", "pinned", "deleted", "imported"]
DeviceState = Literal["vouched", "confirmed", "unknown", "refused"]


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
    """A row came in; ``device`` and ``known`` as in ``Message``. ``notify``: how to tell the person; never while muted."""

    conversation: str
    id: str
    sender: str
    text: str
    late: bool = False
    device: str = ""
    known: bool = True
    notify: NotifyRule = "always"


class SomethingArrived(Event, frozen=True, tag="message.arrived"):
    """Told to those whose screen is locked, in place of what came: something did that the person wants to be told of.

    Neither what, whose nor how much; nothing is told of what is muted.
    """


class MessageChanged(Event, frozen=True, tag="message.changed"):
    """A row is another than before, or gone; ``id`` is empty where it is many, or rows were imported: read them anew."""

    conversation: str
    id: str
    what: Change


class KeepRequested(Event, frozen=True, tag="contact.keep_requested"):
    """A contact asks that its mail be kept on this device, or, not ``wanted``, no longer. ``id`` is the row's."""

    conversation: str
    id: str
    wanted: bool


class ContactChanged(Event, frozen=True, tag="contact.changed"):
    """What a contact calls itself changed, or what the person made of the contact."""

    identity: str


class ConversationChanged(Event, frozen=True, tag="conversation.changed"):
    """What the person made of a conversation changed: muted, pinned, archived, marked as unread."""

    conversation: str


class ContactTyping(Event, frozen=True, tag="contact.typing"):
    """A contact types; to be shown until ``until``, or until something of theirs comes."""

    conversation: str
    identity: str
    until: int


class ContactPresence(Event, frozen=True, tag="contact.presence"):
    """A contact is there, or is there no longer; ``last_seen``: when it was, in steps of ten minutes."""

    identity: str
    online: bool
    last_seen: int | None = None


class SettingsChanged(Event, frozen=True, tag="settings.changed"):
    """Settings changed, by another screen or another device; ``settings.get`` tells them."""


class DeviceChanged(Event, frozen=True, tag="device.changed"):
    """A device of a contact appeared, or was confirmed, refused, let in or put out."""

    identity: str
    device: str
    state: DeviceState


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


class PriceRisen(Event, frozen=True, tag="network.price"):
    """The part of the network that our mail goes to is flooded: mail is sent with ``factor`` times the usual work."""

    factor: int


class ClocksChanged(Event, frozen=True, tag="network.clock"):
    """Whose clocks are wrong is another than before: ``off`` as in ``network.status``, ``alone`` when it is this machine's.

    Who is alone waits: what is written is kept, and sent when clocks agree.
    """

    off: list[ClockOff]
    alone: ClockAlone | None


class AccountLocked(Event, frozen=True, tag="account.locked"):
    """The account was locked, by a command or by itself; ``vault`` when the keys are gone too.

    ``reason``: one sentence, when it was not locked on purpose or in time: something kept it from staying open. ``said``:
    the same as its template and values, where it has any.
    """

    vault: bool
    reason: str = ""
    said: Sentence | None = None


class AccountOpened(Event, frozen=True, tag="account.opened"):
    """The account was opened again by the passcode that the program was given; it locks at ``locks_at``."""

    locks_at: int


class EventsMissed(Event, frozen=True, tag="events.missed"):
    """The reader was too slow for some events, which were dropped: everything is to be read again."""


AnyEvent = (
    GreetingReceived | ContactAccepted | ContactChanged | ConversationChanged | SettingsChanged | DeviceChanged
    | MessageReceived | SomethingArrived | MessageChanged | KeepRequested | MessageStateChanged | NetworkChanged
    | PriceRisen | ClocksChanged | ContactTyping | ContactPresence | AccountLocked | AccountOpened | ArchiveProgress
    | EventsMissed
)  # fmt: skip
