"""The initiator's side of handshakes under way.

    (peer unknown)                                  (peer known, or a link that needs new keys)
         |                                               |
    KEY_REQUESTED --- cookie, then key answer ---> INITIATION_CREATED --- response ---> done
         |                                               |  ^
         |                                               +--+ cookie, or no answer in time: once more
         +------------------ 10 s in all ----------------+---> failed

Each try is a new datagram, with a new ephemeral key and a higher stamp, so that it is never taken for a replay. There is at
most one attempt per endpoint and per peer; all of them are bounded in number and time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from net.errors import Unauthenticated
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link import handshake
from net.link.envelope import COOKIE_SIZE, UNKNOWN_KEY, Envelope, Kind, mark_with_cookie, tag_of, try_open
from net.link.events import LinkId, Role
from net.link.handshake import NO_LINK, Initiation, Response
from net.link.keys import draw_index
from net.link.noise import Initiator, TransportKeys
from net.primitives import KEY_SIZE, KeyPair

MAX_ATTEMPTS: Final = 256
ATTEMPT_LIFE: Final = 10.0  # seconds: three answers' time even on a path over a satellite
# Seconds, and the factor by which they grow: eight tries in a life, of which a path that loses a third of its datagrams
# needs more once in a hundred times.
RETRY_AFTER: Final = 0.75
RETRY_GROWTH: Final = 1.2
# Questions for a key, which strangers' packets make us put to any address: together less than the 1232 bytes of one packet.
MAX_KEY_REQUESTS: Final = 4
# Seconds that a probe waits for the answer to its one question.
PROBE_LIFE: Final = 3.0


class AttemptState(Enum):
    """Named for what happened last."""

    KEY_REQUESTED = auto()
    INITIATION_CREATED = auto()


@dataclass(slots=True)
class Attempt:
    """One handshake that we began. ``link`` is the link it renews, if any."""

    endpoint: Endpoint
    peer: NodeId | None
    link: LinkId | None
    continues: bytes
    index: bytes
    began_at: float
    is_probe: bool = False  # one datagram, unless an answer proves that a node lives there
    state: AttemptState = AttemptState.KEY_REQUESTED
    tried_at: float = 0.0
    retry_at: float = 0.0
    tries: int = 0
    has_answered_cookie: bool = False  # one free try for a cookie; others wait for their time
    cookie: bytes | None = None
    envelope: Envelope = field(default_factory=lambda: Envelope(UNKNOWN_KEY))
    noise: Initiator | None = None
    question: bytes = b""  # the tag of our last datagram

    @property
    def expires_at(self) -> float:
        """When it fails, monotonic seconds."""
        return self.began_at + (PROBE_LIFE if self.is_probe else ATTEMPT_LIFE)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response was consumed: the handshake is done on our side."""

    attempt: Attempt
    peer: NodeId
    said: Response
    keys: TransportKeys
    round_trip: float  # seconds


