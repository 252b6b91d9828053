"""A person at the client as lines, on a pseudo-terminal: types, and hears what is said."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.support.client import FakeClient
from tests.support.world import Room
from tui.plain.run import Plain

PATIENCE = 10.0


class Person:
    """One who types and listens."""

    def __init__(self, client: FakeClient) -> None:
        self.client = client
        self.terminal, self.other_side = pty.openpty()
        # What a line's end becomes is the terminal's affair.
        modes = termios.tcgetattr(self.other_side)
        modes[1] &= ~termios.OPOST
        termios.tcsetattr(self.other_side, termios.TCSANOW, modes)
        os.set_blocking(self.terminal, False)
        self.heard = ""
        self.program = asyncio.ensure_future(Plain(client, self.other_side, self.other_side).run())

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    async def hear(self, text: str) -> str:
        """Wait until something is said; return what was said up to it, and forget that."""

        async def listen() -> None:
            while text not in self.heard:
                try:
                    self.heard += os.read(self.terminal, 65536).decode()
                except BlockingIOError:
                    await asyncio.sleep(0.005)

        try:
            await asyncio.wait_for(listen(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{text!r} was not said: {self.heard!r}") from None
        before, said, self.heard = self.heard.partition(text)
        return before + said

    async def say(self, line: str, *, until: str) -> str:
        """Type a line, and return what is said up to a text, the line itself left out."""
        self.heard = ""
        self.type(f"{line}\r")
        said = await self.hear(until)
        return said.partition("\n")[2]

    async def told(self, line: str) -> str:
        """Type a line, and return all that is said up to the next prompt."""
        said = await self.say(line, until="> ")
        return said.rpartition("\n")[0]

    async def open(self, number: int = 1) -> Room:
        """Open a conversation by its number; return it."""
        room = numbered(self.client)[number - 1]
        await self.say(str(number), until=f"{room.name}> ")
        return room

    async def enter(self) -> None:
        await self.hear("/help says what else there is.")
        await self.hear("> ")


@asynccontextmanager
async def at_terminal(client: FakeClient) -> AsyncGenerator[Person]:
    person = Person(client)
    echoed = termios.tcgetattr(person.other_side)[3] & termios.ECHO
    try:
        yield person
        person.type("\x15/quit\r")
        assert await asyncio.wait_for(person.program, PATIENCE) == 0
        assert termios.tcgetattr(person.other_side)[3] & termios.ECHO == echoed
        assert client.stopped
    finally:
        person.program.cancel()
        os.close(person.terminal)
        os.close(person.other_side)


def numbered(client: FakeClient) -> list[Room]:
    """Return the conversations by number: in the list's order."""
    return sorted(client.rooms, key=lambda room: -room.rows[-1].sent_at if room.rows else 0)


@asynccontextmanager
async def talking(client: FakeClient, number: int = 1) -> AsyncGenerator[tuple[Person, Room]]:
    """A person who has opened a conversation."""
    async with at_terminal(client) as person:
        await person.enter()
        yield person, await person.open(number)


def number_of(said: str, text: str) -> int:
    """Return the number of the row that was said with a text."""
    line = next(line for line in said.splitlines() if text in line)
    return int(line.split("  ")[0])
