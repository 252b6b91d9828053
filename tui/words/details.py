"""All that is known of a message, as the page about it says: its facts by label, each one or more lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core import api
from tui.language import N_, tr
from tui.text.sanitize import clean_line, fit
from tui.words.format import STATE_WORDS, Calendar, listed, moment, state_sentence

# The facts in their order, and what stands before each.
LABELS: Final = {
    "written": N_("Written"),
    "device": N_("Device"),
    "answers": N_("Answers"),
    "states": N_("States"),
    "now": N_("Now"),
    "versions": N_("Versions"),
    "reactions": N_("Reactions"),
    "id": N_("Number"),
}

# Cells of an earlier version that are shown, and of what was answered.
_VERSION: Final = 1000
_QUOTED: Final = 200


def facts_of(
    found: api.Details, reactions: list[api.Reaction], name: str, now: int, calendar: Calendar
) -> dict[str, str]:
    """Return what is known, by the keys of ``LABELS``; ``name`` is what the contact is called here."""
    own = found.sender == "me"
    facts = {
        "written": "\n".join(_written(found, name, now, calendar)),
        "device": _device(found),
        "answers": _answers(found.quote, name),
        "states": "\n".join(_entry(entry, now, calendar) for entry in found.ledger),
        "now": state_sentence(found.state, found.copies, found.until, now, calendar) if own else "",
        "versions": "\n".join(_version(each, now, calendar, own=own) for each in found.versions),
        "reactions": "\n".join(reaction_words(each, name) for each in reactions),
        "id": clean_line(found.id),
    }
    if len(found.versions) == 1:
        del facts["versions"]
    return {key: fact for key, fact in facts.items() if fact}


def reaction_words(reaction: api.Reaction, name: str) -> str:
    """Return an emoji and who put it."""
    who = listed(tr("you") if each == "me" else name for each in reaction.senders)
    return tr("{emoji} by {who}").format(emoji=clean_line(reaction.emoji), who=who)


def _written(found: api.Details, name: str, now: int, calendar: Calendar) -> Iterator[str]:
    at = moment(found.sent_at, now, calendar)
    if found.sender == "me":
        yield tr("{moment} by you").format(moment=at)
    else:
        yield tr("{moment} by {name}, by their clock").format(moment=at, name=name)
    if found.forwarded:
        yield tr("forwarded: its first writer is not told")
    if found.late:
        yield tr("came late")


def _device(found: api.Details) -> str:
    device = clean_line(found.device)
    return (
        device if found.known or not device else tr("{device}, which is not known: see /devices").format(device=device)
    )


def _answers(quote: api.Quote | None, name: str) -> str:
    if quote is None:
        return ""
    if quote.missing:
        return tr("a message that is not here")
    said = tr("you: {text}") if quote.sender == "me" else tr("{name}: {text}")
    return said.format(name=name, text=fit(clean_line(quote.text), _QUOTED))


def _entry(entry: api.LedgerEntry, now: int, calendar: Calendar) -> str:
    state = tr(STATE_WORDS.get(entry.state, entry.state))
    return tr("{moment}  {state}").format(moment=moment(entry.at, now, calendar), state=state)


def _version(version: api.Version, now: int, calendar: Calendar, *, own: bool) -> str:
    said = tr("{number}  {moment}, {state}: {text}") if own else tr("{number}  {moment}: {text}")
    state = tr(STATE_WORDS.get(version.state, version.state))
    at = moment(version.sent_at, now, calendar)
    return said.format(number=version.version, moment=at, state=state, text=fit(clean_line(version.text), _VERSION))
