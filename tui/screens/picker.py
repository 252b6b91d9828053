"""The base of the switcher and the palette: a line to type in and a list to choose from, in a box over other screens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final, Generic, TypeVar

from textual.app import ComposeResult, RenderResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Key, Resize
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.sheet import Sheet
from tui.screens.type_ahead import take_early_key
from tui.widgets.editing import LineEditing
from tui.widgets.menu import PickList

R = TypeVar("R")

# Rows of edges, line and rule.
CHROME_ROWS: Final = 4
# Rows of what is said about the chosen line, and of a screen from which there is room for it.
ABOUT_ROWS: Final = 2
ROOM_FOR_ABOUT: Final = 18
# Rows of the list at most: more is found by typing. And as many as it has even where that hides what is lit.
MOST_ROWS: Final = 16
LEAST_ROWS: Final = 5


class Rule(Widget):
    """A line across, between what is typed and what is found."""

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; color: $line; }"

    def render(self) -> RenderResult:
        """Return the line."""
        return Content(app_of(self).glyphs.corners[4] * self.size.width)


class PickerScreen(Sheet[R | None], NothingUnsaved, Generic[R]):
    """Dismisses with what was chosen, or None. Subclasses say what there is."""

    DEFAULT_CSS = """
    PickerScreen {
        & #sheet { width: 72; }
        & Input, & Input:focus { border: none; height: 1; padding: 0; background: $sheet; width: 1fr; }
        & #typed { height: 1; width: 1fr; border-bottom: none; }
        & #mark { width: 2; color: $self; text-style: bold; }
        & #about { height: 2; width: 1fr; color: $soft; }
        &:ansi #about { color: ansi_default; text-style: dim; }
        & #rule { height: 1; width: 1fr; color: $line; }
        & OptionList, & OptionList:focus { border: none; height: auto; padding: 0; background: $sheet; color: $ink;
            text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1; }
        & OptionList > .option-list--option { padding: 0; }
        & OptionList > .option-list--option-highlighted { background: $select; color: $bright; text-style: none; }
        &:ansi OptionList, &:ansi Input { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("escape,ctrl+c", "dismiss(None)", "Close", show=False),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Down", show=False, priority=True),
    ]
    keys = (("↑↓", N_("choose")), ("Enter", N_("do")), ("Esc", N_("back")))
    placeholder = ""
    """What stands in the line while nothing is typed, marked by ``N_``."""
    explains: ClassVar[bool] = False
    """Whether all that is to be said about the chosen line stands below the list: ``about``."""
    nothing = N_("nothing of that name")
    """What stands in place of the list where nothing is found, marked by ``N_``."""

    def __init__(self, query: str = "") -> None:
        super().__init__()
        self._query = query
        self._beneath: Widget | None = None  # what had the focus, and has it again afterwards

    @abstractmethod
    def options(self, query: str) -> list[Option]:
        """Return what matches, best first."""

    def count_of(self, found: Sequence[Option]) -> str:
        """Return what stands at the right of the upper edge."""
        return str(len(found)) if found else ""

    @abstractmethod
    def result_of(self, option: Option) -> R:
        """Return what an option stands for."""

    def about(self, option: Option) -> str:
        """Return what stands below the list while ``option`` is chosen."""
        return ""

    def compose_sheet(self) -> ComposeResult:
        """Yield a line to type in over the list."""
        with Horizontal(id="typed"):
            yield Static(Content(app_of(self).glyphs.prompt), id="mark")
            yield LineEditing(self._query, placeholder=tr(self.placeholder), select_on_focus=False)
        yield Rule()
        yield PickList(markup=False)
        if self.explains:
            yield Static("", id="about")

    def on_mount(self) -> None:
        """List all, and let the cursor be here only: what lies beneath is still seen."""
        self._beneath = self.app.screen_stack[-2].focused
        if self._beneath is not None:
            self._beneath.has_focus = False  # not blurred: it is not left, and what is selected in it stays so
        self.query_one(Input).cursor_blink = app_of(self).profile.blinking
        self.query_one(Input).focus()

    def on_unmount(self) -> None:
        """Give the focus back, unless it went elsewhere meanwhile."""
        if self._beneath is not None and self._beneath.is_mounted and self._beneath.screen.focused is self._beneath:
            self._beneath.has_focus = True

    async def on_key(self, event: Key) -> None:
        """Keep what was typed before the line was there."""
        await take_early_key(self, event)

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what matches."""
        self._list(event.value)

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the new width, and the list to the height."""
        super().on_resize(event)
        high = event.size.height
        chrome = CHROME_ROWS
        for said in self.query("#about"):
            said.display = high >= ROOM_FOR_ABOUT
            chrome += ABOUT_ROWS if said.display else 0
        rows = min(MOST_ROWS, high - chrome, max(LEAST_ROWS, self.rows_free(high) - chrome))
        self.query_one(OptionList).styles.max_height = max(1, rows)
        self._list(self.query_one(Input).value)

    def _list(self, query: str) -> None:
        shown = self.query_one(OptionList)
        shown.clear_options()
        found = self.options(query)
        self.show_heading(tr(self.heading), self.count_of(found))
        if found:
            shown.add_options(found)
            shown.highlighted = 0
        else:
            shown.add_option(Option(Content(tr(self.nothing)), disabled=True))
            self._say_about("")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say all there is to say about it: the list may have cut it."""
        if self.explains:
            self._say_about(self.about(event.option))

    def _say_about(self, text: str) -> None:
        for said in self.query("#about").results(Static):
            said.update(Content(text), layout=False)

    def on_input_submitted(self) -> None:
        """Take the highlighted one."""
        shown = self.query_one(OptionList)
        if shown.highlighted is not None:
            self._choose(shown.get_option_at_index(shown.highlighted))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the clicked one."""
        self._choose(event.option)

    def _choose(self, option: Option) -> None:
        if option.id is not None:
            self.dismiss(self.result_of(option))

    def action_move(self, step: int) -> None:
        """Move the highlight while typing goes on; a single step goes round at the ends."""
        shown = self.query_one(OptionList)
        if abs(step) > 1 and shown.highlighted is not None:
            shown.highlighted = max(0, min(shown.highlighted + step, shown.option_count - 1))
        elif step > 0:
            shown.action_cursor_down()
        else:
            shown.action_cursor_up()

    def clear_caches(self) -> None:
        """Forget what was listed and typed."""
        self._query = ""
        for line in self.query(Input):
            with line.prevent(Input.Changed):
                line.clear()
        for shown in self.query(OptionList):
            shown.clear_options()
        self._say_about("")
