"""Runs the client: the core in a thread of its own or behind its socket, the screens in the calling thread."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.node.options import NetworkOptions
from tui.app.app import SottovoceApp
from tui.config.local import load
from tui.config.machine import Machine
from tui.host.boundary import Refused
from tui.host.core_of import core_of, say_that_it_runs_on
from tui.host.core_process import WayToCore
from tui.host.leaving import has_terminal
from tui.language import asked_for, tr
from tui.look.profile import TerminalProfile, detect
from tui.start_invitation import StartInvitation
from tui.terminal import channel

NO_TERMINAL: Final = 2
# Where a client whose home is thrown away has its files of the machine: the person's own are not touched.
DEMO_CONFIG: Final = "config"


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
        raise Refused(tr("the client needs a terminal; `sottovoce rpc` is for programs"), NO_TERMINAL)
    core = core_of(home, options, way, remember=remember)
    local = load(home / DEMO_CONFIG if is_throwaway else None)
    app = SottovoceApp(
        core,
        profile_here(local.machine, os.environ, sys.stdout.encoding),
        start_invitation=start_invitation,
        is_throwaway=is_throwaway,
        local=local,
        channel=channel.detect(os.environ, local.machine.notices),
    )
    app.run()
    app.has_left()
    say_that_it_runs_on(core, app.return_code or 0)
    return app.return_code or 0


def profile_here(machine: Machine, environ: Mapping[str, str], encoding: str) -> TerminalProfile:
    """Return how to draw on this terminal, by its environment and by what the machine's file says before it."""
    profile = detect(environ, encoding)
    links = profile.links if machine.links is None else machine.links
    offers_languages = asked_for(environ, machine.language) is None
    return dataclasses.replace(profile, links=links, offers_languages=offers_languages)
