"""Whatever a contact writes, calls itself and reacts with: nothing of it leaves its cells, acts, or takes long.

Looked at are the bytes for the terminal, of messages in both layouts, of the list of conversations, of plain mode, notices
and exported texts. ``benchmarks.hostile_texts`` has the times; here stands what bounds them.
"""

from __future__ import annotations

import datetime as dt
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st
from rich.style import Style
from textual.strip import Strip

from core import api
from core.archive.text import lines_of
from tests.support.hostile_texts import PARTS, long_texts
from tests.support.terminal_bytes import faults, undrawn
from tests.support.world import BOB, NOW
from tui.look.glyphs import SETS
from tui.look.pens import STANDARD, Pens
from tui.look.tones import DARK
from tui.plain.lines import conversation_line, found_line, greeting_lines, line_of
from tui.terminal.sequences import notice, title
from tui.text.caches import forget_texts
from tui.text.markdown import body_of
from tui.text.sanitize import clean_line, clean_name, kept_text
from tui.widgets.chat_log.render import draw
from tui.widgets.chat_log.rows import Look, Place
from tui.widgets.conversation_list import ConversationList, _Row
from tui.words.format import Calendar

CALENDAR = Calendar(dt.UTC)
LINES_SEEN = 60
# Seconds of processor time, of the quickest of three. The limit meant is 0.02; machines are shared, and whatever broke it
# so far took ten times as long.
LONG = 0.06
# What took longest: many lines, many links or one that is long, marks, and signs that are parsed.
WORST = (
    "\n",
    "a\n",
    "1. a\n",
    "```\na\n```\n",
    "https://a.b/(",
    "https://a.b/ ",
    "<https://a.b>",
    "\u17d2ក",
    "}",
    f"https://a.b/{')' * 500} ",
)
texts = st.lists(st.sampled_from(PARTS) | st.text(st.characters(codec=None), max_size=3), max_size=24).map("".join)
names = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
reactions = st.builds(
    api.Reaction,
    emoji=st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join),
    senders=st.lists(st.sampled_from(["me", BOB, "x" * 56]), min_size=1, max_size=3, unique=True),
    known=st.booleans(),
)
quotes = st.builds(
    api.Quote,
    sender=st.sampled_from(["me", BOB]),
    text=texts,
    kind=st.sampled_from(["text", "gap"]),
    missing=st.booleans(),
)
rows = st.builds(
    api.Message,
    id=st.just("m"),
    sender=st.sampled_from(["me", BOB]),
    text=texts,
    sent_at=st.integers(0, (1 << 47) - 1),
    state=st.sampled_from(["queued", "stored", "delivered", "read", "failed", "received"]),
    copies=st.none() | st.integers(0, 9),
    late=st.booleans(),
    kind=st.sampled_from(["text", "text", "text", "imported", "renamed", "elsewhere", "gap", "unknown", "\x1b[2J"]),
    known=st.booleans(),
    reply_to=st.none() | st.just("n"),
    quote=st.none() | quotes,
    reactions=st.lists(reactions, max_size=20),
    edited_at=st.none() | st.just(NOW),
    pinned=st.booleans(),
    forwarded=st.booleans(),
)
looks = st.builds(
    Look,
    width=st.integers(14, 120),
    glyphs=st.sampled_from([SETS["ascii"], SETS["unicode"]]),
    calendar=st.just(CALENDAR),
    today=st.just(CALENDAR.day(NOW)),
    names=names.map(lambda name: {"me": "you", BOB: clean_name(name)}),
    pens=st.sampled_from([STANDARD, Pens(None), Pens(None, mono=True)]),
    layout=st.sampled_from(["dialogue", "letter"]),
)
places = st.builds(
    Place,
    previous=st.none() | rows,
    unread=st.sampled_from([0, 3]),
    selected=st.booleans(),
    fresh=st.booleans(),
    marked=st.booleans(),
    newest=st.booleans(),
)
conversations = st.builds(
    api.Conversation,
    id=st.just("c"),
    identity=st.just(BOB),
    name=names,
    state=st.sampled_from(["waiting", "open", "unanswered"]),
    unread=st.sampled_from([0, 1, 5000]),
    last_at=st.sampled_from([0, NOW]),
    last_kind=st.sampled_from(["text", "gap", "\x1b[2J"]),
    last_text=texts,
    last_sender=st.sampled_from(["", "me", BOB]),
    last_state=st.sampled_from(["", "stored", "failed"]),
    draft=texts,
    own_name=names,
    blocked=st.booleans(),
    warning=st.sampled_from([None, "look-alike"]),
    warning_text=texts,
    pinned=st.booleans(),
    marked_unread=st.booleans(),
)


@settings(max_examples=150)
@given(rows, places, looks)
def test_every_line_of_a_message_is_as_wide_as_the_look_says_and_has_no_sequence_but_ours(
    row: api.Message, place: Place, look: Look
) -> None:
    drawn = draw(row, place, look)
    assert faults([line.strip for line in drawn.lines], look.width) == []
    assert all(0 <= line.start <= line.end <= len(drawn.text) for line in drawn.lines if line.start >= 0)
    assert {each for each in drawn.text if unicodedata.category(each) == "Cc"} <= {"\n"}, "the mouse copies it"


