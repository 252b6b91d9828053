"""Ctrl+K: type part of a name, Enter goes there. Unread conversations come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from core.api import Conversation
from tui.contact_words import own_name_of, own_part
from tui.format import count
from tui.frame import frame_of
from tui.screens.type_ahead import take_early_key
from tui.text import clean_line, clean_name, fit, pad
from tui.widgets.menu import PickList

# Conversations listed at once; more than fit are found by typing.
MAX_LISTED = 50
NAME_WIDTH = 20
TEXT_WIDTH = 30


def matching(query: str, conversations: Sequence[Conversation]) -> list[Conversation]:
    """Return what matches best first; with nothing typed the unread ones, then the latest."""
    if not query:
        return sorted(conversations, key=lambda listed: (listed.unread == 0, -listed.last_at))
    matcher = Matcher(query)
    scored = ((_score(matcher, listed), listed) for listed in conversations)
    hits = [(score, listed) for score, listed in scored if score > 0]
    return [listed for _, listed in sorted(hits, key=lambda hit: (-hit[0], hit[1].unread == 0, -hit[1].last_at))]


def _score(matcher: Matcher, listed: Conversation) -> float:
    """Return how well a conversation matches: by what one calls them, or by what they call themselves."""
    return max(matcher.match(clean_name(listed.name)), matcher.match(own_name_of(listed)))


class SwitcherScreen(ModalScreen[str | None]):
    """Dismisses with a conversation id, or None."""

    DEFAULT_CSS = """
    SwitcherScreen { align: center top; }
    SwitcherScreen #box {
        width: 60; max-width: 95%; height: auto; max-height: 80%; margin-top: 2; padding: 0 1;
        border: round $border; background: $surface;
    }
    SwitcherScreen Input, SwitcherScreen Input:focus { border: none; height: 1; padding: 0; background: $surface; }
    SwitcherScreen OptionList { border: none; height: auto; max-height: 14; padding: 0; background: $surface;
        margin-top: 1; text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1; }
    SwitcherScreen.-short #box { margin-top: 0; max-height: 100%; border: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    BINDINGS: ClassVar = [
        Binding("escape,ctrl+k,ctrl+g,ctrl+c", "dismiss(None)", "Close", show=False),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
    ]

    def __init__(self, conversations: Sequence[Conversation], query: str = "") -> None:
        super().__init__()
        self._conversations = conversations
        self._query = query

    def compose(self) -> ComposeResult:
        """A line to type in over the list."""
        with Vertical(id="box"):
            yield Input(self._query, placeholder="Go to…", select_on_focus=False)
            yield PickList(markup=False)

    def on_mount(self) -> None:
        """List all."""
        self.query_one(Input).cursor_blink = frame_of(self).profile.blinking
        self._list(self._query)
        self.query_one(Input).focus()

    async def on_key(self, event: Key) -> None:
        """Keep what was typed before the line was there."""
        await take_early_key(self, event)

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what matches."""
        self._list(event.value)

    def _list(self, query: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        found = matching(query, self._conversations)[:MAX_LISTED]
        options.add_options([Option(self._line(listed), id=listed.id) for listed in found])
        if found:
            options.highlighted = 0
        else:
            options.add_option(Option(Content("nobody of that name"), disabled=True))

    def _line(self, listed: Conversation) -> Content:
        ellipsis = frame_of(self).glyphs.ellipsis
        badge = count(listed.unread) if listed.unread else ""
        name = fit(clean_name(listed.name), NAME_WIDTH, ellipsis)
        room = NAME_WIDTH - cell_len(name)
        own = own_part(listed, room, ellipsis)
        return Content.assemble(
            (f"{badge:>4} ", "bold $unread"),
            (name if own else pad(name, NAME_WIDTH), "bold" if listed.unread else ""),
            (pad(own, room) if own else "", "dim"),
            " ",
            (fit(clean_line(listed.last_text[:100]), TEXT_WIDTH, ellipsis), "dim"),
        )

    def on_input_submitted(self) -> None:
        """Go to the highlighted one."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self._choose(options.get_option_at_index(options.highlighted))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go to the clicked one."""
        self._choose(event.option)

    def _choose(self, option: Option) -> None:
        if option.id is not None:
            self.dismiss(option.id)

    def action_move(self, step: int) -> None:
        """Move the highlight while typing goes on."""
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def clear_caches(self) -> None:
        """Forget all names."""
        self._conversations = ()
        self.query_one(OptionList).clear_options()
