"""The least that a Textual program can be: one word on a screen."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """Shows one word."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("emptyroom")


if __name__ == "__main__":
    EmptyApp().run()
