"""Commands that tell all that is known of a row, and prove who signed it."""

from __future__ import annotations

from typing import ClassVar

from core.api.base import Carrier, Command, Record
from core.api.talking import Quote, RowKind


class LedgerEntry(Record, frozen=True):
    """A state that a row came into, and when it did for the first time, by this device's clock."""

    state: str
    at: int


class Version(Record, frozen=True):
    """A version of a text: the first is 1. ``sent_at`` by its writer's clock; ``ledger`` says how far an edit has got."""

    version: int
    text: str
    sent_at: int
    state: str
    ledger: list[LedgerEntry]


class Details(Record, frozen=True):
    """All that is known of a row.

    ``ledger`` has its states with their times, as far as this version was there to note them; ``copies`` and ``until`` are
    of the custodians that keep it now. ``versions`` has more than one entry where it was edited: the first, and the latest
    that are kept. ``provable``: ``message.proof`` can be asked for it.
    """

    id: str
    conversation: str
    sender: str
    kind: RowKind
    sent_at: int
    state: str
    ledger: list[LedgerEntry]
    versions: list[Version]
    copies: int | None = None
    until: int | None = None
    late: bool = False
    device: str = ""
    known: bool = True
    reply_to: str | None = None
    quote: Quote | None = None
    forwarded: bool = False
    provable: bool = False


class MessageDetails(Command[Details], frozen=True, tag="message.details"):
    """Tell all that is known of a row."""

    id: str


class Proof(Record, frozen=True):
    """A proof as lines of text, to be shown to anyone."""

    proof: str


class MessageProof(Command[Proof], frozen=True, tag="message.proof"):
    """Prove who signed a text, for anyone to check (``proof.verify``): the latest version, or ``version``.

    It tells the identities of its writer and of its reader, the writing device, the time and the text.
    """

    id: str
    version: int | None = None


class Proven(Record, frozen=True, omit_defaults=False):
    """What a proof proves: a device that ``identity`` certified signed ``text`` for ``recipient``.

    ``sent_at`` is by that device's clock. ``version`` is 1 for a text as it was first said, and ``message`` the same for
    all versions of one text. ``forwarded``: its writer passed on another's words.
    """

    identity: str
    recipient: str
    device: str
    sent_at: int
    text: str
    message: str
    version: int
    forwarded: bool


class ProofVerify(Command[Proven], frozen=True, tag="proof.verify"):
    """Check a proof; nothing but the proof is needed, no account and no network. Refused with ``bad-proof``."""

    carrier: ClassVar = Carrier.STEPS
    while_locked: ClassVar = True

    proof: str
