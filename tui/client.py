"""Runs the client: the core in a thread of its own, the screens in the calling thread."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.node.options import NetworkOptions
from tui import __version__
from tui.app.app import SottovoceApp
from tui.config.local import load
from tui.host import standard_error
from tui.host.attached import AttachedHost
from tui.host.boundary import Refused
from tui.host.bridge import CoreHost, Messenger
from tui.host.core_process import WayToCore, find_core
from tui.host.leaving import has_terminal
from tui.look.profile import detect
from tui.start_invitation import StartInvitation
from tui.terminal import channel

NO_TERMINAL: Final = 2
# Where a client whose home is thrown away has its files of the machine: the person's own are not touched.
DEMO_CONFIG: Final = "config"
RUNS_ON: Final = (
    "sottovoce goes on receiving; `sottovoce core --stop` ends it (with the --home of its own, if it has one)."
)


def run_client(
    home: Path,
    options: NetworkOptions,
    *,
    remember: bool = True,
    start_invitation: StartInvitation | None = None,
    is_throwaway: bool = False,
    way: WayToCore | None = None,
) -> int:
    """Run the client until it is left; return the exit status. Raises ``Refused`` without a terminal.

    Without ``remember`` the passcode is asked for at every start. ``start_invitation``: an invitation to begin with.
    ``is_throwaway``: whoever calls removes the home afterwards. ``way``: how it may get to a core that runs on.
    """
    if not has_terminal():
        raise Refused("the client needs a terminal; `sottovoce rpc` is for programs", NO_TERMINAL)
    found = None if way is None else find_core(home, way)

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

    local = load(home / DEMO_CONFIG if is_throwaway else None)
    profile = detect(os.environ, sys.stdout.encoding)
    app = SottovoceApp(
        CoreHost(open_core) if found is None else AttachedHost(found),
        profile if local.machine.links is None else dataclasses.replace(profile, links=local.machine.links),
        start_invitation=start_invitation,
        is_throwaway=is_throwaway,
        local=local,
        channel=channel.detect(os.environ, local.machine.notices),
    )
    app.run()
    app.has_left()
    if found is not None and not app.return_code:
        standard_error.say(f"{RUNS_ON}\n")
    return app.return_code or 0
