"""What is laid over another screen: palette, switcher, questions, menus. One sheet for all of them.

It is framed and centred, its keys in its lower edge. Everything beneath is written in one quiet ink on the ground, without
blending: so it steps back with 256 colours, with sixteen and with none as well, and costs few bytes. Over a slow line, where
even that is too much, the sheet stands on an empty ground. What ``lit`` tells stays as it is: the message that a menu is
about. The sheet then stands at the other end of the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from rich.segment import Segment
from textual.containers import Vertical
from textual.geometry import Region
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.content import ContentScreen
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.hints import Hint, Hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.events import Resize
    from textual.screen import Screen
    from textual.widget import Widget

R = TypeVar("R")


# Rows of a sheet at most, edges included.
TALLEST: Final = 20


class Ghost:
    """A screen as it looks beneath a sheet."""

    def __init__(self, beneath: Screen[object], ink: Style, lit: Region) -> None:
        self._beneath = beneath
        self._ink = ink
        self._lit = lit

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        strips = self._beneath._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]  # as Textual's own backdrop
        for y, strip in enumerate(strips):
            if y:
                yield Segment.line()
            if self._lit.y <= y < self._lit.bottom:
                yield Segment(strip.crop(0, self._lit.x).text, self._ink)
                yield from _without_meta(strip.crop(self._lit.x, self._lit.right))
                yield Segment(strip.crop(self._lit.right).text, self._ink)
            else:
                yield Segment(strip.text, self._ink)


def _without_meta(strip: Iterable[Segment]) -> Iterable[Segment]:
    """Return what is lit, without what a mouse would act on."""
    for text, style, _ in strip:
        yield Segment(text, style.clear_meta_and_links() if style is not None else None)


class SheetBody(Vertical):
    """The middle of a sheet, between its edges."""


class Sheet(ModalScreen[R], ContentScreen):
    """Subclasses yield their widgets in ``compose_sheet``, and say ``heading`` and ``keys``."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Sheet {
        align: center middle;
        & #sheet { width: 66; max-width: 100%; height: auto; max-height: 100%; background: $sheet; }
        & Edge { background: $sheet; }
        & SheetBody {
            width: 1fr; height: auto; padding: 0 1; background: $sheet;
            border-left: round $self; border-right: round $self;
        }
        &.-bare SheetBody { border: none; padding: 0 1; }
        &:ansi #sheet, &:ansi SheetBody, &:ansi Edge { background: ansi_default; }
    }
    .ascii Sheet SheetBody { border-left: ascii $self; border-right: ascii $self; }
    .ascii Sheet.-bare SheetBody { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-framed")]
    heading: str = ""
    """What stands in the upper edge, marked by ``N_``."""
    keys: tuple[Hint, ...] = (("Esc", N_("back")),)
    """What stands in the lower edge."""
    lit: Callable[[], Region] | None = None
    """Tells what stays as it is beneath, which may move while the sheet is open."""

    def compose(self) -> ComposeResult:
        """Build edges and body."""
        with Vertical(id="sheet"):
            yield UpperEdge(tr(self.heading), id="sheet-title")
            with SheetBody():
                yield from self.compose_sheet()
            yield Hints(*self.keys)

    def compose_sheet(self) -> ComposeResult:
        """Yield what stands between the edges."""
        yield from ()

    def render(self) -> RenderableType:
        """Return what lies beneath, in one quiet ink."""
        backdrop = super().render()
        if not isinstance(backdrop, BackgroundScreen):
            return backdrop
        return Ghost(backdrop.screen, app_of(self).pens.pen("ghost"), self.lit() if self.lit else Region())

    def on_resize(self, event: Resize) -> None:
        """Draw the edges with or without corners, and stand where what is lit is not."""
        if lit := self.lit() if self.lit else None:
            above, below = lit.y, event.size.height - lit.bottom
            is_clear = 2 * max(above, below) >= event.size.height + TALLEST  # of the highest sheet in the middle
            self.styles.align_vertical = "middle" if is_clear else "top" if above > below else "bottom"
        for edge in self.query(Edge):
            edge.refresh()

    def rows_free(self, height: int) -> int:
        """Return how many of a screen's rows the sheet may have: those on one side of what is lit."""
        lit = self.lit() if self.lit else None
        return max(lit.y, height - lit.bottom) if lit else height

    def show_heading(self, heading: str, note: str = "") -> None:
        """Change the upper edge; both are translated already."""
        self.query_one("#sheet-title", UpperEdge).say(heading, note)

    @property
    def sheet(self) -> Widget:
        """The whole of it, edges included."""
        return self.query_one("#sheet")
