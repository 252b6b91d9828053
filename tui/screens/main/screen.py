"""The main screen: puts its parts together, and turns messages of widgets and of the app into calls of them.

Widgets post messages up, this screen calls down. What each part does stands in its own file (see the package).
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import AppFocus, DescendantBlur, Resize
from textual.screen import Screen

from core import api
from core.api import Client
from tui.app_port import Severity, app_of
from tui.chat.chat import Chat
from tui.chat.drafts import Drafts
from tui.chat.navigation import Navigation
from tui.chat.purposes import Purposes
from tui.keys.commands import REGISTRY
from tui.keys.handlers import CarriesCommands, Handlers
from tui.keys.keymap import bindings
from tui.keys.registry import Scope
from tui.language import tr
from tui.messages import CoreEvent, EventsMissed, SettingsChanged
from tui.screens.content import ContentScreen, ShowsNotices
from tui.screens.main.answering import Answering
from tui.screens.main.attempts import Attempts, Work
from tui.screens.main.attention import PersonAttention
from tui.screens.main.contact_actions import ContactActions
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.draft_keeper import DraftKeeper
from tui.screens.main.draft_pace import DraftPace
from tui.screens.main.heads import Heads
from tui.screens.main.keeping_actions import KeepingActions
from tui.screens.main.link_actions import LinkActions
from tui.screens.main.many_actions import ManyActions
from tui.screens.main.message_actions import MessageActions
from tui.screens.main.message_changes import MessageChanges
from tui.screens.main.navigation_actions import NavigationActions
from tui.screens.main.news import News
from tui.screens.main.notice_actions import NoticeActions
from tui.screens.main.outside_editor import OutsideEditor
from tui.screens.main.panes import Panes
from tui.screens.main.recall import Recall
from tui.screens.main.search_walk import SearchWalk
from tui.screens.main.sending import Sending
from tui.screens.main.view_actions import ViewActions
from tui.screens.main.who_types import WhoTypes
from tui.terminal.clipboard import copy
from tui.widgets.chat_log import ChatLog
from tui.widgets.composer import Composer
from tui.widgets.conversation_list import ConversationList
from tui.widgets.writing import WritingArea

# Seconds between looks at whether the nodes that we send by answer.
NETWORK_LOOK = 5.0
# Below this many rows there is no header and no status line.
SHORT_ROWS = 20
# From so many rows on there is room for a rule under the header.
HIGH_ROWS = 30
# From so many columns on badges stand beside the chat; the names; who the contact is.
RAIL_COLUMNS, LIST_COLUMNS, DETAILS_COLUMNS = 64, 112, 160


class MainScreen(Screen[None], CarriesCommands, ContentScreen, ShowsNotices):
    """List, chat and details."""

    BLANK = True
    CSS_PATH = "main.tcss"
    BINDINGS: ClassVar = bindings(REGISTRY.of_scope(Scope.MAIN))
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (RAIL_COLUMNS, "-rail"),
        (LIST_COLUMNS, "-list"),
        (DETAILS_COLUMNS, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (SHORT_ROWS, "-tall"), (HIGH_ROWS, "-high")]
    AUTO_FOCUS = "ConversationList"

    def __init__(self, client: Client) -> None:
        super().__init__(id="main", classes="details")
        app = app_of(self)
        self._client = client
        self._stored_place = app.settings.last_conversation
        self._attempts = attempts = Attempts(self._start, app.tell_error)
        self.panes = panes = Panes(self)
        self.chat = chat = Chat(client, panes.log)
        self.navigation = navigation = Navigation()
        self._heads = heads = Heads(panes, app, navigation, chat, focused=lambda: self.focused)
        purposes = Purposes()
        pace = DraftPace(self._save_drafts, self.set_timer)
        self._drafts = drafts = DraftKeeper(
            Drafts(client), purposes, panes.writing, navigation, pace.soon, app.tell_error
        )
        self.conversations = conversations = Conversations(app, panes, navigation, chat, heads, drafts, attempts)
        self._typing = WhoTypes(self, app, panes, navigation)
        heads.on_show = self._typing.show
        self._news = News(self, app, navigation, chat, conversations, panes.status, attempts)
        self._attention = PersonAttention(app, attempts, lambda: navigation.current)
        dialogs = Dialogs(self.app, attempts)
        self._search = SearchWalk(app, navigation, conversations, heads, dialogs, attempts)
        answering = Answering(panes.writing, navigation, purposes, drafts)
        changes = MessageChanges(app, panes.log, chat, navigation, conversations, dialogs, attempts)
        to_clipboard = partial(copy, self)
        links = LinkActions(app, panes.log, conversations, dialogs, attempts, to_clipboard)
        others = {"answer": answering.answer, "edit": answering.edit, **changes.acts(), **links.acts()}
        self._messages = MessageActions(app, panes.log, chat, conversations, dialogs, attempts, others, to_clipboard)
        self._many = ManyActions(app, panes.log, chat, navigation, conversations, dialogs, attempts, to_clipboard)
        contact = ContactActions(app, navigation, chat, conversations, dialogs, attempts)
        keeping = KeepingActions(app, navigation, chat, conversations, dialogs, attempts)
        moving = NavigationActions(app, panes, navigation, chat, conversations, dialogs, attempts)
        view = ViewActions(app, panes, navigation, conversations, moving, answering)
        self._sending = Sending(
            chat, drafts, conversations, attempts, contact.offers_unblocking, dialogs, app.tell,
        )  # fmt: skip
        self._recall = Recall(panes, navigation, chat, purposes)
        self.handlers = Handlers()
        notices = NoticeActions(app, navigation, conversations, attempts)
        self._editor = OutsideEditor(app, panes.writing, drafts)
        for part in (moving, changes, self._search, view, contact, keeping, notices, self._editor):
            self.handlers.add(part.handlers())

    def _start(self, work: Work, group: str) -> None:
        self.run_worker(work, group=group)

    def compose(self) -> ComposeResult:
        """The three panes over the status line."""
        yield from self.panes.compose()

    def on_mount(self) -> None:
        """Read the list; go back to the conversation that was open before a lock."""
        self._heads.hint()
        self._attempts.begin(self._begin())
        self.set_interval(NETWORK_LOOK, self._look_at_network)

    async def _begin(self) -> None:
        await self.conversations.read()
        await self.conversations.read_greetings()
        self.panes.list.focus()
        await self._news.look_at_network()
        self.panes.status.show_lock_time((await self._client.call(api.AccountGet())).locks_at)
        app_of(self).tell_wrong_files()
        listed = self.navigation.conversations
        last = self.navigation.find(app_of(self).last_conversation) or (listed[0] if len(listed) == 1 else None)
        if last is not None:
            await self.conversations.open(last.id)

    def _look_at_network(self) -> None:
        self._attempts.begin(self._news.look_at_network(), group="network")

    def key_enter(self) -> None:
        """Use the invitation that the client was started with: while there is no conversation, Enter means nothing else."""
        if not self.navigation.conversations and app_of(self).start_invitation is not None:
            app_of(self).open_page("add")

    # --- what a locked device must not have ----------------------------------------------------------------------------

    def clear_caches(self) -> None:
        """Forget every text and name but the drafts, which ``save_work`` still has to write."""
        self._editor.leave()
        self._drafts.clear_caches()
        self._attention.forget()
        self.navigation.clear()
        self._search.clear_caches()
        self._recall.forget()
        self.chat.close()
        self.panes.list.clear_caches()
        self.panes.details.clear_caches()
        self.panes.header.show(None, 0, narrow=False)
        self._typing.forget()

    async def save_work(self) -> None:
        """Write unsaved drafts into the file, and which conversation is open."""
        self._editor.leave()
        await self._drafts.save()
        app = app_of(self)
        last = app.last_conversation or ""
        if last != self._stored_place:
            self._stored_place = last
            with suppress(api.ApiError):  # the vault is locked already: then it stays the one of before
                await self._client.call(api.SettingsSet(settings={"last_conversation": last}))

    def show_notice(self, text: Content, severity: Severity) -> None:
        """Say what happened in the status line, which a short screen shows only then."""
        self.add_class("noticing")
        self.panes.status.show_notice(text.plain, severity)

    def clear_notice(self) -> None:
        """Take it down."""
        self.remove_class("noticing")
        self.panes.status.clear_notice()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _save_drafts(self) -> None:
        self._attempts.begin(self._drafts.save(), group="drafts")

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Save what was written when one goes elsewhere, to another window too."""
        if isinstance(event.widget, Composer):
            self._save_drafts()

    @on(WritingArea.Changed)
    def _text_changed(self, event: WritingArea.Changed) -> None:
        self._drafts.keep(event.address, event.text)
        self._attention.typed(event.address, event.text)
        self._heads.hint()

    @on(WritingArea.Send)
    def _send(self, event: WritingArea.Send) -> None:
        self._sending.send(event.address, event.text)

    @on(WritingArea.Run)
    def _run_command(self, event: WritingArea.Run) -> None:
        self.run_worker(app_of(self).run_command(event.spec, event.argument), group="commands")

    @on(WritingArea.Wrong)
    def _wrong_command(self, event: WritingArea.Wrong) -> None:
        app_of(self).tell(event.why, "warning")

    @on(Composer.WentUp)
    def _select_message(self) -> None:
        self.panes.log.begin_selecting()
        self._heads.hint()

    @on(Composer.PastedMuch)
    def _pasted_much(self, event: Composer.PastedMuch) -> None:
        self._sending.ask_about_paste(self.panes.writing.composer, event)

    @on(Composer.Recalled)
    def _recall_sent(self, event: Composer.Recalled) -> None:
        self._attempts.begin(self._recall.step(event.step), group="recall")

    @on(Composer.Emptied)
    def _emptied(self, event: Composer.Emptied) -> None:
        self.panes.writing.close_completion()
        if event.had_text:
            key = app_of(self).keys.label("Ctrl+_")
            app_of(self).tell(tr("Cleared. {key} brings it back.").format(key=key) if key else tr("Cleared."))
        else:
            self._attempts.begin(app_of(self).run_command(REGISTRY.get("app.quit")))

    # --- the message list ---------------------------------------------------------------------------------------------

    @on(ChatLog.OlderWanted)
    def _older_wanted(self) -> None:
        self._attempts.begin(self.chat.load_older(), group="pages")

    @on(ChatLog.NewerWanted)
    def _newer_wanted(self) -> None:
        self._attempts.begin(self.chat.catch_up(), group="pages")

    @on(ChatLog.Moved)
    def _moved(self, event: ChatLog.Moved) -> None:
        self._heads.show_below(event.below)
        if event.at_end and self.app.app_focus and self.is_current:
            self._mark_read()

    @on(ChatLog.Left)
    def _left_selection(self, event: ChatLog.Left) -> None:
        self._search.clear_caches()
        self.panes.writing.composer.focus()
        if event.typed:
            self.panes.writing.composer.insert(event.typed)

    @on(ChatLog.Chosen)
    def _chosen_message(self) -> None:
        self._heads.show_details()
        self._heads.hint()

    @on(ChatLog.Wanted)
    def _message_wanted(self, event: ChatLog.Wanted) -> None:
        self._messages.act_on(event.what, event.message)

    @on(ChatLog.WantedOfMany)
    def _many_wanted(self, event: ChatLog.WantedOfMany) -> None:
        self._many.act_on(event.what, event.messages)

    @on(ChatLog.MarksChanged)
    def _marks_changed(self) -> None:
        self._heads.hint()

    @on(ChatLog.HitWanted)
    def _hit_wanted(self, event: ChatLog.HitWanted) -> None:
        self._search.walk(event.step)

    @on(ConversationList.Chosen)
    def _conversation_chosen(self, event: ConversationList.Chosen) -> None:
        self.conversations.go_to(event.conversation_id)

    # --- what the app and the terminal tell -----------------------------------------------------------------------------

    def on_core_event(self, message: CoreEvent) -> None:
        """Something changed."""
        match message.event:
            case api.ContactTyping():
                self._typing.begins(message.event)
                return
            case api.MessageReceived(conversation=conversation):
                self._typing.ends(conversation)
            case _:
                pass
        self._news.on_event(message.event)

    def on_events_missed(self, _: EventsMissed) -> None:
        """Events alone no longer tell everything."""
        self._news.on_missed()

    def on_settings_changed(self, message: SettingsChanged) -> None:
        """Other colours, signs or words."""
        if message.language:
            self._heads.forget_shown()
            if self.navigation.here is not None:
                self.chat.renew(self.navigation.here)  # what the person is called in it
        self._heads.frame()
        self.panes.writing.draw_signs()
        self.panes.writing.composer.cursor_blink = app_of(self).profile.blinking
        self.panes.log.redraw()
        self._heads.show()
        self.refresh(layout=True)

    def on_resize(self, event: Resize) -> None:
        """One line a conversation where rows are scarce."""
        self.panes.list.set_short(short=event.size.height < SHORT_ROWS)
        self._heads.frame(short=event.size.height < SHORT_ROWS)
        self.call_after_refresh(self._heads.show)
        self.call_after_refresh(self._typing.show)

    def on_screen_resume(self) -> None:
        """Back on top: what arrived in between is seen now."""
        if not self.is_mounted:
            return
        self._attempts.begin(self.conversations.read_greetings(), group="greetings")
        if self.navigation.current is not None:
            self._mark_read()

    @on(AppFocus)
    def _focused_again(self) -> None:
        self._mark_read()

    def _mark_read(self) -> None:
        self._attempts.begin(self.conversations.mark_read(), group="reading")

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        self._heads.hint()
