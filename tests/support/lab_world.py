"""``sottovoce`` on the hosts of a ``NetLab``: nodes in the open, and people wherever they live.

People come as copies of two that have met before, without what their devices knew of the network: who they talk with is
theirs, whom they were linked with belongs to another network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.netlab import LabHost
from tests.support.processes import Node, Place, Process, Rpc, joining
from tests.support.story_world import PASSCODE, World, send, wait_received, wait_states

PORT = 4000
# What a device keeps of the network (core.node.opening).
OWN_NODE = "own-node"
NO_FINDING = ("--no-mainline", "--no-lan")


@dataclass
class LabWorld:
    """Programs on hosts. ``finding`` are the options by which they look for each other."""

    root: Path
    origin: World
    finding: tuple[str, ...] = NO_FINDING
    specs: list[str] = field(default_factory=list[str])
    processes: list[Process] = field(default_factory=list[Process])

    @classmethod
    def plan(cls, root: Path, origin: Path, finding: Sequence[str] = NO_FINDING) -> LabWorld:
        """Plan an empty world for the people of ``origin``."""
        return cls(root, World(origin, **json.loads((origin / "world.json").read_text())), tuple(finding))

    def start_nodes(self, hosts: Sequence[LabHost], *, is_joined: bool = True) -> None:
        """Start nodes that listen at their hosts' addresses, all at once.

        Unless ``is_joined`` is False they and the people after them join the first two; else they find each other.
        """
        endpoints = [f"{host.address}:{PORT}" for host in hosts]
        self.specs = endpoints[:2] if is_joined else []
        for host, own in zip(hosts, endpoints, strict=True):
            others = [spec for spec in self.specs if spec != own]
            network = ["--listen", own, *self.finding, *joining(others)]
            self.processes.append(
                Node(f"node {own}", Place(self.root / host.namespace), PORT, prefix=host.command(), network=network)
            )

    def start(self, name: str, host: LabHost) -> Rpc:
        """Start a person's client on a host; it joins ``specs``."""
        place = self.place(name)
        if not place.root.exists():
            self.origin.place(name).copy_to(place.root)
            shutil.rmtree(place.home / OWN_NODE)
        network = ["--listen", f"0.0.0.0:{PORT}", *self.finding, *joining(self.specs)]
        rpc = Rpc(name, place, PORT, [], prefix=host.command(), network=network)
        self.processes.append(rpc)
        return rpc

    def place(self, name: str) -> Place:
        """Return where a person's files are."""
        return Place(self.root / name)

    def open(self, hosts: dict[str, LabHost]) -> list[Rpc]:
        """Start people on hosts, and unlock them."""
        started = [self.start(name, host) for name, host in hosts.items()]
        for rpc in started:
            rpc.unlock(PASSCODE)
        return started

    def close_people(self) -> None:
        """End the clients cleanly, by the end of their input."""
        for process in [each for each in self.processes if isinstance(each, Rpc)]:
            self.processes.remove(process)
            if process.is_alive():
                process.stop()

    def close(self) -> None:
        """End what runs."""
        for process in self.processes:
            process.kill()
        self.processes.clear()


def talk(world: LabWorld, alice: Rpc, bob: Rpc, about: str, count: int = 5) -> None:
    """Let both say so many texts, none of which waits for another; each arrives once, in order, and both know it."""
    said = say(world, [alice, bob], about, count)
    hear(world, alice, bob, said)


def say(world: LabWorld, writers: Sequence[Rpc], about: str, count: int) -> dict[str, list[str]]:
    """Let people send so many texts each; return them by who wrote."""
    said = {writer.name: [f"{writer.name}: {about} {number}" for number in range(count)] for writer in writers}
    for writer in writers:
        send(writer, world.origin.conversation[writer.name], said[writer.name])
    return said


def hear(world: LabWorld, alice: Rpc, bob: Rpc, said: dict[str, list[str]]) -> None:
    """Wait until all that was said is there, once and in order, and known to be."""
    sides = [(writer, reader) for writer, reader in ((alice, bob), (bob, alice)) if writer.name in said]
    for writer, reader in sides:
        wait_received(reader, world.origin.conversation[reader.name], said[writer.name])
    for writer, _ in sides:
        wait_states(writer, world.origin.conversation[writer.name], said[writer.name], ["delivered"])


def nat_of(rpc: Rpc) -> tuple[str, bool | None]:
    """Return what a device says of the NAT before it, and whether strangers reach it."""
    status = rpc.call("network.status")
    return status["nat"], status["reachable"]
