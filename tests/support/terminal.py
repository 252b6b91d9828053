"""A program in a pseudo-terminal, seen through pyte: what it wrote, how many bytes, and what stands on the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).parents[2]
# Seconds without output after which the program is taken to be done with what it was doing.
QUIET = 0.25
# Seconds before a wait is given up.
PATIENCE = 20.0


class Emulator(pyte.Screen):
    """Keeps a saved cursor when it goes back to it, as terminals do and pyte does not."""

    def save_cursor(self) -> None:
        """Save it in place of the one before."""
        self.savepoints.clear()
        super().save_cursor()

    def restore_cursor(self) -> None:
        """Go back to it, as often as one likes."""
        self.savepoints.extend(saved._replace(cursor=copy(saved.cursor)) for saved in self.savepoints[-1:])
        super().restore_cursor()


class Terminal:
    """Runs a Python module on a terminal of ``columns`` by ``rows``."""

    def __init__(
        self, module: Sequence[str], columns: int, rows: int, environ: Mapping[str, str] | None = None
    ) -> None:
        self.screen = Emulator(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = 0
        self.output = b""
        self._is_gone = False
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR"}}
        env = {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "", "LINES": "", **(environ or {})}
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *module], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if not self._is_gone:
            os.close(self._master)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal while the program runs."""
        self._is_gone = True
        os.close(self._master)

    def waiting(self) -> int:
        """Return how many bytes wait to be read."""
        return int(struct.unpack("i", fcntl.ioctl(self._master, termios.FIONREAD, bytes(4)))[0])

    def is_taking(self) -> bool:
        """Return whether the terminal takes more than it did a moment ago, though its output is not read."""
        before = self.waiting()
        time.sleep(QUIET)
        return self.waiting() > before or not before

    def echoes(self) -> bool:
        """Return whether it shows what is typed, as a shell's does."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window manager does."""
        self._set_size(columns, rows)
        self.screen.resize(rows, columns)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def _read(self, timeout: float) -> bool:
        """Take in what the program writes within ``timeout``; returns whether there was anything."""
        ready, _, _ = select.select([self._master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # the program closed its side
            return False
        self.received += len(data)
        self.output += data
        self._stream.feed(data)
        return bool(data)

    def settle(self, quiet: float = QUIET) -> None:
        """Read until the program has written nothing for ``quiet`` seconds."""
        until = time.monotonic() + PATIENCE
        while self._read(quiet) and time.monotonic() < until:
            pass

    def wait_for(self, text: str, patience: float = PATIENCE) -> None:
        """Read until ``text`` stands on the screen."""
        self.wait_until(lambda: text in self.text(), text, patience)

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Read until ``condition`` holds."""
        until = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < until, f"{what!r} did not happen:\n{self.text()}"
            self._read(0.1)

    def text(self) -> str:
        """Return the screen's rows."""
        return "\n".join(self.screen.display)

    def send(self, keys: str | bytes) -> None:
        """Press keys, or send whatever else a terminal may."""
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def cost_of(self, keys: str) -> int:
        """Press keys and return how many bytes the program wrote about it."""
        self.settle()
        before = self.received
        self.send(keys)
        self.settle()
        return self.received - before

    def wait_for_exit(self, timeout: float) -> int:
        """Read until the program ends; returns its exit code."""
        until = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < until:
            self._read(0.05)
        return self.process.wait(0.1)
