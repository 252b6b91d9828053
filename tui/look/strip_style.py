"""Lays a style over a strip: Textual's own ``Strip.apply_style`` goes beneath the styles that segments already have."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


def laid_over(strip: Strip, style: Style) -> Strip:
    """Return ``strip`` with ``style`` winning over its segments' styles."""
    return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)
