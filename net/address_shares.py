"""Who is one party, as far as addresses show, and what each party gets of what is scarce.

Names are free; addresses are not. So what strangers take of us (links, handshakes, circuits, memory) is counted by where
they are, in networks that lie in each other, outermost first:

    IPv4                                     /24 ─ address
    IPv6                                     /48 ─ /56 ─ /64
    loopback, private, link-local, others    the host alone

What a provider gives to one customer is the innermost of these or lies between; an attacker holds few of the outermost. IPv6
addresses that carry an IPv4 address count as that one: else a /24 would be as many /48s as it has addresses.

``Shares`` gives way by the same nesting. When there is no more, the heaviest of the outermost networks loses, inside it
the heaviest of the next, and so on down to the heaviest holder: max-min fairness at each level. Who asks for less than its
share always gets it, whatever others do; and a crowd behind one address shares the loss with nobody but itself.

Reference: D. Bertsekas, R. Gallager, "Data Networks" (1992), 6.5.2 (max-min fairness).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Generic, TypeVar

# Lengths of prefixes in bits, outermost first: what is announced to the world at the least; what a customer may get (a
# firm, a household, a line).
IPV4_PREFIXES: Final = (24, 32)
IPV6_PREFIXES: Final = (48, 56, 64)
# Addresses of translators that carry an IPv4 address in their last four bytes (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
# What belongs to one machine or one site is counted by host: RFC 1122, 1918, 3927; RFC 4193, 4291.
_LOCAL: Final = tuple(
    ip_network(prefix)
    for prefix in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
# Addresses whose networks are kept at hand.
_CACHED: Final = 4096

Networks = tuple[str, ...]
Holder = TypeVar("Holder", bound=Hashable)


@lru_cache(maxsize=_CACHED)
def nested_networks(host: str) -> Networks:
    """Return the names of the networks that a host lies in, outermost first; the last is what one party is sure to own."""
    try:
        # A scope (fe80::1%eth0) is the local name of an interface and says nothing about the address.
        address = _carried(ip_address(host.partition("%")[0]))
    except ValueError:
        return (host,)  # no address at all: a simulated wire
    if any(address in network for network in _LOCAL if network.version == address.version):
        return (str(address),)
    prefixes = IPV4_PREFIXES if address.version == 4 else IPV6_PREFIXES
    return tuple(str(ip_network((address, length), strict=False)) for length in prefixes)


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside an IPv6 one that was made of it, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    behind_relay = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or behind_relay or address


class _Group(Generic[Holder]):
    """A network: either the networks in it, or at the innermost level who is there, the least recently used first."""

    __slots__ = ("groups", "holders", "weight")

    def __init__(self) -> None:
        self.weight = 0
        self.groups: dict[str, _Group[Holder]] = {}
        self.holders: dict[Holder, int] = {}


class Shares(Generic[Holder]):
    """Who holds how much of one scarce thing. Weights are whole numbers of whatever is shared.

    Everything but ``loser`` and ``heaviest`` costs the depth of the nesting; these two look through one level after another.
    """

    def __init__(self) -> None:
        self._root: _Group[Holder] = _Group()
        self._networks: dict[Holder, Networks] = {}

    def __len__(self) -> int:
        return len(self._networks)

    def __contains__(self, holder: Holder) -> bool:
        return holder in self._networks

    @property
    def total(self) -> int:
        """What all hold."""
        return self._root.weight

    def weight_of(self, holder: Holder) -> int:
        """Return what a holder holds."""
        networks = self._networks.get(holder)
        return self._path(networks)[-1].holders[holder] if networks else 0

    def weight_of_network(self, networks: Networks) -> int:
        """Return what all hold who are in the outermost of these."""
        group = self._root.groups.get(networks[0])
        return group.weight if group else 0

    def add(self, holder: Holder, networks: Networks, weight: int) -> None:
        """Take up a holder in these networks; one that is there is moved."""
        self.remove(holder)
        self._networks[holder] = networks
        group = self._root
        group.weight += weight
        for name in networks:
            group = group.groups.setdefault(name, _Group())
            group.weight += weight
        group.holders[holder] = weight

    def change(self, holder: Holder, weight: int) -> None:
        """Set what a holder that is there holds now."""
        path = self._path(self._networks[holder])
        by = weight - path[-1].holders[holder]
        for group in path:
            group.weight += by
        path[-1].holders[holder] = weight

    def count(self, holder: Holder, networks: Callable[[Holder], Networks], by: int) -> None:
        """Let a holder hold more or less; who holds nothing is not there, and ``networks`` says where a new one is."""
        weight = self.weight_of(holder) + by
        if holder not in self._networks:
            self.add(holder, networks(holder), weight)
        elif weight:
            self.change(holder, weight)
        else:
            self.remove(holder)

    def on_used(self, holder: Holder) -> None:
        """Of equals in one place, who was used least recently loses first."""
        networks = self._networks.get(holder)
        if networks is not None:
            holders = self._path(networks)[-1].holders
            holders[holder] = holders.pop(holder)

    def remove(self, holder: Holder) -> None:
        """Forget a holder, if there."""
        networks = self._networks.pop(holder, None)
        if networks is None:
            return
        path = self._path(networks)
        weight = path[-1].holders.pop(holder)
        for group in path:
            group.weight -= weight
        for name, outer, inner in zip(reversed(networks), path[-2::-1], path[:0:-1], strict=True):
            if not inner.holders and not inner.groups:
                del outer.groups[name]

    def heaviest(self) -> Holder | None:
        """Return who holds most in the heaviest of the heaviest networks; of equals the one that came first."""
        return _heaviest_in(self._root)

    def loser(self, newcomer: Holder, networks: Networks, weight: int, *, may_replace: bool = False) -> Holder | None:
        """Return who gives way, all being taken, for ``weight`` more of a newcomer; None: nobody, and it is refused.

        It is refused where its own would be the heaviest, for then nothing would be fairer. With ``may_replace`` it takes
        the place of an equal of its own innermost network, the least recently used.
        """
        group = self._root
        for name in networks:
            own = group.groups.get(name)
            heaviest = max(group.groups.values(), key=_weight, default=None)
            if heaviest is not None and heaviest is not own and (own.weight if own else 0) + weight < heaviest.weight:
                return _heaviest_in(heaviest)
            if own is None:
                return None
            group = own
        others = {holder: held for holder, held in group.holders.items() if holder != newcomer}
        loser = max(others, key=others.__getitem__, default=None)
        if loser is None:
            return None
        after = group.holders.get(newcomer, 0) + weight
        return loser if others[loser] > after or (may_replace and others[loser] == after) else None

    def _path(self, networks: Networks) -> list[_Group[Holder]]:
        path = [self._root]
        for name in networks:
            path.append(path[-1].groups[name])
        return path


def _weight(group: _Group[Holder]) -> int:
    return group.weight


def _heaviest_in(group: _Group[Holder]) -> Holder | None:
    while group.groups:
        group = max(group.groups.values(), key=_weight)
    return max(group.holders, key=group.holders.__getitem__, default=None)
