"""How much a relay of circuits holds of everything; what one link or circuit may have of it stands where that is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from net.onion.circuits.admission import MAX_CIRCUITS, MAX_PASSED_ON
from net.onion.circuits.datagram_queues import MAX_WAITING
from net.onion.circuits.datagram_relay import ALL_DATAGRAMS_BURST

# Setups waiting to be peeled: half a second of work.
MAX_SETUPS_WAITING: Final = 1024
# Bytes in queues and ends: more than fifty full windows.
MAX_BACKLOG: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """Those of a ``CircuitRelay``. ``backlog`` in bytes, ``passed_on`` circuits over one link."""

    circuits: int = MAX_CIRCUITS
    passed_on: int = MAX_PASSED_ON
    setups_waiting: int = MAX_SETUPS_WAITING
    backlog: int = MAX_BACKLOG
    datagrams_waiting: int = MAX_WAITING
    datagrams_at_once: float = ALL_DATAGRAMS_BURST


RELAY_LIMITS: Final = RelayLimits()
