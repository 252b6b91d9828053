"""An idle network in a namespace of its own, where every datagram is seen; some of its programs count what they send."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.support.counted_program import HEADERS, counts_of
from benchmarks.support.lively_world import Machine
from benchmarks.support.pty import ROOT
from tests.support.packet_tap import HEADER, Tap
from tests.support.processes import Place, Process, Rpc, joining
from tests.support.story_world import PASSCODE

_FIRST_PORT, _JOINED = 6001, 3
_COUNTED: Final = "benchmarks.support.counted_program"
# Seconds for a program to write its counts.
_PATIENCE: Final = 20.0


class Wire(NamedTuple):
    """Bytes and datagrams that passed, headers of IPv4 and UDP among them."""

    sent: int = 0
    received: int = 0
    datagrams_sent: int = 0
    datagrams_received: int = 0


class Watched(NamedTuple):
    """A program that counts, where it listens and where its counts are."""

    name: str
    process: Process
    port: int
    counts: Path

    def ask(self) -> dict[str, dict[str, float]]:
        """Return its counts of now."""
        lines = _lines(self.counts)
        self.process.popen.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + _PATIENCE
        while len(found := _lines(self.counts)) == len(lines):
            if time.monotonic() > deadline:
                raise self.process.failure("does not count")
            time.sleep(0.01)
        counts: dict[str, dict[str, float]] = json.loads(found[-1])
        return counts

    def status(self) -> dict[str, Any]:
        """Return the network as its account sees it; nothing if it has none."""
        if not isinstance(self.process, Rpc):
            return {}
        status: dict[str, Any] = self.process.call("network.status")
        return status


def _lines(path: Path) -> list[str]:
    """Return the whole lines of a file that may be written to."""
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()


class BusyNetwork:
    """Full nodes and a ``leaf``. It and the last two nodes are watched: ``full`` has an account, ``node`` has none."""

    def __init__(self, root: Path, tap: Tap, stack: ExitStack) -> None:
        self.watched: list[Watched] = []
        self._root = root
        self._tap = tap
        self._stack = stack
        self._specs: list[str] = []
        self._port = _FIRST_PORT

    def begin(self, nodes: int, pace: str) -> None:
        """Start so many full nodes and a leaf; the accounts' pace is ``pace``."""
        for number in range(nodes - 2):
            self._start_node(f"node{number}")
        for name, options in (("full", []), ("leaf", ["--leaf"])):
            rpc = self._start_account(name, options)
            rpc.call("account.create", passcode=PASSCODE)
            rpc.call("settings.set", settings={"pace": pace})
        self._start_node("node", _COUNTED)

    def mark(self) -> int:
        """Return a place in what has passed until now."""
        return self._tap.path.stat().st_size

    def between(self, start: int, end: int) -> dict[int, Wire]:
        """Return what passed between two places, by port."""
        data = self._tap.path.read_bytes()[start:end]
        found: dict[int, list[int]] = {}
        at = 0
        while at + HEADER.size <= len(data):
            source, destination, length = HEADER.unpack_from(data, at)
            at += HEADER.size + length
            for port, first in ((source, 0), (destination, 1)):
                row = found.setdefault(port, [0, 0, 0, 0])
                row[first] += length + HEADERS
                row[first + 2] += 1
        return {port: Wire(*row) for port, row in found.items()}

    def _network(self, options: Sequence[str] = ()) -> list[str]:
        listen = f"127.0.{self._port - _FIRST_PORT + 1}.1:{self._port}"
        return ["--listen", listen, "--no-mainline", "--no-lan", *options, *joining(self._specs[:_JOINED])]

    def _start_node(self, name: str, module: str = "tui.demo.leash") -> None:
        place = Place(self._root / name)
        node = Machine(name, place, self._network(), prefix=self._tap.prefix, module=module)
        self._stack.callback(node.kill)
        if module == _COUNTED:
            self.watched.append(Watched(name, node, self._port, counts_of(place.home)))
        self._port += 1
        self._specs.append(node.wait_ready())

    def _start_account(self, name: str, options: Sequence[str]) -> Rpc:
        place, network = Place(self._root / name), self._network(options)
        rpc = Rpc(name, place, self._port, (), prefix=self._tap.prefix, network=network, module=_COUNTED)
        self._stack.callback(rpc.kill)
        self.watched.append(Watched(name, rpc, self._port, counts_of(place.home)))
        self._port += 1
        return rpc


@contextmanager
def busy_network(root: Path, nodes: int, pace: str) -> Generator[BusyNetwork]:
    """Run a network for a block; raises ``OSError`` where there can be no namespace."""
    root.mkdir(parents=True)
    tap = Tap.open(root / "packets", ROOT)
    if tap is None:
        raise OSError("network namespaces are not permitted here")
    with ExitStack() as stack:
        stack.callback(tap.close)
        network = BusyNetwork(root, tap, stack)
        network.begin(nodes, pace)
        yield network
