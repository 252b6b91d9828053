"""A bounded store of drawn rows: the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict

from tui.widgets.chat_log.rows import DrawnRow

# Rows kept drawn: a dozen screens.
MAX_DRAWN = 600


class DrawnRows:
    """Drawn rows by message id."""

    def __init__(self, limit: int = MAX_DRAWN) -> None:
        self._limit = limit
        self._rows: OrderedDict[str, DrawnRow] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, message_id: str) -> DrawnRow | None:
        """Return a drawn row and note that it was used."""
        row = self._rows.get(message_id)
        if row is not None:
            self._rows.move_to_end(message_id)
        return row

    def put(self, message_id: str, row: DrawnRow) -> None:
        """Keep a drawn row."""
        self._rows[message_id] = row
        if len(self._rows) > self._limit:
            self._rows.popitem(last=False)

    def drop(self, message_id: str) -> None:
        """Forget one row."""
        self._rows.pop(message_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()
