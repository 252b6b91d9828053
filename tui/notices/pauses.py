"""Spaces notices out: one at once, what comes soon after is gathered into one more, and a flood is told ever more seldom.

    first notice --3 s--> what was gathered, as one --6 s--> ... --60 s--> ...      quiet for a whole pause: 3 s again

After an account was opened what came while it was away pours in. The first of it is told, and nothing more until that
moment (``SETTLING``) is over.
"""

from __future__ import annotations

from typing import Final

# Seconds between two notices, at first and at most.
SHORTEST: Final = 3.0
LONGEST: Final = 60.0
# Seconds after opening in which mail of before still comes: custodians are asked within a few, circuits take some more.
SETTLING: Final = 30.0


class Pauses:
    """Says when a notice may be made. Times are seconds of one clock that only goes on."""

    def __init__(self) -> None:
        self._pause = SHORTEST
        self._until = 0.0
        self._settled = 0.0
        self._told_while_settling = False
        self.held = 0
        """How many wait to be told as one."""

    def opened(self, now: float) -> None:
        """The account was opened."""
        self._settled, self._told_while_settling = now + SETTLING, False
        self.held = 0

    def locked(self) -> None:
        """The account was locked: what waited is not told any more."""
        self.held = 0

    def may_tell(self, now: float) -> bool:
        """Whether something that came now is told at once; if not, it is held, or told by the one notice of a beginning."""
        if now < self._settled:
            if self._told_while_settling:
                return False
            self._told_while_settling = True
        elif now < self._until:
            self.held += 1
            return False
        self._begin_pause(now, SHORTEST)
        return True

    def next_look(self, now: float) -> float:
        """Return in how many seconds to look whether something was held."""
        return max(0.0, self._until - now)

    def release(self, now: float) -> int:
        """Return how many were held, once the pause is over; the next pause is twice as long if there were any."""
        if now < self._until:
            return 0
        held, self.held = self.held, 0
        if held:
            self._begin_pause(now, min(LONGEST, 2 * self._pause))
        return held

    def seen(self) -> None:
        """The person looked: nothing that was held needs telling."""
        self.held = 0

    def _begin_pause(self, now: float, seconds: float) -> None:
        self._pause = seconds
        self._until = now + seconds
