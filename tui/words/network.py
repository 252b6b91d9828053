"""The state of the network in plain words, for the network screen and for ``sottovoce doctor``.

Each fact is a line of at most about sixty cells beside its label, and explains itself: a reader should not need the glossary
to know whether things are well. Nothing of Textual here: the doctor needs no screen.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.doctor.findings import span
from tui.language import told
from tui.words.durations import spoken
from tui.words.format import plural

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
    "role": "This node",
    "address": "Address",
    "nat": "Router",
    "reachable": "Reachable",
    "peers": "Linked to",
    "joins": "Named",
    "mainline": "BitTorrent",
    "lan": "Local net",
    "custodians": "Custodians",
    "guards": "Way in",
    "crowd": "Crowd",
    "clock": "Clock",
    "traffic": "Traffic",
    "cover": "Cover",
    "loops": "Round trips",
    "kept": "For others",
    "datagrams": "Datagrams",
}
"""Name of each fact and what stands before it."""
SOMETIMES: Final = frozenset({"joins"})
"""Facts that there are not always."""

_ROLES: Final = {
    "full": "full: passes on and keeps sealed parcels for others",
    "leaf": "leaf: takes part without serving others",
}
_NAT: Final = {
    "unknown": "not known yet; three other nodes must say how they see us",
    "open": "none between this machine and the others",
    "cone": "lets strangers in (a cone NAT)",
    "restricted": "lets in only whom we wrote to first (NAT or firewall)",
    "symmetric": "shows a different port to everybody (a symmetric NAT)",
}
_SOURCES: Final = {
    "join": "by --join",
    "mainline": "by BitTorrent",
    "lan": "in the local net",
    "remembered": "remembered",
    "exchange": "named by others",
    "incoming": "dialled us",
}


def facts_of(status: api.NetworkStatus) -> dict[str, str]:
    """Return each fact's words by its name."""
    return {
        "role": _ROLES[status.role],
        "address": _address(status),
        "nat": _NAT[status.nat],
        "reachable": _reachable(status),
        "peers": _peers(status),
        **({"joins": _joins(status.joins)} if status.joins else {}),
        "mainline": _mainline(status.mainline),
        "lan": _lan(status.lan),
        "custodians": _custodians(status),
        "guards": _guards(status),
        "crowd": f"about {plural(status.anonymity_set, 'reachable node')} to hide among"
        if status.peers
        else "nobody yet",
        "clock": _clock(status),
        "traffic": _traffic(status),
        "cover": _cover(status),
        "loops": _loops(status),
        "kept": _kept(status),
        "datagrams": f"{spaced(status.datagrams_in)} in, {spaced(status.datagrams_out)} out, "
        f"{spaced(status.datagrams_dropped)} dropped",
    }


def is_silent(status: api.NetworkStatus) -> bool:
    """Whether nodes are linked, but none of those that our traffic enters the network by has answered in time."""
    ways_in = [link for link in status.links if link.following] or status.links
    return bool(ways_in) and not any(link.answering for link in ways_in)


def clock_words(offset_ms: int) -> str:
    """Return in words how far the own clock is from the peers'; ``offset_ms`` is positive when the peers are ahead."""
    off = abs(offset_ms)
    if off < _SAME_TIME_MS:
        return "agrees with the other nodes"
    return f"{spoken(off / 1000)} {'behind' if offset_ms > 0 else 'ahead of'} the other nodes"


def _clock(status: api.NetworkStatus) -> str:
    """Return how the own clock stands, or whose clocks are off if it is not ours."""
    if not status.peers:
        return "nobody to compare it with"
    if status.clock_alone is not None:
        return f"{clock_words(status.clock_offset_ms)}, and alone with it"
    if not status.clocks_off:
        return clock_words(status.clock_offset_ms)
    first, more = status.clocks_off[0], len(status.clocks_off) - 1
    side = "ahead" if first.ahead_ms > 0 else "behind"
    others = f" (and {more} more)" if more else ""
    agreeing = plural(status.clocks_agreeing, "other")
    return f"{agreeing} agree; {first.node[:_SHOWN_NAME_SIZE]} is {told(span(first.ahead_ms))} {side}{others}"


