"""Endpoints that the owner named to join by: tried for ever, and what became of each.

The owner may name the node that lives there. Else it is the one that answered last, until a connect fails: another node may
live there by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.peers.retry import Retry

# Endpoints named by the owner: 64 names with four addresses each.
MAX_BOOTSTRAPS: Final = 256


class Outcome(StrEnum):
    """What became of an endpoint that the owner named."""

    UNTRIED = "untried"
    LINKED = "linked"
    ANSWERED = "answered"  # when it was tried last; it is not needed now
    USELESS = "useless"  # a leaf answered there, or ourselves
    SILENT = "silent"


@dataclass(slots=True)
class Bootstrap:
    """One endpoint. ``node`` is the key that is to answer there: named by the owner, or met there; None: any."""

    endpoint: Endpoint
    node: NodeId | None
    is_named: bool
    retry: Retry = field(default_factory=Retry)
    outcome: Outcome = Outcome.UNTRIED


class Bootstraps:
    """The endpoints that the owner named."""

    def __init__(self) -> None:
        self._bootstraps: dict[Endpoint, Bootstrap] = {}

    def __contains__(self, endpoint: object) -> bool:
        return endpoint in self._bootstraps

    def all(self) -> Iterable[Bootstrap]:
        """Return all, the one named longest ago first."""
        return self._bootstraps.values()

    def join(self, endpoint: Endpoint, node: NodeId | None) -> None:
        """Take an endpoint. Raises ``Overloaded``."""
        if endpoint not in self._bootstraps and len(self._bootstraps) >= MAX_BOOTSTRAPS:
            raise Overloaded("bootstraps")
        self._bootstraps[endpoint] = Bootstrap(endpoint, node, is_named=node is not None)

    def leave(self, endpoint: Endpoint) -> None:
        """Forget an endpoint."""
        self._bootstraps.pop(endpoint, None)

    def outcome(self, endpoint: Endpoint, linked: Mapping[NodeId, Endpoint]) -> Outcome:
        """Return what became of an endpoint, while these nodes are linked from these."""
        bootstrap = self._bootstraps.get(endpoint)
        if bootstrap is None:
            return Outcome.UNTRIED
        is_linked = endpoint in linked.values() or bootstrap.node in linked
        return Outcome.LINKED if is_linked else bootstrap.outcome

    def on_link_up(self, node: NodeId, endpoint: Endpoint) -> None:
        """A node answered at an endpoint."""
        for bootstrap in self._bootstraps.values():
            if bootstrap.endpoint == endpoint:
                bootstrap.node = node
                bootstrap.outcome = Outcome.ANSWERED
            if bootstrap.node == node:
                bootstrap.retry.failures = 0

    def on_link_down(self, node: NodeId, retry_at: float) -> None:
        """A node's link ended: try again then."""
        for bootstrap in self._bootstraps.values():
            if bootstrap.node == node:
                bootstrap.retry.retry_at = retry_at

    def on_failed(self, endpoint: Endpoint, now: float, rng: Random) -> None:
        """No link came of a connect to an endpoint."""
        if bootstrap := self._bootstraps.get(endpoint):
            bootstrap.retry.on_failed(now, rng)
            bootstrap.outcome = Outcome.SILENT
            if not bootstrap.is_named:  # another node may live there by now
                bootstrap.node = None

    def on_useless(self, endpoint: Endpoint) -> None:
        """What answered at an endpoint serves no others, or is ourselves."""
        if bootstrap := self._bootstraps.get(endpoint):
            bootstrap.outcome = Outcome.USELESS
