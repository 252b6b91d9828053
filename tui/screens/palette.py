"""The palette (Ctrl+P): lists the commands that make sense now, found by words; Enter carries one out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from tui.app_port import app_of
from tui.keys.palette import Choice, choices, found, title_of, way_of
from tui.keys.registry import CommandSpec
from tui.language import N_, tr
from tui.screens.picker import PickerScreen
from tui.text.sanitize import fit, pad

# Cells of the columns with titles and with ways; what is left says what a command does.
TITLE_WIDTH, WAY_WIDTH = 28, 21
# Cells below which an explanation is left out: it would be no more than a few words.
SHORTEST_HELP = 16
# Cells of border, padding and scroll bar.
_FRAME = 5


class PaletteScreen(PickerScreen[Choice]):
    """Dismisses with a command and its argument."""

    DEFAULT_CSS = """
    PaletteScreen #sheet { width: 110; }
    """
    heading = N_("Commands")
    placeholder = N_("What do you want to do?")
    nothing = N_("nothing of that name; F1 explains what there is")

    explains = True

    def __init__(self, specs: Iterable[CommandSpec]) -> None:
        super().__init__()
        self._offered = choices(specs)

    def clear_caches(self) -> None:
        """Forget what could be done, and what was typed."""
        self._offered = []
        super().clear_caches()

    def options(self, query: str) -> list[Option]:
        """Return the commands that match."""
        room = self.sheet.size.width - _FRAME
        return [Option(self._line(choice, room), id=_name(choice)) for choice in found(query, self._offered)]

    def count_of(self, found: Sequence[Option]) -> str:
        """Return how many of all commands are listed."""
        return tr("{count} of {all}").format(count=len(found), all=len(self._offered))

    def result_of(self, option: Option) -> Choice:
        """Return the command of a line."""
        return next(choice for choice in self._offered if _name(choice) == option.id)

    def about(self, option: Option) -> str:
        """Return what the command does, uncut."""
        return next((tr(choice[0].help) for choice in self._offered if _name(choice) == option.id), "")

    def _line(self, choice: Choice, room: int) -> Content:
        ellipsis = app_of(self).glyphs.ellipsis
        rest = room - TITLE_WIDTH - WAY_WIDTH
        help_text = fit(tr(choice[0].help), rest, ellipsis) if rest >= SHORTEST_HELP else ""
        way = fit(way_of(choice), WAY_WIDTH, ellipsis)
        title = f"{pad(title_of(choice), TITLE_WIDTH - 1, ellipsis)} "
        return Content.assemble(
            (title, "bold"), (pad(way, WAY_WIDTH) if help_text else way, "$self"), (help_text, "$soft"),
        )  # fmt: skip


def _name(choice: Choice) -> str:
    return f"{choice[0].id} {choice[1]}".rstrip()
