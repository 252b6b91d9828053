"""Asking linked nodes which others they know, and answering that.

While links are lacking the asking goes on, ever more rarely as long as it brings no news. Once there are enough, one node
is asked now and then, so that the table stays true; the answer tells the time, too (``net.network_time``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from random import Random
from typing import Final

from net.errors import Overloaded, Unreachable
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.messages import AskPeers, Peers
from net.peers.request_ids import RequestIds
from net.peers.table import PeerTable

# Seconds between questions for peers while links are lacking: doubled each time up to the most.
FIRST_ASK: Final = 2.0
MAX_ASK: Final = 600.0

# Sends a message to a linked node. Raises ``Unreachable`` or ``Overloaded``.
SendTo = Callable[[NodeId, AskPeers, Instant], None]


class PeerQuestions:
    """The questions of one node for peers, at most one under way to each linked node."""

    def __init__(self, table: PeerTable, send: SendTo, rng: Random) -> None:
        self._table = table
        self._send = send
        self._rng = rng
        self._request_ids = RequestIds()
        self._asked: dict[NodeId, int] = {}
        self._pause = FIRST_ASK
        self._ask_at = math.inf

    def hasten(self, now: Instant) -> None:
        """Links are lacking: begin again with the shortest pause."""
        self._pause = FIRST_ASK
        self._ask_at = min(self._ask_at, now.mono + FIRST_ASK)

    def on_enough(self, now: Instant) -> None:
        """There are links enough: ask now and then."""
        self._ask_at = min(self._ask_at, now.mono + MAX_ASK)

    def on_link_down(self, node: NodeId) -> None:
        """What a node was asked gets no answer any more."""
        self._asked.pop(node, None)

    def ask(self, node: NodeId, now: Instant) -> None:
        """Ask one linked node whom it knows and what time it is."""
        number = self._request_ids.draw()
        try:
            self._send(node, AskPeers(number), now)
        except (Overloaded, Unreachable):
            return  # asked again in due time
        self._asked[node] = number

    def is_awaited(self, node: NodeId, message: Peers) -> bool:
        """Say whether a node was asked what it answers."""
        return self._asked.get(node) == message.request

    def take(self, node: NodeId, endpoint: Endpoint, message: Peers) -> bool:
        """Take an answer that is awaited; say whether it brought news."""
        del self._asked[node]
        is_news = self._table.hear(message.peers, node, endpoint) > 0
        if is_news:
            self._pause = FIRST_ASK
        return is_news

    def answer(self, asker: NodeId, endpoint: Endpoint, message: AskPeers, now: Instant) -> Peers:
        """Return the answer to a question for peers."""
        return Peers(message.request, max(now.wall_ms, 0), self._table.sample(asker, endpoint))

    def handle_timeout(self, linked: Collection[NodeId], now: Instant, *, is_lacking: bool) -> None:
        """Ask one of the linked nodes when it is time."""
        if now.mono >= self._ask_at:
            self._pause = min(2 * self._pause, MAX_ASK) if is_lacking else MAX_ASK
            self._ask_at = now.mono + self._pause * self._rng.uniform(0.75, 1.25) if linked else math.inf
            if linked:
                self.ask(self._rng.choice(sorted(linked)), now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._ask_at
