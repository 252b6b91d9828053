"""Tolerates what a terminal sends and no keyboard does: bytes that are no UTF-8, and sequences that are none.

A terminal set to Latin-1, a serial line, half a character, a program that answers in its own way: whatever comes, the keys
after it go on working. Bytes that are no UTF-8 are shown as replacement characters. A sequence that Textual's parser
stumbles over is dropped with what follows up to the next escape, and so is a character that no text can hold.

What answers a question about the clipboard is taken out before (``tui.terminal.clipboard_answers``).

Textual has no public door for either; this file and ``tui.keys.legacy_keys`` are the ones that know its reading of the
keyboard.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from textual import events
from textual._xterm_parser import XTermParser  # private; tests drive it through a real terminal

from tui.terminal.clipboard_answers import ANSWERS

_BEFORE_ESCAPES: Final = re.compile("(?=\x1b)")
_TEXTUALS_FEED: Final = XTermParser.feed


def forgive_noise() -> None:
    """Let the keyboard's reader go on after whatever comes. Does nothing the second time."""
    from textual.drivers import linux_driver  # Windows reads characters, not bytes

    linux_driver.getincrementaldecoder = _forgiving_decoder  # type: ignore[attr-defined,assignment]  # where the driver looks it up
    XTermParser.feed = _feed  # type: ignore[method-assign,assignment]


def _forgiving_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), "replace")


def _feed(parser: XTermParser, data: str) -> Iterator[Any]:
    """Yield what was read, as Textual's own parser does."""
    if not data:  # the end
        yield from _TEXTUALS_FEED(parser, data)
        return
    data = ANSWERS.take(data)
    for piece in filter(None, _BEFORE_ESCAPES.split(data)):
        try:
            yield from filter(_can_be_text, _TEXTUALS_FEED(parser, piece))
        except (ValueError, OverflowError):  # numbers that are none, or no character's
            parser._gen = parser.parse(parser._tokens.append)
            parser._awaiting = next(parser._gen)
            parser._timeout_time = None


def _can_be_text(event: object) -> bool:
    """Return whether an event is no key with half of a surrogate pair, which nothing could send or draw."""
    text = event.character or "" if isinstance(event, events.Key) else ""
    return not any("\ud800" <= each <= "\udfff" for each in text)
