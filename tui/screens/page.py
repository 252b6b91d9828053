"""The layout of every screen but the chat: a card with a title, a column of text and fields, a notice, the keys.

All of them look alike, so that a person who has learnt one knows the rest: Tab walks, Enter does, Esc goes back. The card is
framed and stands in the middle of the terminal, as high as what it holds; title and keys are in its edges. It is never wider
than is comfortable to read, scrolls where the terminal is low, and needs no colour.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tui.language import N_, tr
from tui.screens.content import ContentScreen, ShowsNotices
from tui.widgets.bars import draw_bar
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.hints import Hints
from tui.widgets.notice import Notice

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from core.api import Client
    from tui.app_port import Severity
    from tui.keys.registry import CommandSpec

R = TypeVar("R")

# Rows of both edges.
EDGE_ROWS: Final = 2
# Columns from which a page has room for two columns.
WIDE: Final = 120


class Column(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The middle of a page; scrolls to whatever has the focus. The arrows are the page's: they walk."""

    def on_mount(self) -> None:
        """Draw with what the terminal has."""
        self.draw_signs()

    def draw_signs(self) -> None:
        """Draw the scroll bar with the signs now chosen."""
        draw_bar(self, ascii_only=self.app.has_class("ascii"))


class CardBody(Vertical):
    """The middle of a page, between its edges."""


class Page(Screen[R], ContentScreen, ShowsNotices, Generic[R]):
    """A screen with a title, a body, a notice and hints. Subclasses give ``compose_body``.

    The label of the field that has the focus is bold. The row needs a rule of its own for that: when the focus moves Textual
    looks again only at what is within a widget that itself has a rule of ``:focus-within``.
    """

    SCOPED_CSS = False  # some rules look at the app's glyphs
    DEFAULT_CSS = """
    Page {
        align: center middle;
        background: $ground;
        & #card { width: 100%; max-width: 84; height: auto; max-height: 100%; }
        & CardBody { width: 1fr; height: auto; border-left: round $self; border-right: round $self; }
        & Column { width: 1fr; height: auto; padding: 1 2 0 2; scrollbar-size-vertical: 1; }
        & #notice { padding: 0 2; }
        & .row, & .row:focus-within { height: auto; width: 1fr; }
        & .label { width: 12; height: 1; color: $soft; }
        & .row:focus-within .label { color: $bright; text-style: bold; }
        & .gap { margin-top: 1; }
        & .faint { color: $soft; }
        & .text { width: 1fr; height: auto; }
        & .buttons { height: auto; width: 1fr; margin-top: 1; }
        &.-roomy .row { margin-bottom: 1; }
        &.-roomy .row.gap { margin: 1 0; }
        &.-roomy Column { padding: 2 4 0 4; }
        &.-roomy #notice { padding: 1 4; }
        &.-short Column { padding: 0 1; }
        &.-short #notice.-quiet { display: none; }
        &.-short .tall-only { display: none; }
        &.-short .gap { margin-top: 0; }
        &.-short .buttons { margin-top: 0; }
        &.-narrow Column, &.-bare Column { padding: 0 1; }
        &.-narrow #notice, &.-bare #notice { padding: 0 1; }
        &.-bare CardBody { border: none; }
        &:ansi { background: ansi_default; }
        &:ansi .label, &:ansi .faint { color: ansi_default; text-style: dim; }
        &:ansi .row:focus-within .label { text-style: bold; }
    }
    .ascii Page CardBody { border-left: ascii $self; border-right: ascii $self; }
    .ascii Page.-bare CardBody { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-narrow"), (60, "-normal"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (32, "-roomy")]
    BINDINGS = [
        Binding("escape", "leave", "Back", id="page.back"),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False),
        Binding("pagedown", "scroll_page(1)", "Page down", show=False),
    ]

    opened_by: ClassVar[CommandSpec | None] = None
    """The command that opens it, for a page of ``tui.screens.pages``; such a page is made from a client alone."""
    heading: str = ""
    """What stands in the upper edge, marked by ``N_`` as are the words of ``hints``."""
    hints: tuple[tuple[str, str], ...] = (("Tab", N_("next")), ("Esc", N_("back")))
    """Keys shown in the lower edge."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client

    def compose(self) -> ComposeResult:
        """Build the layout around the body."""
        with Vertical(id="card"):
            yield UpperEdge(tr(self.heading), id="title")
            with CardBody():
                with Column():
                    yield from self.compose_body()
                yield from self.compose_foot()
                yield Notice(id="notice")
            yield Hints(*self.hints)

    @abstractmethod
    def compose_body(self) -> ComposeResult:
        """Yield what stands in the column."""

    def compose_foot(self) -> ComposeResult:
        """Yield what stays in sight below the column, however far that is scrolled; nothing by default."""
        yield from ()

    @property
    def notice(self) -> Notice:
        """The line that tells how things stand."""
        return self.query_one("#notice", Notice)

    def entitle(self, heading: str, note: str = "") -> None:
        """Change the upper edge: the title, and at its right how far one is; both translated."""
        self.query_one("#title", UpperEdge).say(heading, note)

    def on_resize(self, event: Resize) -> None:
        """Draw the edges with or without corners, and let the column have what is left beside them."""
        for edge in self.query(Edge):
            edge.refresh()
        self._leave_room()
        self.call_after_refresh(self._leave_room)  # what is below the column has its height only now

    @on(Notice.Resized)
    def _leave_room(self) -> None:
        """Bound the column by the rows beside the edges and what is below it, so that it scrolls and they stay."""
        column = self.query_one(Column)
        below = [each for each in self.query_one(CardBody).children if each is not column and each.display]
        rows = self.size.height - EDGE_ROWS - sum(each.outer_size.height + each.styles.margin.height for each in below)
        column.styles.max_height = max(1, rows)

    def show_keys(self, *hints: tuple[str, str]) -> None:
        """Change the last line: keys, and marked words of what they do."""
        self.query_one(Hints).show_keys(*hints)

    def show_notice(self, text: Content, severity: Severity) -> None:
        """Show what the app has to tell."""
        self.notice.say(text.plain, "bad" if severity == "error" else "plain")

    def clear_notice(self) -> None:
        """Take it down."""
        for notice in self.query(Notice):
            notice.clear()

    def clear_fields(self) -> None:
        """Empty every field, telling no widget of it: a part of ``clear_caches`` where something can be typed."""
        for line in self.query(Input):
            with line.prevent(Input.Changed):
                line.clear()
        for area in self.query(TextArea):
            with area.prevent(TextArea.Changed):
                area.load_text("")

    def on_settings_changed(self) -> None:
        """Other signs."""
        self.query_one(Column).draw_signs()

    def action_scroll_page(self, by: int) -> None:
        """Scroll the column by a page, whatever has the focus."""
        column = self.query_one(Column)
        column.scroll_relative(y=by * max(1, column.size.height - 1), animate=False)

    def action_leave(self) -> None:
        """Go back without a result."""
        self.dismiss(None)
