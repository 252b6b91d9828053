"""A list to choose a line from, redrawn only where it changed; the chosen line is filled while the list has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.style import Style
from textual.widgets import OptionList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widgets.option_list import Option

_HIGHLIGHTED = "option-list--option-highlighted"
_REVERSED = Style(reverse=True)


class PickList(OptionList):
    """Textual's option list under a line to type in: its cursor shows without the focus, and without colours too."""

    @property
    def shows_cursor(self) -> bool:
        """Whether the chosen line is reversed where there are no colours."""
        return True

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """Return a style as Textual does, with the reversal that it forgets for parts of a widget (8.2.8).

        Without colours nothing else would show where the cursor is.
        """
        style = super().get_visual_style(*component_classes, partial=partial)
        if _HIGHLIGHTED in component_classes and self.shows_cursor and self.app.native_ansi_color:
            return style + _REVERSED
        return style


class Menu(PickList):
    """Textual's option list without box, with j and k, and a way to rewrite it that keeps the chosen line."""

    DEFAULT_CSS = """
    Menu {
        height: auto; border: none; padding: 0; background: transparent; scrollbar-size-vertical: 1;
        &:focus { border: none; background: transparent; background-tint: transparent; }
        & > .option-list--option { padding: 0; }
        & > .option-list--option-highlighted { background: transparent; color: $ink; text-style: bold; }
        &:focus > .option-list--option-highlighted {
            color: $bright; background: $select; text-style: bold;
        }
        & > .option-list--option-hover { background: transparent; }
    }
    """
    BINDINGS = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    @property
    def shows_cursor(self) -> bool:
        """Whether the chosen line is reversed: only while the keys come here."""
        return self.has_focus

    @property
    def chosen_id(self) -> str | None:
        """Id of the line under the cursor."""
        return None if self.highlighted is None else self.get_option_at_index(self.highlighted).id

    def show(self, options: Sequence[Option]) -> None:
        """Replace the lines where they differ; the cursor stays with its line, else with its place."""
        if [(option.id, str(option.prompt)) for option in options] == [
            (option.id, str(option.prompt)) for option in self.options
        ]:
            return
        chosen, place = self.chosen_id, self.highlighted
        self.can_focus = bool(options)  # the arrows go past a list of nothing
        self.set_options(options)
        if not options:
            return
        again = next((at for at, option in enumerate(options) if option.id == chosen), None)
        self.highlighted = again if again is not None else min(place or 0, len(options) - 1)
