"""The parts of a message beside its text: the quote above it, and below it reactions, time and where it is now.

A part is a list of segments, a line without its margins. What its sender could choose is cleaned and cut to the room.
"""

from __future__ import annotations

from typing import Final

from rich.segment import Segment

from core.api import Message
from tui.language import N_, tr, tr_n
from tui.text.cells import width_of
from tui.text.sanitize import clean_line, fit
from tui.widgets.chat_log.rows import Look, Place
from tui.widgets.person_colour import colour_of

Part = list[Segment]

# Kinds of reaction shown on one message; the others are a number.
MAX_REACTIONS: Final = 8
LATE_NOTE: Final = N_("came late")
UNKNOWN_DEVICE_NOTE: Final = N_("from an unknown device")
FAILED_NOTE: Final = N_("nobody fetched it in time")
_WAITING: Final = {"queued": N_("waits to be sent"), "sent": N_("is on its way")}


def width(part: Part) -> int:
    """Return the cells of a part."""
    return sum(width_of(text) for text, _, _ in part)


def quote(row: Message, look: Look, on: str, room: int) -> Part:
    """Return what a row answers, in one line; empty if it answers nothing."""
    quoted = row.quote
    if quoted is None:
        return []
    role = colour_of(quoted.sender)
    name = fit(look.name_of(quoted.sender), max(4, room // 3), look.glyphs.ellipsis)
    words = tr("a message that is not here") if quoted.missing else clean_line(quoted.text)
    words = fit(words, room - width_of(name) - 4, look.glyphs.ellipsis)
    pens = look.pens
    return [
        Segment(f"{look.glyphs.quote} ", pens.pen(role, on)),
        Segment(name, pens.pen(role, on, bold=True)),
        Segment(f"  {words}", pens.pen("soft", on)),
    ]


def reactions(row: Message, look: Look, on: str, room: int) -> Part:
    """Return the reactions with who they are from; what does not fit is a number."""
    given = row.reactions
    part: Part = []
    used = 0
    for number, each in enumerate(given):
        who = look.name_of(each.senders[0]) if len(each.senders) == 1 else str(len(each.senders))
        sign = look.glyphs.heart if each.emoji in {"♥", "❤", "❤️"} else fit(clean_line(each.emoji), 8)
        doubt = "" if each.known else "?"
        more = [
            Segment("  " if part else "", look.pens.pen("soft", on)),
            Segment(sign, look.pens.pen(colour_of(each.senders[0]) if each.senders else "ink", on, bold=True)),
            Segment(f" {fit(who, 12, look.glyphs.ellipsis)}{doubt}", look.pens.pen("soft", on)),
        ]
        rest = len(given) - number
        if number == MAX_REACTIONS or used + width(more) + (4 if rest > 1 else 0) > room:
            part.append(Segment(f" +{rest}", look.pens.pen("soft", on)))
            break
        used += width(more)
        part += more
    return part


def meta(row: Message, place: Place, look: Look, on: str) -> Part:
    """Return the time, and only what means something beside it."""
    glyphs, pens = look.glyphs, look.pens
    words = f"{glyphs.pin} " if row.pinned else ""
    words += f"{tr('edited')} " if row.edited_at is not None else ""
    part = [Segment(words + look.calendar.clock(row.sent_at), pens.pen("soft", on))]
    if row.sender != "me":
        return part
    if row.state == "failed":
        part.append(Segment(f" {glyphs.warning} {tr('not delivered')}", pens.pen("bad", on, bold=True)))
    elif row.state in {"queued", "sent", "stored"}:
        part.append(Segment(f" {glyphs.held}", pens.pen("ink", on)))
    elif place.marked:
        part.append(Segment(f" {glyphs.read if row.state == 'read' else glyphs.done}", pens.pen("ink", on)))
    return part


def notes(row: Message, place: Place, look: Look) -> list[tuple[str, str]]:
    """Return sentences below a message, each with the role of its ink."""
    said: list[tuple[str, str]] = []
    if not row.known:
        said.append((tr(UNKNOWN_DEVICE_NOTE), "notice"))
    if row.late:
        said.append((tr(LATE_NOTE), "soft"))
    if row.sender == "me" and (place.selected or place.newest):
        if row.state == "failed":
            said.append((tr(FAILED_NOTE), "soft"))
        elif words := _where(row, look):
            said.append((words, "soft"))
    return said


def _where(row: Message, look: Look) -> str:
    """Return in words where a message of one's own is that did not arrive yet."""
    if row.state != "stored":
        return tr(_WAITING.get(row.state, ""))
    others = [name for sender, name in look.names.items() if sender != "me"]
    name = others[0] if len(others) == 1 else tr("them")
    if not row.copies:
        return tr("held for {name}").format(name=name)
    nodes = tr_n("{count} node", "{count} nodes", row.copies)
    return tr("held for {name} by {nodes}").format(name=name, nodes=nodes)
