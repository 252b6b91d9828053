"""What is said of archives and of an account that was removed."""

from __future__ import annotations

from typing import Final

from core import api
from tui.language import N_, told, tr, tr_n
from tui.words.format import Calendar, listed, moment
from tui.words.network import size_words

ENCRYPTED: Final = N_(
    "Encrypted: sottovoce and any program for the age format open it by this password, nobody without it."
)
_LEFT: Final = {
    "texts": N_("what you wrote last"),
    "invitations": N_("invitations that nobody can use any more"),
    "record": N_("your record"),
}


def progress_words(event: api.ArchiveProgress) -> str:
    """Return how far an archive is."""
    return tr("{share} % done").format(share=event.done * 100 // max(1, event.total))


def written_words(archive: api.Archive) -> str:
    """Return what was written, and the warning that goes with it."""
    what: list[str] = []
    if archive.conversations:
        what.append(tr_n("{count} row", "{count} rows", archive.messages))
        what.append(tr_n("{count} conversation", "{count} conversations", archive.conversations))
    what += [tr_n("{count} contact", "{count} contacts", archive.contacts)] if archive.contacts else []
    what += [tr("settings")] if archive.settings else []
    said = tr("Written to {path}: {what}; {size}.").format(
        path=archive.path, what=listed(what) or tr("nothing yet"), size=size_words(archive.size)
    )
    return f"{said} {tr(archive.warning)}".rstrip()


def taken_words(taken: api.ArchiveTaken) -> str:
    """Return what was taken in, and what was left out."""
    what: list[str] = []
    if taken.messages:
        texts = tr_n("{count} text", "{count} texts", taken.messages)
        conversations = tr_n("{count} conversation", "{count} conversations", taken.conversations)
        what.append(tr("{texts} of {conversations}").format(texts=texts, conversations=conversations))
    what += [tr_n("{count} name", "{count} names", taken.contacts)] if taken.contacts else []
    what += [tr("settings ({names})").format(names=listed(taken.settings))] if taken.settings else []
    said = [tr("Taken in: {what}.").format(what=listed(what)) if what else tr("Nothing new was in it.")]
    if taken.known:
        said.append(tr_n("{count} text were here already.", "{count} texts were here already.", taken.known))
    return " ".join([*said, *(map(told, taken.said) if taken.said else taken.left_out)])


def removed_words(removed: api.AccountRemoved, now: int, calendar: Calendar) -> str:
    """Return what is left of an account that was removed."""
    said = [tr("The account is gone from this machine.")]
    if removed.files:
        said.append(tr("Its folder has other files too, which stay: {files}.").format(files=listed(removed.files[:5])))
    left = [
        tr("{what} until {moment}").format(what=tr(_LEFT[each.what]), moment=moment(each.until, now, calendar))
        for each in removed.network
    ]
    if left:
        said.append(tr("Strangers' devices keep, sealed: {what}.").format(what="; ".join(left)))
    if removed.emptied:
        said.append(tr("Your record there is empty now."))
    return " ".join(said)
