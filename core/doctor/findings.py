"""What is wrong with the network as this node sees it, what that means, and what to do about it.

One list of findings for the network screen and for ``sottovoce doctor``, the worst first. Most of them the owner can do
something about; *notes* are only to be known. What a finding says must follow from ``api.NetworkStatus`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from core import api
from net.network_time import AGREEMENT_MS
from net.node.snapshot import SMALL_NETWORK

# Seconds after the start in which nothing is said of what is merely not there yet.
SETTLING: Final = 10
# Below this many custodians one more failure could lose what waits.
FEW_CUSTODIANS: Final = 2
# Nodes on a whole path: three relays and the custodian.
WHOLE_PATH: Final = 4
# Loops from which on a share is no chance any more, and the share of lost ones that is too much.
ENOUGH_LOOPS: Final = 20
TOO_MANY_LOST: Final = 0.25


class Finding(api.Record, frozen=True, omit_defaults=False):
    """Something worth knowing; ``kind`` is for programs, ``text`` for people."""

    kind: str
    text: str


# What a clock's difference is told in, up to how many minutes: (minutes in one, name, most).
_UNITS: Final = (
    (1, "minutes", 120),
    (60, "hours", 60 * 48),
    (60 * 24, "days", 60 * 24 * 730),
    (60 * 24 * 365.25, "years", math.inf),
)

# Findings that need no action.
NOTES: Final = frozenset({
    "starting", "join-failed", "clocks-differ", "small-network", "short-paths", "flood", "no-mainline", "home-in-use",
    "logout-kills", "no-linger",
})  # fmt: skip


def needs_attention(finding: Finding) -> bool:
    """Return whether a finding asks for action."""
    return finding.kind not in NOTES


def findings_of(status: api.NetworkStatus) -> list[Finding]:
    """Return what is wrong, the worst first."""
    return [
        *_of_links(status),
        *_of_joins(status),
        *_of_the_clock(status),
        *_of_reachability(status),
        *_of_traffic(status),
        *_notes(status),
    ]


def _of_links(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield findings of a missing network, or of too few custodians that keep what waits for us."""
    if status.uptime < SETTLING and status.custodians < FEW_CUSTODIANS:
        yield Finding(kind="starting", text="Looking for other nodes. What you write waits here until there are some.")
    elif status.peers and status.clock_alone is not None:
        pass  # no node can be used while the clock is odd, which the clock's finding tells
    elif not status.peers:
        yield Finding(kind="no-network", text=f"{_why_nobody(status)} What you write waits here.")
    elif status.guards and not status.guards_linked:
        yield Finding(
            kind="no-guards",
            text="None of the nodes answers through which your traffic enters the network. They are being tried again, "
            "and others soon; until then nothing is sent or received.",
        )
    elif status.custodians < FEW_CUSTODIANS:
        found = "Only one node is" if status.custodians else "No node is"
        yield Finding(
            kind="few-custodians",
            text=f"{found} known to keep messages while they wait; it takes two. More are being looked for.",
        )
    if status.copies_agree is False:
        yield Finding(
            kind="copies-differ",
            text="Nodes that keep your mail name different parcels. They settle that among themselves within the hour; "
            "one that goes on withholding is left.",
        )


# Texts for a node named by --join that is no help; the states that are not here are well, or not known yet.
_OF_JOIN: Final[dict[api.JoinState, str]] = {
    "unknown-name": "the name does not resolve: {reason}. It is looked up again until it does.",
    "other-family": "it is at {addresses}, and this node listens at {listen} alone. Start with --listen {wanted}, or "
    "without --listen, which takes IPv4 and IPv6.",
    "silent": "nobody answers at {addresses}. Nothing runs there, a firewall keeps UDP away, or the key after the / is "
    "not that node's. It is tried on.",
    "useless": "what answers at {addresses} is a leaf, which serves nobody, or this node itself.",
}


