"""What the screens say about contacts: their names, their devices, what is odd, and what became of a deletion.

A contact chooses its own name and those of its devices, so each passes the sanitiser here before it stands in a sentence.
"""

from __future__ import annotations

from core.api import Contact, ContactDevice, ContactWarning, Conversation, Deleted
from tui.language import N_, tr, tr_n
from tui.text.sanitize import clean_name, fit
from tui.words.format import grouped

# Cells of a name within a question: a longer one would leave no room for what is asked.
ASKED_NAME = 24

# Cells below which the own name of a contact is left out of a line: blank, brackets and three letters.
SHORTEST_OWN = 6

# Characters of a device's key that are shown.
KEY_SHOWN = 16

# What is odd about a contact, as a line has room for it; the sentence is the core's.
WARNINGS: dict[ContactWarning, str] = {
    "look-alike": N_("a name like another's"),
    "unknown-device": N_("unknown device"),
    "both-alive": N_("unknown device in use"),
}

KEYS_OVERDUE = N_("Keys are overdue: no fresh ones for longer than promised. It takes an answer of their device.")
OVERDUE = N_("overdue: no fresh ones for longer than promised. It takes an answer of their device.")
STATE_WORDS = {"vouched": N_("known"), "confirmed": N_("confirmed"), "unknown": N_("unknown")}


def short_name(name: str) -> str:
    """Return a name as questions show it."""
    return fit(clean_name(name), ASKED_NAME)


def own_name_of(person: Contact | Conversation) -> str:
    """Return what a contact calls itself where the person calls it otherwise, else nothing."""
    own = clean_name(person.own_name, "")
    return "" if own == clean_name(person.name) else own


def own_part(person: Contact | Conversation, room: int, ellipsis: str) -> str:
    """Return what a contact calls itself as it stands behind the person's own name, if ``room`` cells are enough for it."""
    own = own_name_of(person)
    return fit(f" ({own}", room - 1, ellipsis) + ")" if own and room >= SHORTEST_OWN else ""


def warning_note(person: Conversation) -> str:
    """Return in a few words what is odd about a contact, or nothing."""
    return tr(WARNINGS[person.warning]) if person.warning is not None else ""


def where_to_look(person: Conversation) -> str:
    """Return the command that shows more about what is odd, if it is about devices."""
    return " (/devices)" if person.warning in {"unknown-device", "both-alive"} else ""


def device_name(device: ContactDevice) -> str:
    """Return what a device is called; one without a name goes by the beginning of its key."""
    return clean_name(device.name, grouped(clean_name(device.id)[: KEY_SHOWN // 2]))


def key_words(device: ContactDevice) -> str:
    """Return as much of a device's key as tells it from its owner's others."""
    return grouped(clean_name(device.id)[:KEY_SHOWN])


def trust_words(device: ContactDevice, contact: Contact) -> str:
    """Return who vouches for a device, in words."""
    match device.state:
        case "vouched":
            return tr("A device that you knew before vouches for it.")
        case "confirmed":
            return tr("You met them by it, or confirmed it.")
        case _:
            nobody = tr("Nobody vouches for it.")
            return tr("{sentence} {next}").format(sentence=nobody, next=thief_words(contact))


def thief_words(contact: Contact) -> str:
    """Return why a device that no known device vouches for may be a thief's."""
    return tr("Whoever has the words of {name} can make a device.").format(name=short_name(contact.name))


def served_words(device: ContactDevice, contact: Contact) -> str:
    """Return whether messages go to a device, and if not, what that depends on, in words."""
    is_unknown = device.state == "unknown"
    if contact.blocked:
        return tr("You blocked this contact: nothing goes to it.")
    if device.served:
        unheard = tr("What you write goes to it: none they had before was heard since it appeared.")
        return unheard if is_unknown else tr("What you write goes to it.")
    if not is_unknown:
        return tr("What you write does not go to it now: it was silent for long.")
    if contact.verified or contact.warning == "both-alive":
        return tr("What you write does not go to it unless you confirm it.")
    return tr("It gets what you write from an hour after it appeared, unless one they had before is heard.")


def deleted_words(deleted: Deleted) -> str:
    """Return the sentence on what became of texts that were deleted here."""
    back, gone = deleted.withdrawn, deleted.on_their_way
    if back + gone == 1:
        taken = tr("Taken back: it had not left this device.")
        return taken if back else tr("It is on its way already and cannot be taken back.")
    parts: list[str] = []
    if back:
        parts.append(
            tr_n("{count} was taken back: it had not left.", "{count} were taken back: they had not left.", back)
        )
    if gone:
        parts.append(
            tr_n(
                "{count} is on the way already and cannot be taken back.",
                "{count} are on the way already and cannot be taken back.",
                gone,
            )
        )
    return " ".join(parts) or tr("Deleted.")
