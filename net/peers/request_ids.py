"""Numbers for requests."""

from __future__ import annotations

from net.messages import U32


class RequestIds:
    """Numbers that are all different for a long time; answers repeat them."""

    def __init__(self) -> None:
        self._last = 0

    def draw(self) -> int:
        """Return the next number."""
        self._last = (self._last + 1) & U32
        return self._last
