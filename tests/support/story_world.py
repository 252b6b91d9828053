"""A private network of processes for stories: nodes, and alice and bob who know each other.

Accounts are made once, and the people of a finished world are copied for each story: who they are and all they said. Their
devices' nodes and all others are new in every copy, so that no two worlds ever find each other. Passcodes cost next to
nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.node.opening import OWN_NODE
from core.vault.account import Accounts, Unlocked
from core.vault.cost import CostPolicy
from core.vault.profile import Profile
from tests.support.processes import PATIENCE, Node, Place, Process, Rpc, free_port, joining
from tests.support.thrifty import CHEAP

PASSCODE = "gravel.harbour.91.thimble"
PEOPLE = ("alice", "bob")
NODES = 4
# How nodes of a private network find each other: by being told.
BY_JOINING = ("--no-mainline", "--no-lan")
_PLAN = "world.json"


@dataclass
class World:
    """Where everything is.

    ``conversation`` is what each person calls the one they share, ``identity`` who they are, ``words`` what restores them.
    """

    root: Path
    ports: dict[str, int]
    conversation: dict[str, str] = field(default_factory=dict[str, str])
    identity: dict[str, str] = field(default_factory=dict[str, str])
    words: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    finding: tuple[str, ...] = BY_JOINING
    leaves: frozenset[str] = frozenset()  # people whose nodes serve no others
    is_impatient: bool = False  # people keep what changed at once (tests.support.impatient)
    clock: Path | None = None
    clocks: dict[str, Path] = field(default_factory=dict[str, Path])  # for those who have one of their own
    prefix: tuple[str, ...] = ()
    prefixes: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])  # likewise
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    people: dict[str, Rpc] = field(default_factory=dict[str, Rpc])  # as they were started last
    processes: list[Process] = field(default_factory=list[Process])

    @classmethod
    def plan(cls, root: Path, people: Sequence[str] = PEOPLE, nodes: int = NODES) -> World:
        """Choose ports for an empty world."""
        names = [f"node{number}" for number in range(nodes)] + list(people)
        return cls(root, {name: free_port() for name in names})

    def save(self) -> None:
        """Note what a copy needs to know."""
        plan: dict[str, Any] = {"ports": self.ports, "conversation": self.conversation}
        plan |= {"identity": self.identity, "words": self.words}
        (self.root / _PLAN).write_text(json.dumps(plan))

    @staticmethod
    def is_saved(root: Path) -> bool:
        """Return whether a world was made here, and finished."""
        return (root / _PLAN).exists()

    @classmethod
    def copy(cls, origin: Path, root: Path) -> World:
        """Let the people of a world in which nothing runs live in another."""
        plan = json.loads((origin / _PLAN).read_text())
        world = cls(root, **plan)
        world.ports = {name: free_port() for name in world.ports}
        for name in world.identity:
            shutil.copytree(origin / name, root / name)
            shutil.rmtree(world.place(name).home / OWN_NODE)
        return world

    def place(self, name: str) -> Place:
        """Return the directories of a person."""
        return Place(self.root / name)

    def settle(self, *names: str) -> None:
        """Give newcomers that have nothing yet a port."""
        self.ports |= {name: free_port() for name in names}

    def lose(self, name: str) -> None:
        """Remove a person's device for good, with all that was on it."""
        shutil.rmtree(self.root / name)

    def take_in(self, name: str, place: Place) -> None:
        """Add a person of another world to this one."""
        place.copy_to(self.root / name)
        self.ports[name] = free_port()

    @property
    def node_names(self) -> list[str]:
        return [name for name in self.ports if name.startswith("node")]

    def start_node(self, name: str) -> Node:
        """Start a node on its port, joined to others that were seen."""
        known = [node.spec for node in self.nodes.values() if node.spec and node.name != name]
        clock = self.clocks.get(name, self.clock)
        port = self.ports[name]
        prefix = self.prefixes.get(name, self.prefix)
        network = self._network(port, known[:2])
        node = Node(name, self.place(name), port, clock=clock, prefix=prefix, network=network)
        self.processes.append(node)
        self.nodes[name] = node
        return node

    def _network(self, port: int, join: Sequence[str]) -> list[str]:
        return ["--listen", f"127.0.0.1:{port}", *self.finding, *joining(join if self.finding == BY_JOINING else ())]

    def start_nodes(self, names: Sequence[str] | None = None) -> None:
        """Start nodes, all at once but the first, which the others join."""
        first, *others = self.node_names if names is None else names
        self.start_node(first).wait_ready()
        started = [self.start_node(name) for name in others]
        for node in started:
            node.wait_ready()

    def start(self, name: str, *, port: int | None = None, join: Sequence[str] | None = None) -> Rpc:
        """Start a person's rpc, joined to every node of this world whether it runs or not."""
        specs = [node.spec for node in self.nodes.values()] if join is None else list(join)
        clock = self.clocks.get(name, self.clock)
        at = self.ports[name] if port is None else port
        network = [*self._network(at, specs), *(["--leaf"] if name in self.leaves else [])]
        module = "tests.support.impatient" if self.is_impatient else "tests.support.thrifty"
        prefix = self.prefixes.get(name, self.prefix)
        rpc = Rpc(name, self.place(name), at, (), clock=clock, prefix=prefix, network=network, module=module)
        self.processes.append(rpc)
        self.people[name] = rpc
        return rpc

    def open(self, name: str) -> Rpc:
        """Start a person's rpc and unlock it."""
        rpc = self.start(name)
        rpc.unlock(PASSCODE)
        return rpc

    def open_all(self, names: Sequence[str] = PEOPLE) -> list[Rpc]:
        """Start several people at once."""
        started = [self.start(name) for name in names]
        for rpc in started:
            rpc.unlock(PASSCODE)
        return started

    def close(self) -> None:
        """End whatever still runs, without ceremony."""
        for process in self.processes:
            process.kill()

    def stop(self) -> None:
        """End everything in order: people first."""
        for process in self.processes:
            if isinstance(process, Rpc) and process.is_alive():
                process.stop()
        for process in self.processes:
            if process.is_alive():
                process.terminate()


