"""Asks the terminal for what its clipboard holds, a picture or a text, and waits for the answer.

kitty has both (OSC 5522), and so has foot; iTerm2, xterm and others give text (OSC 52) where their owner allows it; many
give nothing and say nothing. No program of the desktop is asked: over SSH its clipboard would be another machine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from tui.terminal.clipboard_answers import ANSWERS, Answers, Clipboard, asked_for

# Seconds after which a terminal that said nothing probably never will, and how long it is waited for all the same: it may
# be asking its owner.
SILENT: Final = 1.0
PATIENCE: Final = 60.0


def request_for(environ: Mapping[str, str]) -> str:
    """Return what is written to ask this terminal: one that is known to ask its owner each time is asked once."""
    term = environ.get("TERM", "")
    if environ.get("KITTY_WINDOW_ID") or term.startswith(("xterm-kitty", "foot")):
        return asked_for("osc5522")
    return asked_for("osc5522") + asked_for("osc52")


async def read_clipboard(
    write: Callable[[str], None],
    request: str,
    is_silent: Callable[[], None],
    answers: Answers = ANSWERS,
    silent: float = SILENT,
    patience: float = PATIENCE,
) -> Clipboard:
    """Return what the terminal gave; ``is_silent`` is called when it does not answer at once."""
    loop = asyncio.get_running_loop()
    found, news = Clipboard(), asyncio.Event()

    def heard(body: str | None) -> None:
        if body is None:
            found.too_long()
        else:
            found.heard(body)
        news.set()

    def handed_over(body: str | None) -> None:  # in the thread that reads the keyboard
        with suppress(RuntimeError):  # the program ends
            loop.call_soon_threadsafe(heard, body)

    answers.listen(handed_over)
    try:
        write(request)
        try:
            async with asyncio.timeout(silent):
                await news.wait()
        except TimeoutError:
            is_silent()
        async with asyncio.timeout(patience):
            while not found.is_over:
                news.clear()
                await news.wait()
    except TimeoutError:
        pass
    finally:
        answers.listen(None)
    return found
