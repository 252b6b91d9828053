"""A core in the background: how it is started, parts from its terminal, and is found by who attaches.

The process that was called forks: the child begins a session of its own, so that neither a hang-up nor Ctrl+C of the
terminal reaches it, keeps none of the descriptors but the null device, and goes on as the core. The parent waits until the
child says that it answers, or ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.attach import link
from core.attach.link import Link
from core.machine import shown
from tui import __version__
from tui.host import standard_error
from tui.host.boundary import FAILED, Refused
from tui.language import N_, told, tr

STANDARD_ERROR: Final = 2
# What the child says when it answers. It is in no sentence.
_READY: Final = b"\0"
# Bytes of what the child says before that are passed on.
_MAX_SAID: Final = 65536
KEEPS_OPTIONS: Final = N_("a core runs for this home; it keeps the network options it was started with.")
# Seconds for a core to start on a slow and busy machine, the one before it to end among them.
PATIENCE: Final = 90.0


@dataclass(frozen=True, slots=True)
class WayToCore:
    """How a client gets to a core: by the options that it was called with; ``starts`` one where none runs.

    ``has_network_options``: some of them are about the network, which is the core's.
    """

    arguments: tuple[str, ...] = ()
    starts: bool = False
    has_network_options: bool = False


def in_background(core: Callable[[Callable[[], None]], int]) -> tuple[int, str]:
    """Let ``core`` go on as a process of its own; return 0 once it calls what it is given, else its exit status.

    With it comes what the core said until then. In the core's own process this returns when the core ends.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return _wait_until_ready(reading, child)
    _part_from_terminal(writing)

    def ready() -> None:
        with suppress(OSError):  # the parent was ended meanwhile
            os.write(STANDARD_ERROR, _READY)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, STANDARD_ERROR)
        os.close(null)

    return core(ready), ""


def _wait_until_ready(reading: int, child: int) -> tuple[int, str]:
    said = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while (more := pipe.read(_MAX_SAID)) and _READY not in said + more:
            said = (said + more)[-_MAX_SAID:]
    said += more.partition(_READY)[0]
    status = 0 if more else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or FAILED
    return status, said.decode(errors="replace")


def _part_from_terminal(writing: int) -> None:
    """Begin a session; keep the null device as input and output, ``writing`` as standard error, and nothing else."""
    os.setsid()
    os.chdir("/")  # else the file system it was started in could not be unmounted
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(writing, STANDARD_ERROR)
    open_now = [int(each.name) for each in Path("/proc/self/fd").iterdir()]
    os.closerange(STANDARD_ERROR + 1, max(open_now) + 1)


def start_core(arguments: Sequence[str]) -> None:
    """Start a core in the background by the options of this program's command line. Raises ``Refused``."""
    command = [*_this_program(), "core", "--background", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=PATIENCE,
            start_new_session=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused(tr("no core started in time. Start it by `sottovoce core`, which says why.")) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("sottovoce core: ")
        raise Refused(
            said or tr("no core could be started. Start it by `sottovoce core`, which says why."), done.returncode
        )


def _this_program() -> list[str]:
    """Return how this program was started: as a module, or else as the installed command.

    As a command, the folder that it is called in must not be looked into for modules.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return [sys.executable, "-P", "-m", "tui"]
    return [sys.executable, "-m", str(spec.name).removesuffix(".__main__")]


def find_core(home: Path, way: WayToCore) -> Link | None:
    """Attach to the core of a home, if there is one or is to be one. Raises ``ApiError`` and ``Refused``.

    One of another version is ended and started anew if the person at the terminal says so.
    """
    found, starts = link.attach(home, __version__), way.starts
    if found is not None and found.info.version != __version__:
        _end_other_version(home, found)
        found, starts = None, True
    if found is not None and way.has_network_options:
        standard_error.say(f"sottovoce: {tr(KEEPS_OPTIONS)}\n")
        standard_error.flush()  # before a screen is drawn; there it stands when that is left
    if found is None and starts:
        start_core(way.arguments)
        found = link.attach(home, __version__)
        if found is None:
            raise Refused(
                tr("the core that was started has ended already. Start it by `sottovoce core`, which says why.")
            )
    return found


def _end_other_version(home: Path, found: Link) -> None:
    refused = link.other_version(found.info, __version__)
    if not _wants(tr("{why} Do that now? [Y/n] ").format(why=told(refused.said))):
        found.connection.close()
        raise refused
    if not link.stop(found):
        said = tr("the core of {home} does not end: end process {pid}, and start again.")
        raise Refused(said.format(home=shown(home), pid=found.info.pid))


def _wants(question: str) -> bool:
    os.write(STANDARD_ERROR, question.encode())
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().casefold() in {"", "y", "yes"}
