"""The composer, in which messages are written: a text area of one to eight rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.actions import SkipAction
from textual.document._document import EditResult
from textual.message import Message
from textual.widgets import TextArea

from core.api import MAX_TEXT_SIZE
from tui.app_port import app_of
from tui.keys.commands import REGISTRY
from tui.keys.handlers import CarriesCommands, Handlers
from tui.keys.jumps import Addressed
from tui.keys.keymap import bindings
from tui.keys.registry import Scope
from tui.terminal.clipboard import copy
from tui.text.parts import size_of
from tui.text.sign_names import typed_name, whole_name
from tui.widgets.editing import Editing, Location
from tui.words import emoji

# A paste of more lines is asked about, though one message may hold it.
MANY_LINES: Final = 500
# Keys of TextArea's that mean something else here.
OTHER_MEANINGS = frozenset(
    {
        "cursor_up",
        "cursor_page_up",
        "cursor_page_down",
        "copy",
        "delete_word_right",
        "delete_to_end_of_line_or_delete_line",
    }
)


class Composer(Editing, CarriesCommands, Addressed, inherit_bindings=False):
    """Keeps what is being written, and says when it should be sent."""

    BINDINGS: ClassVar = [
        *(kept for kept in TextArea.BINDINGS if not isinstance(kept, tuple) and kept.action not in OTHER_MEANINGS),
        *bindings(REGISTRY.of_scope(Scope.COMPOSER)),
    ]
    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 1;
        max-height: 8;
        border: none;
        padding: 0;
        background: $panel;
        color: $ink;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .text-area--placeholder { color: $soft; }
        & .text-area--cursor { background: $input-cursor-background; color: $input-cursor-foreground; }
        &:ansi .text-area--placeholder { text-style: dim; }
    }
    """

    class Submitted(Message):
        """Send this to whom it was written."""

        def __init__(self, text: str, address: str | None) -> None:
            super().__init__()
            self.text = text
            self.address = address

    class WentUp(Message):
        """Up was pressed with nothing above the cursor."""

    class Recalled(Message):
        """What was sent before is wanted: an older one (-1) or a newer one."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class PastedMuch(Message):
        """More was pasted than anybody types; it is not in the composer. ``whole``: what would stand there with it."""

        def __init__(self, text: str, whole: str, address: str | None) -> None:
            super().__init__()
            self.text = text
            self.whole = whole
            self.address = address

    class CompletionMoved(Message):
        """An arrow was pressed while completions are offered."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class CompletionWanted(Message):
        """Tab was pressed."""

    class Emptied(Message):
        """Ctrl+C was pressed: the text is gone, or there was none."""

        def __init__(self, *, had_text: bool) -> None:
            super().__init__()
            self.had_text = had_text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False, tab_behavior="focus"
        )
        self.match_cursor_bracket = False
        self.handlers = Handlers(
            {
                "write.send": self._send,
                "write.newline": self._break_line,
                "write.complete": self._complete,
                "write.clear": self._clear_or_quit,
                "write.undo": self.undo,
                "write.select": self._up_or_select,
                "write.messages": self._to_messages,
                "write.older": lambda: self.post_message(self.Recalled(-1)),
                "write.newer": lambda: self.post_message(self.Recalled(1)),
                "write.sign": self._begin_sign,
                "edit.left": self.action_cursor_left,
                "edit.right": self.action_cursor_right,
                "edit.up": self.action_cursor_up,
                "edit.down": self.action_cursor_down,
                "edit.cut-line": self.action_delete_to_end_of_line_or_delete_line,
            }
        )
        self.completing = False
        """Whether completions are on the screen."""

    def on_mount(self) -> None:
        """Hold the cursor still where blinking costs bytes."""
        self.cursor_blink = app_of(self).profile.blinking

    async def _on_key(self, event: events.Key) -> None:
        """Leave Enter and Tab to their bindings, whose meaning can be changed, and arrows to open completions."""
        if event.key in {"enter", "tab"}:
            event.prevent_default()
        elif self.completing and event.key in {"up", "down"}:
            event.stop()
            event.prevent_default()
            self.post_message(self.CompletionMoved(1 if event.key == "down" else -1))

    async def _on_paste(self, event: events.Paste) -> None:
        """Ask about a paste of thousands of lines before it is there; take any other as it is."""
        lines = event.text.splitlines()
        start, end = sorted(self.selection)
        before, behind = self.get_text_range((0, 0), start), self.get_text_range(end, self.document.end)
        text = "\n".join([*lines, ""] if event.text.endswith(("\n", "\r")) else lines)
        whole = f"{before}{text}{behind}"
        if len(lines) >= MANY_LINES or size_of(whole) > MAX_TEXT_SIZE:
            event.prevent_default()
            self.post_message(self.PastedMuch(text, whole, self.address))

    def _send(self) -> None:
        """Hand the text over; the receiver empties the composer."""
        if self.text.strip():
            self.post_message(self.Submitted(self.text.rstrip(), self.address))

    def _break_line(self) -> None:
        """Break the line."""
        self.insert("\n")
        self.scroll_cursor_visible()

    def _complete(self) -> None:
        """Ask for a completion."""
        self.post_message(self.CompletionWanted())

    def _clear_or_quit(self) -> None:
        """Copy what is selected, here or with the mouse in the messages; else empty the composer."""
        selected = self.selected_text or self.screen.get_selected_text()
        if selected:
            copy(self, selected)
            self.screen.clear_selection()
            return
        had_text = bool(self.text)
        self.clear()
        self.post_message(self.Emptied(had_text=had_text))

    def _up_or_select(self) -> None:
        """Move up; from the first row go to the messages."""
        if self.navigator.is_first_wrapped_line(self.cursor_location):
            self.post_message(self.WentUp())
        else:
            self.action_cursor_up()

    def _to_messages(self) -> None:
        """Go to the messages; what lies over them goes first."""
        if self.completing:
            raise SkipAction
        self.post_message(self.WentUp())

    # --- signs by name --------------------------------------------------------------------------------------------------

    def typed_sign(self) -> str:
        """Return the name of a sign that begins before the cursor; empty where none does."""
        return typed_name(*self._around_cursor())

    def _begin_sign(self) -> None:
        """Type the colon before a sign's name, apart from the word before it."""
        before = self._around_cursor()[1]
        self.insert(":" if not before or before[-1].isspace() else " :")
        self.focus()

    def take_sign(self, sign: str) -> bool:
        """Put a sign where its name begins before the cursor; returns whether one does. One undo brings back the letters."""
        typed = self.typed_sign()
        if typed:
            self._put_sign(sign, len(typed) + 1)
        return bool(typed)

    def _replace_via_keyboard(self, insert: str, start: Location, end: Location) -> EditResult | None:
        """Take what is typed; a name between its two colons becomes the sign at once."""
        result = super()._replace_via_keyboard(insert, start, end)
        if insert in {":", "："} and (name := whole_name(*self._around_cursor())):
            named = emoji.of_name(name)
            if named is not None:
                self._put_sign(named.sign, len(name) + 2)
        return result

    def _put_sign(self, sign: str, letters: int) -> None:
        row, column = self.cursor_location
        self.history.checkpoint()
        self.replace(sign, (row, column - letters), (row, column), maintain_selection_offset=False)
        self.history.checkpoint()

    def _around_cursor(self) -> tuple[Sequence[str], str]:
        """Return the lines above the cursor, and what stands before it in its own."""
        row, column = self.cursor_location
        return self.document.lines[:row], self.document.get_line(row)[:column]

    def put(self, text: str) -> None:
        """Hold another text, with a history of its own and the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)
