"""Gives an address to the program that the system opens addresses with, where there is one beside this terminal.

Over SSH there is none: what it opened would open on the other machine. Neither is there one on Linux without a display,
where it would start a browser for terminals that has no terminal. It is started without a shell, the address being one
argument that begins with its scheme, in a session of its own, its streams leading nowhere; it outlives this program, as a
browser may be what it turns into.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final

from tui.look.profile import is_remote
from tui.text.link_targets import is_openable

# Seconds in which an opener says that it could not: it hands the address on, or becomes the browser.
SOON: Final = 3.0


def opener(
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    find: Callable[[str], str | None] = shutil.which,
) -> tuple[str, ...]:
    """Return the command that opens an address; nothing where none can."""
    if is_remote(environ):
        return ()
    if platform == "darwin":
        name = "open"
    elif environ.get("WSL_DISTRO_NAME"):
        name = "wslview"
    elif environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        name = "xdg-open"
    else:
        return ()
    found = find(name)
    return (found,) if found else ()


def open_address(command: tuple[str, ...], address: str, soon: float = SOON) -> bool:
    """Open an address; blocks for moments. Returns whether nothing is known to have gone wrong.

    Raises ``ValueError`` for what may not be given to another program.
    """
    if not is_openable(address):
        raise ValueError("not an address that is opened")
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and the address was looked at
            [*command, address], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd="/", start_new_session=True,
        )  # fmt: skip
    except OSError:
        return False
    try:
        return process.wait(soon) == 0
    except subprocess.TimeoutExpired:  # it is the browser by now
        threading.Thread(target=process.wait, name="opener", daemon=True).start()
        return True
