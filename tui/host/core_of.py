"""Which core a client gets: one that runs on, if there is one or is to be one, else its own, in a thread."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.node.options import NetworkOptions
from tui import __version__
from tui.core_port import CorePort
from tui.host import standard_error
from tui.host.attached import AttachedHost
from tui.host.bridge import CoreHost, Messenger
from tui.host.core_process import WayToCore, find_core
from tui.language import N_, tr

RUNS_ON: Final = N_(
    "sottovoce goes on receiving; `sottovoce core --stop` ends it (with the --home of its own, if it has one)."
)


def core_of(home: Path, options: NetworkOptions, way: WayToCore | None, *, remember: bool) -> CorePort:
    """Return the core of a home, not started yet. Raises ``ApiError`` and ``Refused``.

    Without ``remember`` the passcode is asked for at every start. Without ``way`` the core is the client's own.
    """
    found = None if way is None else find_core(home, way)
    if found is not None:
        return AttachedHost(found)

    @asynccontextmanager
    async def open_core() -> AsyncGenerator[Messenger]:
        # Imported in the core's thread, while the screen draws its first frame.
        from core.gc_freeze import set_apart
        from core.session.messenger import open_messenger
        from core.session.overrides import Overrides
        from core.session.program import Program

        terms = Overrides(stores=None if remember else (), program=Program(version=__version__))
        async with open_messenger(home, options, terms=terms) as messenger:
            set_apart()
            with messenger.attach() as client:
                yield client

    return CoreHost(open_core)


def say_that_it_runs_on(core: CorePort, status: int) -> None:
    """Tell a person who left that the core goes on, and how to end it."""
    if core.runs_on and not status:
        standard_error.say(f"{tr(RUNS_ON)}\n")
