"""The message list's style sheet, and the styles that lines are drawn in."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget

from tui.look.tones import CONTACTS as NAME_COLOURS
from tui.widgets.chat_log.render import Styles

_ROLES = ("quiet", "faint", "mine", "failed", "read", "unread", "selected", "selection")
COMPONENTS = {
    *(f"chat-log--{role}" for role in _ROLES),
    *(f"chat-log--name-{index}" for index in range(NAME_COLOURS)),
}
_NAMES = "\n".join(f"& .chat-log--name-{index} {{ color: $contact-{index}; }}" for index in range(NAME_COLOURS))
SHEET = (
    """
ChatLines {
    height: 1fr;
    overflow-x: hidden;
    overflow-y: scroll;
    scrollbar-size-vertical: 1;
    background: $background;
    color: $foreground;
    & .chat-log--quiet { color: $quiet; }
    & .chat-log--faint { color: $faint; }
    & .chat-log--mine { color: $quiet; }
    & .chat-log--failed { color: $error; text-style: bold; }
    & .chat-log--read { color: $success; }
    & .chat-log--unread { color: $unread; text-style: bold; }
    & .chat-log--selected { background: $selected-row; }
    & .chat-log--selection { background: $screen-selection-background; color: $screen-selection-foreground; }
    &:ansi .chat-log--quiet { text-style: dim; }
    &:ansi .chat-log--faint { text-style: dim; }
    &:ansi .chat-log--mine { text-style: dim; }
    &:ansi .chat-log--selected { text-style: bold; }
    &:ansi .chat-log--selection { text-style: reverse; }
"""
    + _NAMES
    + "\n}"
)


def styles_of(widget: Widget) -> Styles:
    """Return the styles that the widget's theme gives now."""

    def component(role: str) -> Style:
        return widget.get_component_rich_style(f"chat-log--{role}")

    return Styles(
        text=widget.rich_style,
        quiet=component("quiet"),
        faint=component("faint"),
        mine=component("mine"),
        failed=component("failed"),
        read=component("read"),
        unread=component("unread"),
        selected=widget.get_component_rich_style("chat-log--selected", partial=True),
        names=tuple(component(f"name-{index}") for index in range(NAME_COLOURS)),
    )
