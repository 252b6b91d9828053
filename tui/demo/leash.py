"""A command on a leash: ``python -m tui.demo.leash node …`` is ``sottovoce node …`` that ends when its input does.

A node takes no input, so it would not notice the death of its parent process. Here a thread waits for the end of the
input, which comes when the last holder of the pipe's other end is gone, and sends the process its own SIGTERM.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading
from typing import Final

_INPUT: Final = 0
_READ_SIZE: Final = 4096  # bytes; nothing is ever said over a leash


def _end_with_input() -> None:
    while os.read(_INPUT, _READ_SIZE):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    runpy.run_module("tui", run_name="__main__", alter_sys=True)
