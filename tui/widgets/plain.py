"""Containers that draw nothing of their own.

Textual composes every visible widget under a changed region, containers too. ``BLANK`` ones cost one cached line instead of
their styles; they can have a background, but no border, padding or title.
"""

from __future__ import annotations

from textual.containers import Horizontal, Vertical


class Columns(Horizontal):
    """Children side by side."""

    BLANK = True


class Rows(Vertical):
    """Children one below the other."""

    BLANK = True
