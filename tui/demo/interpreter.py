"""The interpreter of the demo's processes: called as a command, it looks for no module in the folder it is called in."""

from __future__ import annotations

import sys


def interpreter() -> list[str]:
    """Return how a process of the demo begins: as safely (``-P``) as this one was, and so if it is the installed command."""
    is_command = getattr(sys.modules["__main__"], "__spec__", None) is None
    return [sys.executable, *(["-P"] if is_command or sys.flags.safe_path else [])]
