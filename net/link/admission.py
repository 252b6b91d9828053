"""Which handshakes of strangers get work from us.

Answering an initiation costs four Diffie-Hellman operations, a third of a millisecond. A token bucket bounds what all of
them together may take. While it is more than half full every initiation is served at once; below that we are *under load*,
and an initiation must show a cookie and come from networks that did not use more than their share (``net.token_bucket``).
These count only then: many honest nodes may live behind one address. So a flood from one network does not keep out a crowd
from others.

A captured initiation can be sent again by anyone. Each carries a stamp that its initiator never repeats; the highest one
per initiator is kept for a while, and nothing at or below it gets an answer.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto
from typing import Final

from net.address_shares import nested_networks
from net.ids import Endpoint, NodeId
from net.link.cookie import CookieJar
from net.token_bucket import FairUse, TokenBucket

HANDSHAKE_RATE: Final = 100.0  # handshakes per second: about 3 % of a core
HANDSHAKE_BURST: Final = 100.0
# What an outermost network (an IPv4 /24, an IPv6 /48) may have used of late under load, in what is left of the bucket: who
# floods alone gets twenty a second, and sixty phones behind one carrier's address are in within seconds.
NETWORK_SHARE: Final = 2.0
KEY_ANSWER_RATE: Final = 500.0  # per second; no Diffie-Hellman in those
KEY_ANSWER_SHARE: Final = 0.5
MAX_STAMPS: Final = 4096
# Seconds. A replay later than this costs one handshake and displaces nothing; keeping stamps for good would lock out,
# for just as long, a peer whose clock was set back.
STAMP_LIFE: Final = 120.0


class Admission(Enum):
    """What to do with a stranger's handshake datagram."""

    ADMITTED = auto()
    COOKIE_NEEDED = auto()
    REFUSED = auto()


class Doorkeeper:
    """Decides before any Diffie-Hellman is done."""

    def __init__(self, cookies: CookieJar) -> None:
        self._cookies = cookies
        self._handshakes = TokenBucket(HANDSHAKE_RATE, HANDSHAKE_BURST)
        self._shared = FairUse(self._handshakes, NETWORK_SHARE)
        self._key_answers = FairUse(TokenBucket(KEY_ANSWER_RATE, KEY_ANSWER_RATE), KEY_ANSWER_SHARE)

    def is_under_load(self, now: float) -> bool:
        """Return whether cookies are asked for."""
        return self._handshakes.level(now) < HANDSHAKE_BURST / 2

    def admit_initiation(self, datagram: bytes, source: Endpoint, now: float) -> Admission:
        """Decide about an initiation."""
        if self.is_under_load(now):
            if not self._cookies.is_marked(datagram, source, now):
                return Admission.COOKIE_NEEDED
            is_admitted = self._shared.take(nested_networks(source.host), now)
        else:
            is_admitted = self._handshakes.take(1.0, now)
        return Admission.ADMITTED if is_admitted else Admission.REFUSED

    def admit_key_request(self, datagram: bytes, source: Endpoint, now: float) -> Admission:
        """Decide about a key request: always against a cookie, so that none makes us write to a third party."""
        if not self._cookies.is_marked(datagram, source, now):
            return Admission.COOKIE_NEEDED
        is_admitted = self._key_answers.take(nested_networks(source.host), now)
        return Admission.ADMITTED if is_admitted else Admission.REFUSED


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
