"""What one client may cost: token buckets, one per kind of cost.

Work already prices what is stored; this prices what is asked, and what is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from net.token_bucket import TokenBucket

# Deposits: work lets an honest core make about twenty a second; the burst holds a night's queue.
DEPOSIT_RATE: Final = 64.0
DEPOSIT_BURST: Final = 1024.0
# Boxes in Sphinx packets from one link: a relay hands us what many senders have routed through it.
RELAYED_RATE: Final = 128.0
RELAYED_BURST: Final = 2048.0
# Tags in fetches, and 64 for a record: one reader catching up on two thousand messages at once, then 200 KB/s.
READ_RATE: Final = 256.0
READ_BURST: Final = 4096.0
# Parcels pushed by a custodian: what a swarm of sixteen takes in together.
PUSH_RATE: Final = 256.0
PUSH_BURST: Final = 16384.0
# Keys wanted, and comparisons at one and another for every 64 keys they make us hash: a full store compared dozens of
# times over, then once a second.
REPAIR_RATE: Final = 1024.0
REPAIR_BURST: Final = 65536.0


@dataclass(slots=True)
class Allowance:
    """The buckets of one client."""

    deposits: TokenBucket = field(default_factory=lambda: TokenBucket(DEPOSIT_RATE, DEPOSIT_BURST))
    relayed: TokenBucket = field(default_factory=lambda: TokenBucket(RELAYED_RATE, RELAYED_BURST))
    reads: TokenBucket = field(default_factory=lambda: TokenBucket(READ_RATE, READ_BURST))
    pushes: TokenBucket = field(default_factory=lambda: TokenBucket(PUSH_RATE, PUSH_BURST))
    repair: TokenBucket = field(default_factory=lambda: TokenBucket(REPAIR_RATE, REPAIR_BURST))
