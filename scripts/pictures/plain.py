"""A conversation in the client as lines, as it is said on a terminal of its own."""

from __future__ import annotations

import asyncio
import os
import pty
from typing import Final

import pyte

from scripts.pictures.world import show_world
from tests.support.client import PASSCODE
from tui.plain.run import Plain

COLUMNS: Final = 80
ROWS: Final = 60
# What is typed, and what is waited for before it.
_TYPED: Final = (
    ("Passcode (it is not shown): ", PASSCODE),
    ("> ", "2"),
    ("Bob> ", "Bring the drawings, I bring the bread."),
    ("Bob> ", "/next"),
    ("Carol> ", "/quit"),
)
PATIENCE: Final = 20.0


def plain_session() -> str:
    """Return what stands on the terminal after a while."""
    return asyncio.run(_session())


async def _session() -> str:
    here, there = pty.openpty()
    os.set_blocking(here, False)
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    program = asyncio.ensure_future(Plain(show_world(locked=True), there, there).run())
    try:
        for prompt, typed in _TYPED:
            await asyncio.wait_for(_read_to(here, stream, screen, prompt), PATIENCE)
            os.write(here, f"{typed}\r".encode())
        while not program.done():
            _read(here, stream)
            await asyncio.sleep(0.005)
        _read(here, stream)
    finally:
        program.cancel()
        os.close(here)
        os.close(there)
    return "\n".join(row.rstrip() for row in screen.display).strip() + "\n"


async def _read_to(terminal: int, stream: pyte.ByteStream, screen: pyte.Screen, prompt: str) -> None:
    """Read until the prompt stands before the cursor."""
    while screen.display[screen.cursor.y][: screen.cursor.x] != prompt.ljust(screen.cursor.x) or not screen.cursor.x:
        _read(terminal, stream)
        await asyncio.sleep(0.005)


def _read(terminal: int, stream: pyte.ByteStream) -> None:
    try:
        stream.feed(os.read(terminal, 65536))
    except BlockingIOError:
        return
