"""The screen shown when a fault has stopped the core: what happened, where, and the way out."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.language import tr
from tui.screens.content import PlainScreen


class CrashedScreen(Screen[None], PlainScreen):
    """Shows a report: a sentence, and below it the places in the code; it holds no text of any conversation."""

    DEFAULT_CSS = """
    CrashedScreen { padding: 1 2; }
    CrashedScreen .title { color: $error; text-style: bold; margin-bottom: 1; }
    CrashedScreen .sentence { height: auto; margin-bottom: 1; }
    CrashedScreen .report { color: $quiet; height: auto; }
    CrashedScreen .hint { dock: bottom; height: 1; }
    """
    BINDINGS = [("q,enter,escape", "leave", "Quit")]

    def __init__(self, report: str) -> None:
        super().__init__()
        self._sentence, _, self._places = report.partition("\n")

    def compose(self) -> ComposeResult:
        """Title, report, way out."""
        yield Static(Content(tr("sottovoce has stopped. Nothing you sent is lost.")), classes="title")
        yield Static(Content(self._sentence), classes="sentence")
        with VerticalScroll():
            yield Static(Content(self._places), classes="report")
        yield Static(Content(f"q  {tr('quit')}"), classes="hint")

    def action_leave(self) -> None:
        """Leave the program."""
        self.app.exit(return_code=1, message=f"sottovoce: {self._sentence}")
