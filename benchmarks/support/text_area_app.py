"""A Textual program as the manual would have it: a text area with its border, in the terminal's own colours."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static, TextArea


class TextAreaApp(App[None]):
    """A word above, a text area below."""

    CSS = "TextArea { height: 4; dock: bottom; }"

    def compose(self) -> ComposeResult:
        """Two widgets."""
        yield Static("emptyroom")
        yield TextArea()

    def on_mount(self) -> None:
        """Write at once, in the cheapest colours there are."""
        self.theme = "ansi-dark"
        self.query_one(TextArea).cursor_blink = False
        self.query_one(TextArea).focus()


if __name__ == "__main__":
    TextAreaApp().run()
