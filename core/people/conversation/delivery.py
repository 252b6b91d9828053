"""When what was written is done with: which devices have to say that they hold it before it is deposited no more.

    direct      one known device of the other: the person has it, and a device that was lost says nothing ever again
    all others  every known device of the audience that was to read it

The word of a device that is not known is noted and ends nothing: it counts once the device is known.
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
        """A device says that it holds what a posting carries: it is done, or waits for the others."""
        if not device.is_known and device.let_in is None:
            return  # it is out, and cannot have read it
        if self._is_done({device.device, *receipts.of_posting(self._work.tx, posting.id)}):
            done(self._work, posting, "delivered")
        else:
            receipts.add(self._work.tx, posting.id, device.device)

    def settle(self, posting: Posting) -> None:
        """Let a posting be done if all who count hold it."""
        if self._is_done(receipts.of_posting(self._work.tx, posting.id)):
            done(self._work, posting, "delivered")

    def _is_done(self, held: set[bytes]) -> bool:
        if self._one_is_enough:
            return bool(self._counting & held)
        return bool(self._counting) and self._counting <= held


def settle(work: Work, conversation: int) -> None:
    """Who counts has changed, a device became known or left: let go of what is not waited for any more."""
    awaited = Awaited(work, conversation)
    for posting in receipts.postings_held(work.tx, conversation):
        awaited.settle(posting)


def excuse(work: Work, device: DeviceRow) -> None:
    """A device reads from now on: nothing that is deposited already waits for it."""
    for posting in postings.of_conversation(work.tx, device.conversation, "block"):
        receipts.add(work.tx, posting.id, device.device, excused=True)
