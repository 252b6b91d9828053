"""Which handshakes of strangers get work from us.

Answering an initiation costs four Diffie-Hellman operations, a third of a millisecond. A token bucket bounds what all of
them together may take. While it is more than half full everybody is served at once; below that we are *under load*, and an
initiation must show a cookie and stay within the rate of its address. Addresses count only then: many honest nodes may
live behind one.

A captured initiation can be sent again by anyone. Each carries a stamp that its initiator never repeats; the highest one
per initiator is kept for a while, and nothing at or below it gets an answer.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from net.ids import Endpoint, NodeId
from net.link.cookie import CookieJar

HANDSHAKE_RATE: Final = 100.0  # handshakes per second: about 3 % of a core
HANDSHAKE_BURST: Final = 100.0
ADDRESS_RATE: Final = 5.0  # per second, under load
ADDRESS_BURST: Final = 10.0
KEY_ANSWER_RATE: Final = 500.0  # per second; no Diffie-Hellman in those
MAX_ADDRESSES: Final = 1024
MAX_STAMPS: Final = 4096
# Seconds. A replay later than this costs one handshake and displaces nothing; keeping stamps for good would lock out,
# for just as long, a peer whose clock was set back.
STAMP_LIFE: Final = 120.0


class Admission(Enum):
    """What to do with somebody's datagram."""

    ADMITTED = auto()
    COOKIE_NEEDED = auto()
    REFUSED = auto()


class TokenBucket:
    """``rate`` tokens a second, at most ``burst`` kept."""

    __slots__ = ("_at", "_burst", "_rate", "tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._at = -math.inf
        self.tokens = burst

    def refill(self, now: float) -> None:
        """Add what time has earned."""
        self.tokens = min(self._burst, self.tokens + max(0.0, now - self._at) * self._rate)
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token; return whether there was one."""
        self.refill(now)
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Doorkeeper:
    """Decides before any Diffie-Hellman is done."""

    def __init__(self, cookies: CookieJar) -> None:
        self._cookies = cookies
        self._handshakes = TokenBucket(HANDSHAKE_RATE, HANDSHAKE_BURST)
        self._key_answers = TokenBucket(KEY_ANSWER_RATE, KEY_ANSWER_RATE)
        self._addresses: OrderedDict[str, TokenBucket] = OrderedDict()

    def is_under_load(self, now: float) -> bool:
        """Return whether cookies are asked for."""
        self._handshakes.refill(now)
        return self._handshakes.tokens < HANDSHAKE_BURST / 2

    def admit_initiation(self, datagram: bytes, source: Endpoint, now: float) -> Admission:
        """Decide about an initiation."""
        if self.is_under_load(now):
            if not self._cookies.is_marked(datagram, source, now):
                return Admission.COOKIE_NEEDED
            if not self._address_bucket(source, now).take(now):
                return Admission.REFUSED
        return Admission.ADMITTED if self._handshakes.take(now) else Admission.REFUSED

    def admit_key_request(self, datagram: bytes, source: Endpoint, now: float) -> Admission:
        """Decide about a key request: always against a cookie, so that nobody can make us write to a third party."""
        if not self._cookies.is_marked(datagram, source, now):
            return Admission.COOKIE_NEEDED
        return Admission.ADMITTED if self._key_answers.take(now) else Admission.REFUSED

    def _address_bucket(self, source: Endpoint, now: float) -> TokenBucket:
        address = network_of(source.host)
        bucket = self._addresses.pop(address, None) or TokenBucket(ADDRESS_RATE, ADDRESS_BURST)
        self._addresses[address] = bucket
        if len(self._addresses) > MAX_ADDRESSES:
            self._addresses.popitem(last=False)
        return bucket


@lru_cache(maxsize=MAX_ADDRESSES)
def network_of(host: str) -> str:
    """Return what one party is sure to own: an IPv4 address, the /64 of an IPv6 address."""
    try:
        packed = ipaddress.ip_address(host.partition("%")[0]).packed
    except ValueError:
        return host  # no address at all: a simulated wire
    return packed[:8].hex()


class StampBook:
    """The highest stamp of each recent initiator."""

    def __init__(self) -> None:
        self._highest: OrderedDict[NodeId, tuple[int, float]] = OrderedDict()

    def is_fresh(self, initiator: NodeId, stamp: int, now: float) -> bool:
        """Return whether the stamp is higher than all before, and note it if so."""
        highest, seen_at = self._highest.get(initiator, (-1, now))
        if stamp <= highest and now - seen_at < STAMP_LIFE:
            return False
        self._highest[initiator] = (stamp, now)
        self._highest.move_to_end(initiator)
        if len(self._highest) > MAX_STAMPS:
            self._highest.popitem(last=False)
        return True
