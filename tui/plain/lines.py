"""Rows, conversations and refusals as lines of text. What strangers wrote is cleaned here (``tui.text.sanitize``)."""

from __future__ import annotations

from collections.abc import Iterator

from core import api
from tui.language import told, tr, tr_n
from tui.text.sanitize import clean_name, clean_text
from tui.widgets.chat_log.notes import note_of
from tui.widgets.chat_log.rows import IMPORTED, MESSAGES
from tui.words.format import STATE_WORDS, Calendar, moment, when


def line_of(row: api.Message, name: str, now: int, calendar: Calendar) -> str:
    """Return a row: when, who, how far it got, what. ``name`` is what the contact is called here."""
    is_today = calendar.day(row.sent_at) == calendar.day(now)
    at = calendar.clock(row.sent_at) if is_today else moment(row.sent_at, now, calendar)
    if row.kind not in MESSAGES:
        return f"{at} -- {note_of(row, name)}"
    is_own = row.sender == "me"
    own = tr("you ({state})").format(state=tr(STATE_WORDS.get(row.state, row.state)))
    who = own if is_own else name
    facts = (
        (tr("from an archive"), row.kind == IMPORTED),
        (tr("late"), row.late),
        (tr("edited"), row.edited_at is not None),
    )
    marks = [mark for mark, holds in facts if holds]
    if not is_own and not row.known:
        marks.append(tr("from a device that is not known"))
    marked = f" [{', '.join(marks)}]" if marks else ""
    first, *rest = clean_text(row.text).split("\n")
    return "\n".join([f"{at} {who}{marked}: {first}", *(f"    {line}" for line in rest)])


def conversation_line(number: int, found: api.Conversation, now: int, calendar: Calendar) -> str:
    """Return a conversation of the list: its number, name, what is unread, when something was said last."""
    parts = [clean_name(found.name)]
    if found.blocked:
        parts.append(tr("blocked"))
    elif found.state != "open":
        parts.append(tr("not answered yet"))
    if found.unread:
        parts.append(tr("{count} new").format(count=found.unread))
    if found.last_at:
        parts.append(when(found.last_at, now, calendar))
    return f"{number}  {', '.join(parts)}"


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
