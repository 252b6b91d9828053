"""Names of contacts: the person's own name for a contact, and what the contact calls itself.

The first is the person's, and changes only by their hand. The second is shown beside it where it differs; that it changed
is a row and an event. A name that could be taken for another contact's is warned about wherever names are told: of two
contacts alike it is the one that has called itself so for the shorter time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core import api
from core.crypto.seed import identity_of
from core.people.contact.lookalike import is_respelt, skeletons
from core.people.conversation.rows import insert_notice
from core.people.work import Work
from core.sentence import N_, Sentence, sentence
from core.storage import conversations, devices, messages
from core.storage.conversations import ConversationRow
from core.storage.devices import DeviceRow
from core.storage.messages import RENAMED
from net.instant import DAY_MS

# Rows about new names that a contact can cause in a day: more of them would only fill the conversation.
MAX_RENAMED_A_DAY: Final = 3


def heard(work: Work, row: ConversationRow, name: str) -> None:
    """Note what a contact calls itself."""
    known = conversations.by_id(work.tx, row.id)
    if known.own_name == name:
        return
    since = known.own_name_at if is_respelt(name, known.own_name) else work.now.own_ms
    conversations.set_own_name(work.tx, row.id, name, since)
    if not known.own_name and known.name in {"", name}:
        conversations.set_name(work.tx, row.id, name)  # the first that was heard of it
        return
    if messages.count_since(work.tx, row.id, RENAMED, work.now.own_ms - DAY_MS) < MAX_RENAMED_A_DAY:
        about = b"renamed" + known.own_name.encode() + b"\0" + name.encode() + work.now.own_ms.to_bytes(8, "big")
        insert_notice(work, row.id, row.identity, RENAMED, about, text=name)
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


def rename(work: Work, row: ConversationRow, name: str) -> None:
    """Set the person's own name for a contact; where that is empty, what the contact calls itself counts."""
    conversations.set_name(work.tx, row.id, name if name.strip() else row.own_name)
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


# --- look-alikes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """A contact's claim to a name, since a time; ``shown`` is the name that the person sees."""

    since: int
    conversation: int
    shown: str


class LookAlikes:
    """The names of all contacts by their skeletons (``core.people.contact.lookalike``)."""

    def __init__(self, rows: Iterable[ConversationRow]) -> None:
        self._claims: dict[str, list[_Claim]] = {}
        self._of_row: dict[int, dict[str, int]] = {}
        for row in rows:
            self._of_row[row.id] = _claims_of(row)
            for bones, since in self._of_row[row.id].items():
                self._claims.setdefault(bones, []).append(_Claim(since, row.id, row.name or row.own_name))

    def of_contact(self, row: ConversationRow) -> str | None:
        """Return the name of another contact that this one could be taken for, and that had it before."""
        claims = self._of_row[row.id] if row.id in self._of_row else _claims_of(row)
        for bones, since in claims.items():
            for other in self._claims.get(bones, ()):
                if other.conversation != row.id and (other.since, other.conversation) < (since, row.id):
                    return other.shown
        return None

    def of_stranger(self, name: str, conversation: int | None) -> str | None:
        """Return the name of a contact that a greeter could be taken for; ``conversation`` is its own, if it is known."""
        claims = (claim for bones in sorted(skeletons(name)) for claim in self._claims.get(bones, ()))
        return next((claim.shown for claim in claims if claim.conversation != conversation), None)


def _claims_of(row: ConversationRow) -> dict[str, int]:
    """Return since when a contact has each of its names, by skeleton. The person's own name counts from the beginning."""
    claims = dict.fromkeys(skeletons(row.own_name), row.own_name_at)
    for bones in skeletons(row.name):
        claims[bones] = min(row.created_at, claims.get(bones, row.created_at))
    return claims


def unknown_devices(work: Work, rows: Sequence[ConversationRow]) -> dict[int, list[DeviceRow]]:
    """Return the devices of contacts that are not known, by the numbers of their conversations."""
    found: dict[int, list[DeviceRow]] = {row.id: [] for row in rows}
    identities = {row.id: row.identity for row in rows}
    for device in devices.every_unknown(work.tx):
        if identities.get(device.conversation) == device.identity:
            found[device.conversation].append(device)
    return found


def warning_of(
    alike: LookAlikes, row: ConversationRow, unknown: Sequence[DeviceRow]
) -> tuple[api.ContactWarning | None, Sentence]:
    """Return why to look twice at a contact with these ``unknown`` devices, for programs and as one sentence for people."""
    if any(device.rivalled for device in unknown):
        return "both-alive", sentence(
            "A device that nobody vouches for and one that was known before are both in use: one of them may be a thief's."
        )
    if unknown:
        waits = N_(
            "This contact has a device that nobody vouches for: whoever has its words can make one. It gets nothing "
            "until you confirm it."
        )
        serves = N_("This contact has a device that nobody vouches for: whoever has its words can make one.")
        return "unknown-device", Sentence(waits if row.verified else serves)
    other = alike.of_contact(row)
    return ("look-alike", _taken_for(other)) if other is not None else (None, Sentence(""))


def warning_of_greeting(
    alike: LookAlikes, name: str, conversation: int | None
) -> tuple[api.ContactWarning | None, Sentence]:
    """Return why to look twice at a greeter, for programs and as one sentence for people."""
    other = alike.of_stranger(name, conversation)
    return ("look-alike", _taken_for(other)) if other is not None else (None, Sentence(""))


def _taken_for(other: str) -> Sentence:
    return sentence("This is not your contact {other}, though the name could be taken for theirs.", other=other)
