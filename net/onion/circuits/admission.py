"""Who may build circuits here, and whose give way.

A setup costs elliptic work at once and memory for as long as its circuit lives, and any node may send one. So each link has
a rate and a number of its own, and so has each network that links come from (``net.address_shares``): it may hold as many
places as are left, one network alone half of all. A network that has as much, or finds all taken, gets a place nevertheless,
unless its own network would then be the heaviest: the heaviest network loses a circuit, in it the heaviest link, of that the
circuit that was silent longest. So the network with the most addresses, links or circuits keeps no other out that wants few.

The same goes for the way onward: the next node takes ``MAX_CIRCUITS_PER_LINK`` of us, and cannot tell those we pass on for
one from those we pass on for others. We can, and share them out before it has to refuse.

A circuit weighs the same over every link. A relay's link carries the circuits of many people and may hold
``MAX_CIRCUITS_PER_LINK``, as any link; it is not favoured beyond that, for nothing tells an honest relay from another one:
descriptions are free, and strangers' packets choose whom we dial. In a network of two relays theirs are two shares of three,
more than a link may hold anyway, which no attacker from one network takes from them; where there are more relays, each
carries less. A relay is the heaviest only when it holds more than every attacker's network, and what it loses then is what
was silent longest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.address_shares import Networks, Shares
from net.instant import Instant
from net.link.events import LinkId
from net.token_bucket import FairUse, TokenBucket

# A few thousand readers' worth at eight circuits of four hops each, were the network ten times as many leaves as relays.
MAX_CIRCUITS: Final = 2048
# Built over one link: in a small network two relays carry all circuits.
MAX_CIRCUITS_PER_LINK: Final = 512
# Of which our own, as builders; custodians, purposes and lookups have two dozen in use at a time.
MAX_OWN_CIRCUITS: Final = 64
# Passed on over one link for others: what the next node leaves us beside our own.
MAX_PASSED_ON: Final = MAX_CIRCUITS_PER_LINK - MAX_OWN_CIRCUITS
# Setups that one link may bring in a second, half a millisecond of work each, and at once: a network that starts anew.
SETUP_RATE: Final = 10.0
SETUP_BURST: Final = 128.0
# Setups of all links, a fifth of a core, and at once: as many as may wait to be peeled. One address alone may bring a
# quarter of that at once, and sixty a second: sixty phones behind it have their first ten circuits within ten seconds.
ALL_SETUPS_RATE: Final = 400.0
ALL_SETUPS_BURST: Final = 1024.0
NETWORK_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether there is a place, and whose it was: the link that has to give up a circuit first, if any."""

    is_admitted: bool
    loser: LinkId | None = None


REFUSED: Final = Verdict(is_admitted=False)
ADMITTED: Final = Verdict(is_admitted=True)


def apart(link: LinkId) -> Networks:
    """Take each link for a network of its own, where its network is not known."""
    return (f"link {link}",)


def place_in(places: Shares[LinkId], most: int, link: LinkId, networks: Networks) -> Verdict:
    """Say whether a link may hold one more of ``most`` places, and which link has to give one up for it."""
    if places.weight_of_network(networks) < most - places.total:
        return ADMITTED
    loser = places.loser(link, networks, 1)
    return REFUSED if loser is None else Verdict(is_admitted=True, loser=loser)


class SetupAdmission:
    """Counts circuits by the link that they were built over, and by that which they go on by.

    ``networks`` says where a link's other end is.
    """

    def __init__(
        self,
        networks: Callable[[LinkId], Networks],
        *,
        max_circuits: int = MAX_CIRCUITS,
        max_passed_on: int = MAX_PASSED_ON,
    ) -> None:
        self._networks = networks
        self._max_circuits = max_circuits
        self._max_passed_on = max_passed_on
        self._built: Shares[LinkId] = Shares()
        self._passed_on: dict[LinkId, Shares[LinkId]] = {}
        self._rates: dict[LinkId, TokenBucket] = {}
        self._all_setups = FairUse(TokenBucket(ALL_SETUPS_RATE, ALL_SETUPS_BURST), NETWORK_SHARE)

    def admit(self, link: LinkId, now: Instant) -> Verdict:
        """Say whether a link may build one more; asking counts for its rate and its network's."""
        if self._built.weight_of(link) >= MAX_CIRCUITS_PER_LINK:
            return REFUSED
        rate = self._rates.get(link)
        if rate is None:
            rate = self._rates[link] = TokenBucket(SETUP_RATE, SETUP_BURST)
        networks = self._networks(link)
        # Rates first: they cost least, and looking for a loser most.
        if rate.level(now.mono) < 1.0 or not self._all_setups.take(networks, now.mono):
            return REFUSED
        rate.take(1.0, now.mono)
        return place_in(self._built, self._max_circuits, link, networks)

    def admit_next(self, link: LinkId, next_link: LinkId) -> Verdict:
        """Say whether a circuit that was built over ``link`` may go on over ``next_link``."""
        passed_on = self._passed_on.get(next_link)
        if passed_on is None:
            return ADMITTED
        return place_in(passed_on, self._max_passed_on, link, self._networks(link))

    def on_begun(self, link: LinkId) -> None:
        """A circuit was built over a link."""
        self._built.count(link, self._networks, 1)

    def passed_on(self, link: LinkId, next_link: LinkId) -> None:
        """It goes on over another."""
        self._passed_on.setdefault(next_link, Shares()).count(link, self._networks, 1)

    def ended(self, link: LinkId, next_link: LinkId | None) -> None:
        """A circuit that was built over a link, and went on over another or none, is over."""
        self._built.count(link, self._networks, -1)
        if next_link is not None:
            passed_on = self._passed_on[next_link]
            passed_on.count(link, self._networks, -1)
            if not len(passed_on):
                del self._passed_on[next_link]

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone; its circuits are ending."""
        self._rates.pop(link, None)
