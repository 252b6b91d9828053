"""Which messages are marked, so that one key does something with all of them.

Two ways to mark go together: one by one, and a range from where it began to where the selection is, which grows and shrinks
with it. What was marked before a range began stays marked when the range shrinks again.

Marks are ids. Only rows that are held count: one that was deleted elsewhere is no longer among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.api import Message
from tui.widgets.chat_log.model import ChatModel

# Messages marked at once: more are an archive (/export), and each that is forwarded is sent one by one.
MAX_PICKED: Final = 200


class Picked:
    """The marked rows of one conversation."""

    def __init__(self) -> None:
        self._ids: frozenset[str] = frozenset()
        self._before: frozenset[str] = frozenset()  # marked when the range began
        self._began: str | None = None  # where the range began; None: there is none
        self._reached: str | None = None  # and where it ends

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._ids

    @property
    def ids(self) -> frozenset[str]:
        """All that are marked."""
        return self._ids

    def rows(self, model: ChatModel) -> list[Message]:
        """Return the marked rows in the order of the conversation."""
        indexes = sorted(index for each in self._ids if (index := model.index_of(each)) is not None)
        return [model.rows[index] for index in indexes]

    def toggle(self, message_id: str) -> bool:
        """Mark a row, or take its mark away; returns False where there are too many."""
        self.end_range()
        return self._set(self._ids ^ {message_id})

    def extend(self, model: ChatModel, start: str, end: str) -> bool:
        """Let the range that reaches to ``start`` reach to ``end``, or one begin there; returns False if it is too long."""
        first = None if self._began is None or self._reached != start else model.index_of(self._began)
        last = model.index_of(end)
        if first is None:
            self._began, self._before, first = start, self._ids, model.index_of(start)
        if first is None or last is None:
            return True
        low, high = min(first, last), max(first, last)
        if high - low >= MAX_PICKED or not self._set(self._before | {row.id for row in model.rows[low : high + 1]}):
            self._reached = start
            return False
        self._reached = end
        return True

    def end_range(self) -> None:
        """Let the next range begin anew."""
        self._began = self._reached = None
        self._before = frozenset()

    def keep(self, message_ids: Iterable[str]) -> None:
        """Take away all marks but those of some rows."""
        self._ids &= frozenset(message_ids)
        self.end_range()

    def clear(self) -> None:
        """Take all marks away."""
        self._ids = frozenset()
        self.end_range()

    def _set(self, ids: frozenset[str]) -> bool:
        if len(ids) > MAX_PICKED:
            return False
        self._ids = ids
        return True
