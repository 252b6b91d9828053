"""Two circuits joined at the node where both end, by a cookie that both parties know.

    one ──circuit──> LeaveCookie    waiting ┐
                                            ├─ joined: what comes out of one goes into the other
    other ─circuit──> PresentCookie ────────┘

The first leaves a cookie, the second presents it; both hear that they are joined. From then on each message and datagram of
either comes out at the other as it is, and either party that ends its circuit ends both. The node learns neither party, for
each came by relays of its own; it sees how much they say and when, and could read and alter it: sealing from end to end is
for the layer above, which knows who is to be at the other end. Nothing here proves that.

A cookie is drawn at random, serves once and lives two minutes. A circuit has one try: one that presents what is not there,
leaves what is there already, or says anything while it waits, loses the circuit. A cookie costs its circuit, and cookies
are shared out by network as circuits are (``admission``).

The two streams are two windows, so what a slow reader does not take waits here. Then the other circuit is given no places
back until it is taken (``CircuitStream.is_held_back``): a pair holds ``MAX_JOINED_BUFFER`` each way at most.

Reference: R. Dingledine, N. Mathewson, P. Syverson, "Tor: The Second-Generation Onion Router" (2004), section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from net.address_shares import Networks, Shares
from net.agenda import Agenda
from net.errors import DecodeError
from net.instant import Instant
from net.link.events import LinkId
from net.messages import (
    UPPER_HALF,
    LeaveCookie,
    PresentCookie,
    RendezvousAnswer,
    decode_message,
    encode_message,
    head_of,
)
from net.messages.circuits import Meeting
from net.onion.circuits.admission import place_in
from net.onion.circuits.datagram_relay import OnDatagram, ignore_datagram
from net.onion.circuits.ports import Ends
from net.onion.circuits.transit import EndId

# Seconds that a cookie waits: as long as a person takes to answer a call, and their circuit to open.
COOKIE_LIFE: Final = 120.0
# Cookies that wait, a quarter of all circuits that may end here, and of one link.
MAX_COOKIES: Final = 512
MAX_COOKIES_PER_LINK: Final = 64

_ASKS: Final = frozenset({LeaveCookie.__struct_config__.tag, PresentCookie.__struct_config__.tag})


@dataclass(slots=True)
class RendezvousCounters:
    """Since the start."""

    left: int = 0  # cookies taken
    joined: int = 0  # pairs
    refused: int = 0  # cookies not there, there already, or too many
    expired: int = 0
    broken: int = 0  # something was said by who waits, or more than the windows allow


class JoinedRelay(Protocol):
    """What is needed of ``CircuitRelay``."""

    def send(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send a message, or say that there is no room."""
        ...

    def send_datagram(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send a datagram, or drop it."""
        ...

    def join(self, one: EndId, other: EndId) -> None:
        """Let each end's sender wait for the other's reader."""
        ...

    def built_over(self, end: EndId) -> LinkId | None:
        """Return the link that an end's circuit was built over."""
        ...

    def close(self, end: EndId, now: Instant) -> None:
        """End a circuit without being told so."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    end: EndId
    link: LinkId
    request: int


class Rendezvous:
    """Stands before what else serves the ends of circuits. ``relay`` is set once it is there."""

    def __init__(self, ends: Ends, networks: Callable[[LinkId], Networks], *, max_cookies: int = MAX_COOKIES) -> None:
        self.counters = RendezvousCounters()
        self.on_datagram: OnDatagram = ignore_datagram  # for circuits that are not joined
        self._ends = ends
        self._networks = networks
        self._max_cookies = max_cookies
        self._relay: JoinedRelay | None = None
        self._waiting: dict[bytes, _Waiting] = {}  # by cookie, the oldest first
        self._cookies: dict[EndId, bytes] = {}
        self._places: Shares[LinkId] = Shares()
        self._partners: dict[EndId, EndId] = {}
        self._expiries: Agenda[bytes] = Agenda()

    def serve(self, relay: JoinedRelay) -> None:
        """Take the relay whose ends these are."""
        self._relay = relay

    # --- for the relay ------------------------------------------------------------------------------------------------

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        """A circuit ends here."""
        self._ends.on_circuit_opened(end, now)

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        """Take a message out of a circuit: for its partner, for us, or for what else serves it."""
        partner = self._partners.get(end)
        if partner is not None:
            if self._relay is None or not self._relay.send(partner, data, now):
                self._break(end, now)
        elif end in self._cookies:
            if _type_of(data) < UPPER_HALF:
                self._break(end, now)
        elif (ask := _ask_of(data)) is None:
            self._ends.on_circuit_data(end, data, now)
        else:
            self._ends.on_circuit_closed(end, now)  # it is no client any more
            if isinstance(ask, LeaveCookie):
                self._leave(end, ask, now)
            else:
                self._present(end, ask, now)

    def on_circuit_datagram(self, end: EndId, data: bytes, now: Instant) -> None:
        """Take a datagram out of a circuit."""
        partner = self._partners.get(end)
        if partner is None:
            self.on_datagram(end, data, now)
        elif self._relay is not None:
            self._relay.send_datagram(partner, data, now)

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        """A circuit is over, and with it the one that it was joined to."""
        partner = self._partners.pop(end, None)
        if partner is not None:
            del self._partners[partner]
            self._close(partner, now)
        elif (cookie := self._cookies.get(end)) is not None:
            self._take(cookie)
        else:
            self._ends.on_circuit_closed(end, now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """End what waited too long."""
        for cookie in self._expiries.pop_due(now.mono):
            waiting = self._take(cookie)
            if waiting is not None:
                self.counters.expired += 1
                self._close(waiting.end, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._expiries.next_deadline()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _leave(self, end: EndId, ask: LeaveCookie, now: Instant) -> None:
        link = self._relay.built_over(end) if self._relay is not None else None
        if link is None or ask.cookie in self._waiting:
            self._refuse(end, ask.request, Meeting.REFUSED, now)
            return
        if not self._make_room(link, now):
            self._refuse(end, ask.request, Meeting.FULL, now)
            return
        self.counters.left += 1
        self._waiting[ask.cookie] = _Waiting(end, link, ask.request)
        self._cookies[end] = ask.cookie
        self._places.count(link, self._networks, 1)
        self._expiries.schedule(ask.cookie, now.mono + COOKIE_LIFE)
        self._answer(end, ask.request, Meeting.WAITING, now)

    def _make_room(self, link: LinkId, now: Instant) -> bool:
        if self._places.weight_of(link) >= MAX_COOKIES_PER_LINK:
            return False
        verdict = place_in(self._places, self._max_cookies, link, self._networks(link))
        if verdict.loser is not None:
            oldest = next(cookie for cookie, each in self._waiting.items() if each.link == verdict.loser)
            waiting = self._take(oldest)
            if waiting is not None:
                self._close(waiting.end, now)
        return verdict.is_admitted

    def _present(self, end: EndId, ask: PresentCookie, now: Instant) -> None:
        waiting = self._take(ask.cookie)
        if waiting is None or self._relay is None:
            self._refuse(end, ask.request, Meeting.REFUSED, now)
            return
        self.counters.joined += 1
        self._partners[end], self._partners[waiting.end] = waiting.end, end
        self._relay.join(end, waiting.end)
        self._answer(end, ask.request, Meeting.JOINED, now)
        self._answer(waiting.end, waiting.request, Meeting.JOINED, now)

    def _take(self, cookie: bytes) -> _Waiting | None:
        """Take out a cookie: it is used once."""
        waiting = self._waiting.pop(cookie, None)
        if waiting is not None:
            del self._cookies[waiting.end]
            self._expiries.cancel(cookie)
            self._places.count(waiting.link, self._networks, -1)
        return waiting

    def _answer(self, end: EndId, request: int, meeting: Meeting, now: Instant) -> None:
        if self._relay is not None:
            self._relay.send(end, encode_message(RendezvousAnswer(request, meeting)), now)

    def _refuse(self, end: EndId, request: int, meeting: Meeting, now: Instant) -> None:
        self.counters.refused += 1
        self._answer(end, request, meeting, now)
        self._close(end, now)

    def _break(self, end: EndId, now: Instant) -> None:
        self.counters.broken += 1
        self.on_circuit_closed(end, now)
        self._close(end, now)

    def _close(self, end: EndId, now: Instant) -> None:
        if self._relay is not None:
            self._relay.close(end, now)


def _type_of(data: bytes) -> int:
    """Return the type of a message, 0 for what is none."""
    try:
        return head_of(data)[0]
    except (msgspec.MsgspecError, RecursionError):
        return 0


def _ask_of(data: bytes) -> LeaveCookie | PresentCookie | None:
    """Return what is for us in a message."""
    if _type_of(data) not in _ASKS:
        return None
    try:
        message = decode_message(data)
    except DecodeError:
        return None
    return message if isinstance(message, LeaveCookie | PresentCookie) else None
