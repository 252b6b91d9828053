"""The responder's side of handshakes: who knocks, and what is answered.

    key request   -> cookie, or with a cookie our key
    initiation    -> under load a cookie; else a response, and a half-open handshake that waits for its first frame

Everything is checked in the order of its price: envelope, cookie, rate, Diffie-Hellman, stamp. No answer is larger than its
question.
"""

from __future__ import annotations

from collections.abc import Callable

from net.errors import Unauthenticated
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link import handshake
from net.link.admission import Admission, Doorkeeper, StampBook
from net.link.cookie import CookieJar
from net.link.envelope import UNKNOWN_KEY, Envelope, Kind, tag_of
from net.link.events import LinkId, Role
from net.link.half_open import HALF_OPEN_LIFE, HalfOpen, HalfOpenTable
from net.link.handshake import Initiation, Response
from net.link.keys import FrameKeys, draw_index
from net.link.status import Counters
from net.primitives import KeyPair

# Says of an authenticated initiator whether it is answered, and which link, if any, gets new keys by it.
Judge = Callable[[NodeId, Initiation, Endpoint, Instant], tuple[bool, LinkId | None]]


class Reception:
    """Answers strangers; ``half_open`` is what came of it."""

    def __init__(
        self,
        ours: KeyPair,
        role: Role,
        features: int,
        random: Callable[[int], bytes],
        send: Callable[[bytes, Endpoint], None],
        judge: Judge,
        counters: Counters,
    ) -> None:
        self.half_open = HalfOpenTable()
        self.envelope = Envelope(ours.public)
        self.open_envelope = Envelope(UNKNOWN_KEY)
        self._ours = ours
        self._role = role
        self._features = features
        self._random = random
        self._send = send
        self._judge = judge
        self._counters = counters
        self._cookies = CookieJar(random)
        self._doorkeeper = Doorkeeper(self._cookies)
        self._stamps = StampBook()

    def receive_key_request(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Answer a datagram whose envelope says that it asks for our key."""
        verdict = self._doorkeeper.admit_key_request(data, source, now.mono)
        if verdict is Admission.ADMITTED:
            self._send(self.open_envelope.seal(Kind.KEY_ANSWER, self._ours.public, self._random, tag_of(data)), source)
        else:
            self._turn_away(verdict, data, self.open_envelope, source, now)

    def receive_initiation(self, data: bytes, content: bytes, source: Endpoint, now: Instant) -> None:
        """Answer an initiation.

        Raises:
            DecodeError, Unauthenticated: it does not verify, or came before.
        """
        verdict = self._doorkeeper.admit_initiation(data, source, now.mono)
        if verdict is not Admission.ADMITTED:
            self._turn_away(verdict, data, self.envelope, source, now)
            return
        peer, said, noise = handshake.consume_initiation(self._ours, content)
        if peer == self._ours.public or not self._stamps.is_fresh(peer, said.stamp, now.mono):
            raise Unauthenticated("initiation: replayed")
        is_welcome, renewed = self._judge(peer, said, source, now)
        if not is_welcome:
            return
        index = draw_index(self._random)
        ours = Response(self._role, now.wall_ms, index, renewed is not None, self._features)
        answer, secrets = handshake.create_response(noise, said.index, ours, self._random)
        keys = FrameKeys(secrets, is_initiator=False, our_index=index, their_index=said.index, now=now.mono)
        self.half_open.add(HalfOpen(peer, source, said, keys, renewed, now.mono + HALF_OPEN_LIFE))
        self._send(Envelope(peer).seal(Kind.RESPONSE, answer, self._random), source)

    def _turn_away(self, verdict: Admission, data: bytes, envelope: Envelope, source: Endpoint, now: Instant) -> None:
        if verdict is Admission.COOKIE_NEEDED:
            cookie = self._cookies.bake(source, now.mono)
            self._counters.cookies_sent += 1
            self._send(envelope.seal(Kind.COOKIE, cookie, self._random, tag_of(data)), source)
        else:
            self._counters.dropped_load += 1
