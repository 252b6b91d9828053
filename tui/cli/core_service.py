"""The core that ``sottovoce core`` runs, under trio."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import trio

from core.attach import place
from core.attach.listener import listening
from core.gc_freeze import set_apart
from core.machine import shown
from core.node.options import NetworkOptions
from core.session.messenger import open_messenger
from core.session.overrides import Overrides
from core.session.program import Program
from core.session.unfinished import finish_removal
from core.vault.errors import ProfileInUse
from core.vault.profile import Profile
from tui import __version__
from tui.cli.headless import open_account, run_until_told
from tui.host.boundary import Refused
from tui.language import tr


def run_service(
    home: Path, options: NetworkOptions, ready: Callable[[Path], None], *, remember: bool, passcode: str | None
) -> int:
    """Run a core until it is told to end; return the exit status. ``ready`` is given the socket's path once it answers."""
    return run_until_told("sottovoce core", lambda: _serve(home, options, ready, remember=remember, passcode=passcode))


def _held(home: Path) -> Profile:
    """Return the home, held. Raises ``Refused`` where a core of another machine holds it, and what ``Profile`` raises."""
    try:
        return Profile(home)
    except ProfileInUse:
        pointer = place.read_pointer(home)
        if pointer is None or pointer.host == socket.gethostname():
            raise
        said = tr("the core of {home} runs on {host}: attach to it there, or end it there.")
        raise Refused(said.format(home=shown(home), host=shown(pointer.host))) from None


async def _serve(
    home: Path, options: NetworkOptions, ready: Callable[[Path], None], *, remember: bool, passcode: str | None
) -> None:
    stopped = trio.Event()
    terms = Overrides(
        stores=None if remember else (), passcode=passcode, program=Program(version=__version__, stop=stopped.set)
    )
    await trio.to_thread.run_sync(finish_removal, home, terms)
    with _held(home) as profile:
        place.clear_stale(home)
        place.publish(home, None)
        try:
            async with open_messenger(home, options, terms=terms, profile=profile) as messenger:
                set_apart()
                if passcode is not None:
                    with messenger.attach() as client:
                        await open_account(client, passcode)
                async with listening(home, messenger.attach, __version__) as found:
                    ready(found.path)
                    await stopped.wait()
        finally:
            place.retract(home)
