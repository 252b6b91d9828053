"""``sottovoce rpc`` where a core runs for the home: a pump of bytes between the caller and the core's socket.

The core speaks the same lines. So nothing is decoded here, and neither trio nor the core is loaded. The end of input is
passed on: the core then finishes what is under way, answers, and closes. A signal does the same and waits for some seconds.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType
from typing import Final

from core.api import AccountUnlock, ApiError, Kind
from core.attach import link
from core.attach.link import READ_SIZE, Link
from tui import __version__
from tui.host import standard_error
from tui.host.boundary import FAILED, Refused
from tui.host.core_process import KEEPS_OPTIONS
from tui.language import told, tr

STANDARD_INPUT: Final = 0
STANDARD_OUTPUT: Final = 1
# Seconds after a signal for what is under way to be answered.
FAREWELL: Final = 15.0
# What stands in the only answer that exists once: the words of a new account.
_ONCE: Final = b'"words":'


class _Told(Exception):
    """A signal came."""


def run_attached(found: Link, passcode: str | None, *, options_given: bool) -> int:
    """Be the way between the caller and a core; return the exit status. Raises ``ApiError`` and ``Refused``."""
    if found.info.version != __version__:  # programs are told by each answer, too
        standard_error.say(f"sottovoce rpc: {told(link.other_version(found.info, __version__).said)}\n")
    if options_given:
        _say(tr(KEEPS_OPTIONS))
    if passcode is not None:
        _unlock(found, passcode)
    return _Pump(found).run()


def _unlock(found: Link, passcode: str) -> None:
    """Open the account, or this program's lock of it; the core itself was not given the passcode."""
    try:
        _, others = link.ask(found.connection, 0, AccountUnlock(passcode=passcode), found.rest)
        found.rest = others
    except ApiError as error:
        if error.kind is not Kind.NO_ACCOUNT:
            raise
    _say(
        tr(
            "a core runs for this home. It is not opened again after 20 hours, unless `sottovoce core` was given the "
            "passcode."
        )
    )


def _say(sentence: str) -> None:
    standard_error.say(f"sottovoce rpc: {sentence}\n")


class _Pump:
    def __init__(self, found: Link) -> None:
        self._connection, self._rest = found.connection, found.rest
        self._has_ended = False  # what the caller says

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        threading.Thread(target=self._pass_on, name="input", daemon=True).start()
        try:
            status = self._pump_out()
        except _Told:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            self._end()
            self._connection.settimeout(FAREWELL)
            status = self._pump_out()
        if not self._has_ended and status == 0:
            raise Refused(tr("the core has ended: whether what was not answered was done is not known. Start again."))
        return status

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        raise _Told

    def _pass_on(self) -> None:
        with suppress(OSError):  # the input is closed, or the core is gone, which the other direction tells
            while data := os.read(STANDARD_INPUT, READ_SIZE):
                self._connection.sendall(data)
        self._end()

    def _end(self) -> None:
        self._has_ended = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def _pump_out(self) -> int:
        """Write what the core says until it closes; return the exit status."""
        try:
            while True:
                while self._rest:
                    self._rest = self._rest[os.write(STANDARD_OUTPUT, self._rest) :]
                self._rest = self._hear()
                if not self._rest:
                    return 0
        except BrokenPipeError:  # the caller reads no more
            self._end()
            return FAILED if _ONCE in self._rest else 0

    def _hear(self) -> bytes:
        try:
            return self._connection.recv(READ_SIZE)
        except (ConnectionError, TimeoutError):
            return b""
