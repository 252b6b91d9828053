"""What is said of archives and of an account that was removed."""

from __future__ import annotations

from typing import Final

from core import api
from tui.words.format import Calendar, moment, plural
from tui.words.network import size_words

ENCRYPTED: Final = (
    "Encrypted: sottovoce and any program for the age format open it by this password, nobody without it."
)
_LEFT: Final = {
    "texts": "what you wrote last",
    "invitations": "invitations that nobody can use any more",
    "record": "your record",
}


def progress_words(event: api.ArchiveProgress) -> str:
    """Return how far an archive is."""
    return f"{event.done * 100 // max(1, event.total)} % done"


def written_words(archive: api.Archive) -> str:
    """Return what was written, and the warning that goes with it."""
    what = (
        [plural(archive.messages, "row"), plural(archive.conversations, "conversation")]
        if archive.conversations
        else []
    )
    what += [plural(archive.contacts, "contact")] if archive.contacts else []
    what += ["settings"] if archive.settings else []
    said = f"Written to {archive.path}: {', '.join(what) or 'nothing yet'}; {size_words(archive.size)}."
    return f"{said} {archive.warning}".rstrip()


def taken_words(taken: api.ArchiveTaken) -> str:
    """Return what was taken in, and what was left out."""
    what = (
        [f"{plural(taken.messages, 'text')} of {plural(taken.conversations, 'conversation')}"] if taken.messages else []
    )
    what += [plural(taken.contacts, "name")] if taken.contacts else []
    what += [f"settings ({', '.join(taken.settings)})"] if taken.settings else []
    said = f"Taken in: {', '.join(what)}." if what else "Nothing new was in it."
    known = f" {plural(taken.known, 'text')} were here already." if taken.known else ""
    return " ".join([said + known, *taken.left_out])


def removed_words(removed: api.AccountRemoved, now: int, calendar: Calendar) -> str:
    """Return what is left of an account that was removed."""
    said = ["The account is gone from this machine."]
    if removed.files:
        said.append(f"Its folder has other files too, which stay: {', '.join(removed.files[:5])}.")
    left = [f"{_LEFT[each.what]} until {moment(each.until, now, calendar)}" for each in removed.network]
    if left:
        said.append(f"Strangers' devices keep, sealed: {'; '.join(left)}.")
    if removed.emptied:
        said.append("Your record there is empty now.")
    return " ".join(said)
