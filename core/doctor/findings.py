"""What is wrong with the network as this node sees it, what that means, and what to do about it.

One list of findings for the network screen and for ``sottovoce doctor``, the worst first. Most of them the owner can do
something about; *notes* are only to be known. What a finding says must follow from ``api.NetworkStatus`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from core import api
from core.sentence import N_, Sentence, sentence
from net.network_time import AGREEMENT_MS
from net.numbers import SMALL_NETWORK

# Seconds after the start in which nothing is said of what is merely not there yet.
SETTLING: Final = 10
# Below this many custodians one more failure could lose what waits.
FEW_CUSTODIANS: Final = 2
# Nodes on a whole path: three relays and the custodian.
WHOLE_PATH: Final = 4
# Loops from which on a share is no chance any more, and the share of lost ones that is too much.
ENOUGH_LOOPS: Final = 20
TOO_MANY_LOST: Final = 0.25


class Finding(api.Record, frozen=True):
    """Something worth knowing; ``kind`` is for programs, ``text`` for people.

    ``said`` is the text as its template and values, where it has any.
    """

    kind: str
    text: str
    said: Sentence | None = None


def finding(kind: str, text: str | Sentence) -> Finding:
    """Return a finding that says ``text``."""
    return Finding(kind=kind, text=str(text), said=text if isinstance(text, Sentence) and text.values else None)


# What a clock's difference is told in, up to how many minutes: (minutes in one, name, most).
_UNITS: Final = (
    (1, N_("{count} minutes"), 120),
    (60, N_("{count} hours"), 60 * 48),
    (60 * 24, N_("{count} days"), 60 * 24 * 730),
    (60 * 24 * 365.25, N_("{count} years"), math.inf),
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
        yield finding("starting", N_("Looking for other nodes. What you write waits here until there are some."))
    elif status.peers and status.clock_alone is not None:
        pass  # no node can be used while the clock is odd, which the clock's finding tells
    elif not status.peers:
        yield finding("no-network", sentence("{why} What you write waits here.", why=Sentence(_why_nobody(status))))
    elif status.guards and not status.guards_linked:
        yield finding(
            "no-guards",
            N_(
                "None of the nodes answers through which your traffic enters the network. They are being tried again, "
                "and others soon; until then nothing is sent or received."
            ),
        )
    elif status.custodians < FEW_CUSTODIANS:
        one = N_("Only one node is known to keep messages while they wait; it takes two. More are being looked for.")
        none = N_("No node is known to keep messages while they wait; it takes two. More are being looked for.")
        yield finding("few-custodians", one if status.custodians else none)
    if status.copies_agree is False:
        yield finding(
            "copies-differ",
            N_(
                "Nodes that keep your mail name different parcels. They settle that among themselves within the hour; "
                "one that goes on withholding is left."
            ),
        )


# Texts for a node named by --join that is no help; the states that are not here are well, or not known yet.
_OF_JOIN: Final[dict[api.JoinState, str]] = {
    "unknown-name": N_("--join {spec}: the name does not resolve: {reason}. It is looked up again until it does."),
    "other-family": N_(
        "--join {spec}: it is at {addresses}, and this node listens at {listen} alone. Start with --listen {wanted}, or "
        "without --listen, which takes IPv4 and IPv6."
    ),
    "silent": N_(
        "--join {spec}: nobody answers at {addresses}. Nothing runs there, a firewall keeps UDP away, or the key after "
        "the / is not that node's. It is tried on."
    ),
    "useless": N_("--join {spec}: what answers at {addresses} is a leaf, which serves nobody, or this node itself."),
}


def _of_joins(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield a finding for each node named by --join that is no help."""
    if status.uptime < SETTLING and not status.peers:
        return
    for join in status.joins:
        if (text := _OF_JOIN.get(join.state)) is not None:
            said = sentence(
                text,
                spec=join.spec,
                addresses=_listed(join.addresses) if join.addresses else join.spec,
                reason=Sentence(join.reason),
                listen=status.listen,
                wanted="0.0.0.0:0" if status.listen.startswith("[") else "[::]:0",
            )
            yield finding("join-failed", said)


