"""What somebody may cost, in the long run and at once: the token bucket, by which all that strangers ask is rationed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """Lets ``rate`` units a second pass in the long run and ``burst`` at once."""

    rate: float
    burst: float
    _level: float = -1.0
    _at: float = 0.0

    def take(self, amount: float, now: float) -> bool:
        """Take ``amount`` if it is there; ``now`` in monotonic seconds."""
        level = self.burst if self._level < 0 else min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        if amount > level:
            self._level = level
            return False
        self._level = level - amount
        return True
