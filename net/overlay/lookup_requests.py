"""How the questions of a lookup get to nodes: over links, or over a circuit each, so that no node learns who asks.

Who answers must be who it was asked as. Over a link it has proven its key, and says itself where it stands; over a circuit
only the holder of the Sphinx key in the descriptor that the circuit was built by can have opened the question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from net.ids import NodeId
from net.instant import Instant
from net.messages import Message, Nodes
from net.overlay.descriptor import Descriptor
from net.peers.link_pool import Contact
from net.peers.requests import LinkRequests

Make = Callable[[int], Message]


class Reply(NamedTuple):
    """An answer, and what the node that gave it has proven to be; None when it has not."""

    nodes: Nodes
    described: Descriptor | None


OnReply = Callable[[Reply | None, Instant], None]


class CircuitRequests(Protocol):
    """Questions over circuits (``net.onion.circuits.requests``)."""

    def is_possible(self, now: Instant) -> bool:
        """Say whether circuits can be built."""
        ...

    def call(
        self, node: Descriptor, make: Make, now: Instant, then: Callable[[Nodes | None, Instant], None], patience: float
    ) -> None:
        """Ask; ``then`` hears the answer, or None when there is none, perhaps at once."""
        ...


class Questions(Protocol):
    """A way to ask. ``slow`` and ``patience``: seconds after which another is put beside it, and it is given up."""

    @property
    def slow(self) -> float:
        """Return after how long a question is slow."""
        ...

    @property
    def patience(self) -> float:
        """Return after how long an answer is not waited for any more."""
        ...

    def ask(self, node: Descriptor, make: Make, now: Instant, then: OnReply) -> None:
        """Ask; ``then`` hears the reply, or None when there is none, perhaps at once."""
        ...


class OverLinks:
    """Questions over links. A dial and an answer are three round trips."""

    slow = 0.5
    patience = 2.0

    def __init__(self, calls: LinkRequests, described: Callable[[NodeId], Descriptor | None]) -> None:
        self._calls = calls
        self._described = described

    def ask(self, node: Descriptor, make: Make, now: Instant, then: OnReply) -> None:
        """Ask over a link, dialled if need be."""

        def answered(answer: Message | None, now: Instant) -> None:
            then(Reply(answer, self._described(node.node)) if isinstance(answer, Nodes) else None, now)

        self._calls.call(contact_of(node), make, now, answered, self.patience)


class OverCircuits:
    """Questions over a circuit each: four dials and eight journeys, and a circuit that does not open is told of in 10 s."""

    slow = 3.0
    patience = 12.0

    def __init__(self, calls: CircuitRequests) -> None:
        self._calls = calls

    def ask(self, node: Descriptor, make: Make, now: Instant, then: OnReply) -> None:
        """Ask over a circuit of its own."""
        self._calls.call(
            node,
            make,
            now,
            lambda answer, now: then(None if answer is None else Reply(answer, node), now),
            self.patience,
        )


def contact_of(descriptor: Descriptor) -> Contact:
    """Return how to reach the node that a descriptor describes."""
    return Contact(descriptor.endpoint, descriptor.tag, descriptor.node)
