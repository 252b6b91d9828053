"""Under which names nodes meet in the BitTorrent DHT on a given day.

    topic = SHA1("sottovoce/v1/mainline" ‖ day u32 ‖ shard u8)

A topic says that a machine runs this program, and nothing else: no person, conversation, bucket or node key goes in. It
changes daily, so that an attacker cannot settle next to it for long, and is split into a few *shards*:

- The eight DHT nodes closest to a topic see every node that meets there, and answer as they like. With four shards an
  attacker has to hold four such places a day, and each honest one sees a quarter.
- Stock DHT nodes keep 500 announcements per topic and answer with 100 of them. Four shards make that 2000 and 400.
- Each shard costs a lookup of about a hundred datagrams, so there are no more than four: all of them are looked up.

A node announces in one shard that it draws for each day. Days overlap by two hours on either side, so that nodes whose
clocks are up to four hours apart meet at midnight too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from net.codec import uint
from net.instant import DAY_MS, HOUR_MS

SHARDS: Final = 4
# How long before its day a topic is used, and how long after.
OVERLAP_MS: Final = 2 * HOUR_MS
_LABEL: Final = b"sottovoce/v1/mainline"


def topic_of(day: int, shard: int) -> bytes:
    """Return a DHT topic, 20 bytes, for a day (whole days since 1970) and a shard below ``SHARDS``."""
    return hashlib.sha1(_LABEL + uint(day, 4) + uint(shard, 1), usedforsecurity=False).digest()


def days_at(wall_ms: int) -> list[int]:
    """Return the one or two days whose topics are in use at a Unix time in milliseconds, the current one first."""
    current = max(wall_ms, 0) // DAY_MS
    near = [max(wall_ms + shift, 0) // DAY_MS for shift in (-OVERLAP_MS, OVERLAP_MS)]
    return [current, *(day for day in near if day != current)]


class ShardChoice:
    """In which shard this node announces: drawn for each day, the same all day."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._chosen: dict[int, int] = {}

    def on(self, day: int) -> int:
        """Return the shard of a day."""
        if day not in self._chosen:
            # Only neighbouring days are ever in use; what was drawn for others is over.
            self._chosen = {each: shard for each, shard in self._chosen.items() if abs(each - day) <= 1}
            self._chosen[day] = self._random(1)[0] % SHARDS
        return self._chosen[day]