def is_usable(rpc: Rpc | None) -> bool:
    """Return whether a person's process runs with an open account."""
    return rpc is not None and rpc.is_alive() and not rpc.call("account.info")["locked"]


def connected(rpc: Rpc, custodians: int = 2) -> None:
    """Wait until a person can reach the network."""
    rpc.until("the network is there", lambda: rpc.call("network.status")["custodians"] >= custodians)


def make_account(place: Place, policy: CostPolicy = CHEAP) -> Unlocked:
    """Make an account without a name and without a process of its own."""
    with Profile(place.home) as profile:
        return Accounts(profile, policy, stores=()).create(PASSCODE)


def meet(inviter: Rpc, greeter: Rpc) -> tuple[str, str]:
    """Let two people meet by a link; return what each calls the conversation."""
    link = inviter.call("invite.create", expires_in=3600)["link"]
    theirs = str(greeter.call("contact.add", link=link, greeting=f"hello, {greeter.name} here")["conversation"])
    greeting = inviter.until("a greeting", lambda: inviter.call("greeting.list"))[0]
    ours = str(inviter.call("greeting.accept", id=greeting["id"])["conversation"])
    greeter.until("the acceptance", lambda: state_of(greeter, theirs) == "open")
    return ours, theirs


def state_of(rpc: Rpc, conversation: str) -> str:
    """Return whether a conversation is waiting, open or unanswered."""
    known = {each["id"]: each["state"] for each in rpc.call("conversation.list")}
    return str(known[conversation])


def send(rpc: Rpc, conversation: str, texts: Sequence[str]) -> list[str]:
    """Send texts without waiting for one another's answer; return their ids, in order."""
    asked = [rpc.ask("message.send", conversation=conversation, text=text, uid=text[:64]) for text in texts]
    return [str(rpc.answer(number)["id"]) for number in asked]


def wait_states(
    rpc: Rpc, conversation: str, texts: Sequence[str], states: Sequence[str], patience: float = PATIENCE
) -> None:
    """Wait until each of these own texts is in one of ``states``."""
    wanted = set(texts)

    def lacking() -> list[tuple[str, str]]:
        rows = {row["text"]: row["state"] for row in rpc.sent(conversation) if row["text"] in wanted}
        found = [(text, rows.get(text, "no row")) for text in texts]
        return [(text, state) for text, state in found if state not in states]

    seen: list[tuple[str, str]] = []

    def is_done() -> bool:
        seen[:] = lacking()
        return not seen

    try:
        rpc.until(f"all {len(texts)} texts are {'/'.join(states)}", is_done, patience)
    except AssertionError as error:
        raise AssertionError(f"{len(seen)} lack it, as {seen[:5]}\n{error}") from None


def wait_received(rpc: Rpc, conversation: str, texts: Sequence[str], patience: float = PATIENCE) -> None:
    """Wait until all these texts are there; then they must be there exactly once, in order, and nothing else new."""
    wanted = set(texts)

    def found() -> list[str]:
        return [text for text in rpc.received(conversation) if text in wanted or text.startswith("<")]

    rpc.until(f"{len(texts)} texts arrive", lambda: len(set(found())) >= len(wanted), patience)
    assert found() == list(texts)


def converse_briefly(world: World, about: str) -> list[str]:
    """Start all and let both say something that arrives; return what was said."""
    world.start_nodes()
    alice, bob = world.open_all()
    mine, theirs = f"alice: {about}", f"bob: {about}"
    send(alice, world.conversation["alice"], [mine])
    send(bob, world.conversation["bob"], [theirs])
    wait_received(bob, world.conversation["bob"], [mine])
    wait_received(alice, world.conversation["alice"], [theirs])
    return [mine, theirs]
