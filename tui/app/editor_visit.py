"""A text's visit to the person's own editor: it lies in a folder in memory, and the terminal is the editor's meanwhile.

    begin -> the terminal is handed over -> the editor runs; what it saves is told each moment -> it ends -> taken back

The screens' loop goes on: messages come in, the lock's clock runs, and input that the editor reads counts as input. What is
drawn meanwhile is dropped (``tui.terminal.handing_over``). A lock, or the end of the program, ends the editor: its text must
not stay on a terminal whose account is locked. What it had saved until then was told already.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from core.api import MAX_DRAFT_SIZE
from tui.language import N_, tr
from tui.terminal.editor_command import quieted, surroundings, words_of
from tui.terminal.memory_folder import MemoryFolder, bases

if TYPE_CHECKING:
    from textual.app import App

    from tui.app_port import Severity

# Seconds between looks at what the editor saved, and at whether it reads input.
LOOK: Final = 0.5
# Seconds for an editor to end when it has to.
PATIENCE: Final = 1.0
STANDARD_INPUT: Final = 0
STANDARD_ERROR: Final = 2
# The other screen, empty: what an editor of lines writes is not left on the shell's.
_OTHER_SCREEN: Final = b"\x1b[?1049h\x1b[H\x1b[2J"

NO_MEMORY: Final = N_(
    "There is no folder in memory for the text, and on a disk it would stay. Set XDG_RUNTIME_DIR to one on a tmpfs."
)
NO_EDITOR: Final = N_("No editor was found: set VISUAL or EDITOR to yours, as in EDITOR=nano.")
NO_TERMINAL: Final = N_("This terminal cannot be handed to an editor.")
CUT: Final = N_("That was more than fifty messages hold: what is beyond is left out.")


class NoVisitError(Exception):
    """It cannot be edited there; the message is a sentence that says why."""


class EditorVisit:
    """One visit. ``saved`` is told what the editor saved, ``heard`` that somebody types in it."""

    def __init__(self, app: App[Any], saved: Callable[[str], None], heard: Callable[[], None]) -> None:
        self._app, self._saved, self._heard = app, saved, heard
        self._process: asyncio.subprocess.Process | None = None
        self._path: Path | None = None
        self._seen: tuple[int, int] | None = None
        self._last_input = 0.0
        self._is_over = False
        self.was_cut = False
        """Whether more came back than is taken."""

    def end(self) -> None:
        """Have the editor end; what it did not save is lost with it."""
        if not self._is_over:
            self._look()
            self._is_over = True
            if self._process is not None:
                _signal(self._process, signal.SIGTERM)
                asyncio.get_running_loop().call_later(PATIENCE, _signal, self._process, signal.SIGKILL)

    async def make(
        self,
        text: str,
        came_back: Callable[[str | None], None],
        tell: Callable[[str, Severity], None],
        take_back: Callable[[], None],
    ) -> None:
        """Make the visit, and say what came of it; ``take_back`` is called once the terminal is ours again."""
        came: str | None = None
        try:
            came = await self.edit(text)
        except NoVisitError as why:
            tell(str(why), "warning")
        finally:
            self._is_over = True
            take_back()
            came_back(came)
        if came is not None and self.was_cut:
            tell(tr(CUT), "warning")

    async def edit(self, text: str) -> str | None:
        """Return the text as it is then; None where the editor gave up or was ended. Raises ``NoVisitError``."""
        driver = self._app._driver  # pyright: ignore[reportPrivateUsage]  # Textual's suspend asks it as well
        if driver is None or not driver.can_suspend:
            raise NoVisitError(tr(NO_TERMINAL))
        try:
            words = words_of()
        except ValueError:
            words = ()
        if not words:
            raise NoVisitError(tr(NO_EDITOR))
        base = next(bases(), None)
        if base is None:
            raise NoVisitError(tr(NO_MEMORY))
        try:
            with MemoryFolder(base) as folder:
                path = folder.write(text)
                return await self._edit(quieted(words), path)
        except OSError as fault:
            said = tr("{program} could not be started: {reason}.")
            raise NoVisitError(said.format(program=words[0], reason=fault.strerror or fault)) from fault

    async def _edit(self, words: tuple[str, ...], path: Path) -> str | None:
        fault: BaseException | None = None
        status = 1
        with self._app.suspend(), _keys_of_signals():  # it resumes only where nothing is raised inside
            try:
                with suppress(OSError):
                    os.write(STANDARD_ERROR, _OTHER_SCREEN)
                status = await self._run(words, path)
            except BaseException as error:  # noqa: BLE001 -- raised again once the terminal is ours
                fault = error
        if fault is not None:
            raise fault
        return None if status or self._is_over else self._read(path)

    async def _run(self, words: tuple[str, ...], path: Path) -> int:
        process = await asyncio.create_subprocess_exec(
            *words, os.fspath(path), env=surroundings(path.parent), cwd=path.parent
        )
        self._process, self._path, self._seen = process, path, _changed(path)
        if self._is_over:  # in the moment of starting
            _signal(process, signal.SIGKILL)
        try:
            while process.returncode is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await process.wait()
                self._look()
        finally:
            if process.returncode is None:
                _signal(process, signal.SIGKILL)
        return process.returncode or 0

    def _look(self) -> None:
        """Tell what was saved since the last look, and whether somebody types."""
        if self._path is None or self._is_over:
            return
        if (now := _changed(self._path)) != self._seen and now is not None:
            self._seen = now
            self._saved(self._read(self._path))
        with suppress(OSError):
            last, self._last_input = self._last_input, os.fstat(STANDARD_INPUT).st_atime
            if last and last != self._last_input:
                self._heard()

    def _read(self, path: Path) -> str:
        """Return what the file holds. Raises ``OSError``."""
        with path.open("rb") as file:
            data = file.read(MAX_DRAFT_SIZE + 2).removesuffix(b"\n")
        self.was_cut = len(data) > MAX_DRAFT_SIZE
        text = data[:MAX_DRAFT_SIZE].decode(errors="ignore" if self.was_cut else "replace")
        return text.replace("\r\n", "\n")


def _changed(path: Path) -> tuple[int, int] | None:
    """Return what tells one state of a file from another; None while it is saved under another name."""
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


@contextmanager
def _keys_of_signals() -> Generator[None]:
    r"""Let Ctrl+C and Ctrl+\ be the editor's: they reach every program of the terminal, and would end this one."""
    before = {number: signal.signal(number, _pass) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; unlike a signal that is ignored, it means again to the editor what it is."""
