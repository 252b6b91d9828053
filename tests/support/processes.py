"""The product as others run it: ``sottovoce node`` and ``sottovoce rpc`` as processes, driven over their pipes.

Whatever waits here has a time-out, and whatever fails shows the end of the process's standard error. Nothing sleeps: threads
read the pipes, and ``until`` asks again when something was said, or a moment later.
"""

from __future__ import annotations

import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.support.fork_server import SERVED, Forked, fork

ROOT = Path(__file__).parents[2]
# Seconds before a wait is given up. Two cores may be shared with other tests, and every price is the full one.
PATIENCE = 120.0
# Seconds between two looks at a condition when nothing was said meanwhile.
LOOK_AGAIN = 0.1
# Characters of standard error shown with a failure.
SHOWN_ERRORS = 4000

T = TypeVar("T")


class Refused(Exception):
    """An error that rpc answered. ``kind`` is for programs; ``data`` all that came with it."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: dict[str, Any] = error["data"]
        self.kind: str = self.data["kind"]
        super().__init__(f"{self.kind}: {self.message}")


@dataclass(frozen=True)
class Place:
    """Directories for one process: its home, and everything else that it could write to."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def state(self) -> Path:
        """Where the mark is kept, outside the home."""
        return self.root / "state"

    def environ(self) -> dict[str, str]:
        """Return an environment in which nothing else can be found."""
        environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
        places = {"HOME": "user", "TMPDIR": "tmp", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}
        places |= {"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache"}
        for name, folder in places.items():
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            environ[name] = str(self.root / folder)
        return environ

    def copy_to(self, root: Path) -> Place:
        """Return a copy of everything, as a backup would make it."""
        shutil.copytree(self.root, root)
        return Place(root)

    def files(self) -> list[Path]:
        """Return every file here."""
        return sorted(path for path in self.root.rglob("*") if path.is_file())


def free_port() -> int:
    """Return a UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(command: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[bytes] | Forked:
    """Start a program; one of ours is forked, unless something else starts it."""
    if [*command[:2]] == [sys.executable, "-m"] and command[2] in SERVED:
        return fork(command[2], command[3:], environ)
    return subprocess.Popen(
        command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@dataclass
class Process:
    """A running child: its lines are read by threads, its end is seen at once."""

    name: str
    command: Sequence[str]
    place: Place
    lines: queue.Queue[bytes | None] = field(default_factory=queue.Queue[bytes | None])

    def __post_init__(self) -> None:
        self._errors: list[bytes] = []
        self.popen = _start(self.command, self.place.environ())
        self._threads = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self.popen.pid

    def _read_lines(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self) -> None:
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            self._errors.append(line)

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        return b"".join(self._errors).decode(errors="replace")

    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def failure(self, what: str) -> AssertionError:
        """Return an error that shows what the process complained of."""
        state = "runs" if self.is_alive() else f"ended with {self.popen.returncode}"
        return AssertionError(
            f"{self.name} ({state}): {what}\n--- its standard error:\n{self.errors()[-SHOWN_ERRORS:]}"
        )

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self.is_alive():
            self.popen.send_signal(signal.SIGKILL)
        self._wait(PATIENCE)

    def terminate(self) -> None:
        """Ask it to end; it must do so cleanly."""
        self.popen.send_signal(signal.SIGTERM)
        self._ended_cleanly()

    def _ended_cleanly(self) -> None:
        try:
            status = self._wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise self.failure("does not end") from None
        if status != 0:
            raise self.failure("ended badly")

    def _wait(self, seconds: float) -> int:
        status = self.popen.wait(seconds)
        for thread in self._threads:
            thread.join(seconds)
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # something was left unsent to a process that has gone
        return status

    def memory(self) -> int:
        """Return the bytes it holds in memory now."""
        return self._status("VmRSS")

    def peak_memory(self) -> int:
        """Return the most bytes it ever held."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise self.failure(f"has no {name}")

    def processor_seconds(self) -> float:
        """Return how much processor time it used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def program(*arguments: str, clock: Path | None = None, prefix: Sequence[str] = (), module: str = "tui") -> list[str]:
    """Return the command that runs sottovoce, or ``module`` in its place; by the machine's clock or by a shifted one."""
    started = [module] if clock is None else ["tests.support.shifted_clock", str(clock)]
    return [*prefix, sys.executable, "-m", *started, *arguments]


def network_arguments(port: int, join: Sequence[str]) -> list[str]:
    """Return the options of a private network on loopback."""
    return ["--listen", f"127.0.0.1:{port}", "--no-mainline", "--no-lan", *joining(join)]


def joining(specs: Sequence[str]) -> list[str]:
    """Return the options that join through these nodes."""
    return [part for spec in specs for part in ("--join", spec)]


class Node(Process):
    """``sottovoce node``, on loopback unless ``network`` has other options; ``wait_ready`` waits for its spec."""

    def __init__(
        self,
        name: str,
        place: Place,
        port: int,
        join: Sequence[str] = (),
        *,
        clock: Path | None = None,
        prefix: Sequence[str] = (),
        network: Sequence[str] | None = None,
    ) -> None:
        options = network_arguments(port, join) if network is None else network
        arguments = ["node", "--home", str(place.home), *options]
        super().__init__(name, program(*arguments, clock=clock, prefix=prefix), place)
        self.port = port
        self.spec = ""

    def wait_ready(self) -> str:
        """Return the spec that it printed."""
        try:
            line = self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise self.failure("says nothing") from None
        if line is None:
            raise self.failure("did not get ready")
        self.spec = str(json.loads(line)["join"])
        return self.spec


