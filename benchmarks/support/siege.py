"""An attacker before the nodes of a network, and an honest depositor beside it who sees what is told and what lies there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from benchmarks.support.attacked_world import AttackedWorld, attacker_address
from benchmarks.support.guest import Guest, link_all, pump
from benchmarks.support.paid_work import Made
from core.node.options import JoinSpec, parse_join
from net.ids import NodeId, Tag, tag_of
from net.messages import Boxes, Fetch, Message
from net.parcel.box import Box, decode_box, surplus_of_box
from net.parcel.work import WorkPrice

# Links of the attacker with each node.
GUESTS: Final = 4
# Tags in one fetch, seconds for an answer, and for what was deposited to reach all custodians.
_FETCHED: Final = 32
_ANSWER: Final = 15.0
_SPREADING: Final = 3.0
# Deposits that may wait while the attacker goes on working.
_OWED: Final = 128
# Seconds for any wait, so that none is without an end.
LONGEST: Final = 600.0
_SETTLING: Final = 90.0
# Which of the attacker's addresses the honest depositor has: one of a network of its own.
_HONEST: Final = 1000


class Siege:
    """An attacker before the nodes of a network, and an honest depositor beside it. Call ``close``."""

    def __init__(self, world: AttackedWorld) -> None:
        self._specs: list[JoinSpec] = [parse_join(spec) for spec in world.specs]
        self.guests = [Guest(attacker_address(number)) for number in range(GUESTS)]
        self._honest = Guest(attacker_address(_HONEST))
        self.links = link_all([*self.guests, self._honest], self._specs)
        for node in self.nodes:
            self._honest.follow(node)
        self._held: dict[NodeId, set[Tag]] = {}
        self._answers = 0
        self._boxes: dict[Tag, Box] = {}
        self._known: set[Tag] = set()  # what we made ourselves
        self._honest.heard = self._hear
        self._turns = 0

    @property
    def nodes(self) -> list[NodeId]:
        """The custodians."""
        return [spec.node for spec in self._specs if spec.node is not None]

    def close(self) -> None:
        """End all links."""
        for each in (*self.guests, self._honest):
            each.close()

    def prices(self) -> list[int]:
        """Return what each node told last; 1 for none."""
        return [(self._honest.told.get(node) or [1])[-1] for node in self.nodes]

    def highest(self) -> int:
        """Return the highest price that was ever told by two nodes or more."""
        tops = sorted(max(self._honest.told.get(node) or [1]) for node in self.nodes)
        return tops[-2] if len(tops) > 1 else tops[-1]

    def told(self) -> int:
        """Return the price that is paid at the moment; 0 when no node names one."""
        named = sorted(self.prices())
        return named[len(named) // 2] if max(named) > 1 else 0

    def lay_down(self, made: Made) -> None:
        """Deposit honest boxes, each with two custodians, and let them spread."""
        self._known.update(made.tags)
        nodes = self.nodes
        for at, parcel in enumerate(made.parcels):
            for node in (nodes[at % len(nodes)], nodes[(at + 1) % len(nodes)]):
                self._honest.deposit(node, [parcel])
        pump([self._honest], 60.0, lambda: not self._honest.owed())
        pump([self._honest], _SPREADING)

    def send(self, made: Made, nodes: Sequence[NodeId], kind: int = 0) -> None:
        """Deposit with each of these nodes."""
        self._known.update(made.tags)
        self._turns += 1
        for node in nodes:
            self.guests[self._turns % len(self.guests)].deposit(node, made.parcels, kind)

    def pump(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass."""
        return pump([*self.guests, self._honest], seconds, until)

    def keep_up(self, *, stockpiled: bool = False) -> None:
        """Wait until little of what was made is still to be sent, so that answers tell what is asked now."""
        self.pump(0.0)
        if not stockpiled:
            self.pump(LONGEST, lambda: sum(each.owed() for each in self.guests) <= _OWED)

    def settle(self) -> None:
        """Wait until all deposits are answered."""
        self.pump(_SETTLING, lambda: not any(each.owed() for each in self.guests))

    def verdicts(self) -> dict[str, int]:
        """Return how the attacker's deposits were answered."""
        total: Counter[str] = Counter()
        for each in self.guests:
            for counted in each.verdicts.values():
                total.update({verdict.name.lower(): count for verdict, count in counted.items()})
        return dict(total)

    def bytes_sent(self) -> int:
        """Return what the attacker sent."""
        return sum(each.sent for each in self.guests)

    def copies(self, tags: Sequence[Tag]) -> list[int]:
        """Return how many custodians hold each box, by asking for it."""
        self._held = {node: set() for node in self.nodes}
        self._answers = 0
        pieces = [tags[at : at + _FETCHED] for at in range(0, len(tags), _FETCHED)]
        for number, piece in enumerate(pieces):
            for node in self.nodes:
                self._honest.say(node, Fetch(number, b"".join(piece)))
            self.pump(_ANSWER, partial(self._has_answers, (number + 1) * len(self.nodes)))
        return [sum(tag in held for held in self._held.values()) for tag in tags]

    def _has_answers(self, wanted: int) -> bool:
        return self._answers >= wanted

    def others(self) -> list[Tag]:
        """Return what was named by now and is not ours: what the people here write."""
        return [Tag(tag) for tag in set().union(*self._honest.tags.values()) - self._known]

    def paid(self, tags: Sequence[Tag], price: WorkPrice) -> int:
        """Return the most that was paid for one of these boxes as they were fetched last, in doublings of the price."""
        found = [surplus_of_box(self._boxes[tag], price) for tag in tags if tag in self._boxes]
        return max((each for each in found if each is not None), default=0)

    def ask(self, node: NodeId, message: Message) -> None:
        """Ask a node for something in the honest depositor's name; ``hear_too`` gets the answer."""
        self._honest.say(node, message)

    def hear_too(self, hear: Callable[[NodeId, Message], None]) -> None:
        """Give what the honest depositor hears to ``hear`` as well."""

        def both(node: NodeId, message: Message) -> None:
            self._hear(node, message)
            hear(node, message)

        self._honest.heard = both

    def _hear(self, node: NodeId, message: Message) -> None:
        if isinstance(message, Boxes):
            self._answers += message.is_last
            for box in map(decode_box, message.boxes):
                self._held.setdefault(node, set()).add(tag_of(box.box_id))
                self._boxes[tag_of(box.box_id)] = box
