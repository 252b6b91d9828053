"""Questions to single nodes: one message out, one answer or none back. Nodes that are not linked are dialled first.

An answer counts only from the link that was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from net.instant import Instant
from net.link.events import LinkId
from net.messages import DialBack, Dialed, Message, Nodes, Reflection, Refused
from net.peers.link_pool import Contact, LinkPool
from net.peers.pending_requests import PendingRequests
from net.peers.request_ids import RequestIds

# Seconds from the moment the question leaves until it counts as unanswered.
PATIENCE: Final = 5.0
# Questions without an answer yet, all nodes together.
MAX_CALLS: Final = 512

Answer = Nodes | Reflection | DialBack | Dialed | Refused
OnAnswer = Callable[[Message | None, Instant], None]


class LinkRequests(Protocol):
    """Requests over links: ``Requests``, or what answers in its place in tests."""

    def call(
        self,
        contact: Contact,
        make: Callable[[int], Message],
        now: Instant,
        then: OnAnswer,
        patience: float = ...,
    ) -> None:
        """Ask; ``then`` hears the answer, or None when there is none."""
        ...


class Requests:
    """Questions under way. ``send`` puts a message on a link and says whether there was room."""

    def __init__(self, link_pool: LinkPool, send: Callable[[LinkId, Message, Instant], bool]) -> None:
        self._link_pool = link_pool
        self._send = send
        self._pending: PendingRequests[LinkId, Message] = PendingRequests()
        self._request_ids = RequestIds()

    def call(
        self,
        contact: Contact,
        make: Callable[[int], Message],
        now: Instant,
        then: OnAnswer,
        patience: float = PATIENCE,
    ) -> None:
        """Ask ``make(request number)``; ``then`` hears the answer, or None when there is none."""

        def linked(link: LinkId | None, now: Instant) -> None:
            if link is None or len(self._pending) >= MAX_CALLS:
                then(None, now)
                return
            number = self._request_ids.draw()
            self._pending.add(number, link, then, now, patience)
            if not self._send(link, make(number), now):
                self._pending.end(number, None, now)

        self._link_pool.reach(contact, now, linked)

    def receive(self, link: LinkId, message: Answer, now: Instant) -> bool:
        """Take an answer; False when this was not asked there. A refusal is no answer: the question is unknown there."""
        if not self._pending.is_asked(message.request, link):
            return False
        self._pending.end(message.request, None if isinstance(message, Refused) else message, now)
        return True

    def on_link_down(self, link: LinkId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for number in self._pending.at(link):
            self._pending.end(number, None, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent."""
        self._pending.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._pending.next_deadline()
