"""The step that shows the eighteen words, and the table that shows them again later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tui.language import N_, tr
from tui.screens.onboarding.step import Step
from tui.screens.page import Page
from tui.widgets.flat_button import FlatButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.geometry import Size

# Cells of a number, the longest word (8 letters), and the gap to the next column.
_COLUMN = 3 + 8 + 4
_MAX_COLUMNS = 3
_BOLD = Style(bold=True)
WRITE_THEM = N_("Write them on paper, in this order. Settings shows them again, to whoever gives the passcode.")


def column_count(width: int) -> int:
    """Return in how many columns eighteen words are shown at ``width`` cells: 1, 2 or 3."""
    return max(1, min(_MAX_COLUMNS, (width + 4) // _COLUMN))


class WordTable(Widget):
    """Numbered words, read down the columns. They can be neither selected nor copied: a clipboard is not a safe place."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    WordTable { height: auto; width: 1fr; margin: 1 0; }
    .-short WordTable { margin: 0; }
    """
    ALLOW_SELECT = False

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._words = tuple(words)

    def on_unmount(self) -> None:
        """Forget."""
        self._words = ()

    def forget(self) -> None:
        """Forget the words, in what is drawn too."""
        self._words = ()
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that the columns need."""
        return -(-len(self._words) // column_count(width))

    def render(self) -> Content:
        """Return the table."""
        columns = column_count(self.size.width)
        rows = -(-len(self._words) // columns)
        lines: list[Content] = []
        for row in range(rows):
            cells = [(at + 1, self._words[at]) for at in range(row, len(self._words), rows)]
            parts = [part for number, word in cells for part in (f"{number:>2} ", (f"{word:<12}", _BOLD))]
            lines.append(Content.assemble(*parts).rstrip())
        return Content("\n").join(lines)


class ShowWords(Step[Literal["written"]]):
    """The words, and why they matter."""

    heading = N_("Your eighteen words")
    hints = (("Enter", N_("I have written them down")),)

    def __init__(self, words: Sequence[str], *, for_now: bool = False) -> None:
        super().__init__()
        self._table = WordTable(words)
        self._for_now = for_now  # the account goes when the program ends
        if for_now:
            self.hints = (("Enter", N_("go on")),)

    def compose(self) -> ComposeResult:
        """Build reason, table, button."""
        yield Static(
            Content(
                tr(
                    "These words are your account. Whoever has them is you, on any device; without them a forgotten "
                    "passcode or a broken disk is the end of it."
                )
            ),
            classes="text",
        )
        yield self._table
        if self._for_now:
            yield Static(
                Content(tr("You need not write these down: this account goes when you leave.")), classes="text"
            )
        else:
            yield Static(Content(tr(WRITE_THEM)), classes="text")
        with Static(classes="buttons"):
            yield FlatButton(tr("Go on") if self._for_now else tr("I have written them down"), id="written")

    def on_mount(self) -> None:
        """Wait; where the words do not all fit, say how to see the rest."""
        self.query_one("#written").focus(scroll_visible=False)
        page = self.screen
        if isinstance(page, Page) and page.has_class("-short"):
            page.show_keys(("PgDn", N_("more words")), *self.hints)

    @on(FlatButton.Pressed)
    def _written(self, message: FlatButton.Pressed) -> None:
        message.stop()
        self.answer("written")

    def go_back(self) -> None:
        """The account exists by now: there is no step to go back to."""
