"""tmux as a terminal emulator: a program's screen as it is really drawn, and how far each of many texts moves the cursor."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
# Seconds before a wait is given up, and between two looks.
PATIENCE, PAUSE = 5.0, 0.05
AVAILABLE = shutil.which("tmux") is not None


class Tmux:
    """Runs a Python module in a tmux of its own."""

    def __init__(self, module: Sequence[str], columns: int, rows: int) -> None:
        self._folder = tempfile.TemporaryDirectory()  # a socket's path has to be short
        self._socket = f"{self._folder.name}/tmux"
        program = shlex.join([sys.executable, "-m", *module])
        environ = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "PYTHONPATH"}},
            "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh",
        }  # fmt: skip
        size = ("-x", str(columns), "-y", str(rows))
        start = ["tmux", "-S", self._socket, "-f", "/dev/null", "new-session", "-d", *size, f"exec {program}"]
        subprocess.run(start, cwd=ROOT, env=environ, check=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)
        self._folder.cleanup()

    def ask(self, *command: str) -> str:
        """Give tmux a command; return what it prints."""
        asked = subprocess.run(["tmux", "-S", self._socket, *command], check=True, capture_output=True)
        return asked.stdout.decode(errors="replace")

    def rows(self) -> list[str]:
        """Return what stands on the screen, without blanks at the ends."""
        return [row.rstrip() for row in self.ask("capture-pane", "-p").split("\n")]

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's column and row."""
        column, row = self.ask("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def send(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.ask("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Paste a text, bracketed."""
        self.ask("set-buffer", "--", text)
        self.ask("paste-buffer", "-p")

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Look until ``condition`` holds."""
        until = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < until, f"{what!r} did not happen:\n" + "\n".join(self.rows())
            time.sleep(PAUSE)


def columns_of(texts: Sequence[str], folder: Path) -> list[int]:
    """Return at which column tmux has the cursor behind each text that was written at the beginning of an empty row.

    ``folder`` is for the texts and the answer.
    """
    asked, answer = folder / "texts.json", folder / "columns.json"
    asked.write_text(json.dumps(texts))
    with Tmux(["tests.support.cursor_columns", str(asked), str(answer)], 250, 24) as tmux:
        tmux.wait_until(answer.exists, "the columns")
    found: list[int] = json.loads(answer.read_text())
    return found
