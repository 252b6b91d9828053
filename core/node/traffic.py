"""Traffic of a node on the wire: bytes sent and received within the last hour, headers of IP and UDP included.

Bytes are counted by the minute, so the hour is exact to within one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from net.ids import Endpoint

_HOUR: Final = 60  # minutes
# Bytes of the headers before a datagram: of UDP, and of IPv4 or IPv6.
_UDP, _IPV4, _IPV6 = 8, 20, 40


class Hour(NamedTuple):
    """Bytes, and the seconds in which they passed: an hour, or less after a start."""

    sent: int
    received: int
    seconds: float


NO_TIME: Final = Hour(0, 0, 0.0)


@dataclass(slots=True)
class _Minute:
    number: int
    sent: int = 0
    received: int = 0


def on_the_wire(size: int, endpoint: Endpoint) -> int:
    """Return what a datagram of ``size`` bytes takes on its way to or from a place."""
    return size + _UDP + (_IPV6 if ":" in endpoint.host else _IPV4)


class LastHour:
    """Counts. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._minutes: deque[_Minute] = deque(maxlen=_HOUR)

    def sent(self, count: int, now: float) -> None:
        """Count ``count`` bytes sent."""
        self._at(now).sent += count

    def received(self, count: int, now: float) -> None:
        """Count ``count`` bytes received."""
        self._at(now).received += count

    def look(self, now: float) -> Hour:
        """Return the last hour's sums."""
        first = int(now // 60) - _HOUR + 1
        fresh = [each for each in self._minutes if each.number >= first]
        seconds = now - max(self._began, first * 60)
        return Hour(sum(each.sent for each in fresh), sum(each.received for each in fresh), max(seconds, 0.0))

    def _at(self, now: float) -> _Minute:
        number = int(now // 60)
        if not self._minutes or self._minutes[-1].number < number:
            self._minutes.append(_Minute(number))
        return self._minutes[-1]
