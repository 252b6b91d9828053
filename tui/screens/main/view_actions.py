"""The commands that change what of the main screen is shown."""

from __future__ import annotations

from tui.app_port import AppPort
from tui.chat.navigation import Navigation
from tui.keys.handlers import Handlers
from tui.language import tr
from tui.screens.main.answering import Answering
from tui.screens.main.conversations import Conversations
from tui.screens.main.navigation_actions import NavigationActions
from tui.screens.main.panes import Panes


class ViewActions:
    """Carries them out."""

    def __init__(
        self,
        app: AppPort,
        panes: Panes,
        navigation: Navigation,
        conversations: Conversations,
        moving: NavigationActions,
        answering: Answering,
    ) -> None:
        self._app = app
        self._panes = panes
        self._navigation = navigation
        self._conversations = conversations
        self._moving = moving
        self._answering = answering

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers({"view.details": self.toggle_details, "view.bare": self.toggle_bare, "view.back": self.peel})

    def peel(self) -> None:
        """Close the topmost thing: completions, marks, a selection, the way back down, the conversation."""
        panes, is_open = self._panes, self._navigation.current is not None
        if panes.writing.close_completion():
            return
        if panes.writing.composer.has_focus and self._answering.cancel():
            return
        if panes.log.has_focus:
            if not panes.log.let_go():
                panes.writing.composer.focus()
        elif self._panes.layout.has_class("bare"):
            self.toggle_bare()
        elif is_open and not panes.log.is_at_end:
            self._moving.to_end()
        elif is_open and self._panes.layout.has_class("-narrow"):
            self._conversations.leave()
        elif is_open:
            panes.writing.composer.focus()

    def toggle_details(self) -> None:
        """Show or hide the pane at the right."""
        self._panes.layout.toggle_class("details")
        if not self._panes.layout.has_class("-wide"):
            self._app.tell(tr("The details pane needs 160 columns."), "warning")

    def toggle_bare(self) -> None:
        """Show the messages and nothing else."""
        self._panes.layout.toggle_class("bare")