class Attempts:
    """All handshakes that this node began and that are not done."""

    def __init__(
        self,
        ours: KeyPair,
        role: Role,
        features: int,
        random: Callable[[int], bytes],
        send: Callable[[bytes, Endpoint], None],
        objection: Callable[[NodeId], str | None],
    ) -> None:
        """``send`` takes datagrams; ``objection`` says why a key that an endpoint told is not wanted, if so."""
        self._ours = ours
        self._role = role
        self._features = features
        self._random = random
        self._send = send
        self._objection = objection
        self._failed: list[tuple[Attempt, str]] = []
        self._by_endpoint: dict[Endpoint, Attempt] = {}
        self._by_peer: dict[NodeId, Attempt] = {}
        self._last_stamp = 0

    def is_full(self) -> bool:
        """Return whether no more attempts may begin."""
        return len(self._by_endpoint) >= MAX_ATTEMPTS

    def is_under_way(self, endpoint: Endpoint, peer: NodeId | None) -> bool:
        """Return whether a handshake with that peer, or with the node at that endpoint, has not ended."""
        return endpoint in self._by_endpoint if peer is None else peer in self._by_peer

    def is_busy(self, endpoint: Endpoint) -> bool:
        """Return whether there is an attempt at that endpoint, with any peer; there can be one only."""
        return endpoint in self._by_endpoint

    def with_peer(self, peer: NodeId) -> Attempt | None:
        """Return the attempt with a known peer."""
        return self._by_peer.get(peer)

    def begin(
        self,
        endpoint: Endpoint,
        peer: NodeId | None,
        now: Instant,
        renews: tuple[LinkId, bytes] | None = None,
        *,
        is_probe: bool = False,
    ) -> None:
        """Send the first datagram of a new attempt; ``renews`` is a link and the peer's index of it."""
        link, continues = renews or (None, NO_LINK)
        attempt = Attempt(endpoint, peer, link, continues, draw_index(self._random), now.mono, is_probe)
        self._by_endpoint[endpoint] = attempt
        if peer is not None:
            self._know_peer(attempt, peer)
        self._try(attempt, now)

    def give_up(self, attempt: Attempt) -> None:
        """Forget an attempt."""
        self._by_endpoint.pop(attempt.endpoint, None)
        if attempt.peer is not None:
            self._by_peer.pop(attempt.peer, None)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` wants to be called, ``inf`` for never."""
        return min((min(a.retry_at, a.expires_at) for a in self._by_endpoint.values()), default=math.inf)

    def handle_timeout(self, now: Instant) -> None:
        """Try again what waited long enough; what waited too long has failed."""
        for attempt in list(self._by_endpoint.values()):
            if attempt.expires_at <= now.mono:
                self._fail(attempt, "no answer")
            elif attempt.retry_at <= now.mono:
                self._try(attempt, now)

    def take_failed(self) -> list[tuple[Attempt, str]]:
        """Return the attempts that failed since the last call, and why."""
        failed, self._failed = self._failed, []
        return failed

    def consume_answer(self, datagram: bytes, source: Endpoint, now: Instant) -> bool:
        """Take a cookie or a key for the attempt at ``source``; return whether it was one."""
        attempt = self._by_endpoint.get(source)
        opened = attempt and try_open(attempt.envelope, datagram, attempt.question)
        if not attempt or not opened:
            return False
        kind, content = opened
        if kind is Kind.COOKIE:
            attempt.cookie = content[:COOKIE_SIZE]
            if not attempt.has_answered_cookie:
                attempt.has_answered_cookie = True
                attempt.tries = 0
                self._try(attempt, now)
            return True
        if kind is Kind.KEY_ANSWER and attempt.state is AttemptState.KEY_REQUESTED:
            peer = NodeId(content[:KEY_SIZE])
            objection = "already under way" if peer in self._by_peer else self._objection(peer)
            if objection is None:
                self._know_peer(attempt, peer)
                attempt.tries = 0
                self._try(attempt, now)
            else:
                self._fail(attempt, objection)
            return True
        return False

    def consume_response(self, content: bytes, now: Instant) -> Answered:
        """Finish the attempt a response belongs to.

        Raises:
            DecodeError, Unauthenticated: it belongs to none, or does not verify.
        """
        index = handshake.index_in_response(content)
        attempt = next((a for a in self._by_peer.values() if a.index == index), None)
        if attempt is None or attempt.noise is None or attempt.peer is None:
            raise Unauthenticated("response to nothing")
        noise, attempt.noise = attempt.noise, None  # a Noise state is used once; a retry makes another
        said, keys = handshake.consume_response(noise, content)
        self.give_up(attempt)
        return Answered(attempt, attempt.peer, said, keys, now.mono - attempt.tried_at)

    def _know_peer(self, attempt: Attempt, peer: NodeId) -> None:
        attempt.peer = peer
        attempt.state = AttemptState.INITIATION_CREATED
        attempt.envelope = Envelope(peer)
        self._by_peer[peer] = attempt

    def _fail(self, attempt: Attempt, reason: str) -> None:
        self.give_up(attempt)
        self._failed.append((attempt, reason))

    def _try(self, attempt: Attempt, now: Instant) -> None:
        if attempt.peer is None:
            datagram = attempt.envelope.seal(Kind.KEY_REQUEST, b"", self._random)
        else:
            try:
                datagram = self._create_initiation(attempt, attempt.peer, now)
            except Unauthenticated:
                self._fail(attempt, "not a key")
                return
        if attempt.cookie is not None:
            datagram = mark_with_cookie(datagram, attempt.cookie)
        attempt.question = tag_of(datagram)
        attempt.tried_at = now.mono
        pause = PROBE_LIFE if attempt.is_probe else RETRY_AFTER * RETRY_GROWTH**attempt.tries
        attempt.tries += 1
        is_last = attempt.peer is None and attempt.tries >= MAX_KEY_REQUESTS
        attempt.retry_at = math.inf if is_last else now.mono + pause
        self._send(datagram, attempt.endpoint)

    def _create_initiation(self, attempt: Attempt, peer: NodeId, now: Instant) -> bytes:
        self._last_stamp = max(self._last_stamp + 1, now.wall_ms << 16)
        # A new index each time: a late response to an earlier try must not meet this try's Noise state.
        attempt.index = draw_index(self._random)
        said = Initiation(self._role, now.wall_ms, self._last_stamp, attempt.index, attempt.continues, self._features)
        content, attempt.noise = handshake.create_initiation(self._ours, peer, said, self._random)
        return attempt.envelope.seal(Kind.INITIATION, content, self._random)
