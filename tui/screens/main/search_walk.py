"""Opens the search, and walks through its hits one by one."""

from __future__ import annotations

from tui.app_port import AppPort
from tui.chat.navigation import Navigation
from tui.chat.search_hits import SearchHits
from tui.keys.handlers import Handlers
from tui.language import N_, tr
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.heads import Heads

# Behind the number of a hit.
HIT_KEYS = (("n", N_("next")), ("N", N_("previous")), ("Esc", N_("back to writing")))


class SearchWalk:
    """Knows the hits of the last search, and which of them the message list stands at."""

    def __init__(
        self,
        app: AppPort,
        navigation: Navigation,
        conversations: Conversations,
        heads: Heads,
        dialogs: Dialogs,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._navigation = navigation
        self._conversations = conversations
        self._heads = heads
        self._dialogs = dialogs
        self._attempts = attempts
        self._hits: SearchHits | None = None

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(texts={"go.search": self.search})

    def search(self, words: str = "") -> None:
        """Search here; on the search screen the same key searches everywhere."""
        from tui.screens.search import SearchScreen

        listed = self._navigation.conversations
        self._dialogs.show(SearchScreen(self._app.client, listed, self._navigation.current, words), self._chosen)

    def _chosen(self, hits: SearchHits | None) -> None:
        if hits is not None:
            self._hits = hits
            self._heads.among_hits = True
            self.walk(0)

    def walk(self, step: int) -> None:
        """Go so many hits on."""
        self._attempts.begin(self._go(step), group="opening")

    async def _go(self, step: int) -> None:
        hits = self._hits
        if hits is None:
            self._app.tell(self._app.keys.within(tr("Nothing was searched yet: Ctrl+F searches.")))
            return
        hit = await hits.step(step)
        if hit is None:
            self._app.tell(tr("That was the oldest hit.") if step > 0 else tr("That was the newest hit."))
            return
        await self._conversations.open(hit.conversation, hit.message, hits.words)
        said = [tr("Hit {number} of {count}.").format(number=hits.at + 1, count=hits.count)]
        said += [f"{key} {tr(what)}" for key, what in self._app.keys.selecting(HIT_KEYS)]
        self._app.tell("  ".join(said))

    def clear_caches(self) -> None:
        """Forget the hits: the search is over, and the keys of the messages mean what they always do."""
        self._hits = None
        self._heads.among_hits = False
