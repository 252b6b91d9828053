"""Standard input and output as trio streams, whatever they are: pipes, terminals, plain files.

Each call runs in a thread. Waiting on the descriptor itself would have to make it non-blocking, which changes it for
every process that shares it (a shell's terminal, say), and plain files cannot be waited on at all. A thread that is
still blocked when its call is cancelled is left behind; it does not keep the process alive.
"""

from __future__ import annotations

import os
from typing import Final

import trio

READ_SIZE: Final = 65536  # bytes: what a pipe holds
STANDARD_INPUT: Final = 0
STANDARD_OUTPUT: Final = 1


class StandardInput(trio.abc.ReceiveStream):
    """Bytes from standard input."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return at least one byte, or none at the end."""
        try:
            return await trio.to_thread.run_sync(
                os.read, STANDARD_INPUT, max_bytes or READ_SIZE, abandon_on_cancel=True
            )
        except OSError:  # closed, or a terminal that went away: nothing more will come
            return b""

    async def aclose(self) -> None:
        """Leave the descriptor alone; it belongs to the process."""
        await trio.lowlevel.checkpoint()


class StandardOutput(trio.abc.SendStream):
    """Bytes to standard output."""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write everything; raises ``BrokenResourceError`` when the reading end is closed."""
        rest = memoryview(data)
        while rest:
            try:
                written = await trio.to_thread.run_sync(os.write, STANDARD_OUTPUT, rest, abandon_on_cancel=True)
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from error
            rest = rest[written:]

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once: a thread waits in ``send_all``."""
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Leave the descriptor alone; it belongs to the process."""
        await trio.lowlevel.checkpoint()
