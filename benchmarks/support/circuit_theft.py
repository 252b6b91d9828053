"""All circuits of all relays taken by one attacker, while a person comes online who wants to read and write.

The attacker has links with every node and builds over each as many circuits as it gets; those that are taken from it are
built anew as long as it lasts.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.support.attacked_world import AttackedWorld
from benchmarks.support.floods import delays
from benchmarks.support.guest import Guest, clock, link_all, pump
from benchmarks.support.lively_scenarios import Extent, Stage, since
from benchmarks.support.processor import cpu_seconds
from benchmarks.support.report import Figures
from core.node.options import JoinSpec, parse_join
from net.ids import NodeId
from net.messages import Destroy, Message, Setup
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.overlay.descriptor import epoch_of
from tests.support.story_world import PASSCODE

_CIPHER: Final = RealOnionCipher()
# Circuits that an attacker holds over one link, with 40 links more than all there are; those
# built in each turn at first and later, a turn's seconds, and seconds until all are built.
CIRCUITS_PER_LINK: Final = 64
_PER_TURN: Final = 8
_HELD_PER_TURN: Final = 1
_TURN: Final = 0.4
_FILLING: Final = 14.0
# What the program says of itself.
_SHOWN: Final = ("hops", "guards_linked", "custodians", "copies_agree", "loops_sent", "loops_lost")
# Texts each way while it lasts, and seconds between two.
_TEXTS: Final = 5
_GAP: Final = 2.0


class CircuitThief:
    """Links with all nodes, over each as many circuits as it gives; those that are taken away are built anew."""

    def __init__(self, specs: Sequence[JoinSpec], addresses: Sequence[str]) -> None:
        self.guests = [Guest(each) for each in addresses]
        self.setups = self.destroyed = 0
        self._held: dict[Guest, dict[NodeId, set[bytes]]] = {each: {} for each in self.guests}
        for each in self.guests:
            each.heard = self._hearing(each)
        self._nodes = [spec.node for spec in specs if spec.node is not None]
        began = time.process_time()
        self.links = link_all(self.guests, specs, patience=20.0)
        self.cpu = time.process_time() - began
        self._per_turn = _PER_TURN
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep)

    def begin(self) -> None:
        """Take what there is, and go on in a thread."""
        self._thread.start()
        time.sleep(_FILLING)
        self._per_turn = _HELD_PER_TURN

    def end(self) -> None:
        """Stop, and end all links."""
        self._over.set()
        self._thread.join()
        for each in self.guests:
            each.close()

    def held(self) -> int:
        """Return how many circuits the thief still holds, those among them that were not answered yet."""
        return sum(len(names) for of_node in self._held.values() for names in of_node.values())

    def figures(self) -> Figures:
        """Return what it cost."""
        return {
            "addresses": len({each.socket.getsockname()[0] for each in self.guests}),
            "links": self.links,
            "circuits_held": self.held(),
            "setups": self.setups,
            "taken_away": self.destroyed,
            "bytes_sent": sum(each.sent for each in self.guests),
            "cpu_seconds": round(self.cpu, 1),
        }

    def _keep(self) -> None:
        while not self._over.is_set():
            began = time.thread_time()
            for guest in self.guests:
                for node in self._nodes:
                    self._top_up(guest, node)
            pump(self.guests, _TURN)
            self.cpu += time.thread_time() - began

    def _top_up(self, guest: Guest, node: NodeId) -> None:
        said = guest.described.get(node)
        key = said.key_of(epoch_of(clock())) if said is not None else None
        if key is None or node not in guest.link_of:
            return
        held = self._held[guest].setdefault(node, set())
        for _ in range(min(self._per_turn, CIRCUITS_PER_LINK - len(held))):
            packet, _ = _CIPHER.create([Hop(key, bytes(16), 0, bytes(8), 0)], b"", os.urandom, is_setup=True)
            name = os.urandom(5)
            if guest.say(node, Setup(name, packet)):
                held.add(name)
                self.setups += 1

    def _hearing(self, guest: Guest) -> Callable[[NodeId, Message], None]:
        def hear(node: NodeId, message: Message) -> None:
            if isinstance(message, Destroy):
                self.destroyed += 1
                self._held[guest].get(node, set()).discard(message.circuit)

        return hear


def take_circuits(world: AttackedWorld, addresses: Sequence[str], patience: float) -> Figures:
    """Take all circuits there are; then a person comes online who has a text waiting, and writes one."""
    stage = Stage(world, Extent(texts=0, patience=patience, asleep=0.0, settling=0.0))
    calm = _come_online(world, stage)
    thief = CircuitThief([parse_join(spec) for spec in world.specs], addresses)
    try:
        before, began = _nodes_cpu(world), time.monotonic()
        thief.begin()
        held = thief.held()
        attacked = _come_online(world, stage)
        figures = {**thief.figures(), "circuits_held": held}
        busy = (_nodes_cpu(world) - before) / len(world.nodes) / (time.monotonic() - began)
        attacked |= {"core_of_each_node": round(busy, 2)}
    finally:
        thief.end()
    return {"attacker": figures, "calm": calm, "attacked": attacked}


def _nodes_cpu(world: AttackedWorld) -> float:
    return sum(cpu_seconds(node.pid) for node in world.nodes)


def _come_online(world: AttackedWorld, stage: Stage) -> Figures:
    """Let alice write to bob, whose program is not running; return the seconds from when he comes back."""
    world.people["bob"].kill()
    waiting = stage.send(1, 0.0)
    time.sleep(2.0)
    began = time.monotonic()
    world.restart_person("bob").unlock(PASSCODE)
    unlocked = time.monotonic() - began
    own = stage.send(1, 0.0, "bob")
    sent = [*waiting, *own]
    for _ in range(_TEXTS):
        sent += [*stage.send(1, _GAP), *stage.send(1, 0.0, "bob")]
        time.sleep(_GAP)
    rows = stage.arrived(sent)
    status = world.people["bob"].call("network.status")
    return {
        "status": {key: status[key] for key in _SHOWN},
        "unlocked": round(unlocked, 1),
        "reads_after": since(began, waiting, rows[:1])[0]["received"],
        "own_text_stored_after": rows[1]["stored"],
        "own_text_received_after": rows[1]["received"],
        "later_texts": {kind: delays(rows[2:], kind) for kind in ("stored", "received")},
    }
