"""The hits of a search, walked one by one after the search screen is gone."""

from __future__ import annotations

from core.api import Client, Found
from tui.chat.search_query import Query

# Hits read at once.
PAGE = 50


class SearchHits:
    """The hits of a search, newest first, and the current one. The next page is read at the end of each page."""

    def __init__(self, client: Client, query: Query, conversation_id: str | None, page: int = PAGE) -> None:
        self._client = client
        self._page = page
        self._scope = conversation_id
        self._query = query
        self.words = query.words
        self.found: list[Found] = []
        self.at = 0
        self.has_more = False

    async def read(self) -> None:
        """Read the next page; raises ``ApiError``."""
        before = self.found[-1].message.id if self.found else None
        page = await self._client.call(self._query.command(conversation=self._scope, limit=self._page, before=before))
        self.found.extend(page)
        self.has_more = len(page) == self._page

    async def step(self, by: int) -> Found | None:
        """Go ``by`` hits on; returns the hit, None where there is none. Raises ``ApiError``."""
        to = self.at + by
        if to >= len(self.found) and self.has_more:
            await self.read()
        if not 0 <= to < len(self.found):
            return None
        self.at = to
        return self.found[to]

    @property
    def count(self) -> str:
        """How many there are, as far as is known: ``7``, ``50+``."""
        return f"{len(self.found)}{'+' if self.has_more else ''}"
