"""Scroll bars as old terminals draw them, and one that is not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.color import Color
from textual.scrollbar import ScrollBarRender

if TYPE_CHECKING:
    from rich.segment import Segments
    from textual.widget import Widget

DEFAULT: Final = Color.default()


class WholeCells(ScrollBarRender):
    """A scroll bar without eighths of cells, which old terminals cannot draw."""

    VERTICAL_BARS = [" "] * 8


class NoBar(ScrollBarRender):
    """The room for a scroll bar, and nothing in it."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,  # noqa: FBT001, FBT002 - as Textual calls it
        back_color: Color = DEFAULT,
        bar_color: Color = DEFAULT,
    ) -> Segments:
        """Return what is drawn when all is in view."""
        return super().render_bar(size, virtual_size, 0, position, thickness, vertical, back_color, bar_color)


def draw_bar(widget: Widget, *, ascii_only: bool, shown: bool = True) -> None:
    """Have a widget's vertical scroll bar drawn with what the terminal has, or not at all."""
    bar: Any = widget.vertical_scrollbar  # what draws it is a constant of the class, read from the bar
    drawn = WholeCells if ascii_only else ScrollBarRender
    bar.renderer = drawn if shown else NoBar
    bar.refresh()
