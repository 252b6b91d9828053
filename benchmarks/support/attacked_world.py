"""A network to be attacked: nodes with a room and price of their own scale, alice and bob, and addresses to attack from.

Each program has a public address of a network of its own, and the attacker as many as it likes in one: possible only where
no other address is used, so the whole measurement runs in a network namespace in which every address is this machine's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.support.lively_world import PEOPLE, Heard, Host, LivelyWorld, Machine
from benchmarks.support.scaled_program import Scale, write_scale
from tests.support.processes import Node, Place, Rpc, joining

_MODULE: Final = "benchmarks.support.scaled_program"
_INSIDE: Final = "SOTTOVOCE_BENCHMARK_NAMESPACE"
# Networks of nodes and people, and the attacker's.
_HOSTS: Final = "45.{}.{}.1"
_ATTACKER: Final = "46.9"
_ROUTED: Final = ("45.0.0.0/8", "46.0.0.0/8")


def enter_namespace(module: str) -> bool:
    """Run this program anew in a namespace in which every address is ours; return whether it runs there already.

    Returns only where it does, or where there can be no namespace: then all have addresses of the loopback, each of
    which counts as a network of its own.
    """
    if os.environ.get(_INSIDE):
        return os.environ[_INSIDE] == "yes"
    command = [sys.executable, "-m", module, *sys.argv[1:]]
    routes = "; ".join(f"ip route add local {each} dev lo" for each in _ROUTED)
    script = f'ip link set lo up && {{ {routes}; }} && exec "$@"'
    if shutil.which("unshare") and shutil.which("ip"):
        for unshare in ("-n", "-rn"):
            enter = ["unshare", unshare, "sh", "-c", script, "sh"]
            if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode == 0:
                os.execvpe("unshare", [*enter, *command], {**os.environ, _INSIDE: "yes"})
    os.environ[_INSIDE] = "no"
    return False


def is_namespace() -> bool:
    """Return whether all addresses are ours."""
    return os.environ.get(_INSIDE) == "yes"


def attacker_address(number: int) -> str:
    """Return one of the attacker's addresses; 250 of them lie in one /24."""
    prefix = _ATTACKER if is_namespace() else "127.250"
    return f"{prefix}.{number // 250}.{number % 250 + 1}"


def hosts(network: int, count: int) -> list[Host]:
    """Return addresses that no other network has."""
    pattern = _HOSTS if is_namespace() else "127.{}.{}.1"
    return [Host(pattern.format(40 + network, number)) for number in range(1, count + 1)]


class AttackedWorld(LivelyWorld):
    """A network of which every program has this scale."""

    def __init__(self, root: Path, hosts: Sequence[Host], scale: Scale) -> None:
        super().__init__(root, hosts)
        self.scale = scale
        write_scale(root, scale)

    @property
    def specs(self) -> list[str]:
        """How the nodes are joined."""
        return [node.spec for node in self.nodes]

    def begin_with_nobody(self) -> None:
        """Start nodes and people who have no account yet."""
        self.start_nodes(range(len(self.hosts) - len(PEOPLE)))
        for name in PEOPLE:
            self._start_person(name)

    def restart_person(self, name: str) -> Rpc:
        """Start the program of a person whose program was ended."""
        return self._start_person(name)

    def _start_node(self, number: int) -> None:
        name = f"node{number}"
        joins = [spec for at, spec in enumerate(self._specs) if at != number]
        place = Place(self.root / name)
        node: Node = Machine(name, place, self._network(number, joins), module=_MODULE)
        self.nodes[number : number + 1] = [node]
        self._processes.append(node)

    def _start_person(self, name: str) -> Rpc:
        number = len(self.hosts) - len(PEOPLE) + PEOPLE.index(name)
        network = [*self._network(number, self._specs), "--leaf"]
        rpc = Rpc(name, Place(self.root / name), self._ports[number], (), network=network, module=_MODULE)
        rpc.events = Heard()  # nothing was said yet: the account is locked
        self.people[name] = rpc
        self._processes.append(rpc)
        return rpc

    def _network(self, number: int, joins: Sequence[str]) -> list[str]:
        listen = f"{self.hosts[number].address}:{self._ports[number]}"
        return ["--listen", listen, "--no-mainline", "--no-lan", *joining(joins)]
