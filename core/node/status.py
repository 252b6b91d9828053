"""The answer to ``network.status``: a node's status as people and programs see it."""

from __future__ import annotations

from typing import Final, cast

from core import api
from core.node.cover import PACES, name_of
from core.node.discovery import FindingStatus
from core.node.joining import JoinStatus
from core.node.options import encode_node_id
from core.node.service import NodeStatus
from core.people.conversation.keep_request import MAX_KEPT_FOR
from net.client import BucketView, FriendBackupView
from net.ids import NodeId
from net.link.events import Role
from net.link.status import Counters
from net.node.node import PeerStatus
from net.node.snapshot import NodeSnapshot
from net.parcel.box import BOX_SIZE
from net.rendezvous.mainline import MainlineState

_SHOWN_KEY_SIZE: Final = 12  # characters of a node's key that are shown
# Every way in which a linked node may have been found (net.peers.dialer), so that programs need not ask whether one is
# there.
SOURCES: Final = ("join", "mainline", "lan", "remembered", "exchange", "incoming")


def describe_network(status: NodeStatus) -> api.NetworkStatus:
    """Return what people and programs see."""
    counters, view, kept = status.counters, status.view, status.view.custodian
    mainline, lan = _finders(status.finding)
    return api.NetworkStatus(
        listen=str(status.listen),
        public=str(view.public or ""),
        peers=len(status.peers),
        peers_by_source=_by_source(status),
        role=_role(status.role),
        nat=cast("api.NatClass", view.nat),
        reachable=view.is_reachable,
        mainline=mainline,
        lan=lan,
        joins=[_describe_join(each) for each in status.joins],
        custodians=status.custodians,
        mailboxes=[_describe_mailbox(each) for each in view.buckets],
        copies_agree=view.copies_agree,
        clock_offset_ms=status.clock_difference_ms,
        clocks_agreeing=len(view.clocks.agreeing),
        clocks_off=clocks_off(view),
        clock_alone=clock_alone(view),
        anonymity_set=view.size,
        relays=view.known,
        hops=view.hops,
        guards=view.guards,
        guards_linked=view.guards_linked,
        loops_sent=view.loops_sent,
        loops_lost=view.loops_lost,
        uptime=int(status.uptime),
        bytes_in=status.bytes_in,
        bytes_out=status.bytes_out,
        hour_out=status.hour.sent + status.finding.hour.sent,
        hour_in=status.hour.received + status.finding.hour.received,
        hour_seconds=status.hour.seconds,
        pace=name_of(view.cover_profile),
        cover_bytes_per_day={name: pace.bytes_per_day for name, pace in PACES.items()},
        datagrams_in=counters.datagrams_in,
        datagrams_out=counters.datagrams_out,
        datagrams_dropped=_dropped(counters),
        parcels=kept.parcels if kept else 0,
        parcel_bytes=kept.size if kept else 0,
        swarm=kept.mates if kept else 0,
        price_factor=kept.price_factor if kept else 1,
        links=[_describe_peer(peer) for peer in status.peers],
    )


def _describe_join(join: JoinStatus) -> api.JoinInfo:
    return api.JoinInfo(
        spec=str(join.spec),
        state=join.state,
        addresses=[str(each) for each in join.addresses],
        answering=str(join.answering or ""),
        reason=join.reason,
    )


def _describe_peer(peer: PeerStatus) -> api.PeerInfo:
    return api.PeerInfo(
        node=_shown(peer.node),
        endpoint=str(peer.endpoint),
        role=_role(peer.role),
        rtt_ms=round(peer.rtt * 1000, 2),
        following=peer.is_guard,
        answering=peer.is_answering,
    )


def clocks_off(view: NodeSnapshot) -> list[api.ClockOff]:
    """Return whose clocks are wrong; when our own is, only those that are wrong by the others' clocks, too."""
    right = set(view.clocks.against) if view.clocks.is_alone else set[NodeId]()
    return [_clock_off(view, node, ahead) for node, ahead in view.clocks.off if node not in right]


def clock_alone(view: NodeSnapshot) -> api.ClockAlone | None:
    """Return which nodes' clocks agree with ours and which stand against it; None unless ours is the odd one."""
    clocks = view.clocks
    if not clocks.is_alone:
        return None
    against = [_clock_off(view, node, ahead) for node, ahead in clocks.off if node in clocks.against]
    return api.ClockAlone(agreeing=[_shown(node) for node in clocks.agreeing], against=against)


def _clock_off(view: NodeSnapshot, node: NodeId, ahead_ms: int) -> api.ClockOff:
    return api.ClockOff(node=_shown(node), ahead_ms=ahead_ms, left_out=node in view.left_out)


def describe_keeping(view: FriendBackupView | None, contacts: int) -> api.KeepingInfo:
    """Return what keeping contacts' mail costs; ``view`` is None on a node that keeps none."""
    boxes, limit = (view.boxes, view.limit) if view else (0, 0)
    return api.KeepingInfo(
        possible=view is not None,
        contacts=contacts,
        max_contacts=MAX_KEPT_FOR,
        boxes=boxes,
        bytes=boxes * BOX_SIZE,
        limit_bytes=limit * BOX_SIZE,
        returned=view.restored if view else 0,
        bytes_per_day=view.bytes_per_day if view else 0,
    )


def _shown(node: NodeId) -> str:
    return encode_node_id(node)[:_SHOWN_KEY_SIZE]


def _role(role: Role) -> api.RoleName:
    return "leaf" if role is Role.LEAF else "full"


def _by_source(status: NodeStatus) -> dict[str, int]:
    counted = {source: status.view.sources.get(source, 0) for source in SOURCES}
    # The node counts the full ones. Leaves are not dialled: those that are linked came by themselves.
    counted["incoming"] += sum(peer.role is Role.LEAF for peer in status.peers)
    return counted


def _describe_mailbox(view: BucketView) -> api.MailboxInfo:
    return api.MailboxInfo(
        bits=view.bucket.width, custodians=[_shown(each) for each in view.custodians], agree=view.agree
    )


def _finders(status: FindingStatus) -> tuple[api.FinderInfo | None, api.FinderInfo | None]:
    """Return the state of discovery in the DHT and in the local network."""
    mainline, lan = status.mainline, status.lan
    is_running = mainline is not None and mainline.state is MainlineState.RUNNING
    return (
        None
        if mainline is None
        else api.FinderInfo(
            running=is_running,
            reason=mainline.reason or ("" if is_running else mainline.state.value),
            contacts=mainline.nodes,
            heard=mainline.heard,
        ),
        None
        if lan is None
        else api.FinderInfo(running=lan.is_running, reason=lan.reason, contacts=lan.networks, heard=lan.heard),
    )


def _dropped(counters: Counters) -> int:
    return (
        counters.dropped_size
        + counters.dropped_unknown
        + counters.dropped_forged
        + counters.dropped_malformed
        + counters.dropped_load
        + counters.dropped_queue
    )
