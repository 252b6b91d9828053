"""The patron: one door to deposits, follows, fetches and searches."""

from __future__ import annotations

import random
from collections.abc import Callable

from net.events import CustodianDown, CustodianUp, NodeEvent
from net.ids import NodeId
from net.instant import Instant
from net.messages import Boxes, Busy, DepositAnswer, FoundRecord, Message, Tags
from net.patron.courier import Courier, Numbering
from net.patron.deposits import Deposits
from net.patron.fetches import Fetches
from net.patron.follows import Follows
from net.patron.searches import Searches


class Patron:
    """What this node wants of custodians. ``report`` takes every ``NodeEvent`` that comes of it."""

    def __init__(self, courier: Courier, rng: random.Random, report: Callable[[NodeEvent], None]) -> None:
        numbering = Numbering()
        self.deposits = Deposits(courier, numbering, rng, report)
        self.follows = Follows(courier, numbering, report)
        self.fetches = Fetches(courier, numbering, rng, report)
        self.searches = Searches(courier, numbering, rng, report)
        self._report = report

    def custodian_up(self, custodian: NodeId, now: Instant) -> None:
        """A custodian can be asked from now on."""
        self._report(CustodianUp(custodian))
        self.follows.custodian_up(custodian, now)
        self.deposits.custodian_up(custodian, now)
        self.fetches.custodian_up(now)
        self.searches.custodian_up(now)

    def custodian_down(self, custodian: NodeId, now: Instant) -> None:
        """A custodian cannot be asked any more."""
        self._report(CustodianDown(custodian))
        self.deposits.custodian_down(custodian, now)
        self.fetches.custodian_down(custodian, now)
        self.searches.custodian_down(custodian, now)

    def receive(self, custodian: NodeId, message: Message, now: Instant) -> None:
        """Take a custodian's message. What is not for a patron is ignored."""
        match message:
            case DepositAnswer():
                self.deposits.receive(custodian, message, now)
            case Tags():
                self.fetches.saw(self.follows.receive(custodian, message))
            case Boxes():
                self.fetches.receive(custodian, message, now)
            case FoundRecord():
                self.searches.receive(custodian, message, now)
            case Busy():
                self.fetches.busy(custodian, message.request, now)
                self.searches.busy(custodian, message.request, now)
            case _:
                pass

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self.deposits.handle_timeout(now)
        self.follows.handle_timeout(now)
        self.fetches.handle_timeout(now)
        self.searches.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(
            self.deposits.next_deadline(),
            self.follows.next_deadline(),
            self.fetches.next_deadline(),
            self.searches.next_deadline(),
        )
