"""Whom to ask among the custodians of an address.

Those that share most bits with it surely keep what lies there, so one of the best eight is taken, by chance: the closest
must not have every reader. One that was silent lately is asked when no other is left.
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final

from net.client.ports import Transport
from net.ids import NodeId
from net.instant import Instant

# As many as a swarm has at least.
BEST: Final = 8
# Seconds for which a silent custodian is asked last: longer than a restart, shorter than a person's patience with an outage.
SHUN_TIME: Final = 300.0
MAX_SHUNNED: Final = 256


class Choice:
    """Chooses custodians and remembers who was silent."""

    def __init__(self, transport: Transport, rng: Random) -> None:
        self._transport = transport
        self._rng = rng
        self._shunned: dict[NodeId, float] = {}  # until when
        self._heard_at = -1.0

    def order(
        self, address: int, now: Instant, *, never: Collection[NodeId] = (), last: Collection[NodeId] = ()
    ) -> list[NodeId]:
        """Return the custodians of ``address`` in the order to try them, those in ``last`` at the end."""
        first: list[NodeId] = []
        later: list[NodeId] = []
        for each in self._transport.known(address):
            if each not in never:
                is_later = each in last or self._shunned.get(each, now.mono) > now.mono
                (later if is_later else first).append(each)
        return self._mixed(first) + self._mixed(later)

    def on_answer(self, now: Instant) -> None:
        """Note that some custodian answered: our own network works."""
        self._heard_at = now.mono

    def shun(self, custodian: NodeId, now: Instant) -> None:
        """Ask a custodian last for a while."""
        self._shunned.pop(custodian, None)
        self._shunned[custodian] = now.mono + SHUN_TIME
        if len(self._shunned) > MAX_SHUNNED:
            del self._shunned[next(iter(self._shunned))]

    def was_silent(self, custodian: NodeId, asked_at: float, now: Instant) -> None:
        """Note that a custodian did not answer; suspect it unless none answered since ``asked_at``: then it is us."""
        self.shun(custodian, now)
        if self._heard_at > asked_at:
            self._transport.suspect(custodian, now)

    def on_caught(self, custodian: NodeId, now: Instant) -> None:
        """Note that a custodian lied."""
        self.shun(custodian, now)
        self._transport.suspect(custodian, now)

    def _mixed(self, custodians: list[NodeId]) -> list[NodeId]:
        best = custodians[:BEST]
        self._rng.shuffle(best)
        return best + custodians[BEST:]
