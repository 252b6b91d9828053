"""Rows, conversations and refusals as lines of text. What strangers wrote is cleaned here (``tui.text.sanitize``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core import api
from tui.language import told, tr, tr_n
from tui.text.sanitize import clean_line, clean_name, clean_text, fit
from tui.widgets.chat_log.notes import note_of
from tui.widgets.chat_log.rows import IMPORTED, MESSAGES
from tui.words.details import reaction_words
from tui.words.format import STATE_WORDS, Calendar, moment, state_sentence, when

# Cells of an answered text that are said with the answer.
QUOTED: Final = 40


def line_of(row: api.Message, name: str, now: int, calendar: Calendar, number: int | None = None) -> str:
    """Return a row: its number, when, who, how far it got, what. ``name`` is what the contact is called here."""
    is_today = calendar.day(row.sent_at) == calendar.day(now)
    at = calendar.clock(row.sent_at) if is_today else moment(row.sent_at, now, calendar)
    lead = "" if number is None else f"{number}  "
    if row.kind not in MESSAGES:
        return f"{lead}{at} -- {note_of(row, name)}"
    own = tr("you ({state})").format(state=tr(STATE_WORDS.get(row.state, row.state)))
    who = own if row.sender == "me" else name
    marks = _marks(row, name)
    marked = f" [{', '.join(marks)}]" if marks else ""
    first, *rest = clean_text(row.text).split("\n")
    return "\n".join([f"{lead}{at} {who}{marked}: {first}", *(f"    {line}" for line in rest)])


def _marks(row: api.Message, name: str) -> list[str]:
    """Return what is to be known of a text beside its words."""
    facts = (
        (tr("from an archive"), row.kind == IMPORTED),
        (tr("late"), row.late),
        (tr("edited"), row.edited_at is not None),
        (tr("forwarded"), row.forwarded),
        (tr("pinned"), row.pinned),
        (tr("from a device that is not known"), row.sender != "me" and not row.known),
    )
    marks = [mark for mark, holds in facts if holds]
    if row.quote is not None:
        marks.insert(0, _answers(row.quote, name))
    return [*marks, *(reaction_words(each, name) for each in row.reactions)]


def _answers(quote: api.Quote, name: str) -> str:
    """Return what a text answers; brackets in it are other ones, so that ours end where they seem to."""
    if quote.missing:
        return tr("answers a message that is not here")
    said = fit(clean_line(quote.text), QUOTED).replace("[", "(").replace("]", ")")
    who = tr("answers you: {text}") if quote.sender == "me" else tr("answers {name}: {text}")
    return who.format(name=name, text=said)


def conversation_line(number: int, found: api.Conversation, now: int, calendar: Calendar) -> str:
    """Return a conversation of the list: its number, name, what is unread, when something was said last."""
    parts = [clean_name(found.name)]
    if found.blocked:
        parts.append(tr("blocked"))
    elif found.state != "open":
        parts.append(tr("not answered yet"))
    if found.unread:
        parts.append(tr("{count} new").format(count=found.unread))
    elif found.marked_unread:
        parts.append(tr("marked as unread"))
    parts += [tr("pinned")] if found.pinned else []
    parts += [tr("muted")] if found.muted_until is not None and found.muted_until > now else []
    parts += [tr("archived")] if found.archived else []
    parts += [tr("draft")] if found.draft else []
    if found.last_at:
        parts.append(when(found.last_at, now, calendar))
    return f"{number}  {', '.join(parts)}"


def details_lines(found: api.Details, name: str, now: int, calendar: Calendar) -> Iterator[str]:
    """Yield all that is known of a row, a fact a line."""
    who = tr("you") if found.sender == "me" else name
    at = moment(found.sent_at, now, calendar)
    yield tr("Written {moment} by {who}.").format(moment=at, who=who)
    if found.device:
        yield tr("Device: {device}.").format(device=clean_line(found.device))
    if not found.known:
        yield tr("The device is not known: see /devices.")
    for entry in found.ledger:
        state = tr(STATE_WORDS.get(entry.state, entry.state))
        yield tr("{moment}: {state}.").format(moment=moment(entry.at, now, calendar), state=state)
    if found.sender == "me":
        said = state_sentence(found.state, found.copies, found.until, now, calendar)
        yield tr("Now: {state}.").format(state=said)
    if len(found.versions) > 1:
        for version in found.versions:
            at = moment(version.sent_at, now, calendar)
            said = tr("Version {number}, {moment}: {text}")
            yield said.format(number=version.version, moment=at, text=clean_line(version.text))
    yield tr("Its number in the files is {id}.").format(id=clean_line(found.id))


def greeting_lines(number: int, greeting: api.Greeting, now: int, calendar: Calendar) -> Iterator[str]:
    """Yield what is shown of a greeting, and what to beware of."""
    said = clean_text(greeting.text).replace("\n", " ")
    yield f"{number}  {clean_name(greeting.name)}, {moment(greeting.received_at, now, calendar)}: {said}"
    if greeting.warning_text:
        yield "   " + beware(told(greeting.warning_said, greeting.warning_text))


def beware(warning: str) -> str:
    """Return a warning of the core's as a line."""
    return tr("beware: {warning}").format(warning=clean_text(warning))


def words_lines(words: list[str]) -> Iterator[str]:
    """Yield the words of an account, three in a line, numbered."""
    for at in range(0, len(words), 3):
        yield "   ".join(f"{number}. {word}" for number, word in enumerate(words[at : at + 3], at + 1))


def found_line(found: api.Found, name: str, now: int, calendar: Calendar) -> str:
    """Return a hit of a search."""
    return f"{name}, {line_of(found.message, name, now, calendar)}"


def unread_sentence(conversations: list[api.Conversation]) -> str:
    """Return how much waits to be read."""
    unread = sum(each.unread for each in conversations)
    return tr_n("{count} new message.", "{count} new messages.", unread) if unread else tr("Nothing new.")
