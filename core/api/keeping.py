"""Commands of friends' devices: a contact's device keeps what waits for us in the network, ours what waits for contacts."""

from __future__ import annotations

from typing import ClassVar

from core.api.account import Done
from core.api.base import Carrier, Command, Record


class ContactAskKeep(Command[Done], frozen=True, tag="contact.ask_keep"):
    """Ask a contact to keep our mail on its device, or to no longer. Whether it does is never told."""

    conversation: str
    ask: bool


class ContactKeepMail(Command[Done], frozen=True, tag="contact.keep_mail"):
    """Keep a contact's mail on this device, or no longer. Errors: bad-request beyond ``max_contacts``."""

    conversation: str
    keep: bool


class KeepingInfo(Record, frozen=True, omit_defaults=False):
    """What keeping contacts' mail costs this device. ``possible``: its node serves others, without which it keeps nothing.

    ``boxes``, ``bytes``: what lies here for them, of at most ``limit_bytes``. Which of many readers a box is for cannot be
    told, so all boxes in a contact's part of the network are kept.
    ``bytes_per_day``: estimated traffic for each contact.
    """

    possible: bool
    contacts: int
    max_contacts: int
    boxes: int
    bytes: int
    limit_bytes: int
    returned: int  # boxes that were lost and brought back since the start
    bytes_per_day: int


class KeepingGet(Command[KeepingInfo], frozen=True, tag="keeping.get"):
    """Tell what it costs, or would cost, to keep contacts' mail."""

    carrier: ClassVar = Carrier.STEPS