def _why_nobody(status: api.NetworkStatus) -> str:
    """Return the most likely reason for having no links."""
    mainline, lan = status.mainline, status.lan
    if mainline is None and lan is None:
        return N_("Linked to nobody: finding nodes is switched off, and no node named by --join answers.")
    if mainline is not None and mainline.running and not mainline.contacts:
        return N_(
            "Linked to nobody, and not even the BitTorrent DHT answers: either this machine is offline, or a firewall "
            "lets no UDP out. Allow outgoing UDP."
        )
    if any(finder is not None and finder.heard for finder in (mainline, lan)):
        return N_(
            "Addresses of nodes were found, but none of them answers. A firewall may keep UDP from high ports away; "
            "allow outgoing UDP to any port."
        )
    if mainline is not None and not mainline.running:
        return N_(
            "Linked to nobody: the BitTorrent DHT cannot be asked, and nobody is in the local network. "
            "Name a node by --join."
        )
    return N_("Linked to nobody: no other node was found yet. A node you know can be named by --join.")


def _of_the_clock(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield findings of wrong clocks: this machine's, or those of others that are left out for it."""
    if status.clock_alone is not None:
        yield finding("clock-off", _alone(status.clock_alone, is_stuck=not status.custodians))
    elif abs(status.clock_offset_ms) > AGREEMENT_MS:
        behind = N_(
            "This machine's clock is {span} behind the other nodes'. Mail goes by the network's time as far as they agree, "
            "but please set the clock."
        )
        ahead = N_(
            "This machine's clock is {span} ahead of the other nodes'. Mail goes by the network's time as far as they "
            "agree, but please set the clock."
        )
        template = behind if status.clock_offset_ms > 0 else ahead
        yield finding("clock-off", sentence(template, span=span(status.clock_offset_ms)))
    if left_out := [each for each in status.clocks_off if each.left_out]:
        is_doubtful = status.clock_alone is None and _largest_group(left_out) > status.clocks_agreeing
        yield finding("clock-off", _left_out(left_out, is_doubtful=is_doubtful))


def _alone(alone: api.ClockAlone, *, is_stuck: bool) -> Sentence:
    template = N_("{alone}. It takes three that agree to correct it. Please set the clock.")
    if is_stuck:
        template = N_(
            "{alone}. It takes three that agree to correct it. What you write waits here until they agree. Please set the "
            "clock."
        )
    return sentence(template, alone=_how_alone(alone))


# (This machine's clock is behind, others agree with each other, one agrees with it) -> what is said.
_ALONE: Final = {
    (True, True, True): N_(
        "This machine's clock is {span} behind that of {names}, who agree with each other; only {agreeing} agrees with it"
    ),
    (True, True, False): N_(
        "This machine's clock is {span} behind that of {names}, who agree with each other; nobody's agrees with it"
    ),
    (True, False, False): N_(
        "This machine's clock is {span} behind that of {names}, and there is nobody to tell which is right"
    ),
    (False, True, True): N_(
        "This machine's clock is {span} ahead of that of {names}, who agree with each other; only {agreeing} agrees with it"
    ),
    (False, True, False): N_(
        "This machine's clock is {span} ahead of that of {names}, who agree with each other; nobody's agrees with it"
    ),
    (False, False, False): N_(
        "This machine's clock is {span} ahead of that of {names}, and there is nobody to tell which is right"
    ),
}


def _how_alone(alone: api.ClockAlone) -> Sentence:
    ahead, are_many = alone.against[0].ahead_ms, len(alone.against) > 1
    names = _listed([each.node for each in alone.against])
    is_joined = are_many and bool(alone.agreeing)
    agreeing = {"agreeing": _listed(alone.agreeing)} if is_joined else {}
    return sentence(_ALONE[ahead > 0, are_many, is_joined], span=span(ahead), names=names, **agreeing)


def _left_out(off: list[api.ClockOff], *, is_doubtful: bool) -> Sentence:
    plain = N_(
        "Clocks of other nodes are wrong: {clocks}. They are left out until they are right; whoever runs one, please set "
        "its clock."
    )
    doubtful = N_(
        "Clocks of other nodes are wrong: {clocks}. They are left out until they are right; whoever runs one, please set "
        "its clock. As many agree with each other as with this machine, so it may be the other way round."
    )
    return sentence(doubtful if is_doubtful else plain, clocks=_clocks(off))


def _clocks(off: list[api.ClockOff]) -> str | Sentence:
    """Return by how much clocks are off, one after the other."""
    ahead, behind = N_("{node} is {span} ahead"), N_("{node} is {span} behind")
    return _listed(
        [sentence(ahead if each.ahead_ms > 0 else behind, node=each.node, span=span(each.ahead_ms)) for each in off]
    )


def _largest_group(off: list[api.ClockOff]) -> int:
    """Return how many of these agree with each other."""
    return max(sum(abs(one.ahead_ms - other.ahead_ms) <= AGREEMENT_MS for other in off) for one in off)


def _listed(names: Sequence[str | Sentence]) -> str | Sentence:
    """Return names, or what is said of each, one after the other."""
    said = names[0]
    for name in names[1:-1]:
        said = sentence("{names}, {name}", names=said, name=name)
    return said if len(names) == 1 else sentence("{names} and {name}", names=said, name=names[-1])


def span(milliseconds: int) -> Sentence:
    """Return by how much a clock is off, in words: minutes, hours, days or years."""
    minutes = abs(milliseconds) / 60_000
    size, template, _ = next(each for each in _UNITS if minutes < each[2])
    return sentence(template, count=round(minutes / size))


def _of_reachability(status: api.NetworkStatus) -> Iterator[Finding]:
    """Yield findings of a node that strangers cannot reach, which matters only where it is to serve them."""
    if status.role == "leaf":
        return
    port = status.listen.rpartition(":")[2]
    if status.nat == "symmetric":
        yield finding(
            "symmetric-nat",
            N_(
                "The router shows this device at a different port to everybody (a symmetric NAT), so strangers cannot "
                "link to it. Your messages come and go all the same. To serve others too, forward a UDP port to this "
                "device and start with --listen 0.0.0.0:PORT."
            ),
        )
    elif status.reachable is False:
        said = sentence(
            "A firewall or router keeps strangers from linking to this device. Your messages come and go all the same. To "
            "serve others too, let UDP in to port {port}, or switch on port mapping (UPnP or NAT-PMP) in the router; or "
            "start with --role leaf.",
            port=port,
        )
        yield finding("unreachable", said)


def _of_traffic(status: api.NetworkStatus) -> Iterator[Finding]:
    if status.loops_sent >= ENOUGH_LOOPS and status.loops_lost > TOO_MANY_LOST * status.loops_sent:
        said = sentence(
            "Of {sent} packets sent round the network to test it {lost} got lost. Messages are sent again until they "
            "arrive, but the line may be bad, or somebody in the way.",
            sent=status.loops_sent,
            lost=status.loops_lost,
        )
        yield finding("loops-lost", said)


def _notes(status: api.NetworkStatus) -> Iterator[Finding]:
    differing = [each for each in status.clocks_off if not each.left_out]
    if differing and status.anonymity_set < SMALL_NETWORK:  # in a larger one they are strangers'
        said = sentence(
            "Clocks of other nodes are not right, but do no harm: {clocks}. If one is yours, please set it.",
            clocks=_clocks(differing),
        )
        yield finding("clocks-differ", said)
    if status.peers and status.anonymity_set < SMALL_NETWORK:
        one = N_(
            "The network has about 1 node that can be reached, too few to hide among: somebody who runs or watches many of "
            "them can tell who writes to whom, though never what."
        )
        few = N_(
            "The network has about {count} nodes that can be reached, too few to hide among: somebody who runs or watches "
            "many of them can tell who writes to whom, though never what."
        )
        count = status.anonymity_set
        yield finding("small-network", one if count == 1 else sentence(few, count=count))
    if status.custodians and status.hops < WHOLE_PATH:
        yield finding("short-paths", _short_paths(max(0, status.hops - 1)))
    if status.price_factor > 1:
        said = sentence(
            "Somebody floods this part of the network, so a parcel costs {factor} times the usual work.",
            factor=str(status.price_factor),
        )
        yield finding("flood", said)
    if status.peers and status.mainline is not None and not status.mainline.running:
        yield finding(
            "no-mainline",
            N_("Nodes are not looked for in the BitTorrent DHT, since it is not available here; other ways go on."),
        )


# How many strangers there are on the way -> what is said of it.
_SHORT: Final = (
    N_(
        "There are so few nodes that messages pass over no stranger on the way to where they wait; it should be {whole}."
    ),
    N_(
        "There are so few nodes that messages pass over 1 stranger on the way to where they wait; it should be {whole}."
    ),
    N_(
        "There are so few nodes that messages pass over {count} strangers on the way to where they wait; it should be "
        "{whole}."
    ),
)


def _short_paths(strangers: int) -> Sentence:
    count = {"count": strangers} if strangers >= len(_SHORT) - 1 else {}
    return sentence(_SHORT[min(strangers, len(_SHORT) - 1)], whole=WHOLE_PATH - 1, **count)