def size_words(count: int) -> str:
    """Return a number of bytes in decimal units, as providers count: ``3.5 MB``."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    digits = 1 if unit != "bytes" and size < 9.95 else 0
    return f"{size:.{digits}f} {unit}"


def spaced(number: int) -> str:
    """Return a number in groups of three digits."""
    return f"{number:,}".replace(",", " ")


def _address(status: api.NetworkStatus) -> str:
    listens = status.listen or "none yet"
    if listens.startswith("*:"):
        listens = f"port {listens[2:]} of IPv4 and IPv6"
    return f"{listens}, seen by others as {status.public}" if status.public else listens


def _reachable(status: api.NetworkStatus) -> str:
    if status.role == "leaf":
        return "not wanted: a leaf serves nobody"
    if status.reachable is None:
        return "not known yet"
    return "yes, strangers can link to this node" if status.reachable else "no, links are opened from here only"


def _peers(status: api.NetworkStatus) -> str:
    if not status.peers:
        return "nobody"
    if is_silent(status):
        return f"{plural(status.peers, 'node')}, but those you send by do not answer just now"
    sources = [f"{count} {_SOURCES.get(source, source)}" for source, count in status.peers_by_source.items() if count]
    return f"{plural(status.peers, 'node')}: {', '.join(sources)}" if sources else plural(status.peers, "node")


_JOINS: Final[dict[api.JoinState, str]] = {
    "linked": "linked",
    "answered": "answered when it was asked",
    "trying": "not needed yet",
    "resolving": "looking its name up",
    "silent": "no answer",
    "useless": "a leaf, or this node itself",
    "other-family": "of another family of addresses",
    "unknown-name": "no such name now",
}


def _joins(joins: list[api.JoinInfo]) -> str:
    """Tell what became of each node named by --join; the key after the / says nothing to people."""
    return "; ".join(f"{_named(join)}: {_JOINS[join.state]}" for join in joins)


def _named(join: api.JoinInfo) -> str:
    host, _, _ = join.spec.partition("/")
    return host if join.answering in {"", host} else f"{host} ({join.answering})"


def _mainline(finder: api.FinderInfo | None) -> str:
    if finder is None:
        return "switched off"
    if not finder.running:
        return f"not in use: {finder.reason}"
    return f"{plural(finder.contacts, 'node')} of its DHT known, {_heard(finder)}"


def _lan(finder: api.FinderInfo | None) -> str:
    if finder is None:
        return "switched off"
    if not finder.running:
        return f"not in use: {finder.reason}"
    return f"calls into {plural(finder.contacts, 'local network')}, {_heard(finder)}"


def _heard(finder: api.FinderInfo) -> str:
    return f"{spaced(finder.heard)} addresses heard" if finder.heard else "nobody heard"


def _custodians(status: api.NetworkStatus) -> str:
    """Tell of those that keep what waits for us; which ones is only known while an account is open."""
    names = list(dict.fromkeys(name for box in status.mailboxes for name in box.custodians))
    if names:
        shown = [name[:_SHOWN_NAME_SIZE] for name in names]
        shown = shown if len(shown) <= _SHOWN_NAMES else [shown[0], "..."]
        agree = {True: " and agree", False: " but differ", None: ""}[status.copies_agree]
        return f"following {len(names)} that keep your mail{agree}: {', '.join(shown)}"
    if status.mailboxes:
        return "none found yet that keeps your mail"
    if not status.custodians:
        return "none known yet"
    return f"{spaced(status.custodians)} known; none is followed without an open account"


def _guards(status: api.NetworkStatus) -> str:
    if not status.guards:
        return "no guards chosen yet"
    return f"{status.guards_linked} of {plural(status.guards, 'guard')} answer; your messages enter the network there"


def _traffic(status: api.NetworkStatus) -> str:
    passed = f"{size_words(status.hour_out)} out, {size_words(status.hour_in)} in"
    if status.hour_seconds < MEASURED_AFTER:
        return f"{passed} since the start; too early to say how much a day"
    since = "the last hour" if status.hour_seconds > FULL_HOUR else spoken(status.hour_seconds)
    return f"{passed} within {since} ({size_words(day_of(status))} a day)"


def day_of(status: api.NetworkStatus) -> int:
    """Return what a day comes to at the rate of the last hour, in bytes both ways."""
    return round((status.hour_out + status.hour_in) * 86_400 / max(status.hour_seconds, 1.0))


def _cover(status: api.NetworkStatus) -> str:
    costs = status.cover_bytes_per_day
    others = ", ".join(f"{name} {size_words(cost)}" for name, cost in costs.items() if name != status.pace)
    return f"{status.pace}, {size_words(costs[status.pace])} out a day ({others})"


def _loops(status: api.NetworkStatus) -> str:
    if not status.loops_sent:
        return "no test packets sent round yet"
    lost = f"{spaced(status.loops_lost)} lost" if status.loops_lost else "none lost"
    return f"{spaced(status.loops_sent)} test packets sent round, {lost}"


def _kept(status: api.NetworkStatus) -> str:
    if status.role == "leaf":
        return "nothing is kept"
    swarm = f", as {plural(status.swarm, 'other node')} do" if status.swarm else ""
    return f"keeps {plural(status.parcels, 'sealed parcel')} ({size_words(status.parcel_bytes)}){swarm}"
