"""Delivery: which devices have to acknowledge a block before it is deposited no more.

    direct      one known device of the other: the person has it, and a lost device never acknowledges anything
    all others  every known device of the audience that was to read it

An unknown device's acknowledgement is noted and ends nothing: it counts once the device is known.
"""

from __future__ import annotations

from core.people.conversation import trust
from core.people.mail.outcome import done
from core.people.work import Work
from core.storage import conversations, devices, postings, receipts
from core.storage.devices import DeviceRow
from core.storage.postings import Posting


class Awaited:
    """The devices of a conversation whose word counts, as they are now."""

    def __init__(self, work: Work, conversation: int) -> None:
        self._work = work
        row = conversations.by_id(work.tx, conversation)
        self._one_is_enough = row.is_direct
        readers = (
            devices.of_member(work.tx, conversation, row.recipient)
            if row.is_direct
            else trust.audience(work, conversation)
        )
        self._counting = {reader.device for reader in readers if reader.is_known}

    def note(self, posting: Posting, device: DeviceRow) -> None:
        """Note that a device acknowledged a posting: it is done, or waits for the others."""
        if not device.is_known and device.let_in is None:
            return  # it is out, and cannot have read it
        if self._is_done({device.device, *receipts.of_posting(self._work.tx, posting.id)}):
            done(self._work, posting, "delivered")
        else:
            receipts.add(self._work.tx, posting.id, device.device)

    def settle(self, posting: Posting) -> None:
        """Finish a posting if every device that counts holds it."""
        if self._is_done(receipts.of_posting(self._work.tx, posting.id)):
            done(self._work, posting, "delivered")

    def _is_done(self, held: set[bytes]) -> bool:
        if self._one_is_enough:
            return bool(self._counting & held)
        return bool(self._counting) and self._counting <= held


def settle(work: Work, conversation: int) -> None:
    """Finish the postings that wait for no device any more, since one became known or left."""
    awaited = Awaited(work, conversation)
    for posting in receipts.postings_held(work.tx, conversation):
        awaited.settle(posting)


def excuse(work: Work, device: DeviceRow) -> None:
    """Let no present posting wait for a device that reads from now on."""
    for posting in postings.of_conversation(work.tx, device.conversation, "block"):
        receipts.add(work.tx, posting.id, device.device, excused=True)
