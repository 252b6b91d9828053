"""The film at the top of the README: ``python -m scripts.make_tour`` records it anew into ``screenshots/tour.svg``.

Two accounts in a private network of real nodes: Alice's client runs on a pseudo-terminal and is driven by keys, as a person
would, Bob is a ``sottovoce rpc``. What she sees is what the emulator saw; only how long it is seen is put down here, since
nobody wants to wait for a proof of work. ``--frames DIR`` also paints each picture of the film, to be looked at.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import trio

from core import api
from scripts.pictures.cells import cells_of_terminal
from scripts.pictures.film import Frame, merged, svg_of
from scripts.pictures.png import paint
from tests.support.terminal import Terminal
from tui.demo.children import Places, open_nodes, open_rpc
from tui.demo.rpc_client import RpcClient, talk_to

TARGET: Final = Path(__file__).parent.parent / "screenshots/tour.svg"
COLUMNS: Final = 88
ROWS: Final = 24
NODES: Final = 4
PASSCODE: Final = "quiet river over stones"
TITLE: Final = "sottovoce: an invitation, a greeting, a conversation, and the lock"
# Seconds a film shows: a letter that is typed, a key that was pressed, at most one picture while the network is waited for.
LETTER: Final = 0.06
KEY: Final = 0.5
WAIT: Final = 0.35
# Seconds without output after which a key's effect is there, and until a wait is given up.
QUIET: Final = 0.12
PATIENCE: Final = 60.0

T = TypeVar("T")


class Recorder:
    """A client on a terminal, and the film of it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.frames: list[Frame] = []
        self.still = 0
        self.caption = ""

    def text(self) -> str:
        """Return what stands there."""
        return self._terminal.text()

    def show(self, seconds: float) -> None:
        """Let what stands there be seen."""
        self._terminal.settle(QUIET)
        self.frames.append(Frame(cells_of_terminal(self._terminal.screen), seconds, self.caption))

    def press(self, keys: str, seconds: float = KEY) -> None:
        """Press a key and show what comes of it."""
        self._terminal.send(keys)
        self.show(seconds)

    def type(self, text: str) -> None:
        """Type as people do."""
        for letter in text:
            self.press(letter, LETTER)

    def wait_for(self, *texts: str, gone: str = "") -> None:
        """Show what changes until some texts stand there, but none of it for long; a cursor that blinks is no change."""
        until, before = time.monotonic() + PATIENCE, self.text()
        while not all(text in self.text() for text in texts) or (gone and gone in self.text()):
            if time.monotonic() > until:
                raise TimeoutError(f"{texts} did not appear:\n{self.text()}")
            self._terminal.settle(QUIET)
            if self.text() != before:
                before = self.text()
                self.show(WAIT)

    def keep_still(self) -> None:
        """Let this be the picture for who wants no motion."""
        self.still = len(merged(self.frames)) - 1


class Bob:
    """The other person: what he does, called from the recording thread."""

    def __init__(self, client: RpcClient) -> None:
        self._client = client
        self._conversation = ""

    def greet(self, seen: str) -> None:
        """Take the invitation in what he sees, and greet its maker."""
        made = self.call(api.ContactAdd(link=seen, greeting="Hi Alice, it is Bob. Your link works!"))
        self._conversation = made.conversation

    def wait_for_text(self) -> str:
        """Wait until she wrote; return the row's id."""
        return _from_thread(functools.partial(self._client.next_event, api.MessageReceived)).id

    def react(self, row: str, emoji: str) -> None:
        """Put an emoji to what she wrote."""
        self.call(api.MessageReact(id=row, emoji=emoji))

    def answer(self, row: str, text: str) -> None:
        """Answer what she wrote."""
        self.call(api.MessageSend(conversation=self._conversation, text=text, reply_to=row))

    def call(self, command: api.Command[T]) -> T:
        """Carry out a command."""
        return _from_thread(functools.partial(self._client.call, command))


def _from_thread(act: Callable[[], Awaitable[T]]) -> T:
    return trio.from_thread.run(act)


