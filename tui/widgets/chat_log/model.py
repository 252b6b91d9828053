"""A window of a conversation: contiguous rows, and whether there are more before and after them.

Rows are found by id through serial numbers: the dictionary maps an id to its serial, and a row's index is its serial less
the first one's, so that rows can be put in front without touching the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from core.api import Message

# Rows kept while scrolling about; beyond it, rows at the far side are let go and read again when wanted.
MAX_WINDOW = 4000


class ChatModel:
    """The rows now held, oldest first."""

    def __init__(self, max_rows: int = MAX_WINDOW) -> None:
        self.max_rows = max_rows
        self.rows: list[Message] = []
        self.at_start = True
        """Whether the first row held is the conversation's first."""
        self.at_end = True
        """Whether the last row held is the conversation's last."""
        self._serials: dict[str, int] = {}
        self._first_serial = 0

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, message_id: str) -> int | None:
        """Return where a row is, None when it is not held."""
        serial = self._serials.get(message_id)
        return None if serial is None else serial - self._first_serial

    def reset(self, rows: Iterable[Message], *, at_start: bool, at_end: bool) -> None:
        """Hold other rows."""
        self.rows = list(rows)
        self.at_start, self.at_end = at_start, at_end
        self._number()

    def _number(self) -> None:
        self._first_serial = 0
        self._serials = {row.id: serial for serial, row in enumerate(self.rows)}

    def _unknown(self, rows: Sequence[Message]) -> list[Message]:
        return [row for row in rows if row.id not in self._serials]

    def prepend(self, rows: Sequence[Message]) -> int:
        """Put older rows in front; returns how many were not held yet."""
        new = self._unknown(rows)
        self.rows[:0] = new
        self._first_serial -= len(new)
        for serial, row in enumerate(new, self._first_serial):
            self._serials[row.id] = serial
        return len(new)

    def append(self, rows: Sequence[Message]) -> int:
        """Put newer rows at the end; returns how many were not held yet."""
        new = self._unknown(rows)
        for serial, row in enumerate(new, self._first_serial + len(self.rows)):
            self._serials[row.id] = serial
        self.rows.extend(new)
        return len(new)

    def insert_after(self, message_id: str, row: Message) -> int | None:
        """Put a row behind another one; returns its index, None when that one is not held or the row is already."""
        before = self.index_of(message_id)
        if before is None or row.id in self._serials:
            return None
        self.rows.insert(before + 1, row)
        self._number()
        return before + 1

    def change(self, message_id: str, change: Callable[[Message], Message]) -> int | None:
        """Replace a row by what ``change`` makes of it; returns its index, None when it is not held."""
        index = self.index_of(message_id)
        if index is not None:
            self.rows[index] = change(self.rows[index])
        return index

    def remove(self, message_ids: Iterable[str]) -> list[int]:
        """Drop rows; returns the indexes they had, highest first."""
        found = {index for message_id in message_ids if (index := self.index_of(message_id)) is not None}
        indexes = sorted(found, reverse=True)
        for index in indexes:
            del self.rows[index]
        if indexes:
            self._number()
        return indexes

    def last_own(self) -> tuple[str | None, str | None]:
        """Return the ids of the last row of one's own that was delivered, and of the last one, None where there is none.

        Rows far back are looked at only while none of one's own is found.
        """
        newest: str | None = None
        for row in reversed(self.rows):
            if row.sender == "me" and row.kind == "text":
                newest = newest or row.id
                if row.state in {"delivered", "read"}:
                    return row.id, newest
        return None, newest

    def surplus(self) -> int:
        """Return how many rows are held beyond the limit."""
        return max(0, len(self.rows) - self.max_rows)

    def trim_start(self, count: int) -> None:
        """Let the oldest ``count`` rows go."""
        for row in self.rows[:count]:
            del self._serials[row.id]
        del self.rows[:count]
        self._first_serial += count
        self.at_start = self.at_start and not count

    def trim_end(self, count: int) -> None:
        """Let the newest ``count`` rows go."""
        if not count:
            return
        for row in self.rows[-count:]:
            del self._serials[row.id]
        del self.rows[-count:]
        self.at_end = False
