"""``sottovoce core``: a core of its own for one home, which goes on without screens, and its end.

The home's lock is taken first: of two that are started at once, one runs. Whoever looks meanwhile finds a pointer that says
that it is starting. SIGTERM and ``core.stop`` end it with status 0.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.attach import link, place
from core.attach.link import Link
from core.machine import shown
from core.node.options import NetworkOptions
from tui import __version__
from tui.host import standard_error
from tui.host.boundary import Refused
from tui.host.core_process import in_background
from tui.language import tr

# Rights of what it makes: its owner's alone, whatever it was started with.
_UMASK: Final = 0o077
# Seconds from a core's taking the home to its saying so: one file is written.
_GRACE: Final = 2.0


def run_core(
    home: Path, options: NetworkOptions, *, remember: bool = True, passcode: str | None = None, background: bool = False
) -> int:
    """Run a core until it is told to end, or with ``background`` until it answers by itself; return the exit status."""
    home = home.absolute()
    os.umask(_UMASK)
    found = link.attach(home, __version__)
    if found is not None:
        return _runs_already(home, found, background=background)

    def serve(ready: Callable[[Path], None]) -> int:
        from tui.cli.core_service import run_service

        return run_service(home, options, ready, remember=remember, passcode=passcode)

    if not background:
        return serve(_say_ready)
    status, said = in_background(lambda ready: serve(lambda _: ready()))
    if status and (found := _started_meanwhile(home)) is not None:
        return _runs_already(home, found, background=True)
    standard_error.say(said)
    return status


def _started_meanwhile(home: Path) -> Link | None:
    """Return the core that someone else started at the same time: it holds the home, and may not have said so yet."""
    until = time.monotonic() + _GRACE
    while (found := link.attach(home, __version__)) is None and time.monotonic() < until:
        time.sleep(link.LOOK_AGAIN)
    return found


def _runs_already(home: Path, found: Link, *, background: bool) -> int:
    found.connection.close()
    if found.info.version != __version__:
        raise link.other_version(found.info, __version__)
    if not background:
        said = tr("a core runs already for {home} (process {pid}).")
        raise Refused(said.format(home=shown(home), pid=found.info.pid))
    _say(tr("A core runs already for {home}."), home)
    return 0


def _say_ready(socket: Path) -> None:
    import msgspec

    ready = {"socket": os.fspath(socket), "pid": os.getpid(), "version": __version__}
    try:
        os.write(1, msgspec.json.encode(ready) + b"\n")
    except OSError:
        return  # it serves on when its standard output is closed


def stop_core(home: Path) -> int:
    """End the core of a home, if there is one; return the exit status. Raises ``ApiError`` and ``Refused``."""
    home = home.absolute()
    found = link.attach(home, __version__)
    if found is None:
        pointer = place.read_pointer(home)
        elsewhere = pointer is not None and pointer.boot != place.this_boot()
        if pointer is not None and elsewhere:
            said = tr("no core of {home} runs on this machine; the last one ran on {host}.")
            raise Refused(said.format(home=shown(home), host=shown(pointer.host)))
        _say(tr("No core runs for {home}."), home)
        return 0
    pid = found.info.pid
    if not link.stop(found):
        raise Refused(tr("the core of {home} does not end: end process {pid}.").format(home=shown(home), pid=pid))
    _say(tr("The core of {home} has ended."), home)
    return 0


def _say(sentence: str, home: Path) -> None:
    standard_error.say(f"{sentence.format(home=shown(home))}\n")
