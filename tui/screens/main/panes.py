"""The widgets of the main screen: three panes over the status line."""

from __future__ import annotations

from typing import Protocol

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.widgets.chat_header import ChatHeader
from tui.widgets.chat_log import ChatLog
from tui.widgets.conversation_list import ConversationList
from tui.widgets.details import Details
from tui.widgets.plain import Columns, Rows
from tui.widgets.status_line import StatusLine
from tui.widgets.writing import WritingArea


class Layout(Protocol):
    """The classes by which the style sheet shows and hides panes: ``-narrow``, ``-rail``, ``-list``, ``-wide``, ``bare``."""

    def has_class(self, *names: str) -> bool:
        """Whether the screen has all of them."""
        ...

    def set_class(self, add: bool, *names: str) -> object:  # noqa: FBT001 - as Textual has it
        """Add or remove classes."""
        ...

    def toggle_class(self, *names: str) -> object:
        """Add those that are not there, remove the others."""
        ...


class Panes:
    """Each widget that more than one part of the screen knows."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.side_title = Static(Content("sottovoce"), id="side-title")
        self.list = ConversationList(id="list")
        self.no_conversations = Static(id="no-conversations")
        self.waiting = Static(id="waiting")
        self.welcome = Static(id="welcome-text")
        self.header = ChatHeader(id="header")
        self.log = ChatLog(id="log")
        self.writing = WritingArea(id="writing")
        self.details = Details(id="details")
        self.status = StatusLine(id="status")

    def compose(self) -> ComposeResult:
        """Yield them in their places."""
        with Columns(id="panes"):
            with Vertical(id="side"):
                yield self.side_title
                yield self.list
                yield self.no_conversations
                yield self.waiting
            with Rows(id="welcome"):
                yield self.welcome
            with Rows(id="chat"):
                yield self.header
                yield self.log
                yield self.writing
            yield self.details
        self.status.on_change = self.writing.show_lower
        yield self.status
