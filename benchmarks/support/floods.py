"""Floods of boxes and records against a small network of real nodes in which two people talk.

An attacker has a budget of compressions; how it spends them is a *mix*. Room and price are scaled down together
(``scaled_program``), so a room costs the attacker as much less as the budget is smaller; delays, rates and the moments at
which prices are told are not scaled, so a flood that would take hours is over in seconds, which is worse for the others.

What is told of the others: seconds until each text is stored and received, the prices they were told, and how many copies
are left of honest boxes that were there before the flood.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Final, NamedTuple

from benchmarks.support.attacked_world import AttackedWorld
from benchmarks.support.lively_scenarios import Extent, Sent, Stage, since
from benchmarks.support.paid_work import Bill, Order, Payer
from benchmarks.support.report import Figures
from benchmarks.support.siege import GUESTS, LONGEST, Siege
from net.parcel.box import BOX_SIZE
from tests.support.story_world import PASSCODE

# Processes that work for the attacker.
WORKERS: Final = 2
# Honest boxes that lie there before the flood, as a part of the room.
BEFORE_PARTS: Final = 8
# Seconds between two texts.
TEXT_GAP: Final = 1.5
# Texts to a person who is away, and the seconds that they have to be stored before he comes back.
AWAY_TEXTS: Final = 3
AWAY: Final = 12.0


class Means(NamedTuple):
    """What an attacker has, and what there is to fill."""

    budget: float  # compressions, of the scaled network
    room: int  # boxes
    price: float  # per byte-hour
    told: Callable[[], int]  # the highest price that the custodians tell


Orders = Generator[Order]


class Mix(NamedTuple):
    """How to spend a budget. ``stockpiles``: everything is made before anything is sent. ``part``: of the custodians."""

    orders: Callable[[Means], Orders]
    stockpiles: bool = False
    part: float = 1.0


def _spend(means: Means, budget: float, factor: int, most: float = float("inf")) -> Orders:
    """Order boxes at one price: for a budget, or as many as ``most``."""
    one = Order(1, means.price, factor=factor).expected()
    count = int(min(budget // one, most))
    if count:
        yield Order(count, means.price, factor=factor)


def cheap(means: Means) -> Orders:
    """Two-hour boxes at 1/49 of the price, two rooms full."""
    yield Order(2 * means.room, means.price, hours=0)


def usual(means: Means) -> Orders:
    """A room at the usual price; all that is left at double."""
    spent = Order(means.room, means.price).expected()
    yield from _spend(means, means.budget, 1, means.room)
    yield from _spend(means, means.budget - spent, 2)


def double(means: Means) -> Orders:
    """Everything at double the price."""
    yield from _spend(means, means.budget, 2)


def underlaid(means: Means) -> Orders:
    """An eighth that is cheap, so that the price stays low; then everything at double."""
    cheap_ones = Order(means.room // 8, means.price, hours=0)
    yield cheap_ones
    yield from _spend(means, means.budget - cheap_ones.expected(), 2)


def upwards(means: Means) -> Orders:
    """Always double the price that custodians tell, a sixteenth of the room at a time."""
    left = means.budget
    while left > 0:
        order = Order(max(means.room // 16, 1), means.price, factor=2 * max(means.told(), 1) if means.told() else 1)
        if (left := left - order.expected()) > 0:
            yield order


MIXES: Final = {
    "cheap": Mix(cheap),
    "usual": Mix(usual),
    "double": Mix(double),
    "underlaid": Mix(underlaid),
    "upwards": Mix(upwards),
    "stockpiled": Mix(double, stockpiles=True),
    "one_half": Mix(usual, part=0.5),
}


class Talk:
    """Alice writes to bob all the time, in a thread."""

    def __init__(self, stage: Stage, gap: float = TEXT_GAP) -> None:
        self._stage = stage
        self._gap = gap
        self._over = threading.Event()
        self._sent: list[Sent] = []
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        while not self._over.wait(self._gap):
            self._sent += self._stage.send(1, 0.0)

    def end(self) -> list[Figures]:
        """Stop writing; wait for what is under way."""
        self._over.set()
        self._thread.join()
        return self._stage.arrived(self._sent)


def delays(rows: Sequence[Figures], kind: str) -> Figures:
    """Return the worst and the middle of what came, and how many did not within the patience."""
    came = sorted(value for row in rows if isinstance(value := row[kind], float))
    worst, middle = (came[-1], came[len(came) // 2]) if came else (None, None)
    return {"worst": worst, "median": middle, "never": len(rows) - len(came), "texts": len(rows)}


class Flood:
    """One flood of boxes, from the calm before to what is left afterwards."""

    def __init__(self, world: AttackedWorld, patience: float) -> None:
        self._world = world
        self._stage = Stage(world, Extent(texts=0, patience=patience, asleep=0.0, settling=0.0))
        self._price = world.scale.work_price()
        self._room = world.scale.quota().rooms()[BOX_SIZE]
        self._payer, self._siege = Payer(WORKERS), Siege(world)
        self._bill = Bill()

    def close(self) -> None:
        """End what the attacker runs."""
        self._siege.close()
        self._payer.close()

    def play(self, mix: Mix, budget: float) -> Figures:
        """Measure. ``budget``: compressions, before they are scaled down."""
        siege = self._siege
        order = Order(self._room // BEFORE_PARTS, self._price.per_byte_hour)
        made = self._payer.make([order], Bill())
        siege.lay_down(made)
        before = made.tags
        calm = self._stage.arrived(self._stage.send(2, 1.0))
        copies = siege.copies(before)
        talk = Talk(self._stage)
        began = time.monotonic()
        self._attack(mix, budget / self._world.scale.cost)
        took = time.monotonic() - began
        siege.pump(4 * TEXT_GAP)
        rows = _while_pumping(siege, talk.end)
        left = siege.copies(before)
        return {
            "budget": budget,
            "attacker": {**self._cost(), "seconds": round(took, 1)},
            "calm": {kind: delays(calm, kind) for kind in ("stored", "received")},
            "stored": delays(rows, "stored"),
            "received": delays(rows, "received"),
            "reader_away": self._write_to_who_is_away(),
            "price_told": siege.highest(),
            "price_paid": 2 ** self._highest_paid(),
            "paid_again": len(self._world.people["alice"].of_type("network.price")),
            "mail_of_before": {
                "boxes": len(left),
                "copies_before": sum(copies),
                "copies_left": sum(left),
                "lost": sum(was > 0 and not now for was, now in zip(copies, left, strict=True)),
            },
        }

    def _attack(self, mix: Mix, budget: float) -> None:
        siege = self._siege
        targets = siege.nodes[: max(round(len(siege.nodes) * mix.part), 1)]
        means = Means(budget, self._room, self._price.per_byte_hour, siege.told)
        stream = self._payer.stream(mix.orders(means), self._bill)
        for made in list(stream) if mix.stockpiles else stream:
            siege.send(made, targets)
            siege.keep_up(stockpiled=mix.stockpiles)
        siege.settle()

    def _cost(self) -> Figures:
        scale, bill = self._world.scale.cost, self._bill
        return {
            "compressions": bill.compressions * scale,
            "cpu_seconds": round(bill.cpu * scale),
            "scaled_compressions": bill.compressions,
            "scaled_cpu_seconds": round(bill.cpu, 1),
            "boxes": bill.parcels,
            "bytes_sent": self._siege.bytes_sent(),
            "addresses": GUESTS,
            "answers": self._siege.verdicts(),
        }

    def _write_to_who_is_away(self) -> Figures:
        """Write texts while bob is away, and let him come back: how many custodians hold them, and when he has them."""
        siege, stage = self._siege, self._stage
        siege.pump(1.0)
        known = set(siege.others())
        self._world.people["bob"].kill()
        sent = stage.send(AWAY_TEXTS, 1.0)
        siege.pump(AWAY, lambda: all(row["stored"] is not None for row in stage.rows(sent)))
        rows = stage.rows(sent)
        fresh = [tag for tag in siege.others() if tag not in known]
        copies = siege.copies(fresh)
        back = time.monotonic()
        self._world.restart_person("bob").unlock(PASSCODE)
        later = since(back, sent, _while_pumping(siege, lambda: stage.arrived(sent)))
        return {
            "stored": delays(rows, "stored"),
            "received_after_coming_back": delays(later, "received"),
            "custodians_that_hold_a_box": [min(copies, default=0), max(copies, default=0)],
        }

    def _highest_paid(self) -> int:
        others = self._siege.others()
        self._siege.copies(others)
        return self._siege.paid(others, self._price)


def flood(world: AttackedWorld, mix: Mix, budget: float, patience: float) -> Figures:
    """Flood with boxes; ``patience`` is that for one text."""
    whole = Flood(world, patience)
    try:
        return whole.play(mix, budget)
    finally:
        whole.close()


def _while_pumping(siege: Siege, wait: Callable[[], list[Figures]]) -> list[Figures]:
    """Wait for texts, while the links live on."""
    found: list[list[Figures]] = []
    waiter = threading.Thread(target=lambda: found.append(wait()))
    waiter.start()
    siege.pump(LONGEST, lambda: not waiter.is_alive())
    waiter.join()
    return found[0]
