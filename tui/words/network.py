"""The state of the network in plain words, for the network screen and for ``sottovoce doctor``.

Each fact is a line of at most about sixty cells beside its label, and explains itself: a reader should not need the glossary
to know whether things are well. Nothing of Textual here: the doctor needs no screen.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.doctor.findings import span
from tui.language import N_, told, tr, tr_n
from tui.words.durations import spoken
from tui.words.format import listed

# Seconds after the start before which a day's traffic cannot be told from that of the start.
MEASURED_AFTER: Final = 600
# Seconds of what is called the last hour: minutes are counted whole.
FULL_HOUR: Final = 3500
# Seconds by which clocks may differ without a word.
_SAME_TIME_MS: Final = 1000
# Custodians named where there are no more, and how much of each name.
_SHOWN_NAMES: Final = 2
_SHOWN_NAME_SIZE: Final = 8

LABELS: Final = {
    "role": N_("This node"),
    "address": N_("Address"),
    "nat": N_("Router"),
    "reachable": N_("Reachable"),
    "peers": N_("Linked to"),
    "joins": N_("Named"),
    "mainline": N_("BitTorrent"),
    "lan": N_("Local net"),
    "custodians": N_("Custodians"),
    "guards": N_("Way in"),
    "crowd": N_("Crowd"),
    "clock": N_("Clock"),
    "traffic": N_("Traffic"),
    "cover": N_("Cover"),
    "loops": N_("Round trips"),
    "kept": N_("For others"),
    "datagrams": N_("Datagrams"),
}
"""Name of each fact and what stands before it."""
SOMETIMES: Final = frozenset({"joins"})
"""Facts that there are not always."""

_ROLES: Final = {
    "full": N_("full: passes on and keeps sealed parcels for others"),
    "leaf": N_("leaf: takes part without serving others"),
}
_NAT: Final = {
    "unknown": N_("not known yet; three other nodes must say how they see us"),
    "open": N_("none between this machine and the others"),
    "cone": N_("lets strangers in (a cone NAT)"),
    "restricted": N_("lets in only whom we wrote to first (NAT or firewall)"),
    "symmetric": N_("shows a different port to everybody (a symmetric NAT)"),
}
# In core's and net's words: the names of paces, and why nodes are not looked for in some way.
_IN_OTHER_WORDS: Final = (
    N_("sparing"),
    N_("normal"),
    N_("strong"),
    N_("stopped"),
    N_("libtorrent is not installed"),
    N_("running"),
    N_("failed"),
    N_("listens on loopback alone"),
)
_SOURCES: Final = {
    "join": N_("by --join"),
    "mainline": N_("by BitTorrent"),
    "lan": N_("in the local net"),
    "remembered": N_("remembered"),
    "exchange": N_("named by others"),
    "incoming": N_("dialled us"),
}


def facts_of(status: api.NetworkStatus) -> dict[str, str]:
    """Return each fact's words by its name."""
    return {
        "role": tr(_ROLES[status.role]),
        "address": _address(status),
        "nat": tr(_NAT[status.nat]),
        "reachable": _reachable(status),
        "peers": _peers(status),
        **({"joins": _joins(status.joins)} if status.joins else {}),
        "mainline": _mainline(status.mainline),
        "lan": _lan(status.lan),
        "custodians": _custodians(status),
        "guards": _guards(status),
        "crowd": tr_n(
            "about {count} reachable node to hide among",
            "about {count} reachable nodes to hide among",
            status.anonymity_set,
        )
        if status.peers
        else tr("nobody yet"),
        "clock": _clock(status),
        "traffic": _traffic(status),
        "cover": _cover(status),
        "loops": _loops(status),
        "kept": _kept(status),
        "datagrams": tr("{into} in, {out} out, {dropped} dropped").format(
            into=spaced(status.datagrams_in),
            out=spaced(status.datagrams_out),
            dropped=spaced(status.datagrams_dropped),
        ),
    }


def is_silent(status: api.NetworkStatus) -> bool:
    """Whether nodes are linked, but none of those that our traffic enters the network by has answered in time."""
    ways_in = [link for link in status.links if link.following] or status.links
    return bool(ways_in) and not any(link.answering for link in ways_in)


