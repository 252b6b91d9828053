"""Questions to single nodes: one message out, one answer or none back. Nodes that are not linked are dialled first.

An answer counts only from the link that was asked. Everybody who asks is told exactly once how it ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from net.agenda import Agenda
from net.instant import Instant
from net.link.events import LinkId
from net.messages import DialBack, Dialed, Message, Nodes, Reflection, Refused
from net.peers.link_pool import Contact, LinkPool
from net.peers.request_ids import RequestIds

# Seconds from the moment the question leaves until it counts as unanswered.
PATIENCE: Final = 5.0
# Questions without an answer yet, all nodes together.
MAX_CALLS: Final = 512

Answer = Nodes | Reflection | DialBack | Dialed | Refused
OnAnswer = Callable[[Message | None, Instant], None]


@dataclass(frozen=True, slots=True)
class _Request:
    link: LinkId
    then: OnAnswer


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
        self._calls: dict[int, _Request] = {}
        self._silences: Agenda[int] = Agenda()
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
            if link is None or len(self._calls) >= MAX_CALLS:
                then(None, now)
                return
            number = self._request_ids.draw()
            self._calls[number] = _Request(link, then)
            self._silences.schedule(number, now.mono + patience)
            if not self._send(link, make(number), now):
                self._end(number, None, now)

        self._link_pool.reach(contact, now, linked)

    def receive(self, link: LinkId, message: Answer, now: Instant) -> bool:
        """Take an answer; False when nobody asked this there. Who does not know the question will not answer it."""
        call = self._calls.get(message.request)
        if call is None or call.link != link:
            return False
        self._end(message.request, None if isinstance(message, Refused) else message, now)
        return True

    def on_link_down(self, link: LinkId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for number in [each for each, call in self._calls.items() if call.link == link]:
            self._end(number, None, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent."""
        for number in self._silences.pop_due(now.mono):
            self._end(number, None, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._silences.next_deadline()

    def _end(self, number: int, answer: Message | None, now: Instant) -> None:
        self._silences.cancel(number)
        call = self._calls.pop(number, None)
        if call is not None:
            call.then(answer, now)
