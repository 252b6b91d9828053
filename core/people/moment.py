"""The inputs of a decision from outside: clocks and the network's size, at one moment."""

from __future__ import annotations

from typing import NamedTuple

from net.instant import DAY_MS, HOUR_MS


class Attention(NamedTuple):
    """What persons have before their eyes: ``looked_at`` by the ids of conversations.

    ``present``: a screen is unlocked, and its person did something lately.
    """

    present: bool = False
    looked_at: frozenset[str] = frozenset()


class Moment(NamedTuple):
    """``own_ms`` is this machine's clock (shown to people), ``network_ms`` the one that expiry and days go by.

    ``mono`` is monotonic seconds, ``custodians`` how many can be asked now, ``shown_width`` how many bits of its address a
    new box shows. ``attention``: what persons look at now.
    """

    own_ms: int
    network_ms: int
    mono: float
    custodians: int
    shown_width: int
    attention: Attention = Attention()

    @property
    def day(self) -> int:
        """Days since 1970, network time."""
        return self.network_ms // DAY_MS

    @property
    def earliest_ms(self) -> int:
        """The earlier of both clocks: what is thrown away for good must be over by both.

        Network time is what linked nodes say, and three liars could make us believe that everything is over.
        """
        return min(self.own_ms, self.network_ms)

    @property
    def sure_hour(self) -> int:
        """Hours since 1970 by ``earliest_ms``."""
        return self.earliest_ms // HOUR_MS

    @property
    def hour(self) -> int:
        """Hours since 1970, network time."""
        return self.network_ms // HOUR_MS
