"""Draws what stands around the messages of the main screen: list, header, details, a welcome while nothing is open."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.language import tr, tr_n
from tui.screens.main.message_menu import wanted_of
from tui.screens.main.panes import Panes
from tui.text.sanitize import clean_name
from tui.widgets.person_colour import colour_of
from tui.words.format import count
from tui.words.hints import (
    EMPTY_HINTS,
    HIT_HINTS,
    LIST_HINTS,
    MARK_HINTS,
    MARKED,
    chat_hints,
    select_hints,
    title_of,
    ways_in,
    welcome,
)

# Rows looked through for the person's own last message, which the details tell about.
RECENT = 20


class Heads:
    """Draws everything but the messages from what was last read. ``focused`` gives the widget that keys go to."""

    def __init__(
        self,
        panes: Panes,
        app: AppPort,
        navigation: Navigation,
        chat: Chat,
        focused: Callable[[], Widget | None],
    ) -> None:
        self._panes = panes
        self._app = app
        self._navigation = navigation
        self._chat = chat
        self._focused = focused
        self._side_shown = ("", "", "", "")
        self._welcome_shown: tuple[Content, bool] | None = None
        self.on_show: Callable[[], None] = lambda: None
        """Called when another conversation may be open."""
        self.greetings = 0
        """Strangers who wait for an answer."""
        self._is_short = False
        self.among_hits = False
        """Whether the keys walk the hits of a search."""

    def forget_shown(self) -> None:
        """Forget what was drawn: all of it is in another language now."""
        self._side_shown = ("", "", "", "")

    def show(self) -> None:
        """Draw the list, the header and the details."""
        panes, conversations = self._panes, self._navigation.conversations
        self._panes.layout.set_class(not conversations, "empty")
        panes.list.show(conversations, self._navigation.current)
        self._show_side()
        self._show_welcome()
        here = self._navigation.here
        if here is not None:
            name = clean_name(here.name)
            inviting = tr("{name} is blocked: /unblock to write") if here.blocked else tr("Write to {name}")
            panes.writing.composer.placeholder = Content(inviting.format(name=name))
            panes.writing.write_to(colour_of(here.identity))
        if not self._chat.is_opening:  # a name never stands over the rows of another contact
            elsewhere = self._navigation.unread_elsewhere()
            panes.header.show(here, elsewhere, narrow=self._panes.layout.has_class("-narrow"))
            self.show_details()
        self.on_show()
        self.hint()

    @property
    def _is_rail(self) -> bool:
        """Whether badges are all that is shown of the list."""
        layout = self._panes.layout
        return layout.has_class("-rail") and not (layout.has_class("names") or layout.has_class("empty"))

    def frame(self, *, short: bool | None = None) -> None:
        """Frame the composer, unless each byte or each row counts."""
        self._is_short = self._is_short if short is None else short
        framed = not (self._is_short or self._app.profile.low_bandwidth)
        self._panes.layout.set_class(framed, "framed")
        self._panes.writing.set_framed(framed=framed)

    def _show_side(self) -> None:
        unread = sum(listed.unread for listed in self._navigation.conversations)
        note = tr("{count} new").format(count=count(unread)) if unread else ""
        gap = "" if self._is_rail or not unread else f" {self._app.glyphs.separator} "
        title = "" if self._is_rail else "sottovoce"
        waiting = tr_n("{count} greeting", "{count} greetings", self.greetings)
        greetings = f"{self.greetings} " if self._is_rail else f"{waiting}  "
        key = self._app.keys.label("Alt+G")
        if (title, note, greetings, key) == self._side_shown:
            return  # at each key: a line that is drawn anew is paid for in bytes
        self._side_shown = title, note, greetings, key
        self._panes.side_title.update(Content.assemble((title, "bold"), gap, (note, "bold $notice")))
        self._panes.waiting.display = bool(self.greetings)
        self._panes.waiting.update(Content.assemble((greetings, "bold $notice"), (key, "bold")))

    def _show_welcome(self) -> None:
        invitation = self._app.start_invitation
        there = bool(self._navigation.conversations)
        named = ways_in(
            has_conversations=there, greetings=self.greetings, offered=invitation.name if invitation else ""
        )
        ways = [(key, leads) for key, leads in ((self._app.keys.label(key), leads) for key, leads in named) if key]
        text = welcome(title_of(has_conversations=there, greetings=self.greetings), ways)
        # Where there is room for both panes, the list only says that it is empty.
        alone = self._panes.layout.has_class("-narrow")
        if (text, alone) == self._welcome_shown:
            return  # another text has everything laid out anew, seen or not
        self._welcome_shown = text, alone
        self._panes.welcome.update(text)
        self._panes.no_conversations.update(text if alone else Content(tr("no conversations yet")))

    def show_details(self) -> None:
        """Draw the pane at the right."""
        log = self._panes.log
        own = next((row for row in reversed(log.model.rows[-RECENT:]) if row.sender == "me"), None)
        self._panes.details.show(self._navigation.here, log.selected or own, is_selected=log.selected is not None)

    def show_below(self, below: int) -> None:
        """Say how many new messages are below those in view."""
        words = tr("{count} new below").format(count=count(below))
        self._panes.writing.show_below(f"{self._app.glyphs.down} {words}" if below else "")

    def hint(self) -> None:
        """Say what the keys do now."""
        panes, focused = self._panes, self._focused()
        panes.layout.set_class(focused is panes.list or self._navigation.current is None, "names")
        self._show_side()
        if focused is panes.log:
            selected = panes.log.selected
            wanted = wanted_of(selected) if selected is not None else ()
            hints: tuple[tuple[str, str], ...] = HIT_HINTS if self.among_hits else select_hints(wanted)
            if marked := len(panes.log.marked):
                hints = (str(marked), MARKED), *MARK_HINTS
            panes.status.show_hints(self._app.keys.selecting(hints))
        elif not self._navigation.conversations:
            panes.status.show_hints(EMPTY_HINTS)
        elif self._navigation.current is None or focused is panes.list:
            panes.status.show_hints(LIST_HINTS)
        else:
            here = self._navigation.here
            panes.status.show_hints(
                chat_hints(
                    completing=panes.writing.composer.completing,
                    blocked=here is not None and here.blocked,
                    enter_sends=self._app.settings.enter_sends,
                )
            )
