"""Lines that find and read out what was said: the last rows, those before and after, a day, a search and its hits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core import api
from tui.chat.search_hits import SearchHits
from tui.chat.search_query import EXAMPLES, understand
from tui.language import tr, tr_in, tr_n
from tui.plain.lines import found_line
from tui.plain.session import SHOWN_ROWS, PlainSession, Unsaid
from tui.text.sanitize import clean_name
from tui.words.dates import day_of

if TYPE_CHECKING:
    from tui.plain.topics import Act

# Hits of a search that are read out at once.
MAX_HITS: Final = 20
# Rows that are read out at once at most.
MAX_ROWS: Final = 100


class FindingLines:
    """Carries them out."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self.acts: dict[str, Act] = {
            "last": self._last, "older": self._older, "newer": self._newer, "date": self._date, "pins": self._pinned,
            "search": self._search, "search-all": self._search_all, "more": self._more, "hit": self._hit,
        }  # fmt: skip

    # --- further back -------------------------------------------------------------------------------------------------

    async def _last(self, count: str) -> None:
        rows = int(count) if count.isdecimal() and len(count) < len(str(MAX_ROWS)) + 1 else SHOWN_ROWS
        await self._session.last_rows(self._session.here.id, max(1, min(rows, MAX_ROWS)))

    async def _older(self, _: str) -> None:
        await self._page(is_older=True)

    async def _newer(self, _: str) -> None:
        await self._page(is_older=False)

    async def _page(self, *, is_older: bool) -> None:
        session = self._session
        here = session.here.id
        if session.looked_at is None:
            await session.last_rows(here, SHOWN_ROWS)
            return
        first, last = session.looked_at
        older = api.MessageList(conversation=here, limit=SHOWN_ROWS, before=first)
        newer = api.MessageList(conversation=here, limit=SHOWN_ROWS, after=last)
        rows = await session.client.call(older if is_older else newer)
        if not rows:
            session.say(tr("That is where it begins.") if is_older else tr("That is where it ends."))
        await session.look_at(here, rows)

    async def _date(self, text: str) -> None:
        session = self._session
        here = session.here.id
        text = text or await session.lines.ask(tr("Which day, as 2026-11-03: "))
        day = day_of(text, session.now(), session.calendar)
        if day is None:
            raise Unsaid(tr("Write a day as 2026-11-03, or yesterday."))
        at = max(0, session.calendar.begins(day))
        around = await session.client.call(api.MessageList(conversation=here, limit=2 * SHOWN_ROWS, at=at))
        rows = [row for row in around if row.sent_at >= at][:SHOWN_ROWS]
        if not rows:
            session.say(tr("Nothing was said from that day on. The last before it:"))
        await session.look_at(here, rows or around[-1:])

    async def _pinned(self, _: str) -> None:
        session = self._session
        here = session.here.id
        rows = await session.client.call(api.MessageList(conversation=here, limit=MAX_ROWS, pinned=True))
        if not rows:
            session.say(tr("Nothing is pinned here: /pin and a number pins a message."))
        await session.look_at(here, rows)

    # --- searching ----------------------------------------------------------------------------------------------------

    async def _search(self, text: str) -> None:
        await self._begin(text, self._session.current)

    async def _search_all(self, text: str) -> None:
        await self._begin(text, None)

    async def _begin(self, text: str, conversation: str | None) -> None:
        session = self._session
        if not text:
            session.say(tr(EXAMPLES))
            text = await session.lines.ask(tr("Search for: "))
        known = await session.conversations()
        people = {each.identity: clean_name(each.name) for each in known}
        query = understand(text, people, session.now(), session.calendar)
        if query.fault:
            raise Unsaid(query.fault)
        if query.is_empty:
            return
        where = (
            tr("everywhere") if conversation is None else tr("with {name}").format(name=session.name_of(conversation))
        )
        session.say(tr("Searched: {what}.").format(what=tr_in("between clauses", ", ").join([where, *query.said])))
        session.hits = SearchHits(session.client, query, conversation, MAX_HITS)
        await self._tell_page(session.hits)

    async def _more(self, _: str) -> None:
        if self._session.hits is None:
            raise Unsaid(tr("Nothing was searched yet: /search and words."))
        if not self._session.hits.has_more:
            raise Unsaid(tr("Those were all."))
        await self._tell_page(self._session.hits)

    async def _tell_page(self, hits: SearchHits) -> None:
        """Read the next hits, the newest first, each with the number that /hit takes."""
        session, told = self._session, len(hits.found)
        await hits.read()
        for number, each in enumerate(hits.found[told:], told + 1):
            said = found_line(each, session.name_of(each.conversation), session.now(), session.calendar)
            session.say(tr("Hit {number}: {row}").format(number=number, row=said))
        if not hits.found:
            session.say(tr("Nothing was found."))
        elif hits.has_more:
            session.say(tr("There are more: /more. /hit and a number goes there."))
        else:
            count = tr_n("{count} hit.", "{count} hits.", len(hits.found))
            session.say(tr("{count} /hit and a number goes there.").format(count=count))

    async def _hit(self, number: str) -> None:
        session, hits = self._session, self._session.hits
        if hits is None:
            raise Unsaid(tr("Nothing was searched yet: /search and words."))
        if not number.isdecimal() or not 0 < int(number[:9]) <= len(hits.found):
            raise Unsaid(tr("Which hit? A number from 1 to {count}.").format(count=len(hits.found)))
        hit = hits.found[int(number) - 1]
        session.turn_to(hit.conversation)
        rows = await session.client.call(
            api.MessageList(conversation=hit.conversation, limit=SHOWN_ROWS, around=hit.message.id)
        )
        await session.look_at(hit.conversation, rows)
        reached = session.rows.of(hit.conversation, hit.message.id)
        session.say(tr("The hit is message {number}. /older and /newer read on.").format(number=reached))
