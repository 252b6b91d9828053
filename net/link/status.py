"""What the links of a node look like from outside: for the network screen, logs and tests."""

from __future__ import annotations

from dataclasses import dataclass

from net.ids import Endpoint, NodeId
from net.link.events import LinkId, Role


@dataclass(slots=True)
class Counters:
    """Datagrams and cells since the start."""

    datagrams_in: int = 0
    datagrams_out: int = 0
    dropped_size: int = 0  # neither 256 nor 1232 bytes
    dropped_unknown: int = 0  # a frame of no link of ours
    dropped_forged: int = 0  # did not verify, or came again
    dropped_malformed: int = 0  # verified, but broke a rule
    dropped_load: int = 0  # handshakes refused under load
    dropped_queue: int = 0  # answers to strangers that did not fit the queue
    cookies_sent: int = 0
    cells_dropped: int = 0  # ours and theirs, for full queues


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """One link; ``rtt`` in seconds, ``features`` what the peer said that it can do.

    ``is_answering``: nothing is owed to us for longer than an answer takes.
    """

    link: LinkId
    peer: NodeId
    endpoint: Endpoint
    role: Role
    rtt: float
    bytes_in: int
    bytes_out: int
    features: int = 0
    is_answering: bool = True