@settings(max_examples=100)
@given(conversations, st.integers(24, 60), st.sampled_from([SETS["ascii"], SETS["unicode"]]), st.booleans())
def test_every_line_of_the_list_is_as_wide_as_the_list(
    conversation: api.Conversation, width: int, glyphs: Any, is_open: bool
) -> None:
    app = SimpleNamespace(pens=STANDARD, glyphs=glyphs, calendar=CALENDAR, now=lambda: NOW)
    widget = cast("ConversationList", SimpleNamespace(app=app))
    row = _Row(widget, conversation, width, is_open=is_open, on="panel")
    lines = [Strip(part) for part in (row.head(short=False), row.head(short=True), row.tail())]
    assert faults(lines, width) == []
    assert not undrawn("".join(segment.text for segment in row.rail()))


@settings(max_examples=150)
@given(rows, names, conversations)
def test_plain_lines_notices_titles_and_exports_hold_nothing_that_a_terminal_obeys(
    row: api.Message, name: str, conversation: api.Conversation
) -> None:
    called = clean_name(name)
    greeting = api.Greeting(id="g", identity=BOB, name=name, text=row.text, received_at=NOW, warning_text=row.text)
    said = [
        line_of(row, called, NOW, CALENDAR),
        found_line(api.Found("c", row), called, NOW, CALENDAR),
        conversation_line(1, conversation, NOW, CALENDAR),
        *greeting_lines(1, greeting, NOW, CALENDAR),
        lines_of(row, {BOB: name}).replace("\u200d", ""),
    ]
    assert not undrawn("".join(said)) - {"\n", "\t"} - _unassigned(said[-1])
    for form in ("osc9", "osc777", "osc99"):
        body = notice(form, row.text)[1:-1]
        assert not undrawn(body)
    assert not undrawn(title(name)[1:-1])


def _unassigned(exported: str) -> set[str]:
    """Return what an exported text keeps though this Python does not know it: letters of tomorrow, which act on nothing."""
    return {each for each in exported if unicodedata.category(each) == "Cn"}


def test_plain_mode_says_what_an_archive_brought() -> None:
    row = api.Message("m", BOB, "of then", NOW, "received", kind="imported")
    assert line_of(row, "Bob", NOW, CALENDAR).endswith("Bob [from an archive]: of then")


def _looked_at(text: str, width: int, layout: Any) -> None:
    look = Look(width, SETS["unicode"], CALENDAR, CALENDAR.day(NOW), {"me": "you", BOB: "Bob"}, layout=layout)
    drawn = draw(api.Message("m", BOB, text, NOW, "received"), Place(None), look)
    for at in range(max(0, len(drawn.lines) - LINES_SEEN), len(drawn.lines)):
        assert drawn.lines[at].strip.cell_length == width


def _seconds(act: Callable[[], object]) -> float:
    """Return how long something takes; what seems to take long is tried again."""
    quickest = 9.0
    for _ in range(3):
        forget_texts()
        start = time.process_time()
        act()
        quickest = min(quickest, time.process_time() - start)
        if quickest < LONG:
            break
    return quickest


def _slow(parts: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return what takes long to be done with the longest texts of some parts."""
    found: dict[tuple[str, str], float] = {}
    body_of("*warm* [up](https://a.b)")
    for part in parts:
        for text in long_texts(part):
            kept = kept_text(text)
            acts: dict[str, Callable[[], object]] = {
                "cleaning": partial(clean_line, text),
                "naming": partial(clean_name, text),
                "Markdown": partial(body_of, kept),
                "dialogue": partial(_looked_at, text, 104, "dialogue"),
                "narrow": partial(_looked_at, text, 14, "dialogue"),
                "letter": partial(_looked_at, text, 40, "letter"),
            }
            found |= {(part, name): seconds for name, act in acts.items() if (seconds := _seconds(act)) > LONG}
    return found


@pytest.mark.slow
def test_what_takes_longest_at_the_greatest_length_does_not_take_long() -> None:
    assert _slow(WORST) == {}


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(PARTS), 10))
def test_nothing_of_the_greatest_length_takes_long(first: int) -> None:
    assert _slow(PARTS[first : first + 10]) == {}


class _Counted(Pens):
    """Pens that are counted: each line takes some."""

    taken = 0

    def pen(self, *roles: Any, **attributes: Any) -> Style:
        self.taken += 1
        return super().pen(*roles, **attributes)


def test_of_a_long_text_only_the_lines_that_are_looked_at_are_inked() -> None:
    pens = _Counted(DARK)
    look = Look(80, SETS["unicode"], CALENDAR, CALENDAR.day(NOW), {"me": "you", BOB: "Bob"}, pens)
    drawn = draw(api.Message("m", BOB, "a\n" * (api.MAX_TEXT_SIZE // 2), NOW, "received"), Place(None), look)
    assert len(drawn.lines) > api.MAX_TEXT_SIZE // 2
    seen = [drawn.lines[at] for at in (5, -1, 5)]
    assert seen[0] is seen[2]
    assert faults([line.strip for line in seen], 80) == []
    assert pens.taken < 100
