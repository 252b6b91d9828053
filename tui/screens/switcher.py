"""The switcher (Ctrl+K): part of a name and Enter open a conversation. Unread conversations come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets.option_list import Option

from core.api import Conversation
from tui.app_port import app_of
from tui.language import N_
from tui.screens.picker import PickerScreen
from tui.text.cells import width_of
from tui.text.sanitize import clean_name, fit, pad
from tui.words.contacts import own_name_of, own_part
from tui.words.format import count
from tui.words.previews import preview_of

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
    """Return how well a conversation matches: by the name given to the contact here, or by its own name."""
    return max(matcher.match(clean_name(listed.name)), matcher.match(own_name_of(listed)))


class SwitcherScreen(PickerScreen[str]):
    """Dismisses with a conversation id, or None."""

    BINDINGS: ClassVar = [Binding("ctrl+k,ctrl+g", "dismiss(None)", "Close", show=False, priority=True)]
    heading = N_("Go to a conversation")
    keys = (("↑↓", N_("choose")), ("Enter", N_("open")), ("Esc", N_("back")))
    placeholder = N_("Part of a name")
    nothing = N_("nobody of that name")

    def __init__(self, conversations: Sequence[Conversation], query: str = "") -> None:
        super().__init__(query)
        self._conversations = conversations

    def options(self, query: str) -> list[Option]:
        """Return the conversations that match."""
        found = matching(query, self._conversations)[:MAX_LISTED]
        return [Option(self._line(listed), id=listed.id) for listed in found]

    def result_of(self, option: Option) -> str:
        """Return the conversation's id."""
        return str(option.id)

    def _line(self, listed: Conversation) -> Content:
        ellipsis = app_of(self).glyphs.ellipsis
        badge = count(listed.unread) if listed.unread else ""
        name = fit(clean_name(listed.name), NAME_WIDTH, ellipsis)
        room = NAME_WIDTH - width_of(name)
        own = own_part(listed, room, ellipsis)
        return Content.assemble(
            (f"{badge:>4} ", "bold $notice"),
            (name if own else pad(name, NAME_WIDTH), "bold $bright" if listed.unread else ""),
            (pad(own, room) if own else "", "$soft"),
            " ",
            (fit(preview_of(listed), TEXT_WIDTH, ellipsis), "$soft"),
        )

    def clear_caches(self) -> None:
        """Forget all names."""
        self._conversations = ()
        super().clear_caches()


class ForwardScreen(SwitcherScreen):
    """Dismisses with the conversation that something is forwarded to, or None."""

    heading = N_("Forward to")
    keys = (("↑↓", N_("choose")), ("Enter", N_("forward")), ("Esc", N_("back")))