def invite(film: Recorder, bob: Bob) -> None:
    """Make an invitation, and see who used it."""
    film.caption = "Alice has an account, and nobody knows her: she makes an invitation"
    film.show(1.5)
    film.press("\x10", 0.8)
    film.type("inv")
    film.press("\r", 0.6)
    film.wait_for("Create invitation")
    film.show(1.0)
    film.press("\r", 0.6)
    film.wait_for("Scan it, or send the link")
    film.caption = "Bob scans it, or is sent the link"
    film.show(2.5)
    bob.greet(film.text())
    film.caption = "His greeting comes over strangers' nodes, which cannot read it"
    film.wait_for("Bob used it")
    film.show(1.8)


def begin(film: Recorder, bob: Bob) -> None:
    """Let him in, write, and be answered."""
    film.press("\r", 0.6)
    film.wait_for("Your link works!", "Accept")
    film.show(1.8)
    film.press("a", 0.6)
    film.wait_for("Write to Bob")
    film.caption = "Alice lets him in, and writes"
    film.show(1.0)
    film.type("Hello Bob! Where is the server?")
    film.press("\r", 0.5)
    row = bob.wait_for_text()
    film.wait_for("✓")
    film.show(1.0)
    film.caption = "Bob reacts, and answers"
    bob.react(row, "😂")
    bob.answer(row, "There is none: strangers' nodes keep it for me.")
    film.wait_for("😂", "There is none")
    film.show(2.2)


def answer(film: Recorder, bob: Bob) -> None:
    """React, answer, and lock."""
    film.caption = "So does Alice: what is selected is reacted to with +, answered with r"
    film.press("\x1b[A", 0.7)
    film.press("+", 0.9)
    film.press("\r", 0.6)
    film.wait_for("👍")
    film.show(1.0)
    film.press("r", 0.6)
    film.type("Then nobody can switch us off.")
    film.press("\r", 0.6)
    bob.wait_for_text()
    film.wait_for(gone="◌")
    film.show(2.0)
    film.keep_still()
    film.caption = "Alt+L: a locked screen says nothing"
    film.press("\x1bl", 0.2)
    film.wait_for("Passcode")
    film.show(2.5)


async def record(root: Path) -> Recorder:
    """Set the stage and record; returns the film."""
    places = Places(root)
    async with open_nodes(places, NODES) as specs:
        async with open_rpc(places, "alice", specs[:1]) as process, talk_to(process) as alice:
            await alice.call(api.AccountCreate(passcode=PASSCODE, name="Alice"))
            await alice.call(api.SettingsSet(settings={"notify": "off"}))
        async with open_rpc(places, "bob", specs[1:2]) as process, talk_to(process) as client:
            await client.call(api.AccountCreate(passcode=PASSCODE, name="Bob"))
            return await trio.to_thread.run_sync(_record_alice, places, specs[0], Bob(client))


def _record_alice(places: Places, spec: str, bob: Bob) -> Recorder:
    options = ("--listen", "127.0.0.1:0", "--no-mainline", "--no-lan", "--no-remember", "--join", spec)
    environ = {**places.environment(), "XDG_CONFIG_HOME": str(places.home("config")), "COLORTERM": "truecolor"}
    with Terminal(["tui", "--home", str(places.home("alice")), *options], COLUMNS, ROWS, environ) as terminal:
        terminal.wait_for("Passcode")
        terminal.send(f"{PASSCODE}\r")
        terminal.wait_for("online", PATIENCE)
        film = Recorder(terminal)
        for act in (invite, begin, answer):
            act(film, bob)
        return film


def main() -> None:
    """Record the film."""
    parser = argparse.ArgumentParser(description="Record the film of the README.")
    parser.add_argument("--frames", type=Path, metavar="DIR", help="paint each picture into this folder, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sottovoce-tour-") as root:
        film = trio.run(record, Path(root))
    TARGET.write_text(svg_of(film.frames, TITLE, film.still), "utf-8")
    shown = merged(film.frames)
    sys.stdout.write(
        f"{len(shown)} pictures, {sum(frame.seconds for frame in shown):.1f} s, {TARGET.stat().st_size} bytes\n"
    )
    if given.frames is not None:
        given.frames.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(shown):
            paint(frame.cells).save(given.frames / f"{number:03}.png")


if __name__ == "__main__":
    main()
