"""Keeps keys that are typed before a screen's one line to type in has the focus."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.screen import Screen
from textual.widgets import Input


async def take_early_key(screen: Screen[Any], event: events.Key) -> None:
    """Give a key that came before the line had the focus to the line; else it would be lost."""
    line = screen.query_one(Input)
    if line.has_focus:
        return
    if event.is_printable and event.character:
        event.stop()
        line.insert_text_at_cursor(event.character)
    elif event.key == "enter":
        event.stop()
        await line.action_submit()
