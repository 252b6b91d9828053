"""The outermost handler of every command: an exception that was not handled before becomes a sentence and an exit status.

No traceback is printed: it would show contents. What is told is what happened, what to do about it, and, of an unforeseen
exception, the places in the code.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.host import standard_error
from tui.language import told, tr

# Exit statuses: what was asked for cannot be done, and it was asked for wrongly (a port that is taken, say).
FAILED: Final = 1
ASKED_WRONGLY: Final = 2
INTERRUPTED: Final = 128 + signal.SIGINT


class Refused(Exception):
    """Something outside the program is not as it must be. The message is one sentence; ``status`` to exit with."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def guarded(name: str, command: Callable[[], int], home: Callable[[], Path] | None = None) -> int:
    """Return the exit status of a command, or of what became of it.

    ``name`` is what the command is called, ``home`` says where an error happened that names no place itself.
    """
    try:
        return command()
    except Refused as refused:
        standard_error.say(f"{name}: {refused}\n")
        return refused.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as fault:  # noqa: BLE001 -- this is the boundary
        return _told(name, fault, home)
    finally:
        standard_error.flush()


def _told(name: str, fault: Exception, home: Callable[[], Path] | None) -> int:
    """Say what went wrong; return the exit status."""
    try:
        from core.crash import first_of
        from core.refusals import refusal_of
        from net.errors import Unreachable

        first = first_of(fault)
        if isinstance(first, Refused):
            standard_error.say(f"{name}: {first}\n")
            return first.status
        refusal = refusal_of(first, None if home is None else home())
        places = refusal.data.get("report")
        lines = [told(refusal.said), *(map(str, places) if isinstance(places, list) else ())]
        standard_error.say(f"{name}: {chr(10).join(lines)}\n")
        return ASKED_WRONGLY if isinstance(first, Unreachable) else FAILED
    except Exception:  # noqa: BLE001 -- what explains it cannot be had: no memory, no file to open
        said = tr("it cannot go on ({fault}). Is there memory, and a file to be opened?")
        standard_error.say(f"{name}: {said.format(fault=type(fault).__name__)}\n")
    return FAILED
