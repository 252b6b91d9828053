"""The first frame: a name on an empty screen, until the core says whose account this is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen

from tui.screens.content import PlainScreen, ShowsNotices
from tui.widgets.wordmark import Wordmark


class OpeningScreen(Screen[None], PlainScreen, ShowsNotices):
    """Shown while nothing is known."""

    DEFAULT_CSS = "OpeningScreen { align: center middle; }"

    def compose(self) -> ComposeResult:
        """One line."""
        yield Wordmark()

    def show_notice(self, text: Content, severity: str) -> None:
        """Show why opening failed, in place of the name."""
        self.notify(text.plain, severity="error" if severity == "error" else "information", timeout=60, markup=False)

    def clear_notice(self) -> None:
        """Take it down."""
        self.app.clear_notifications()
