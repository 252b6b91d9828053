"""A program on a terminal, and how long it takes until it has drawn something. Nothing here interprets what it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Seconds before a program that does not draw what was expected has failed.
PATIENCE = 60.0
_CONTROL = re.compile(rb"\x1b\[[0-9;?<>=$]*[a-zA-Z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b.|[\x00-\x20]")


def start(
    module: Sequence[str], columns: int, rows: int, environ: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Run ``python -m module`` on a new terminal; return the process and the terminal's other side."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **environ},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def drawn_after(module: Sequence[str], marks: Sequence[str], environ: Mapping[str, str]) -> list[float]:
    """Return the seconds from the start of a program until each of ``marks`` was drawn, in order; then kill it."""
    began = time.perf_counter()
    process, terminal = start(module, 120, 40, environ)
    seen, times = b"", list[float]()
    try:
        while len(times) < len(marks):
            ready, _, _ = select.select([terminal], [], [], PATIENCE)
            if not ready:
                raise TimeoutError(f"{marks[len(times)]!r} was not drawn: {_CONTROL.sub(b'', seen)[-300:]!r}")
            seen += os.read(terminal, 1 << 16)
            visible = _CONTROL.sub(b"", seen)
            while len(times) < len(marks) and _squeezed(marks[len(times)]) in visible:
                times.append(time.perf_counter() - began)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    return times


def _squeezed(text: str) -> bytes:
    return text.replace(" ", "").encode()
