"""Floods of records of one size against a small network; then one person invites, and another greets.

The attacker always pays double what custodians ask for that size, a sixteenth of the room at a time, until its budget is
spent. What is measured of the others: seconds until an invitation lies with two custodians, until its greeting is there and
accepted, until a change of the account is in its personal record at two custodians; and what they were told to pay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Final

from benchmarks.support.attacked_world import AttackedWorld
from benchmarks.support.guest import pump
from benchmarks.support.paid_work import WEEK, Bill, Order, Payer
from benchmarks.support.report import Figures
from benchmarks.support.siege import Siege
from core.crypto.words import seed_of
from core.people.format.account_keys import keys_of_seed
from core.people.format.personal_record import epoch_of, record_id
from net.errors import DecodeError
from net.ids import NodeId
from net.instant import DAY_MS
from net.messages import DepositAnswer, FindRecord, FoundRecord, Message
from net.parcel.record import decode_record, record_size
from tests.support.processes import Rpc
from tests.support.story_world import PASSCODE

WORKERS: Final = 2
_WEEK: Final = 7 * 24 * 3600


class RecordFlood:
    """One flood."""

    def __init__(self, world: AttackedWorld, patience: float) -> None:
        self._world = world
        self._patience = patience
        self._price = world.scale.work_price().per_byte_hour
        self._words: dict[str, list[str]] = {}
        for name, rpc in world.people.items():
            self._words[name] = rpc.call("account.create", passcode=PASSCODE, name=name)["words"]
        self._payer, self._siege = Payer(WORKERS), Siege(world)
        self._siege.hear_too(self._hear)
        for guest in self._siege.guests:
            guest.heard = self._hear_price
        self._told: dict[NodeId, int] = {}
        self._highest = 0
        self._found: dict[NodeId, int] = {}
        self._bill = Bill()

    def close(self) -> None:
        """End what the attacker runs."""
        self._siege.close()
        self._payer.close()

    def play(self, size: int, budget: float) -> Figures:
        """Flood with records of this size, if ``size`` is not 0; then let people go on."""
        self._sequence("alice", self._patience)  # the account's first record: nothing is flooded yet
        began = time.monotonic()
        if size:
            self._attack(size, budget / self._world.scale.cost)
        took = time.monotonic() - began
        scale = self._world.scale
        return {
            "budget": budget if size else 0,
            "attacker": {
                "compressions": self._bill.compressions * scale.cost,
                "cpu_seconds": round(self._bill.cpu * scale.cost),
                "scaled_cpu_seconds": round(self._bill.cpu, 1),
                "records": self._bill.parcels,
                "bytes_sent": self._siege.bytes_sent(),
                "seconds": round(took, 1),
                "answers": self._siege.verdicts(),
            },
            "price_told": self._highest,
            **self._meet(),
            "personal_record_after": self._change_name(),
            "prices_heard": sorted(
                {each["factor"] for rpc in self._world.people.values() for each in rpc.of_type("network.price")}
            ),
        }

    def _attack(self, size: int, budget: float) -> None:
        room = self._world.scale.quota().rooms()[record_size(size)]
        stream = self._payer.stream(self._orders(size, room, budget), self._bill)
        for made in stream:
            self._siege.send(made, self._siege.nodes, kind=1)
            self._siege.keep_up()
        self._siege.settle()

    def _orders(self, size: int, room: int, budget: float) -> Generator[Order]:
        left = budget
        while left > 0:
            factor = 2 * max(self._asked(), 1) if self._asked() else 1
            order = Order(max(room // 16, 1), self._price, hours=WEEK, factor=factor, size=size)
            if (left := left - order.expected()) > 0:
                yield order

    def _asked(self) -> int:
        """Return what the middle one of the custodians asks for records of the flooded size."""
        told = sorted(self._told.get(node, 0) for node in self._siege.nodes)
        self._highest = max(self._highest, told[(len(told) - 1) // 2])
        return told[len(told) // 2]

    def _hear_price(self, node: NodeId, message: Message) -> None:
        if isinstance(message, DepositAnswer):
            self._told[node] = message.price
            self._asked()

    def _hear(self, node: NodeId, message: Message) -> None:
        if isinstance(message, FoundRecord) and message.record:
            try:
                self._found[node] = decode_record(message.record).sequence
            except DecodeError:
                return

    # --- the others ---------------------------------------------------------------------------------------------------

    def _meet(self) -> Figures:
        """Bob invites, alice greets, bob accepts."""
        alice, bob = (self._world.people[name] for name in ("alice", "bob"))
        began = time.monotonic()
        invitation = self._ask(bob, "invite.create", expires_in=_WEEK)
        stored = self._wait(lambda: self._copies(bob, invitation["id"]) >= 2, began)
        added = time.monotonic()
        self._ask(alice, "contact.add", link=invitation["link"], greeting="hello")
        known = round(time.monotonic() - added, 1)
        greeted = self._wait(lambda: bool(bob.of_type("greeting.received")), added)
        accepted = None
        if greeted is not None:
            at = time.monotonic()
            self._ask(bob, "greeting.accept", id=bob.of_type("greeting.received")[-1]["id"])
            accepted = self._wait(lambda: bool(alice.of_type("contact.accepted")), at)
        return {
            "invitation_stored_after": stored,
            "link_read_after": known,
            "greeting_received_after": greeted,
            "accepted_after": accepted,
        }

    def _copies(self, rpc: Rpc, invitation: str) -> int:
        return next(int(each["copies"]) for each in self._ask(rpc, "invite.list") if each["id"] == invitation)

    def _change_name(self) -> float | None:
        """Return how long a change takes into the personal record, at two custodians."""
        before = self._sequence("alice", 1.0, enough=1)
        began = time.monotonic()
        self._ask(self._world.people["alice"], "account.rename", name="Alice Liddell")
        return self._wait(lambda: self._sequence("alice", 0.5) > before, began)

    def _sequence(self, name: str, patience: float, enough: int = 2) -> int:
        """Return the lower of the two highest numbers of a person's personal record among custodians."""
        identity = record_id(keys_of_seed(seed_of(self._words[name])), epoch_of(time.time_ns() // 1_000_000 // DAY_MS))
        self._found.clear()
        end = time.monotonic() + patience
        while True:
            for number, node in enumerate(self._siege.nodes):
                self._siege.ask(node, FindRecord(number, bytes(identity)))
            self._siege.pump(0.3)
            if len(self._found) >= enough or time.monotonic() > end:
                break
        return sorted(self._found.values())[-enough] if len(self._found) >= enough else -1

    def _ask(self, rpc: Rpc, method: str, **params: Any) -> Any:  # noqa: ANN401 - whatever the method answers
        """Put a question while the links live on."""
        number = rpc.ask(method, **params)
        pump([*self._siege.guests], 0.0)
        return rpc.answer(number, self._patience)

    def _wait(self, condition: Callable[[], bool], began: float) -> float | None:
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            if condition():
                return round(time.monotonic() - began, 1)
            self._siege.pump(0.05)
        return None


def flood_records(world: AttackedWorld, size: int, budget: float, patience: float) -> Figures:
    """Flood with records of a size, 0 for none; ``patience`` is that for each thing that people do."""
    flood = RecordFlood(world, patience)
    try:
        return flood.play(size, budget)
    finally:
        flood.close()
