"""What the keys and commands of the main screen do: every ``action_…`` that the registry names for it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from core.api import Client, Conversation, Message
from tui.app_port import app_of
from tui.screens.content import ContentScreen, ShowsNotices
from tui.terminal.clipboard import copy
from tui.text.links import links_in
from tui.text.sanitize import clean_line, clean_name, fit, kept_text
from tui.words.contacts import deleted_words
from tui.words.format import moment, state_sentence

if TYPE_CHECKING:
    from tui.chat.chat import Chat
    from tui.chat.navigation import Navigation
    from tui.chat.search_hits import Hits
    from tui.widgets.chat_log import ChatLog
    from tui.widgets.conversation_list import ConversationList
    from tui.widgets.writing import WritingArea


class MainActions(Screen[None], ContentScreen, ShowsNotices):
    """The main screen without its looks and its events."""

    client: Client
    chat: Chat
    navigation: Navigation
    log_view: ChatLog
    list_view: ConversationList
    writing: WritingArea
    hits: Hits | None = None
    """What was last searched for and found."""

    # --- what MainScreen brings ---------------------------------------------------------------------------------------

    def attempt(self, work: Coroutine[Any, Any, None], *, group: str = "work") -> None:
        """Do something that the core may refuse."""
        raise NotImplementedError

    async def open_conversation(self, conversation_id: str, at: Message | None = None, sought: str = "") -> None:
        """Open a conversation."""
        raise NotImplementedError

    def leave_conversation(self) -> None:
        """Back to the list."""
        raise NotImplementedError

    def forget_conversation(self) -> None:
        """Leave the open conversation, which is gone, and forget what was being written in it."""
        raise NotImplementedError

    async def read_list(self) -> None:
        """Read the list of conversations."""
        raise NotImplementedError

    def go_to(self, conversation_id: str | None) -> None:
        """Open a conversation if there is one."""
        if conversation_id is not None:
            self.attempt(self.open_conversation(conversation_id), group="opening")

    # --- finding one's way --------------------------------------------------------------------------------------------

    def action_switcher(self, name: str = "") -> None:
        """Go to a conversation by part of its name."""
        from tui.screens.switcher import SwitcherScreen, matching

        if name and len(found := matching(name, self.navigation.conversations)) == 1:
            self.go_to(found[0].id)
            return
        self.app.push_screen(SwitcherScreen(self.navigation.conversations, name), self.go_to)

    def action_next_unread(self) -> None:
        """Go round the unread conversations."""
        following = self.navigation.next_unread()
        if following is None:
            app_of(self).tell("Nothing unread.")
        self.go_to(following)

    def action_go_by(self, step: int) -> None:
        """Go up or down in the list."""
        self.go_to(self.navigation.by_step(step))

    def action_go_last(self) -> None:
        """Go back to the one before."""
        self.go_to(self.navigation.last)

    def action_go_to(self, number: int) -> None:
        """Go to a place of the list."""
        self.go_to(self.navigation.by_number(number))

    def action_to_list(self) -> None:
        """Go to the list."""
        if self.has_class("-narrow"):
            self.leave_conversation()
        else:
            self.list_view.focus()

    def action_to_unread(self) -> None:
        """Scroll to the unread rule."""
        if not self.log_view.go_to_unread():
            app_of(self).tell("Nothing was unread here.")

    def action_page(self, direction: int) -> None:
        """Scroll by a screen."""
        self.log_view.scroll_screens(direction)

    def action_to_start(self) -> None:
        """Scroll to the first message."""
        self.attempt(self.chat.go_to_start(), group="pages")

    def action_to_end(self) -> None:
        """Scroll to the newest message."""
        self.attempt(self.chat.go_to_end(), group="pages")

    def action_search(self, words: str = "") -> None:
        """Search here; on the search screen the same key searches everywhere."""
        from tui.screens.search import SearchScreen

        def chosen(hits: Hits | None) -> None:
            if hits is not None:
                self.hits = hits
                self.attempt(self.go_to_hit(0), group="opening")

        names = {listed.id: clean_name(listed.name) for listed in self.navigation.conversations}
        self.app.push_screen(SearchScreen(self.client, names, self.navigation.current, words), chosen)

    async def go_to_hit(self, step: int) -> None:
        """Go so many hits of the last search on; raises ``ApiError``."""
        hits = self.hits
        if hits is None:
            app_of(self).tell("Nothing was searched yet: Ctrl+F searches.")
            return
        hit = await hits.step(step)
        if hit is None:
            app_of(self).tell("That was the oldest hit." if step > 0 else "That was the newest hit.")
            return
        await self.open_conversation(hit.conversation, hit.message, hits.words)
        app_of(self).tell(f"Hit {hits.at + 1} of {hits.count}.  n next  N previous  Esc back to writing")

    # --- the screen ---------------------------------------------------------------------------------------------------

    def action_peel(self) -> None:
        """Close the topmost thing: completions, a selection, the way back down, the conversation."""
        if self.writing.close_completion():
            return
        if self.log_view.has_focus:
            self.writing.composer.focus()
        elif self.has_class("bare"):
            self.action_toggle_bare()
        elif self.navigation.current is not None and not self.log_view.is_at_end:
            self.action_to_end()
        elif self.has_class("-narrow") and self.navigation.current is not None:
            self.leave_conversation()
        elif self.navigation.current is not None:
            self.writing.composer.focus()

    def action_toggle_details(self) -> None:
        """Show or hide the pane at the right."""
        self.toggle_class("details")
        if not self.has_class("-wide"):
            app_of(self).tell("The details pane needs 120 columns.", "warning")

    def action_toggle_bare(self) -> None:
        """Show the messages and nothing else."""
        self.toggle_class("bare")

    # --- one message --------------------------------------------------------------------------------------------------

    def act_on(self, what: str, message: Message) -> None:
        """Copy, delete or tell about a message."""
        match what:
            case "copy":
                copy(self, kept_text(message.text))
            case "link":
                self._copy_link(message)
            case "delete":
                self._ask_delete(message)
            case _:
                app_of(self).tell(self._about(message))

    def _copy_link(self, message: Message) -> None:
        """Copy the links of a message, each whole."""
        found = links_in(kept_text(message.text))
        if found:
            copy(self, "\n".join(found))
        else:
            app_of(self).tell("There is no link in it.")

    def _about(self, message: Message) -> str:
        app = app_of(self)
        parts = [f"Written {moment(message.sent_at, app.now(), app.calendar)}"]
        if message.sender == "me":
            parts.append(state_sentence(message.state, message.copies, message.until, app.now(), app.calendar))
        if not message.known:
            parts.append(f"from an unknown device ({message.device}): see /devices")
        if message.late:
            parts.append("came late")
        return ", ".join(parts) + "."

    def _ask_delete(self, message: Message) -> None:
        import importlib

        confirm = importlib.import_module("tui.screens.confirm").ConfirmScreen

        def answered(sure: object) -> None:
            if sure:
                self.attempt(self._delete(message))
            self.log_view.focus()

        what = f"“{fit(clean_line(message.text), 40)}”" if message.kind == "text" else "this remark"
        # While a message is selected, y copies: whoever meant that must not delete.
        self.app.push_screen(
            confirm(f"Delete {what} from this device?", yes="Delete", no="Keep", yes_key="x"), answered
        )

    async def _delete(self, message: Message) -> None:
        deleted = await self.chat.delete([message.id])
        await self.read_list()
        app_of(self).tell(deleted_words(deleted))

    def current(self) -> Conversation | None:
        """Return the open conversation."""
        return self.navigation.find(self.navigation.current)
