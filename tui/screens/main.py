"""Conversations and the chat: the screen one lives in.

Widgets post messages up, this screen calls down. What is read from the core when is ``tui.chat.chat``'s, which conversation
comes next ``tui.chat.navigation``'s, what the keys do ``tui.screens.main_actions``'s; here messages and events become calls.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import AppFocus, Resize
from textual.widgets import Static

from core import api
from core.api import ApiError, Client, Kind
from tui.app_port import app_of
from tui.chat.chat import Chat
from tui.chat.drafts import Drafts
from tui.chat.navigation import Navigation
from tui.keys.commands import REGISTRY
from tui.keys.keymap import bindings
from tui.keys.registry import Scope, message_text
from tui.messages import SettingsChanged
from tui.screens.main_contacts import MainContacts
from tui.widgets.chat_header import ChatHeader
from tui.widgets.chat_log import ChatLog
from tui.widgets.composer import Composer
from tui.widgets.conversation_list import ConversationList
from tui.widgets.details import Details
from tui.widgets.plain import Columns, Rows
from tui.widgets.status_line import StatusLine
from tui.widgets.writing import WritingArea
from tui.words.format import count

# Seconds between the last key and the draft's going into the file.
DRAFT_DELAY = 1.0
# Below this many rows there is no header and no status line.
SHORT_ROWS = 20


class MainScreen(MainContacts):
    """List, chat and details."""

    BLANK = True
    CSS_PATH = "main.tcss"
    BINDINGS: ClassVar = bindings(REGISTRY, Scope.MAIN)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (SHORT_ROWS, "-tall")]
    AUTO_FOCUS = "ConversationList"

    def __init__(self, client: Client) -> None:
        super().__init__(id="main", classes="details")
        self.client = client
        self.log_view = ChatLog(id="log")
        self.list_view = ConversationList(id="list")
        self.writing = WritingArea(id="writing")
        self.status = StatusLine(id="status")
        self.header = ChatHeader(id="header")
        self.details = Details(id="details")
        self.chat = Chat(client, self.log_view)
        self.navigation = Navigation()
        self._drafts = Drafts(client)

    def compose(self) -> ComposeResult:
        """The three panes over the status line."""
        with Columns(id="panes"):
            with Vertical(id="side"):
                yield Static(Content("sottovoce"), id="side-title")
                yield self.list_view
                yield Static(id="no-conversations")
                yield Static(id="waiting")
            with Rows(id="welcome"):
                yield Static(id="welcome-text")
            with Rows(id="chat"):
                yield self.header
                with Rows(id="log-area"):
                    yield self.log_view
                    yield Static(id="below")
                yield self.writing
            yield self.details
        yield self.status

    def on_mount(self) -> None:
        """Read the list; go back to where one was before locking."""
        self.listen()
        self._draft_timer = self.set_timer(DRAFT_DELAY, self._save_soon, pause=True)
        self.hint()
        self.attempt(self._begin())

    async def _begin(self) -> None:
        await self.read_list()
        await self.read_greetings()
        self.list_view.focus()
        status = await self.client.call(api.NetworkStatusGet())
        self.status.show_peers(status.peers)
        self.status.show_lock_time((await self.client.call(api.AccountGet())).locks_at)
        if (last := app_of(self).last_conversation) is not None:
            await self.open_conversation(last)

    def attempt(self, work: Coroutine[Any, Any, None], *, group: str = "work") -> None:
        """Do something that the core may refuse, and tell why it did."""

        async def tried() -> None:
            try:
                await work
            except ApiError as error:
                if error.kind is not Kind.LOCKED:  # the lock is in front already
                    app_of(self).tell_error(error)

        self.run_worker(tried(), group=group)

    # --- which conversation -------------------------------------------------------------------------------------------

    @property
    def conversation_id(self) -> str | None:
        """The open conversation."""
        return self.navigation.current

    async def open_conversation(self, conversation_id: str, at: api.Message | None = None, sought: str = "") -> None:
        """Open a conversation, at a message if given, the words ``sought`` marked in it."""
        conversation = self.navigation.find(conversation_id)
        if conversation is None:
            await self.read_list()
            conversation = self.navigation.find(conversation_id)
        if conversation is None:
            raise ApiError(Kind.UNKNOWN_CONVERSATION, "no such conversation")
        self._enter(conversation)
        await self.save_work()
        try:
            await self.chat.open(conversation, at, sought=sought)
        except ApiError:
            self.chat.close()
            raise
        finally:
            self.show_heads()
        if at is not None:
            self.log_view.focus()
        self.hint()

    def key_enter(self) -> None:
        """Use the invitation that one began with: while there is no conversation, Enter means nothing else."""
        if not self.navigation.conversations and app_of(self).start_invitation is not None:
            app_of(self).action_show("add")

    def go_to(self, conversation_id: str | None) -> None:
        """Open a conversation if there is one. What is typed from this moment on is for it."""
        if (conversation := self.navigation.find(conversation_id)) is not None:
            self._enter(conversation)
        super().go_to(conversation_id)

    def _enter(self, conversation: api.Conversation) -> None:
        """Turn the composer and the list to a conversation, at once; its header comes with its rows."""
        if self.writing.composer.address == conversation.id:
            return
        self._keep_draft(self.writing.composer.address, self.writing.composer.text)
        self.navigation.went_to(conversation.id)
        self.chat.expect(conversation.id)
        app_of(self).last_conversation = conversation.id
        self.add_class("in-chat")
        self.writing.composer.address = conversation.id
        self.writing.composer.put(self._drafts.text_for(conversation))
        self.writing.composer.focus()
        self.show_heads()

    def leave_conversation(self) -> None:
        """Back to the list, where one pane is all there is room for."""
        self._keep_draft(self.writing.composer.address, self.writing.composer.text)
        self.writing.composer.address = None
        self.attempt(self.save_work())
        self.remove_class("in-chat")
        self.navigation.went_to(None)
        self.chat.close()
        self.list_view.focus()
        self.show_heads()
        self.hint()

    def forget_conversation(self) -> None:
        """Leave a conversation that is gone, with what was being written in it."""
        if (gone := self.navigation.current) is not None:
            self._drafts.forget(gone)
        app_of(self).last_conversation = None
        self.writing.composer.address = None
        self.writing.composer.put("")
        self.leave_conversation()

    # --- writing ------------------------------------------------------------------------------------------------------

    @on(WritingArea.Changed)
    def _text_changed(self, event: WritingArea.Changed) -> None:
        self._keep_draft(event.address, event.text)
        self.hint()

    def _keep_draft(self, address: str | None, text: str) -> None:
        """Remember an unsent text, and save it soon."""
        listed = self.navigation.find(address)
        if address is None or not self._drafts.keep(address, text, listed.draft if listed is not None else ""):
            return
        self._draft_timer.reset()
        self._draft_timer.resume()

    def _save_soon(self) -> None:
        self.attempt(self.save_work(), group="drafts")

    async def save_work(self) -> None:
        """Write unsaved drafts into the file, and first what the composer has not told of yet."""
        for composer in self.writing.query(Composer):  # none, once the screen is taken away
            self._keep_draft(composer.address, composer.text)
        try:
            await self._drafts.save()
        except ApiError as error:
            if error.kind is not Kind.LOCKED:
                app_of(self).tell_error(error)

    @on(WritingArea.Send)
    def _send(self, event: WritingArea.Send) -> None:
        if self.offers_unblocking(event.address):
            return  # the text stays where it is
        self.writing.composer.put("")
        if event.address is not None:
            self.attempt(self._commit(event.address, event.text), group="sending")

    async def _commit(self, address: str, text: str) -> None:
        try:
            await self.chat.send(address, message_text(text))
        except ApiError:
            self._give_back(address, text)
            raise
        self._keep_draft(address, "")
        await self.read_list()

    def _give_back(self, address: str, text: str) -> None:
        """Put a text that could not be sent where it was written: nothing written is ever lost."""
        if self.writing.composer.address != address:
            self._keep_draft(address, text)
        elif not self.writing.composer.text:
            self.writing.composer.put(text)

    @on(WritingArea.Run)
    def _run_command(self, event: WritingArea.Run) -> None:
        self.run_worker(app_of(self).run_command(event.spec, event.argument), group="commands")

    @on(WritingArea.Wrong)
    def _wrong_command(self, event: WritingArea.Wrong) -> None:
        app_of(self).tell(event.why, "warning")

    @on(Composer.WentUp)
    def _select_message(self) -> None:
        self.log_view.begin_selecting()
        self.hint()

    @on(Composer.Emptied)
    def _emptied(self, event: Composer.Emptied) -> None:
        self.writing.close_completion()
        if not event.had_text:
            self.attempt(self._ask_quit())

    async def _ask_quit(self) -> None:
        await app_of(self).run_command(REGISTRY.get("app.quit"))

    # --- the message list ---------------------------------------------------------------------------------------------

    @on(ChatLog.OlderWanted)
    def _older_wanted(self) -> None:
        self.attempt(self.chat.load_older(), group="pages")

    @on(ChatLog.NewerWanted)
    def _newer_wanted(self) -> None:
        self.attempt(self.chat.catch_up(), group="pages")

    @on(ChatLog.Moved)
    def _moved(self, event: ChatLog.Moved) -> None:
        below = self.query_one("#below", Static)
        below.display = bool(event.below)
        if event.below:
            below.update(Content(f"{app_of(self).glyphs.down} {count(event.below)} new below  Alt+End"))
        if event.at_end and self.app.app_focus and self.is_current:
            self.attempt(self._mark_read(), group="reading")

    async def _mark_read(self) -> None:
        if await self.chat.mark_read():
            await self.read_list()

    @on(ChatLog.Left)
    def _left_selection(self, event: ChatLog.Left) -> None:
        self.writing.composer.focus()
        if event.typed:
            self.writing.composer.insert(event.typed)

    @on(ChatLog.Chosen)
    def _chosen_message(self) -> None:
        self.show_details()

    @on(ChatLog.Wanted)
    def _message_wanted(self, event: ChatLog.Wanted) -> None:
        self.act_on(event.what, event.message)

    @on(ChatLog.HitWanted)
    def _hit_wanted(self, event: ChatLog.HitWanted) -> None:
        self.attempt(self.go_to_hit(event.step), group="opening")

    @on(ConversationList.Chosen)
    def _conversation_chosen(self, event: ConversationList.Chosen) -> None:
        self.go_to(event.conversation_id)

    # --- looks --------------------------------------------------------------------------------------------------------

    def on_settings_changed(self, _: SettingsChanged) -> None:
        """Other colours or signs."""
        self.writing.draw_signs()
        self.writing.composer.cursor_blink = app_of(self).profile.blinking
        self.log_view.redraw()
        self.show_heads()
        self.refresh(layout=True)

    def on_resize(self, event: Resize) -> None:
        """One line a conversation where rows are scarce."""
        self.list_view.set_short(short=event.size.height < SHORT_ROWS)
        self.call_after_refresh(self.show_heads)

    def on_screen_resume(self) -> None:
        """Back on top: what arrived in between is seen now."""
        if not self.is_mounted:
            return
        self.attempt(self.read_greetings(), group="greetings")
        if self.conversation_id is not None:
            self.attempt(self._mark_read(), group="reading")

    @on(AppFocus)
    def _focused_again(self) -> None:
        self.attempt(self._mark_read(), group="reading")

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        self.hint()

    def show_notice(self, text: Content, severity: str) -> None:
        """Say what happened in the status line, which a short screen shows only then."""
        self.add_class("noticing")
        self.status.show_notice(text.plain, severity)

    def clear_notice(self) -> None:
        """Take it down."""
        self.remove_class("noticing")
        self.status.clear_notice()

    def clear_caches(self) -> None:
        """Forget every text and name but the drafts, which ``save_work`` still has to write."""
        self._keep_draft(self.writing.composer.address, self.writing.composer.text)
        self.writing.composer.address = None
        self.navigation = Navigation()
        self.hits = None
        self.chat.close()
        self.list_view.clear_caches()
        self.details.clear_caches()
        self.writing.composer.put("")
        self.writing.composer.history.clear()
        self.writing.composer.placeholder = ""
        self.header.show(None, 0, narrow=False)
