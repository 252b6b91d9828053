"""One line at a time from a terminal, edited at its end, and lines of the program in between.

The terminal is read key by key, so that it is known whether something is being typed: what comes in then waits until the
line is sent or taken back, and is said before the next one. Else it is said at once, and the prompt again after it. Only a
carriage return, a line's end and backspace are used, which every terminal has.

Many lines at once were pasted, for nobody types so fast: they become one text, which Enter by itself sends.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import signal
import termios
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

from tui.language import N_, tr
from tui.text.cells import width_of

READ_SIZE: Final = 4096
# Characters of one line: more than a message has room for.
MAX_LINE: Final = 16_384
# Lines that wait while something is typed; of more the oldest are dropped, and read again with the conversation.
MAX_HELD: Final = 500
# Keys of terminals that send sequences: passed over whole.
_SEQUENCE: Final = re.compile(r"\x1b(\[[0-9;?<]*[ -/]*[@-~]|O.|.)?")
_ENDING: Final = (signal.SIGHUP, signal.SIGTERM)
_ERASE: Final = frozenset("\x7f\x08")
_ENTER: Final = frozenset("\r\n")
_CONTROLS: Final = frozenset("\x04\x15\x17") | _ERASE
# Line ends in one reading from which on it was pasted; two commands typed ahead are none.
PASTED_LINES: Final = 3
PASTED: Final = N_("(several lines were pasted: Enter sends them as one message, Ctrl+U drops them)")


class Interrupted(Exception):
    """What was asked is not to be answered any more: the account was locked."""


class LineInput:
    """Asks for lines on a terminal. ``touched`` is called with each key."""

    def __init__(self, source: int, sink: int, touched: Callable[[], None] = lambda: None) -> None:
        self._source, self._sink, self.touched = source, sink, touched
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line: list[str] = []
        self._prompt = ""
        self._is_hidden = False
        self._asked: asyncio.Future[str] | None = None
        self._held: deque[str] = deque(maxlen=MAX_HELD)
        self._typed_ahead = ""

    @contextmanager
    def open(self) -> Generator[None]:
        """Read key by key for a block; afterwards the terminal is as it was."""
        loop = asyncio.get_running_loop()
        before = termios.tcgetattr(self._source)
        quiet = termios.tcgetattr(self._source)
        quiet[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(self._source, termios.TCSANOW, quiet)
        loop.add_reader(self._source, self._read)
        loop.add_signal_handler(signal.SIGINT, self._take_back)
        for number in _ENDING:
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            loop.remove_reader(self._source)
            for number in (signal.SIGINT, *_ENDING):
                loop.remove_signal_handler(number)
            with suppress(termios.error):
                termios.tcsetattr(self._source, termios.TCSANOW, before)

    async def ask(self, prompt: str, *, hidden: bool = False) -> str:
        """Return the next line that is typed; ``hidden``: it is not shown. Raises ``EOFError`` and ``Interrupted``."""
        self._prompt, self._is_hidden = prompt, hidden
        self._asked = asyncio.get_running_loop().create_future()
        self._say_held()
        self._write(prompt)
        ahead, self._typed_ahead = self._typed_ahead, ""
        self._take(ahead)
        try:
            return await self._asked
        finally:
            self._asked = None
            self._line.clear()

    def say(self, text: str) -> None:
        """Say lines: now, or when what is being typed was sent."""
        if self._asked is not None and not self._asked.done():
            if self._line:
                self._held.append(text)
                return
            self._write(f"\r{' ' * width_of(self._prompt)}\r{text}\n{self._prompt}")
        else:
            self._write(text + "\n")

    def interrupt(self) -> None:
        """Let ``ask`` raise ``Interrupted``."""
        self._held.clear()  # it was said for whoever was in
        self._fail(Interrupted())

    def end(self) -> None:
        """Let ``ask`` raise ``EOFError``: nothing more will be typed."""
        self._fail(EOFError())

    def _fail(self, error: Exception) -> None:
        if self._asked is not None and not self._asked.done():
            self._write("\n")
            self._asked.set_exception(error)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            data = os.read(self._source, READ_SIZE)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._source)
            self.end()
            return
        self.touched()
        keys = _SEQUENCE.sub("", self._decoder.decode(data)).replace("\r\n", "\n").replace("\r", "\n")
        is_more = "\n" in self._line and keys != "\n" and _CONTROLS.isdisjoint(keys)
        if (is_more or keys.count("\n") >= PASTED_LINES) and self._asked is not None and not self._is_hidden:
            self._paste(keys)
        else:
            self._take(keys)

    def _paste(self, keys: str) -> None:
        """Add pasted lines to what is being typed."""
        is_first = "\n" not in self._line
        kept = [key for key in keys if key in "\n\t" or key.isprintable()][: MAX_LINE - len(self._line)]
        self._line += kept
        self._write("".join(kept) + (f"\n{tr(PASTED)}\n" if is_first else ""))

    def _take(self, keys: str) -> None:
        for at, key in enumerate(keys):
            if self._asked is None or self._asked.done():
                self._typed_ahead = (self._typed_ahead + keys[at:])[:MAX_LINE]
                return
            self._press(key)

    def _press(self, key: str) -> None:
        assert self._asked is not None
        if key in _ENTER:
            self._write("\n")
            self._asked.set_result("".join(self._line).strip("\n"))
        elif key in _ERASE:
            self._erase(1)
        elif key == "\x15":  # Ctrl+U
            self._take_back()
        elif key == "\x17":  # Ctrl+W
            words = "".join(self._line).rstrip()
            self._erase(len(self._line) - (words.rfind(" ") + 1))
        elif key == "\x04":  # Ctrl+D
            if not self._line:
                self.end()
        elif (key == "\t" or key.isprintable()) and len(self._line) < MAX_LINE:
            self._line.append(key)
            self._write("" if self._is_hidden else key)

    def _erase(self, count: int) -> None:
        for _ in range(min(count, len(self._line))):
            cells = width_of(self._line.pop())
            if not self._is_hidden:
                self._write("\b" * cells + " " * cells + "\b" * cells)
        if not self._line and self._held:
            self._write("\n")
            self._say_held()
            self._write(self._prompt)

    def _take_back(self) -> None:
        if "\n" in self._line:  # it cannot be erased from the terminal
            self._line.clear()
            self._write("\n")
            self._say_held()
            self._write(self._prompt)
        self._erase(len(self._line))

    def _say_held(self) -> None:
        while self._held:
            self._write(self._held.popleft() + "\n")

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        with suppress(OSError):  # the terminal is gone, which reading tells
            while data:
                data = data[os.write(self._sink, data) :]
