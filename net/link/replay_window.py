"""Which frame numbers have been seen: a sliding window of bits.

A number above the window moves it, one below it is refused as if it were seen. The owner asks ``is_new`` before it spends
a decryption and calls ``mark`` only after the tag verified, so that forged numbers cannot move the window.

Reference: RFC 6479, with Python's integers in place of the ring of words.
"""

from __future__ import annotations

# Frames. A reordering of a thousand frames is a tenth of a second at 12 MB/s; beyond that, late is as good as lost.
WINDOW_SIZE = 1024
_WINDOW_BITS = (1 << WINDOW_SIZE) - 1


class ReplayWindow:
    """Empty when made; numbers are integers from 0."""

    __slots__ = ("_bits", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._bits = 0  # bit i stands for the number ``highest - i``

    def is_new(self, number: int) -> bool:
        """Return whether ``number`` could be a frame not seen before."""
        age = self.highest - number
        return age < 0 or (age < WINDOW_SIZE and not self._bits >> age & 1)

    def mark(self, number: int) -> None:
        """Remember an authenticated ``number`` for which ``is_new`` held."""
        ahead = number - self.highest
        if ahead > 0:
            # A jump past the whole window must not build a number of that many bits first.
            self._bits = 1 if ahead >= WINDOW_SIZE else (self._bits << ahead | 1) & _WINDOW_BITS
            self.highest = number
        else:
            self._bits |= 1 << -ahead
