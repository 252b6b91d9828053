"""What the contact's page says: whether codes were compared, how many devices, what both see of each other, the view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.language import N_, tr, tr_n
from tui.words.format import listed, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.api import Contact, ContactDevice, Conversation, Sign
    from tui.words.format import Calendar

_GROUP: Final = 5
SIGNS: Final[dict[Sign, str]] = {
    "read": N_("what you read"),
    "typing": N_("when you type"),
    "presence": N_("when you are there"),
}
# Muted for longer than this is muted until the person says otherwise. Milliseconds.
_LONG: Final = 10 * 365 * 86_400_000


def code_lines(digits: str, columns: int) -> list[str]:
    """Return the digits of a security code in groups of five, so many side by side."""
    groups = [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]
    return ["  ".join(groups[at : at + columns]) for at in range(0, len(groups), columns)]


def compared_words(contact: Contact) -> str:
    """Return whether the person compared codes."""
    if contact.verified:
        return tr("You compared security codes: it is them.")
    return tr("You have not compared security codes yet.")


def devices_words(contact: Contact) -> str:
    """Return how many devices there are, and how many of them nobody vouches for."""

    def count(states: Iterable[str]) -> int:
        return sum(_is_one_of(device, states) for device in contact.devices)

    known, unknown = count(("vouched", "confirmed")), count(("unknown",))
    if not contact.devices:
        return tr("None of their devices is known yet.")
    devices = tr_n("{count} known device", "{count} known devices", known)
    said = tr("{devices}, {count} that nobody vouches for.") if unknown else tr("{devices}.")
    return said.format(devices=devices, count=unknown)


def _is_one_of(device: ContactDevice, states: Iterable[str]) -> bool:
    return device.state in states


def sees_words(contact: Contact, now: int, calendar: Calendar) -> str:
    """Return what both see of each other, what they would, and whether they are there."""
    both = listed(tr(SIGNS[sign]) for sign in contact.exchanged)
    said = [
        tr("They see {signs}, and you the same of them.").format(signs=both)
        if both
        else tr("Neither sees when the other reads, types, is there.")
    ]
    offered = listed(tr(SIGNS[sign]) for sign in contact.tells if sign not in contact.exchanged)
    if offered:
        said.append(tr("They would, as far as Settings let them see: {signs}.").format(signs=offered))
    if contact.online:
        said.append(tr("They are there."))
    elif contact.last_seen is not None:
        said.append(tr("They were there {moment}.").format(moment=moment(contact.last_seen, now, calendar)))
    return " ".join(said)


def view_words(contact: Contact, now: int, calendar: Calendar) -> str:
    """Return what the person made of the conversation, or nothing."""
    said: list[str] = []
    if contact.muted_until is not None:
        is_long = contact.muted_until - now > _LONG
        until = moment(contact.muted_until, now, calendar)
        said.append(tr("muted") if is_long else tr("muted until {moment}").format(moment=until))
    said += [tr("pinned")] if contact.pinned else []
    said += [tr("archived")] if contact.archived else []
    said += [tr("marked as unread")] if contact.marked_unread else []
    words = listed(said)
    return tr("{words}.").format(words=f"{words[0].upper()}{words[1:]}") if said else ""


def archived_words(conversation: Conversation) -> str:
    """Return what is said once a conversation was put away, or taken out: it comes back by itself unless it is muted."""
    if conversation.archived:
        return tr("Taken out of the archive.")
    if conversation.muted_until is not None:
        return tr("Archived. Muted, so it stays there until you take it out.")
    return tr("Archived: it comes back when they write.")
