"""Short numbers for rows, by which commands name them: each conversation counts its own, in the order they were said.

A row keeps its number while the program runs; the oldest are forgotten when there are very many.
"""

from __future__ import annotations

from typing import Final

# Rows of a conversation that have a number at most.
MAX_NUMBERED: Final = 20_000


class RowNumbers:
    """The numbers of the rows that were said."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}  # by conversation: row -> number
        self._rows: dict[str, dict[int, str]] = {}

    def of(self, conversation: str, row: str) -> int:
        """Return the number of a row, a new one if it has none yet."""
        numbers = self._numbers.setdefault(conversation, {})
        rows = self._rows.setdefault(conversation, {})
        known = numbers.get(row)
        if known is not None:
            return known
        number = next(reversed(rows), 0) + 1
        numbers[row], rows[number] = number, row
        if len(rows) > MAX_NUMBERED:
            del numbers[rows.pop(next(iter(rows)))]
        return number

    def known(self, conversation: str, row: str) -> int | None:
        """Return the number of a row that was said."""
        return self._numbers.get(conversation, {}).get(row)

    def row(self, conversation: str, number: int) -> str | None:
        """Return the row of a number."""
        return self._rows.get(conversation, {}).get(number)

    def forget(self) -> None:
        """Forget all of them."""
        self._numbers.clear()
        self._rows.clear()