def clock_words(offset_ms: int) -> str:
    """Return in words how far the own clock is from the peers'; ``offset_ms`` is positive when the peers are ahead."""
    off = abs(offset_ms)
    if off < _SAME_TIME_MS:
        return tr("agrees with the other nodes")
    said = tr("{span} behind the other nodes") if offset_ms > 0 else tr("{span} ahead of the other nodes")
    return said.format(span=spoken(off / 1000))


def _clock(status: api.NetworkStatus) -> str:
    """Return how the own clock stands, or whose clocks are off if it is not ours."""
    if not status.peers:
        return tr("nobody to compare it with")
    if status.clock_alone is not None:
        return tr("{clock}, and alone with it").format(clock=clock_words(status.clock_offset_ms))
    if not status.clocks_off:
        return clock_words(status.clock_offset_ms)
    first, more = status.clocks_off[0], len(status.clocks_off) - 1
    others = tr_n("{count} other", "{count} others", status.clocks_agreeing)
    said = (
        tr("{others} agree; {node} is {span} ahead")
        if first.ahead_ms > 0
        else tr("{others} agree; {node} is {span} behind")
    )
    said = said.format(others=others, node=first.node[:_SHOWN_NAME_SIZE], span=told(span(first.ahead_ms)))
    return tr("{clocks} (and {count} more)").format(clocks=said, count=more) if more else said


