"""The keys of one link over its life: those in use, and the former ones until no frame under them is under way any more.

    handshake ──> current ── five minutes of use, or 2^20 frames ──> a continuing handshake ──> current
                                                                     the former open late frames for 20 s more

The new keys are used as soon as the peer is known to hold them, the old ones open what was already sent (make before
break), so the owner of the link notices nothing. A link that its owner did not use keeps its keys: there is nothing to
protect. A receiver tells the keys by an index of its own (``net.link.keys``); the indexes of keys that are gone are
*retired* here, for the table to forget.
"""

from __future__ import annotations

import math
from typing import Final

from net.link.keys import FrameKeys

REKEY_AFTER: Final = 300.0  # seconds: what is inside has keys of its own; a handshake costs as much as ten cells
REKEY_FRAMES: Final = 1 << 20
REKEY_RETRY: Final = 15.0  # seconds
# Seconds that the responder waits longer, for the initiator to do it.
RESPONDER_REKEYS_LATER: Final = 15.0
FORMER_KEYS_LIFE: Final = 20.0  # seconds: longer than a frame lives in any network


class KeyEpochs:
    """``current`` keys seal; ``retired`` are our indexes that no longer lead to this link, for the table to empty."""

    __slots__ = ("_former", "_is_initiator", "_rekey_frames", "_tried_at", "current", "is_used", "retired")

    def __init__(self, keys: FrameKeys, *, is_initiator: bool, rekey_frames: int = REKEY_FRAMES) -> None:
        self.current = keys
        self.retired: list[bytes] = []
        self.is_used = False  # by the owner, under the current keys
        self._former: FrameKeys | None = None
        self._is_initiator = is_initiator
        self._rekey_frames = rekey_frames
        self._tried_at = -math.inf

    def adopt(self, keys: FrameKeys) -> None:
        """Send under new keys from now on; the former ones open late frames for a while."""
        self._retire_former()
        self._former, self.current = self.current, keys
        self.is_used = False

    def is_known_as(self, index: bytes) -> bool:
        """Return whether ``index`` is one that we drew for this link and still answer to."""
        former = self._former
        return index == self.current.our_index or (former is not None and index == former.our_index)

    def is_rekey_due(self, now: float, *, is_suspected: bool) -> bool:
        """Return whether a continuing handshake should begin, at once on a suspected link; notes that it was asked."""
        if now < self._rekey_at() and not is_suspected:
            return False
        if now < self._tried_at + REKEY_RETRY:
            return False
        self._tried_at = now
        return True

    def retire_all(self) -> None:
        """The link has ended: none of its indexes leads anywhere."""
        self.retired.append(self.current.our_index)
        self._retire_former()

    def next_deadline(self) -> float:
        """Return when a handshake is due, or ``handle_timeout``, monotonic seconds."""
        rekey_at = max(self._rekey_at(), self._tried_at + REKEY_RETRY)
        return rekey_at if self._former is None else min(rekey_at, self.current.created_at + FORMER_KEYS_LIFE)

    def handle_timeout(self, now: float) -> None:
        """Forget the former keys when their time is over."""
        if self._former is not None and self.current.created_at + FORMER_KEYS_LIFE <= now:
            self._retire_former()

    def _retire_former(self) -> None:
        if self._former is not None:
            self.retired.append(self._former.our_index)
            self._former = None

    def _rekey_at(self) -> float:
        if not self.is_used:
            return math.inf
        if self.current.frames >= self._rekey_frames:
            return self.current.created_at
        return self.current.created_at + REKEY_AFTER + (0 if self._is_initiator else RESPONDER_REKEYS_LATER)
