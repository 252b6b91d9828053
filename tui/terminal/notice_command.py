"""Runs the command that a person named for notices, in the file of this machine.

It is started without a shell, in a session of its own, so that it has no terminal to write on and no signal of ours reaches
it; its streams lead nowhere. Its words are the file's and nothing else: neither they nor the environment say from whom or
what came. It gets some seconds; what has not ended by then is killed with all it started. While one runs
no other is started.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from tui.language import tr

# Seconds for the command: showing a notice or playing a sound takes less.
DEADLINE: Final = 10.0


class NoticeCommand:
    """A command, its words as they are passed; without any nothing is done. ``deadline``: seconds for it."""

    def __init__(self, words: Sequence[str], deadline: float = DEADLINE) -> None:
        self._words = tuple(words)
        self._deadline = deadline
        self._running = False

    def __bool__(self) -> bool:
        return bool(self._words)

    async def run(self) -> str:
        """Run it; return a sentence if it could not be started, else nothing."""
        if not self._words or self._running:
            return ""
        self._running = True
        try:
            return await self._run()
        finally:
            self._running = False

    async def _run(self) -> str:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                cwd="/", start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as fault:  # there is no such program, or a word holds a zero byte
            reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else tr("not a command")
            return tr("notify_command could not be started: {reason}.").format(reason=reason)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._deadline):
                    await process.wait()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # its children too
        return ""
