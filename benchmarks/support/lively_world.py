"""Networks of processes in which things go wrong: nodes, and alice and bob, leaves that know each other.

The two are made once and copied for each network; their devices and all nodes are new in each, so no network ever finds
another. Every node has an address of its own: below 127 on the machine's loopback, or on a cable between network namespaces
(``tests.support.netlab``), where a machine's address can be changed under it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.node.opening import OWN_NODE
from tests.support.netlab import LabHost, run
from tests.support.processes import Node, Place, Process, Rpc, joining, program
from tests.support.shifted_clock import ShiftedClock
from tests.support.story_world import PASSCODE, meet

PEOPLE: Final = ("alice", "bob")
# Nodes among which the two meet, and that a client or a node joins through.
_FIRST_NODES, _JOINED = 3, 3
# What a device waits for at most until it has whole paths, seconds, and between two looks.
_PATIENCE, _LOOK = 45.0, 0.25
_HOPS: Final = 4
# On the cable each process has a machine of its own, and so the same port.
_PORT: Final = 5000
_FIRST_NETWORK: Final = 40  # 127.40 and on: what else runs on the loopback is at 127.0


class Host(NamedTuple):
    """Where a process runs: an address, and how to run something there."""

    address: str
    prefix: tuple[str, ...] = ()
    namespace: str = ""


class Heard(list[dict[str, Any]]):
    """Events in order, each with the monotonic second ``at`` which it came."""

    def append(self, event: dict[str, Any]) -> None:
        """Note one that comes now."""
        super().append({**event, "at": time.monotonic()})


class Machine(Node):
    """A node that ends with us, whatever happens to us; unless it has a clock of its own or another ``module`` runs it."""

    def __init__(
        self,
        name: str,
        place: Place,
        network: Sequence[str],
        *,
        clock: Path | None = None,
        prefix: Sequence[str] = (),
        module: str = "tui.demo.leash",
    ) -> None:
        arguments = ["node", "--home", str(place.home), *network]
        Process.__init__(self, name, program(*arguments, clock=clock, prefix=prefix, module=module), place)
        self.port = 0
        self.spec = ""


def loopback_hosts(network: int, count: int) -> list[Host]:
    """Return addresses that no other network has."""
    return [Host(f"127.{_FIRST_NETWORK + network}.{number}.1") for number in range(1, count + 1)]


def cable_hosts(machines: Sequence[LabHost]) -> list[Host]:
    """Return the hosts of a cable."""
    return [Host(each.address, tuple(each.command()), each.namespace) for each in machines]


class LivelyWorld:
    """One network: a node on each host but the last two, which are alice's and bob's. Call ``begin``, and ``close``."""

    def __init__(self, root: Path, hosts: Sequence[Host], *, own_clocks: bool = False) -> None:
        self.root = root
        self.hosts = list(hosts)
        self.nodes: list[Node] = []
        self.clocks: dict[str, ShiftedClock] = {}
        self.conversation: dict[str, str] = {}
        self.people: dict[str, Rpc] = {}
        self._own_clocks = own_clocks
        self._processes: list[Process] = []
        self._ports = [_PORT if each.prefix else _free_port(each.address) for each in hosts]
        self._specs: list[str] = []
        root.mkdir(parents=True, exist_ok=True)

    def begin(self, origin: Path | None) -> None:
        """Start nodes and people: those of ``origin``, or new ones who have to meet."""
        self.start_nodes(range(len(self.hosts) - len(PEOPLE)))
        for name in PEOPLE:
            if origin is not None:
                Place(origin / name).copy_to(self.root / name)
                shutil.rmtree(Place(self.root / name).home / OWN_NODE)
                self.conversation[name] = (origin / f"{name}.conversation").read_text()
        started = [self._start_person(name) for name in PEOPLE]
        for name, rpc in zip(PEOPLE, started, strict=True):
            if origin is None:
                rpc.call("account.create", passcode=PASSCODE, name=name)
            else:
                rpc.unlock(PASSCODE)
        self._wait_for_paths()

    def make_friends(self) -> None:
        """Let the two meet and end everything; ``root`` is an origin then."""
        ours, theirs = meet(self.people["bob"], self.people["alice"])
        for name, conversation in (("bob", ours), ("alice", theirs)):
            (self.root / f"{name}.conversation").write_text(conversation)
        for rpc in self.people.values():
            rpc.stop()
        self.close()

    def start_nodes(self, numbers: Sequence[int]) -> None:
        """Start nodes at once, those that ran before with all they know; wait until they listen."""
        for number in numbers:
            self._start_node(number)
            if len(self._specs) < _JOINED:
                self._specs.append(self.nodes[number].wait_ready())
        for number in numbers:
            if not self.nodes[number].spec:
                self.nodes[number].wait_ready()

    def use_other_port(self, number: int) -> None:
        """Let a node listen elsewhere from its next start on."""
        former = self._ports[number]
        while self._ports[number] == former:
            self._ports[number] = _free_port(self.hosts[number].address)

    def move(self, number: int, address: str) -> None:
        """Give a host on the cable another address, or none if that is empty."""
        host = self.hosts[number]
        if host.address:
            run("ip", "-n", host.namespace, "addr", "del", f"{host.address}/24", "dev", "eth0")
        if address:
            run("ip", "-n", host.namespace, "addr", "add", f"{address}/24", "broadcast", "+", "dev", "eth0")
        self.hosts[number] = host._replace(address=address)

    def entries_of(self, name: str) -> list[int]:
        """Return the nodes that a person's own traffic enters the network by."""
        links = self.people[name].call("network.status")["links"]
        following = [each["node"] for each in links if each["following"]]
        return [
            number
            for number, node in enumerate(self.nodes)
            if any(node.spec.rpartition("/")[2].startswith(each) for each in following)
        ]

    def close(self) -> None:
        """End everything, stopped processes too."""
        for process in self._processes:
            process.kill()

    def _start_node(self, number: int) -> None:
        name, host = f"node{number}", self.hosts[number]
        joins = [spec for at, spec in enumerate(self._specs) if at != number]
        network = ["--listen", f"{host.address}:{self._ports[number]}", "--no-mainline", "--no-lan", *joining(joins)]
        clock = self._clock_of(name) if self._own_clocks else None
        node = Machine(name, Place(self.root / name), network, clock=clock, prefix=host.prefix)
        self.nodes[number : number + 1] = [node]
        self._processes.append(node)

    def _start_person(self, name: str) -> Rpc:
        number = len(self.hosts) - len(PEOPLE) + PEOPLE.index(name)
        host = self.hosts[number]
        address = "0.0.0.0" if host.prefix else host.address
        network = ["--listen", f"{address}:{self._ports[number]}", "--no-mainline", "--no-lan", "--leaf"]
        clock = self._clock_of(name)
        rpc = Rpc(
            name, Place(self.root / name), self._ports[number], (),
            clock=clock, prefix=host.prefix, network=[*network, *joining(self._specs)],
        )  # fmt: skip
        rpc.events = Heard()  # nothing was said yet: the account is locked
        self.people[name] = rpc
        self._processes.append(rpc)
        return rpc

    def _clock_of(self, name: str) -> Path:
        if name not in self.clocks:
            self.clocks[name] = ShiftedClock(self.root / f"{name}.clock")
        return self.clocks[name].path

    def _wait_for_paths(self) -> None:
        """Wait until both have whole paths, where there are nodes enough for them."""
        deadline = time.monotonic() + _PATIENCE
        hops = min(_HOPS, len(self.nodes))
        for rpc in self.people.values():
            while rpc.call("network.status")["hops"] < hops and time.monotonic() < deadline:
                time.sleep(_LOOK)


def make_origin(root: Path) -> Path:
    """Let alice and bob meet among a few nodes; return where they are kept."""
    world = LivelyWorld(root, loopback_hosts(0, _FIRST_NODES + len(PEOPLE)))
    try:
        world.begin(None)
        world.make_friends()
    finally:
        world.close()
    return root


def freeze(*processes: Process) -> None:
    """Stop processes where they stand: they answer nothing, and no peer is told."""
    for each in processes:
        os.kill(each.pid, signal.SIGSTOP)


def thaw(*processes: Process) -> None:
    """Let them go on."""
    for each in processes:
        os.kill(each.pid, signal.SIGCONT)


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
