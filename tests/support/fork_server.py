"""Processes of the product that are forked from one that has imported it: ``python -m tests.support.fork_server MODULE FD``.

An import of the product takes a second of processor time, and stories start six processes each. Here one process imports
what ``MODULE`` runs, and for each start forks a child, which goes on as ``python -m MODULE ARGUMENTS…`` would: with its own
streams, environment, state of chance and exit. The server imports and does nothing else (no key is made, no number drawn,
no thread started), so that two children have nothing in common but code. What is
started through another program is started anew (``tests.support.processes``).

A request is one datagram: JSON with ``module``, ``arguments``, ``environ``, ``folder``, and four descriptors: the standard
streams and a pipe. Into the pipe go the child's process id and, when it has ended, its wait status, each as eight bytes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).parents[2]
# What ``node`` and ``rpc`` import on their way, behind the command line.
PRELOADED: Final = (
    "tui.cli.headless",
    "core.session.messenger",
    "core.rpc.server",
    "core.node.opening",
    "core.session.commands",
)
# By which server a module is run. Those that replace something of the product do so where it is looked up each time.
SERVED: Final = {
    "tui": "tui",
    "tests.support.thrifty": "tests.support.thrifty",
    "tests.support.shifted_clock": "tests.support.thrifty",
}
_WORD: Final = 8
_MAX_REQUEST: Final = 1 << 16


class Forked:
    """A child of a server: as much of ``subprocess.Popen`` as is needed."""

    def __init__(self, server: Server, module: str, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        ours_in, ours_out, ours_errors, self._end = self._ask(server, module, arguments, environ)
        self.stdin: IO[bytes] = os.fdopen(ours_in, "wb")
        self.stdout: IO[bytes] = os.fdopen(ours_out, "rb")
        self.stderr: IO[bytes] = os.fdopen(ours_errors, "rb")
        self.pid = int.from_bytes(os.read(self._end, _WORD), "big")
        self.returncode: int | None = None
        self._lock = threading.Lock()

    @staticmethod
    def _ask(
        server: Server, module: str, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> tuple[int, int, int, int]:
        child_in, ours_in = os.pipe()
        ours_out, child_out = os.pipe()
        ours_errors, child_errors = os.pipe()
        end, told = os.pipe()
        theirs = [child_in, child_out, child_errors, told]
        request = {"module": module, "arguments": [*arguments], "environ": {**environ}, "folder": str(ROOT)}
        socket.send_fds(server.socket, [json.dumps(request).encode()], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        return ours_in, ours_out, ours_errors, end

    def poll(self) -> int | None:
        """Return how it ended, as ``Popen.poll`` does, None while it runs."""
        return self._look(0)

    def wait(self, seconds: float) -> int:
        """Wait until it has ended. Raises ``subprocess.TimeoutExpired``."""
        status = self._look(seconds)
        if status is None:
            raise subprocess.TimeoutExpired("a forked process", seconds)
        return status

    def _look(self, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        while self.returncode is None:
            if not select.select([self._end], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return None
            with self._lock:  # several threads may ask
                if self.returncode is None:
                    said = os.read(self._end, _WORD)
                    assert said, "the server that started it is gone"
                    self.returncode = os.waitstatus_to_exitcode(int.from_bytes(said, "big"))
                    os.close(self._end)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Server:
    """A running server, ended when this process ends."""

    def __init__(self, module: str) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.support.fork_server", module, str(theirs.fileno())]
            environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, pass_fds=[theirs.fileno()])

    def is_alive(self) -> bool:
        return self.process.poll() is None


_servers: dict[str, Server] = {}


def fork(module: str, arguments: Sequence[str], environ: Mapping[str, str]) -> Forked:
    """Start ``python -m MODULE ARGUMENTS…``; ``module`` is one of ``SERVED``."""
    name = SERVED[module]
    server = _servers.get(name)
    if server is None or not server.is_alive():
        server = _servers[name] = Server(name)
    return Forked(server, module, arguments, environ)


# --- the server itself ------------------------------------------------------------------------------------------------


def _serve(requests: socket.socket) -> dict[str, Any]:
    """Fork for each request; return only in a child, with what it has to run."""
    running: dict[int, int] = {}  # where to tell how each ends
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _woken)
    while True:
        ready, _, _ = select.select([requests.fileno(), wake], [], [])
        if wake in ready:
            os.read(wake, 1 << 10)
            for pid in list(running):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    _tell(running.pop(pid), status)
        if requests.fileno() in ready:
            data, streams, _, _ = socket.recv_fds(requests, _MAX_REQUEST, 4)
            if not data:
                sys.exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for descriptor in (wake, woken, requests.detach(), streams[3], *running.values()):
                    os.close(descriptor)
                return _become(json.loads(data), streams[:3])
            for descriptor in streams[:3]:
                os.close(descriptor)
            running[pid] = streams[3]
            os.write(streams[3], pid.to_bytes(_WORD, "big"))


def _woken(_number: int, _frame: object) -> None:
    """Take the signal; what there is to do, ``_serve`` does when it wakes."""


def _tell(pipe: int, status: int) -> None:
    with suppress(BrokenPipeError):  # whoever started it has gone
        os.write(pipe, status.to_bytes(_WORD, "big"))
    os.close(pipe)


def _become(request: dict[str, Any], streams: Sequence[int]) -> dict[str, Any]:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["folder"])
    random.seed()
    return request


def _main(module: str, descriptor: int) -> None:
    if module == "tests.support.thrifty":
        from tests.support.thrifty import lower

        lower()  # before anything else is imported
    for name in (*PRELOADED, "tui.cli.arguments"):
        importlib.import_module(name)
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    request = _serve(socket.socket(fileno=descriptor))
    gc.unfreeze()
    sys.modules.pop(request["module"], None)  # it is run, whether it was imported or not
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
