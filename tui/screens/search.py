"""The search screen (Ctrl+F): searches the words of one conversation, or after Ctrl+F once more of all of them.

Filters are typed among the words (``tui.chat.search_query``), and Tab completes them; a line says what they were taken for.
Hits are read page by page: the next one when the cursor comes near the end of those that are listed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from core import search_terms
from core.api import ApiError, Client, Conversation, Found
from tui.app_port import app_of
from tui.chat.search_hits import SearchHits
from tui.chat.search_query import EXAMPLES, Query, completed, understand
from tui.language import N_, tr, tr_n
from tui.screens.content import NothingUnsaved
from tui.screens.picker import Rule
from tui.screens.type_ahead import take_early_key
from tui.text.cells import before, width_of
from tui.text.sanitize import clean_line, clean_name, fit, pad
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.editing import LineEditing
from tui.widgets.hints import Hints
from tui.widgets.menu import PickList
from tui.words.errors import explain
from tui.words.format import when, when_width

# Characters of the hit shown before the words that were searched, and the part of its line that they may take.
LEAD = 24
LEAD_PART = 3
# Characters of a text that are looked at at once for the words, and of what is before them.
_PART: Final = 1024
_OVERLAP: Final = 64
NAME_WIDTH = 12
# The next page is read when fewer hits than this are below the cursor.
NEAR_END: Final = 12
# In a list that is narrower than this, a name has less room.
NARROW = 60
SHORT_NAME = 7
HINTS: Final = (
    ("↑↓", N_("choose")),
    ("Enter", N_("go there")),
    ("Tab", N_("complete")),
    ("Ctrl+F", N_("here or everywhere")),
    ("Esc", N_("back")),
)


class SearchScreen(Screen[SearchHits | None], NothingUnsaved):
    """Dismisses with the hits, standing at the chosen one, or None."""

    SCOPED_CSS = False  # one rule looks at the app's glyphs
    DEFAULT_CSS = """
    SearchScreen {
        align: center middle;
        background: $ground;
        & #card { width: 100%; max-width: 120; height: 100%; }
        & #search-body { width: 1fr; height: 1fr; padding: 0 1; border-left: round $self; border-right: round $self; }
        & #head { height: 1; }
        & #asked { width: 1fr; height: 1; color: $soft; text-wrap: nowrap; text-overflow: ellipsis; }
        & #asked.taken { color: $notice; }
        & #where { width: auto; color: $self; text-style: bold; }
        & Input, & Input:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $ground; }
        & OptionList, & OptionList:focus { height: 1fr; border: none; padding: 0; background: $ground; color: $ink;
            text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1; }
        & OptionList > .option-list--option { padding: 0; }
        & OptionList > .option-list--option-highlighted { background: $select; color: $bright; text-style: none; }
        &.-bare #search-body { border: none; padding: 0; }
        &:ansi, &:ansi OptionList, &:ansi Input { background: ansi_default; }
    }
    .ascii SearchScreen #search-body { border-left: ascii $self; border-right: ascii $self; }
    .ascii SearchScreen.-bare #search-body { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-framed")]
    BINDINGS: ClassVar = [
        Binding("escape,ctrl+c", "dismiss(None)", "Close", show=False),
        Binding("ctrl+f", "widen", "Everywhere", show=False, priority=True),
        Binding("tab", "complete", "Complete", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Down", show=False, priority=True),
    ]

    def __init__(
        self, client: Client, conversations: Sequence[Conversation], conversation_id: str | None, words: str = ""
    ) -> None:
        super().__init__()
        self._client = client
        self._names = {listed.id: clean_name(listed.name) for listed in conversations}
        self._people = {listed.identity: clean_name(listed.name) for listed in conversations}
        self._conversation_id = conversation_id
        self._here = conversation_id is not None
        self._words = words
        self._hits: SearchHits | None = None
        self._fault = ""

    def compose(self) -> ComposeResult:
        """Where and what, the hits, the keys."""
        with Vertical(id="card"):
            yield UpperEdge(tr("Search"), id="count")
            with Vertical(id="search-body"):
                with Horizontal(id="head"):
                    yield Static(id="where", markup=False)
                    yield LineEditing(self._words, placeholder=tr("words"), select_on_focus=False)
                yield Static(id="asked", markup=False)
                yield Rule()
                yield PickList(markup=False)
            yield Hints(*HINTS)

    def on_resize(self) -> None:
        """Draw the edges with or without corners."""
        for edge in self.query(Edge):
            edge.refresh()

    def on_mount(self) -> None:
        """Begin with the words given."""
        search = self.query_one(Input)
        search.cursor_blink = app_of(self).profile.blinking
        search.focus()
        # The cursor stands behind what is already there, so that Tab goes on with it.
        search.cursor_position = len(search.value)
        self._show_where()
        self._search(self._words)

    def _show_where(self) -> None:
        name = self._names.get(self._conversation_id or "", "")
        here = tr("In {name}:").format(name=fit(name, NAME_WIDTH * 2))
        where = here if self._here else tr("Everywhere:")
        self.query_one("#where", Static).update(where)

    def action_widen(self) -> None:
        """Search here or everywhere."""
        if self._conversation_id is not None:
            self._here = not self._here
            self._show_where()
            self._search(self.query_one(Input).value)

    async def on_key(self, event: Key) -> None:
        """Keep what was typed before the line was there."""
        await take_early_key(self, event)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while typing."""
        self._search(event.value)

    def action_complete(self) -> None:
        """Complete the filter that is being typed."""
        search, app = self.query_one(Input), app_of(self)
        today = dt.date.fromordinal(app.calendar.day(app.now())).isoformat()
        typed, rest = search.value[: search.cursor_position], search.value[search.cursor_position :]
        done = completed(typed, self._people, today)
        if done != typed:
            search.value = done + rest
            search.cursor_position = len(done)

    def _search(self, text: str) -> None:
        app = app_of(self)
        query = understand(text, self._people, app.now(), app.calendar)
        self._show_asked(query)
        self.run_worker(self._read(query), group="search", exclusive=True)

    def _show_asked(self, query: Query) -> None:
        """Say what the filters were taken for, or which there are."""
        separator = f" {app_of(self).glyphs.separator} "
        asked = self.query_one("#asked", Static)
        asked.set_class(bool(query.said or query.fault), "taken")
        asked.update(Content(" " + (query.fault or separator.join(query.said) or tr(EXAMPLES))))

    async def _read(self, query: Query) -> None:
        self._hits = None
        self._fault = ""
        if not query.is_empty and not query.fault:
            hits = SearchHits(self._client, query, self._conversation_id if self._here else None)
            try:
                await hits.read()
                self._hits = hits
            except ApiError as error:
                self._fault = explain(error).sentence
        self._show_count()
        self._list()

    def _show_count(self) -> None:
        note, hits = self._fault, self._hits
        if hits is not None and not note:
            more = tr("{count} hits").format(count=hits.count)
            note = more if hits.has_more else tr_n("{count} hit", "{count} hits", len(hits.found))
        self.query_one("#count", UpperEdge).note(note)

    def _list(self) -> None:
        """Show the hits that are read: those of another search from the first on, else those that are not there yet."""
        options = self.query_one(OptionList)
        options.clear_options()
        self._add(0)
        if options.option_count:
            options.highlighted = 0

    def _add(self, first: int) -> None:
        if self._hits is not None:
            wanted = search_terms.words_of(self._hits.words)
            self.query_one(OptionList).add_options(
                [Option(self._line(hit, wanted)) for hit in self._hits.found[first:]]
            )

    @on(OptionList.OptionHighlighted)
    def _near_the_end(self, event: OptionList.OptionHighlighted) -> None:
        hits = self._hits
        if hits is not None and hits.has_more and event.option_index >= len(hits.found) - NEAR_END:
            self.run_worker(self._read_on(hits), group="search", exclusive=True)

    async def _read_on(self, hits: SearchHits) -> None:
        """Read the next page of a search that is still the one shown."""
        listed = len(hits.found)
        try:
            await hits.read()
        except ApiError as error:
            self._fault = explain(error).sentence
        if hits is self._hits:
            self._show_count()
            self._add(listed)

    def _line(self, hit: Found, wanted: list[str]) -> Content:
        app = app_of(self)
        ellipsis = app.glyphs.ellipsis
        name = self._names.get(hit.conversation, "")
        if hit.message.sender == "me":
            name = tr("you") if self._here else tr("to {name}").format(name=name)
        cut, text, spans = _where(clean_line(hit.message.text), wanted)
        width = self.query_one(OptionList).size.width
        name_width = NAME_WIDTH if width >= NARROW else SHORT_NAME
        hour_width = when_width()
        room = max(10, width - name_width - hour_width - 5)
        start = before(text, spans[0][0] - min(LEAD, room // LEAD_PART) + 1) if spans else 0
        lead = ("" if hit.message.known else f"({tr('unknown device')}) ") + (ellipsis if cut or start else "")
        hour = when(hit.message.sent_at, app.now(), app.calendar)
        head = Content.assemble(
            (f" {pad(hour, hour_width, ellipsis)} ", "$soft"), (pad(name, name_width, ellipsis), "bold"), f" {lead}"
        )
        shown = fit(text[start:], room - width_of(lead), ellipsis)
        stop = start + len(shown) - (len(ellipsis) if shown != text[start:] else 0)
        line, shift = head.append(shown), len(head) - start
        for first, last in spans:
            if first < stop:
                line = line.stylize("bold underline", first + shift, min(last, stop) + shift)
        return line

    def action_move(self, step: int) -> None:
        """Move the highlight while typing goes on."""
        options = self.query_one(OptionList)
        if options.option_count and options.highlighted is not None:
            options.highlighted = max(0, min(options.highlighted + step, options.option_count - 1))

    def on_input_submitted(self) -> None:
        """Go to the highlighted hit."""
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self._choose(highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go to the clicked hit."""
        self._choose(event.option_index)

    def _choose(self, index: int) -> None:
        if self._hits is not None and index < len(self._hits.found):
            self._hits.at = index
            self.dismiss(self._hits)

    def clear_caches(self) -> None:
        """Forget the hits and what was searched."""
        self._hits = None
        self._names, self._people = {}, {}
        self._words = ""
        for shown in self.query(OptionList):
            shown.clear_options()
        for asked in self.query("#asked").results(Static):
            asked.update(Content(""))
        for line in self.query(Input):
            with line.prevent(Input.Changed):
                line.clear()


def _where(text: str, wanted: list[str]) -> tuple[bool, str, list[tuple[int, int]]]:
    """Return the part of a text where words first are, whether something is before it, and where in it they are.

    A line shows less than ``_PART`` characters, and there may be twelve thousand.
    """
    for start in range(0, len(text), _PART):
        begin = max(0, start - _OVERLAP)
        if search_terms.spans(text[begin : start + _PART + _OVERLAP], wanted):
            part = text[begin : start + 2 * _PART]
            return begin > 0, part, search_terms.spans(part, wanted)
    return False, text[:_PART], []
