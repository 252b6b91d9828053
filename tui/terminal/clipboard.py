"""Copies text to the terminal's clipboard, and tells what is known of the outcome.

A terminal is asked to take a text by an escape sequence (OSC 52) and never answers, so all that is known is that it was
sent. Within tmux the sequence gets lost by default; tmux itself takes the text, passes it on and says whether it did. GNU
screen passes a sequence on only inside one of its own, in short pieces.
"""

from __future__ import annotations

import asyncio
import base64
import os
from contextlib import suppress
from typing import Final

from textual.dom import DOMNode

from tui.app_port import app_of
from tui.language import N_, tr
from tui.terminal.sequences import passed_through

# Seconds for tmux to take a text: it does it in a few ms, or hangs.
DEADLINE: Final = 2.0

IN_TMUX: Final = N_("Copied into tmux, which passes it on.")
SENT: Final = N_("Sent to the terminal's clipboard; not every terminal takes it.")


def copy(node: DOMNode, text: str) -> None:
    """Copy ``text``, and tell what became of it where the screen tells such things."""
    node.app.copy_to_clipboard(text)
    if os.environ.get("TMUX"):
        node.app.run_worker(_copy_into_tmux(node, text), group="clipboard")
        return
    if os.environ.get("STY"):
        _through_screen(node, text)
    app_of(node).tell(tr(SENT))


async def _copy_into_tmux(node: DOMNode, text: str) -> None:
    app_of(node).tell(tr(IN_TMUX if await _into_tmux(text) else SENT))


async def _into_tmux(text: str) -> bool:
    """Give a text to tmux, which passes it on to its terminal; returns whether it did."""
    try:
        tmux = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:  # there is no such program, or no process to be had
        return False
    try:
        async with asyncio.timeout(DEADLINE):
            await tmux.communicate(text.encode(errors="replace"))
    except (TimeoutError, OSError):
        return False
    finally:
        if tmux.returncode is None:
            with suppress(ProcessLookupError):
                tmux.kill()
    return tmux.returncode == 0


def _through_screen(node: DOMNode, text: str) -> None:
    driver = node.app._driver  # pyright: ignore[reportPrivateUsage]  # as Textual's own copying does
    if driver is not None:
        driver.write(wrapped_for_screen(text))


def wrapped_for_screen(text: str) -> str:
    """Return the sequence that sets the clipboard, in pieces that GNU screen passes on to its terminal."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode(errors='replace')).decode()}\x07"
    return passed_through(sequence, "screen")
