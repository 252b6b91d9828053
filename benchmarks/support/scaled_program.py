"""The product with a smaller room and a lower price: ``python -m benchmarks.support.scaled_program node|rpc …``.

How much smaller and lower stands in a file beside the homes (``write_scale``). Both go down together, so what fills a room
costs an attacker, and what is paid costs all others, as many times less as ``Scale.cost`` says; all ratios stay. Nothing
else of the product is changed but the price of passcodes; and ``hurries`` has an account write its personal record at once.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from net.custodian import Quota
from net.node import wiring
from net.parcel.work import FULL_PRICE, WorkPrice

_FILE: Final = "scale.json"


class Scale(NamedTuple):
    """By what the product's room and price are divided."""

    room: int = 1
    price: int = 1
    hurries: bool = False

    @property
    def cost(self) -> int:
        """Return by what the cost of a room is divided."""
        return self.room * self.price

    def quota(self) -> Quota:
        """Return what a custodian gives."""
        whole = Quota()
        return Quota(whole.parcels // self.room, whole.size // self.room, whole.records // self.room)

    def work_price(self) -> WorkPrice:
        """Return what a byte-hour costs."""
        return WorkPrice(FULL_PRICE.per_byte_hour / self.price)


def write_scale(root: Path, scale: Scale) -> None:
    """Note the scale for the programs whose places lie in ``root``."""
    root.mkdir(parents=True, exist_ok=True)
    (root / _FILE).write_text(json.dumps(scale))


def _read_scale() -> Scale:
    # A program's HOME is ``root/name/user``: see tests.support.processes.Place.
    return Scale(*json.loads((Path(os.environ["HOME"]).parents[1] / _FILE).read_text()))


def _apply(scale: Scale) -> None:
    """Make it the default of all that is imported from here on."""
    tuning = partial(wiring.Tuning, price=scale.work_price(), quota=scale.quota())
    setattr(wiring, "Tuning", tuning)  # noqa: B010 - mypy lets no class be replaced
    if scale.hurries:
        from core.people import maintenance
        from core.people.record import record_sync

        record_sync.WRITE_DELAY = (1.0, 2.0)
        maintenance.INTERVAL = 2.0


def _main() -> None:
    _apply(_read_scale())
    from tests.support.thrifty import lower

    lower()
    # A node takes no input and would not notice our death.
    runpy.run_module("tui.demo.leash" if sys.argv[1] == "node" else "tui", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
