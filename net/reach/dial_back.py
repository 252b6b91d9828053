"""Whether strangers can reach us: we have one of them try.

We ask a linked node, it asks another that we have had nothing to do with, and that one dials us with a single datagram. The
proof is not what a node says but the link that comes in: from an address that we sent nothing to, so that no hole of our
own making let it through. Words count only against us: two nodes of those asked, and more than half of those that tell, must
say that we were not reached. Where all say that they know no third node the network is so small that whoever is in it is
linked with us: that is not known then, and we are *presumed* reachable.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.scope import Scope, scope_of

# Nodes asked in one round, and verdicts against us that count.
HELPERS: Final = 3
MIN_REFUTATIONS: Final = 2
# Seconds that a hole which we made in a NAT may last after our last datagram: most last for two minutes.
HOLE_LIFE: Final = 600.0
# Addresses that we sent something to, remembered so long.
MAX_CONTACTED: Final = 1024
# Seconds that a proof holds.
PROOF_LIFE: Final = 3600.0


class Contacted:
    """Whom we have sent something lately, so that their datagrams come in whatever stands between."""

    def __init__(self) -> None:
        self._until: dict[Endpoint | str, float] = {}  # the oldest first

    def note(self, endpoint: Endpoint, now: Instant) -> None:
        """Something was sent to ``endpoint``."""
        key = _holder(endpoint)
        self._until.pop(key, None)
        self._until[key] = now.mono + HOLE_LIFE
        if len(self._until) > MAX_CONTACTED:
            del self._until[next(iter(self._until))]

    def has(self, endpoint: Endpoint, now: Instant) -> bool:
        """Say whether something was."""
        return self._until.get(_holder(endpoint), 0.0) > now.mono


def _holder(endpoint: Endpoint) -> Endpoint | str:
    """Some NATs let a whole machine in that was sent anything; on one machine all nodes have the same address."""
    return endpoint if scope_of(endpoint.host) is Scope.LOOPBACK else endpoint.host


class Verdict(IntEnum):
    """A helper's answer; ``value`` is the byte on the wire."""

    REACHED = 0
    NOT_REACHED = 1
    NOBODY = 2  # no third node to ask

    @classmethod
    def of(cls, number: int) -> Verdict | None:
        """Return what a number says; None for what this version does not know."""
        return cls(number) if number in set(cls) else None


class Reachability:
    """What is known about one address of ours."""

    def __init__(self) -> None:
        self._proved_at: dict[Scope, float] = {}  # a neighbour from this house proves nothing to the world
        self._verdicts: dict[NodeId, Verdict | None] = {}  # of this round; None: no answer
        self._asked = 0
        self._refuted = False
        self._is_alone = False

    def begin(self, asked: int) -> None:
        """A round begins in which so many nodes are asked."""
        self._verdicts.clear()
        self._asked = asked

    def on_came_in(self, host: str, now: Instant) -> None:
        """A link came in from a stranger."""
        self._proved_at[scope_of(host)] = now.mono

    def on_verdict(self, helper: NodeId, verdict: Verdict | None) -> None:
        """Note a verdict; the last one of a round settles it."""
        self._verdicts[helper] = verdict
        if len(self._verdicts) < self._asked:
            return
        told = [each for each in self._verdicts.values() if each in {Verdict.REACHED, Verdict.NOT_REACHED}]
        against = told.count(Verdict.NOT_REACHED)
        if told:
            self._refuted = against >= min(MIN_REFUTATIONS, self._asked) and 2 * against > len(told)
            self._is_alone = False
        elif all(each is Verdict.NOBODY for each in self._verdicts.values()):
            self._refuted, self._is_alone = False, True

    def conclusion(self, scope: Scope, now: Instant, *, is_own: bool) -> bool | None:
        """Say whether strangers reach us, None while that is not known. ``is_own``: it is the address of an interface."""
        if self.is_proved(scope, now):
            return True
        if self._refuted:
            return False
        return True if is_own else None

    @property
    def is_moot(self) -> bool:
        """Whether there is no stranger in this network who could try."""
        return self._is_alone

    def is_proved(self, scope: Scope, now: Instant) -> bool:
        """Say whether a stranger from so far came in lately."""
        proved_at = self._proved_at.get(scope)
        return proved_at is not None and now.mono < proved_at + PROOF_LIFE