def _of_joins(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield a finding for each node named by --join that is no help."""
    if status.uptime < SETTLING and not status.peers:
        return
    for join in status.joins:
        if (text := _OF_JOIN.get(join.state)) is not None:
            said = text.format(
                addresses=_listed(join.addresses) if join.addresses else join.spec,
                reason=join.reason,
                listen=status.listen,
                wanted="0.0.0.0:0" if status.listen.startswith("[") else "[::]:0",
            )
            yield Finding(kind="join-failed", text=f"--join {join.spec}: {said}")


def _why_nobody(status: api.NetworkStatus) -> str:
    """Return the most likely reason for having no links."""
    mainline, lan = status.mainline, status.lan
    if mainline is None and lan is None:
        return "Linked to nobody: finding nodes is switched off, and no node named by --join answers."
    if mainline is not None and mainline.running and not mainline.contacts:
        return (
            "Linked to nobody, and not even the BitTorrent DHT answers: either this machine is offline, or a firewall "
            "lets no UDP out. Allow outgoing UDP."
        )
    if any(finder is not None and finder.heard for finder in (mainline, lan)):
        return (
            "Addresses of nodes were found, but none of them answers. A firewall may keep UDP from high ports away; "
            "allow outgoing UDP to any port."
        )
    if mainline is not None and not mainline.running:
        return (
            "Linked to nobody: the BitTorrent DHT cannot be asked, and nobody is in the local network. "
            "Name a node by --join."
        )
    return "Linked to nobody: no other node was found yet. A node you know can be named by --join."


def _of_the_clock(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield findings of wrong clocks: this machine's, or those of others that are left out for it."""
    if status.clock_alone is not None:
        yield Finding(kind="clock-off", text=_alone(status.clock_alone, is_stuck=not status.custodians))
    elif abs(status.clock_offset_ms) > AGREEMENT_MS:
        side = "behind" if status.clock_offset_ms > 0 else "ahead of"
        yield Finding(
            kind="clock-off",
            text=f"This machine's clock is {span(status.clock_offset_ms)} {side} the other nodes'. Mail goes by the "
            "network's time as far as they agree, but please set the clock.",
        )
    if left_out := [each for each in status.clocks_off if each.left_out]:
        is_doubtful = status.clock_alone is None and _largest_group(left_out) > status.clocks_agreeing
        yield Finding(kind="clock-off", text=_left_out(left_out, is_doubtful=is_doubtful))


def _alone(alone: api.ClockAlone, *, is_stuck: bool) -> str:
    names = _listed([each.node for each in alone.against])
    ahead = alone.against[0].ahead_ms
    side = "behind" if ahead > 0 else "ahead of"
    if len(alone.against) > 1:
        said = f"This machine's clock is {span(ahead)} {side} that of {names}, who agree with each other"
        said += f"; only {_listed(alone.agreeing)} agrees with it" if alone.agreeing else "; nobody's agrees with it"
    else:
        said = (
            f"This machine's clock is {span(ahead)} {side} that of {names}, and there is nobody to tell which is right"
        )
    waits = " What you write waits here until they agree." if is_stuck else ""
    return f"{said}. It takes three that agree to correct it.{waits} Please set the clock."


def _left_out(off: list[api.ClockOff], *, is_doubtful: bool) -> str:
    said = _listed([f"{each.node} is {span(each.ahead_ms)} {_side(each.ahead_ms)}" for each in off])
    doubt = (
        " As many agree with each other as with this machine, so it may be the other way round." if is_doubtful else ""
    )
    return (
        f"Clocks of other nodes are wrong: {said}. They are left out until they are right; whoever runs one, please set "
        f"its clock.{doubt}"
    )


def _largest_group(off: list[api.ClockOff]) -> int:
    """Return how many of these agree with each other."""
    return max(sum(abs(one.ahead_ms - other.ahead_ms) <= AGREEMENT_MS for other in off) for one in off)


def _side(ahead_ms: int) -> str:
    return "ahead" if ahead_ms > 0 else "behind"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def span(milliseconds: int) -> str:
    """Return by how much a clock is off, in words: minutes, hours, days or years."""
    minutes = abs(milliseconds) / 60_000
    size, unit, _ = next(each for each in _UNITS if minutes < each[2])
    return f"{round(minutes / size)} {unit}"


def _of_reachability(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield findings of a node that strangers cannot reach, which matters only where it is to serve them."""
    if status.role == "leaf":
        return
    port = status.listen.rpartition(":")[2]
    if status.nat == "symmetric":
        yield Finding(
            kind="symmetric-nat",
            text="The router shows this device at a different port to everybody (a symmetric NAT), so strangers cannot "
            "link to it. Your messages come and go all the same. To serve others too, forward a UDP port to this "
            "device and start with --listen 0.0.0.0:PORT.",
        )
    elif status.reachable is False:
        yield Finding(
            kind="unreachable",
            text="A firewall or router keeps strangers from linking to this device. Your messages come and go all the "
            f"same. To serve others too, let UDP in to port {port}, or switch on port mapping (UPnP or NAT-PMP) in the "
            "router; or start with --role leaf.",
        )


def _of_traffic(status: api.NetworkStatus) -> Iterator[Finding]:
    if status.loops_sent >= ENOUGH_LOOPS and status.loops_lost > TOO_MANY_LOST * status.loops_sent:
        yield Finding(
            kind="loops-lost",
            text=f"Of {status.loops_sent} packets sent round the network to test it {status.loops_lost} got lost. "
            "Messages are sent again until they arrive, but the line may be bad, or somebody in the way.",
        )


def _notes(status: api.NetworkStatus) -> Iterator[Finding]:
    differing = [each for each in status.clocks_off if not each.left_out]
    if differing and status.anonymity_set < SMALL_NETWORK:  # in a larger one they are strangers'
        said = _listed([f"{each.node} is {span(each.ahead_ms)} {_side(each.ahead_ms)}" for each in differing])
        yield Finding(
            kind="clocks-differ",
            text=f"Clocks of other nodes are not right, but do no harm: {said}. If one is yours, please set it.",
        )
    if status.peers and status.anonymity_set < SMALL_NETWORK:
        nodes = "1 node" if status.anonymity_set == 1 else f"{status.anonymity_set} nodes"
        yield Finding(
            kind="small-network",
            text=f"The network has about {nodes} that can be reached, too few to hide among: somebody who runs or "
            "watches many of them can tell who writes to whom, though never what.",
        )
    if status.custodians and status.hops < WHOLE_PATH:
        relays = (
            "no stranger" if status.hops <= 1 else "1 stranger" if status.hops == 2 else f"{status.hops - 1} strangers"
        )
        yield Finding(
            kind="short-paths",
            text=f"There are so few nodes that messages pass over {relays} on the way to where they wait; it should be "
            f"{WHOLE_PATH - 1}.",
        )
    if status.price_factor > 1:
        yield Finding(
            kind="flood",
            text=f"Somebody floods this part of the network, so a parcel costs {status.price_factor} times the usual work.",
        )
    if status.peers and status.mainline is not None and not status.mainline.running:
        yield Finding(
            kind="no-mainline",
            text="Nodes are not looked for in the BitTorrent DHT, since it is not available here; other ways go on.",
        )