def size_words(count: int) -> str:
    """Return a number of bytes in decimal units, as providers count: ``3.5 MB``."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    digits = 1 if unit != "bytes" and size < 9.95 else 0
    figure = f"{size:.{digits}f}"
    return f"{figure} {unit}" if unit != "bytes" else tr("{count} bytes").format(count=figure)


def spaced(number: int) -> str:
    """Return a number in groups of three digits."""
    return f"{number:,}".replace(",", " ")


def _address(status: api.NetworkStatus) -> str:
    listens = status.listen or tr("none yet")
    if listens.startswith("*:"):
        listens = tr("port {port} of IPv4 and IPv6").format(port=listens[2:])
    if not status.public:
        return listens
    return tr("{address}, seen by others as {public}").format(address=listens, public=status.public)


def _reachable(status: api.NetworkStatus) -> str:
    if status.role == "leaf":
        return tr("not wanted: a leaf serves nobody")
    if status.reachable is None:
        return tr("not known yet")
    yes, no = tr("yes, strangers can link to this node"), tr("no, links are opened from here only")
    return yes if status.reachable else no


def _peers(status: api.NetworkStatus) -> str:
    if not status.peers:
        return tr("nobody")
    nodes = tr_n("{count} node", "{count} nodes", status.peers)
    if is_silent(status):
        return tr("{nodes}, but those you send by do not answer just now").format(nodes=nodes)
    sources = [
        tr("{count} {source}").format(count=count, source=tr(_SOURCES.get(source, source)))
        for source, count in status.peers_by_source.items()
        if count
    ]
    return tr("{nodes}: {sources}").format(nodes=nodes, sources=listed(sources)) if sources else nodes


_JOINS: Final[dict[api.JoinState, str]] = {
    "linked": N_("linked"),
    "answered": N_("answered when it was asked"),
    "trying": N_("not needed yet"),
    "resolving": N_("looking its name up"),
    "silent": N_("no answer"),
    "useless": N_("a leaf, or this node itself"),
    "other-family": N_("of another family of addresses"),
    "unknown-name": N_("no such name now"),
}


def _joins(joins: list[api.JoinInfo]) -> str:
    """Tell what became of each node named by --join; the key after the / says nothing to people."""
    each = tr("{name}: {state}")
    return "; ".join(each.format(name=_named(join), state=tr(_JOINS[join.state])) for join in joins)


def _named(join: api.JoinInfo) -> str:
    host, _, _ = join.spec.partition("/")
    return host if join.answering in {"", host} else f"{host} ({join.answering})"


def _mainline(finder: api.FinderInfo | None) -> str:
    if finder is None:
        return tr("switched off")
    if not finder.running:
        return tr("not in use: {reason}").format(reason=tr(finder.reason))
    known = tr_n("{count} node of its DHT known", "{count} nodes of its DHT known", finder.contacts)
    return tr("{known}, {heard}").format(known=known, heard=_heard(finder))


def _lan(finder: api.FinderInfo | None) -> str:
    if finder is None:
        return tr("switched off")
    if not finder.running:
        return tr("not in use: {reason}").format(reason=tr(finder.reason))
    calls = tr_n("calls into {count} local network", "calls into {count} local networks", finder.contacts)
    return tr("{known}, {heard}").format(known=calls, heard=_heard(finder))


def _heard(finder: api.FinderInfo) -> str:
    return tr("{count} addresses heard").format(count=spaced(finder.heard)) if finder.heard else tr("nobody heard")


def _custodians(status: api.NetworkStatus) -> str:
    """Tell of those that keep what waits for us; which ones is only known while an account is open."""
    names = list(dict.fromkeys(name for box in status.mailboxes for name in box.custodians))
    if names:
        shown = [name[:_SHOWN_NAME_SIZE] for name in names]
        shown = shown if len(shown) <= _SHOWN_NAMES else [shown[0], "..."]
        said = tr("following {count} that keep your mail: {names}")
        if status.copies_agree is not None:
            agree = tr("following {count} that keep your mail and agree: {names}")
            said = agree if status.copies_agree else tr("following {count} that keep your mail but differ: {names}")
        return said.format(count=len(names), names=listed(shown))
    if status.mailboxes:
        return tr("none found yet that keeps your mail")
    if not status.custodians:
        return tr("none known yet")
    known = spaced(status.custodians)
    return tr("{count} known; none is followed without an open account").format(count=known)


def _guards(status: api.NetworkStatus) -> str:
    if not status.guards:
        return tr("no guards chosen yet")
    guards = tr_n("{count} guard", "{count} guards", status.guards)
    said = tr("{linked} of {guards} answer; your messages enter the network there")
    return said.format(linked=status.guards_linked, guards=guards)


def _traffic(status: api.NetworkStatus) -> str:
    out, into = size_words(status.hour_out), size_words(status.hour_in)
    if status.hour_seconds < MEASURED_AFTER:
        return tr("{out} out, {into} in since the start; too early to say how much a day").format(out=out, into=into)
    since = tr("the last hour") if status.hour_seconds > FULL_HOUR else spoken(status.hour_seconds)
    said = tr("{out} out, {into} in within {span} ({size} a day)")
    return said.format(out=out, into=into, span=since, size=size_words(day_of(status)))


def day_of(status: api.NetworkStatus) -> int:
    """Return what a day comes to at the rate of the last hour, in bytes both ways."""
    return round((status.hour_out + status.hour_in) * 86_400 / max(status.hour_seconds, 1.0))


def _cover(status: api.NetworkStatus) -> str:
    costs = status.cover_bytes_per_day
    others = listed(f"{tr(name)} {size_words(cost)}" for name, cost in costs.items() if name != status.pace)
    said = tr("{pace}, {size} out a day ({others})")
    return said.format(pace=tr(status.pace), size=size_words(costs[status.pace]), others=others)


def _loops(status: api.NetworkStatus) -> str:
    if not status.loops_sent:
        return tr("no test packets sent round yet")
    said = (
        tr("{sent} test packets sent round, {lost} lost")
        if status.loops_lost
        else tr("{sent} test packets sent round, none lost")
    )
    return said.format(sent=spaced(status.loops_sent), lost=spaced(status.loops_lost))


def _kept(status: api.NetworkStatus) -> str:
    if status.role == "leaf":
        return tr("nothing is kept")
    parcels = tr_n("{count} sealed parcel", "{count} sealed parcels", status.parcels)
    nodes = tr_n("{count} other node", "{count} other nodes", status.swarm)
    said = tr("keeps {parcels} ({size}), as {nodes} do") if status.swarm else tr("keeps {parcels} ({size})")
    return said.format(parcels=parcels, size=size_words(status.parcel_bytes), nodes=nodes)