class Rpc(Process):
    """``sottovoce rpc`` with cheap passcodes, on loopback unless ``network`` has other options.

    ``call`` waits for the answer; ``events`` holds every event, in order.
    """

    def __init__(
        self,
        name: str,
        place: Place,
        port: int,
        join: Sequence[str],
        *,
        clock: Path | None = None,
        prefix: Sequence[str] = (),
        network: Sequence[str] | None = None,
        module: str = "tests.support.thrifty",
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.stray: list[dict[str, Any]] = []  # answers to lines that had no readable id
        self._answers: dict[int, dict[str, Any]] = {}
        self._said = threading.Condition()
        self._number = 0
        self._is_over = False
        options = network_arguments(port, join) if network is None else network
        arguments = ["rpc", "--home", str(place.home), *options]
        super().__init__(name, program(*arguments, clock=clock, prefix=prefix, module=module), place)
        self.port = port
        threading.Thread(target=self._sort, daemon=True).start()

    def _sort(self) -> None:
        while (line := self.lines.get()) is not None:
            said = json.loads(line)
            with self._said:
                if said.get("method") == "event":
                    self.events.append(said["params"])
                elif isinstance(said.get("id"), int) and not isinstance(said["id"], bool):
                    self._answers[said["id"]] = said
                else:
                    self.stray.append(said)
                self._said.notify_all()
        with self._said:
            self._is_over = True
            self._said.notify_all()

    def write(self, data: bytes) -> None:
        """Put bytes on its standard input."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def ask(self, method: str, **params: Any) -> int:
        """Put a question; return its number for ``answer``."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.write(json.dumps(request).encode() + b"\n")
        return self._number

    def answer(self, number: int, patience: float = PATIENCE) -> Any:
        """Return the result of a question; raises ``Refused``."""
        with self._said:
            self._said.wait_for(lambda: number in self._answers or self._is_over, patience)
            said = self._answers.pop(number, None)
        if said is None:
            raise self.failure(f"gave no answer to request {number}")
        if "error" in said:
            raise Refused(said["error"])
        return said["result"]

    def call(self, method: str, *, patience: float = PATIENCE, **params: Any) -> Any:
        """Put a question and return its result; raises ``Refused``."""
        return self.answer(self.ask(method, **params), patience)

    def refusal(self, method: str, **params: Any) -> str:
        """Return the kind of error that a question is answered with."""
        try:
            result = self.call(method, **params)
        except Refused as refused:
            return refused.kind
        raise self.failure(f"{method} was not refused: {result}")

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a type so far."""
        return [event for event in self.events if event["type"] == kind]

    def until(self, what: str, condition: Callable[[], T], patience: float = PATIENCE) -> T:
        """Return the first true value of ``condition``, asked anew after each thing said, or a moment later."""
        deadline = time.monotonic() + patience
        while True:
            value = condition()
            if value:
                return value
            with self._said:
                self._said.wait(LOOK_AGAIN)
            if not self.is_alive():
                raise self.failure(f"ended before {what}")
            if time.monotonic() > deadline:
                raise self.failure(f"not within {patience} s: {what}; the last that was seen: {value!r}")

    def stop(self) -> None:
        """End its input; it must end cleanly."""
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        self._ended_cleanly()

    # --- what stories are told with -----------------------------------------------------------------------------------

    def unlock(self, passcode: str) -> str:
        """Open the account: by the remembered key where the system remembers one, else by the passcode."""
        try:
            return str(self.call("account.unlock")["identity"])
        except Refused as refused:
            if refused.kind != "passcode-needed":
                raise
        return str(self.call("account.unlock", passcode=passcode)["identity"])

    def rows(self, conversation: str) -> list[dict[str, Any]]:
        """Return every row of a conversation, oldest first."""
        rows: list[dict[str, Any]] = []
        while True:
            before = {"before": rows[0]["id"]} if rows else {}
            page: list[dict[str, Any]] = self.call("message.list", conversation=conversation, limit=500, **before)
            rows = page + rows
            if len(page) < 500:
                return rows

    def sent(self, conversation: str) -> list[dict[str, Any]]:
        """Return the rows that the account itself wrote."""
        return [row for row in self.rows(conversation) if row["sender"] == "me"]

    def received(self, conversation: str) -> list[str]:
        """Return the texts of the other side; what is no text stands as its kind."""
        rows = [row for row in self.rows(conversation) if row["sender"] != "me"]
        return [row["text"] if row.get("kind", "text") == "text" else f"<{row['kind']}>" for row in rows]


def wait_for(what: str, condition: Callable[[], T], patience: float = PATIENCE) -> T:
    """Return the first true value of a condition that no one process can answer for."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}; the last that was seen: {value!r}")
        pause.wait(LOOK_AGAIN)
    return value


def seeded(seed: int) -> random.Random:
    """Return the source of every choice of a story, so that it can be told again."""
    return random.Random(seed)
