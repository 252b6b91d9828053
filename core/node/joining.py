"""Joins through a node that the owner named: by all addresses of its host name, and by new ones once it moves.

    name --> addresses --> the dialer tries them, for ever --> one answers, or the name is looked up again

IPv4 addresses are tried first, IPv6 ones soon after: a node that is reached by both is announced to others by its IPv4
address, which most can reach. While a node answers, or answered when it was last tried, its name is not looked
up. Addresses that the name no longer has are dropped. The outcome is kept for people (``core.doctor.findings``).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

import trio

from core.node.options import JoinSpec
from core.node.resolver import Unresolved, is_numeric, resolve
from net.errors import Overloaded
from net.ids import Endpoint
from net.peers.bootstraps import Outcome
from net.requests import Join, Leave, Request
from net.scope import is_ipv6, speaks

_log = logging.getLogger(__name__)

# Seconds until a name is looked up again while no address answers: doubled each time up to the most.
FIRST_PAUSE: Final = 4.0
MAX_PAUSE: Final = 60.0
# Seconds between two looks at whether an address answers, and those that IPv4 is ahead of IPv6.
LOOK_PERIOD: Final = 1.0
HEAD_START: Final = 2.0

# Gives the addresses of a name, or raises ``Unresolved``.
Resolver = Callable[[Endpoint], Awaitable[list[Endpoint]]]
State = Literal["resolving", "unknown-name", "other-family", "trying", "silent", "useless", "answered", "linked"]
_STATES: Final[dict[Outcome, State]] = {
    Outcome.LINKED: "linked",
    Outcome.ANSWERED: "answered",
    Outcome.USELESS: "useless",
    Outcome.SILENT: "silent",
    Outcome.UNTRIED: "trying",
}
"""Outcomes, the best first: a node's outcome is the best of its addresses'."""


@dataclass(frozen=True, slots=True)
class JoinStatus:
    """The state of joining through ``spec``: its addresses, which of them answers, and why none does."""

    spec: JoinSpec
    state: State
    addresses: tuple[Endpoint, ...] = ()
    answering: Endpoint | None = None
    reason: str = ""


class Joins:
    """All specs that a node joins through. It listens at ``listen`` and tells the outcome of joining by an endpoint."""

    def __init__(
        self,
        listen: Endpoint,
        outcome: Callable[[Endpoint], Outcome],
        request: Callable[[Request], None],
        resolver: Resolver = resolve,
    ) -> None:
        self._listen, self._outcome, self._request, self._resolver = listen, outcome, request, resolver
        self._joinings: list[_Joining] = []

    def add(self, spec: JoinSpec) -> Callable[[], Awaitable[None]]:
        """Return what joins through a node, to be run for as long as ours runs."""
        self._joinings.append(_Joining(spec, self._listen, self._outcome, self._request, self._resolver))
        return self._joinings[-1].run

    def status(self) -> tuple[JoinStatus, ...]:
        """Return how it goes with each."""
        return tuple(each.status() for each in self._joinings)


class _Joining:
    def __init__(
        self,
        spec: JoinSpec,
        listen: Endpoint,
        outcome: Callable[[Endpoint], Outcome],
        request: Callable[[Request], None],
        resolver: Resolver,
    ) -> None:
        self._spec, self._listen, self._outcome, self._request = spec, listen, outcome, request
        self._resolver = resolver
        self._found: tuple[Endpoint, ...] = ()  # what the name leads to
        self._tried: tuple[Endpoint, ...] = ()  # what of it is tried
        self._reason = ""

    def status(self) -> JoinStatus:
        """Return how it goes."""
        found, outcomes = self._found, {each: self._outcome(each) for each in self._tried}
        best = next((each for each in _STATES if each in outcomes.values()), None)
        state: State = "resolving"
        if best is not None:
            state = _STATES[best]
        elif found:
            state = "trying" if self._fitting(found) else "other-family"
        elif self._reason:
            state = "unknown-name"
        is_there = best in {Outcome.LINKED, Outcome.ANSWERED}
        answering = next((each for each, outcome in outcomes.items() if outcome is best), None) if is_there else None
        return JoinStatus(self._spec, state, found, answering, self._reason)

    async def run(self) -> None:
        """Join, and go on; a spec with an address is done at once, for the dialer tries it for ever."""
        pause = FIRST_PAUSE
        while True:
            await self._look_up()
            if is_numeric(self._spec.endpoint.host):
                return
            await trio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE)
            while self._is_answered():
                pause = FIRST_PAUSE
                await trio.sleep(LOOK_PERIOD)

    async def _look_up(self) -> None:
        try:
            found = await self._resolver(self._spec.endpoint)
        except Unresolved as error:  # what was known of it is tried on
            if error.reason != self._reason:
                _log.warning("%s does not resolve: %s", self._spec.endpoint.host, error.reason)
            self._reason = error.reason
            return
        self._found, self._reason = tuple(found), ""
        fitting = self._fitting(found)
        for gone in set(self._tried).difference(fitting):
            self._request(Leave(gone))
        self._tried = tuple(each for each in self._tried if each in fitting)
        self._try([each for each in fitting if not is_ipv6(each.host)])
        ipv6 = [each for each in fitting if is_ipv6(each.host)]
        if ipv6 and len(ipv6) < len(fitting):
            with trio.move_on_after(HEAD_START):
                while not self._is_answered():  # noqa: ASYNC110 -- links come up without an event for this
                    await trio.sleep(LOOK_PERIOD / 4)
        self._try(ipv6)

    def _fitting(self, found: list[Endpoint] | tuple[Endpoint, ...]) -> list[Endpoint]:
        return [each for each in found if speaks(self._listen.host, each.host)]

    def _try(self, endpoints: list[Endpoint]) -> None:
        for endpoint in endpoints:
            if endpoint in self._tried:
                continue
            try:
                self._request(Join(endpoint, self._spec.node))
            except Overloaded:
                return
            self._tried = (*self._tried, endpoint)

    def _is_answered(self) -> bool:
        return any(self._outcome(each) in {Outcome.LINKED, Outcome.ANSWERED} for each in self._tried)
