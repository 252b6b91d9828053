"""Fetches under way, so that a box that does not come is asked for again.

The node asks for a box once; a queue may be full, its custodian may go, or not have it yet. Every tag here is one that is
watched for, so there are no more of them than lanes and slots watched (``tag_index``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from net.ids import Tag

# A missing box is asked for again after this long; after the longer when no custodian that was asked had it. Seconds.
PATIENCE = 60.0
ABSENT_PAUSE = 600.0


class PendingFetches:
    """Tags under way, with the monotonic time at which to ask again."""

    def __init__(self, tags: Iterable[Tag] = (), now: float = 0.0) -> None:
        self._again = dict.fromkeys(tags, now)

    def asked(self, tags: Iterable[Tag], now: float) -> None:
        """Note what was asked for."""
        for tag in tags:
            self._again.setdefault(tag, now + PATIENCE)

    def came(self, tag: Tag) -> None:
        """Note that a box came."""
        self._again.pop(tag, None)

    def absent(self, tag: Tag, now: float) -> None:
        """Note that no custodian that was asked has it."""
        self._again[tag] = now + ABSENT_PAUSE

    def overdue(self, now: float, is_wanted: Callable[[Tag], bool]) -> list[Tag]:
        """Return what to ask for again, and forget it until it is asked for, along with what is not wanted any more."""
        due = [tag for tag, at in self._again.items() if at <= now]
        self._again = {tag: at for tag, at in self._again.items() if at > now and is_wanted(tag)}
        return [tag for tag in due if is_wanted(tag)]
