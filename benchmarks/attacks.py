"""What attackers of a small network of real nodes pay, and what they get: floods, circuits taken away, memory, reflection.

    boxes, records  a budget of work against rooms of custodians: how long honest texts, invitations and personal records
                    take meanwhile, what they are told to pay, and what mail of before is lost
    circuits        all circuits of all relays taken by one address, or one /24, while a person comes online
    memory          512 links of one attacker that make a node keep what it cannot use
    reflection      bytes that a victim gets for each byte sent with its address on it, or to have it dialled

Budgets are 1.8e10 compressions, three hours of a third of a core in Python, and 9e10, an hour of a native core. Rooms and
price are divided by known numbers (``scale``), and so is the budget; costs are told as for the product, and as they were
measured where that differs. Delays and rates are the product's own: a flood of hours is over in seconds here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from benchmarks.support.attacked_world import AttackedWorld, attacker_address, enter_namespace, hosts, is_namespace
from benchmarks.support.circuit_theft import take_circuits
from benchmarks.support.floods import MIXES, flood
from benchmarks.support.lively_world import PEOPLE
from benchmarks.support.memory_filling import SHAPES, fill_memory
from benchmarks.support.record_floods import flood_records
from benchmarks.support.reflection import WAYS, reflect
from benchmarks.support.report import Figures
from benchmarks.support.scaled_program import Scale
from tests.support.processes import Refused

# An attacker of three hours, and one with an hour of a native core: compressions.
THREE_HOURS: Final = 1.8e10
NATIVE_HOUR: Final = 9e10
NODES: Final = 4
_ORIGIN_NODES: Final = 3
LINKS: Final = 512
# Links of an attacker who takes circuits, with each node; addresses of a /24 that hold links.
THIEVES: Final = 40
SUBNET: Final = 200
_SHOWN_ERROR: Final = 600  # characters


class Extent(NamedTuple):
    """How much is measured. Scales for boxes and for records; floods are (mix, budget) and (size of records, budget)."""

    boxes: Scale
    records: Scale
    mixes: tuple[tuple[str, float], ...]
    sizes: tuple[tuple[int, float], ...]
    thieves: tuple[str, ...]
    shapes: tuple[tuple[str, str], ...]
    patience: float


_RECORD_SCALE: Final = Scale(16, 16, hurries=True)
QUICK: Final = Extent(
    boxes=Scale(64, 8),
    records=_RECORD_SCALE,
    mixes=(("upwards", THREE_HOURS), ("one_half", THREE_HOURS)),
    sizes=((4096, THREE_HOURS),),
    thieves=("one_address",),
    shapes=(("all_but_the_first", "one_address"),),
    patience=25.0,
)
USUAL: Final = Extent(
    boxes=Scale(64, 8),
    records=_RECORD_SCALE,
    mixes=(
        *((mix, THREE_HOURS) for mix in MIXES),
        *((mix, NATIVE_HOUR) for mix in ("upwards", "double", "one_half")),
    ),
    sizes=((0, 0.0), *((size, budget) for budget in (THREE_HOURS, NATIVE_HOUR) for size in (4096, 16384, 65536))),
    thieves=("one_address", "one_network"),
    shapes=tuple((shape, whose) for shape in SHAPES for whose in ("one_address", "one_network", "many_networks")),
    patience=90.0,
)
# The product's own rooms, at a sixty-fourth of its price.
FULL: Final = USUAL._replace(
    boxes=Scale(1, 64),
    mixes=(("upwards", THREE_HOURS), ("one_half", THREE_HOURS), ("upwards", NATIVE_HOUR)),
    patience=180.0,
)


def _addresses(whose: str, count: int) -> list[str]:
    """Return so many addresses, with repetitions: one, those of a /24, or each of a network of its own."""
    step = {"one_address": 0, "one_network": 1, "many_networks": 250}[whose]
    return [attacker_address(number * step) for number in range(count)]


class Attacks:
    """All attacks; each network has addresses that no other has."""

    def __init__(self, root: Path, extent: Extent) -> None:
        self._root = root
        self._extent = extent
        self._networks = 0
        self._origin: Path | None = None

    def _world(self, nodes: int, scale: Scale) -> AttackedWorld:
        self._networks += 1
        number = self._networks
        return AttackedWorld(self._root / str(number), hosts(number, nodes + len(PEOPLE)), scale)

    def _friends(self) -> Path:
        """Let alice and bob meet, once."""
        if self._origin is None:
            world = self._world(_ORIGIN_NODES, QUICK.boxes)
            try:
                world.begin(None)
                world.make_friends()
            finally:
                world.close()
            self._origin = world.root
        return self._origin

    def _among_friends(self, scale: Scale, attack: Callable[[AttackedWorld], Figures]) -> Figures:
        origin, world = self._friends(), self._world(NODES, scale)
        return _in(world, lambda: world.begin(origin), attack)

    def boxes(self) -> Figures:
        """Rooms full of boxes."""
        extent = self._extent
        found: list[Figures] = []
        for mix, budget in extent.mixes:

            def attack(world: AttackedWorld, mix: str = mix, budget: float = budget) -> Figures:
                return flood(world, MIXES[mix], budget, extent.patience)

            found.append({"mix": mix, **self._among_friends(extent.boxes, attack)})
        return {"scale": {"room": extent.boxes.room, "price": extent.boxes.price}, "floods": found}

    def records(self) -> Figures:
        """Rooms full of records."""
        extent = self._extent
        found: list[Figures] = []
        for size, budget in extent.sizes:
            world = self._world(NODES, extent.records)

            def attack(world: AttackedWorld, size: int = size, budget: float = budget) -> Figures:
                return flood_records(world, size, budget, extent.patience)

            found.append({"size": size, **_in(world, world.begin_with_nobody, attack)})
        return {"scale": {"room": extent.records.room, "price": extent.records.price}, "floods": found}

    def circuits(self) -> Figures:
        """All circuits taken."""
        patience = self._extent.patience

        def of(whose: str) -> Figures:
            thieves = _addresses(whose, THIEVES)
            return self._among_friends(Scale(), lambda world: take_circuits(world, thieves, patience))

        return {whose: of(whose) for whose in self._extent.thieves}

    def memory(self) -> Figures:
        """A node that keeps what it cannot use."""
        found: Figures = {}
        for shape, whose in self._extent.shapes:
            world = self._world(1, Scale())

            def attack(world: AttackedWorld, shape: str = shape, whose: str = whose) -> Figures:
                return fill_memory(world, shape, LINKS, _addresses(whose, SUBNET))

            found[f"{shape}, {whose}"] = _in(world, partial(world.start_nodes, range(1)), attack)
        return found

    def reflection(self) -> Figures:
        """Bytes that go to a victim that asked for nothing."""
        world = self._world(_ORIGIN_NODES, Scale())
        return _in(world, lambda: world.start_nodes(range(_ORIGIN_NODES)), lambda world: reflect(world, list(WAYS)))


ATTACKS: Final[dict[str, Callable[[Attacks], Figures]]] = {
    "boxes": Attacks.boxes,
    "records": Attacks.records,
    "circuits": Attacks.circuits,
    "memory": Attacks.memory,
    "reflection": Attacks.reflection,
}


def _in(world: AttackedWorld, start: Callable[[], None], attack: Callable[[AttackedWorld], Figures]) -> Figures:
    """Run a network for one attack; a failure in one network leaves the other figures standing."""
    began = time.monotonic()
    try:
        start()
        figures = attack(world)
    except (AssertionError, RuntimeError, Refused) as error:
        figures = {"failed": str(error)[-_SHOWN_ERROR:]}
    finally:
        world.close()
    return {**figures, "took": round(time.monotonic() - began)}


def measure(extent: Extent, names: Sequence[str]) -> Figures:
    """Carry out attacks, one after the other."""
    with tempfile.TemporaryDirectory(prefix="sottovoce-bench-") as folder:
        attacks = Attacks(Path(folder), extent)
        return {name: ATTACKS[name](attacks) for name in names}


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(f"ended by signal {number}")


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks")
    parser.add_argument("--quick", action="store_true", help="the worst of each kind, in less than four minutes")
    parser.add_argument("--full", action="store_true", help="boxes in rooms as large as the product's")
    parser.add_argument("--only", action="append", choices=list(ATTACKS), help="this attack; may be repeated")
    parser.add_argument("--mix", action="append", choices=list(MIXES), help="of the floods of boxes this one")
    arguments = parser.parse_args()
    enter_namespace("benchmarks.attacks")
    extent = QUICK if arguments.quick else FULL if arguments.full else USUAL
    if arguments.mix:
        extent = extent._replace(mixes=tuple((mix, budget) for mix, budget in USUAL.mixes if mix in arguments.mix))
    signal.signal(signal.SIGTERM, _end)  # so that nothing is left running
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    figures = {
        "networks_of_attacker_told_apart": is_namespace(),
        "attacks": measure(extent, arguments.only or list(ATTACKS)),
    }
    print(json.dumps({"benchmark": "attacks", "quick": arguments.quick, "machine": machine, **figures}), flush=True)


if __name__ == "__main__":
    main()
