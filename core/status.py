"""The network as ``network.status`` tells it."""

from __future__ import annotations

from core import api
from core.node_service import NodeStatus
from core.options import encode_node_id
from net.link.events import Role

_SHOWN_KEY_SIZE = 12  # characters of a node's key that are shown


def describe_network(status: NodeStatus) -> api.NetworkStatus:
    """Return what people and programs see."""
    counters = status.counters
    dropped = (
        counters.dropped_size
        + counters.dropped_unknown
        + counters.dropped_forged
        + counters.dropped_malformed
        + counters.dropped_load
        + counters.dropped_queue
    )
    return api.NetworkStatus(
        listen=str(status.listen),
        peers=len(status.peers),
        role="leaf" if status.role is Role.LEAF else "full",
        custodians=status.custodians,
        copies_agree=status.view.copies_agree,
        clock_offset_ms=status.clock_difference_ms,
        datagrams_in=counters.datagrams_in,
        datagrams_out=counters.datagrams_out,
        datagrams_dropped=dropped,
        parcels=status.view.custodian.parcels if status.view.custodian else 0,
        links=[
            api.PeerInfo(
                node=encode_node_id(peer.node)[:_SHOWN_KEY_SIZE],
                endpoint=str(peer.endpoint),
                role="leaf" if peer.role is Role.LEAF else "full",
                rtt_ms=round(peer.rtt * 1000, 2),
                following=peer.is_guard,
            )
            for peer in status.peers
        ],
    )
