"""Fields for what must be in nothing that could be logged, copied, suggested from or kept: passcodes and the words.

Textual's ``Input`` puts its value into the messages it posts, lets it be copied to the terminal's clipboard, and keeps it
until the widget is collected. These post messages without a value, copy nothing, and forget when they leave the screen.
"""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from tui.app_port import app_of
from tui.widgets.text_field import TextField

# Longest passcode, in characters; a bound on what one paste can cost in Argon2 and zxcvbn.
MAX_PASSCODE_LENGTH = 256


class SecretField(TextField):
    """A field whose text only its screen can ask for."""

    ALLOW_SELECT = False

    class Edited(Message):
        """The text changed; ask the field for it."""

        def __init__(self, field: SecretField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> SecretField:
            """The field."""
            return self.field

    class Entered(Message):
        """Enter was pressed."""

        def __init__(self, field: SecretField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> SecretField:
            """The field."""
            return self.field

    def post_message(self, message: Message) -> bool:
        """Replace ``Input``'s messages, which carry the value."""
        if isinstance(message, Input.Changed):
            return super().post_message(SecretField.Edited(self))
        if isinstance(message, Input.Submitted):
            return super().post_message(SecretField.Entered(self))
        if isinstance(message, Input.Blurred):
            return False
        return super().post_message(message)

    def take(self) -> str:
        """Return the text and empty the field."""
        secret = self.value
        self.clear()
        return secret

    def on_unmount(self) -> None:
        """Forget when the screen goes."""
        self.set_reactive(Input.value, "")

    def action_copy(self) -> None:
        """Copy nothing."""

    def action_cut(self) -> None:
        """Cut nothing."""


class PasscodeField(SecretField):
    """Shows a sign for each character; Ctrl+T shows what is typed, until the field is left."""

    BINDINGS = [Binding("ctrl+t", "reveal", "Show", show=False)]
    is_revealed: reactive[bool] = reactive(default=False)
    """Whether the characters themselves are drawn."""

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, password=True, max_length=MAX_PASSCODE_LENGTH, id=id)

    @property
    def _value(self) -> Text:
        """What is drawn."""
        if self.is_revealed:
            return super()._value
        return Text(app_of(self).glyphs.bullet * len(self.value), no_wrap=True, overflow="ignore", end="")

    def action_reveal(self) -> None:
        """Show what is typed, or hide it again."""
        self.is_revealed = not self.is_revealed

    def watch_is_revealed(self, is_revealed: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Count cells by what is drawn."""
        self.password = not is_revealed

    def on_blur(self) -> None:
        """Hide it: another field is looked at now."""
        self.is_revealed = False

    def take(self) -> str:
        """Return the text, hidden again, and empty the field."""
        self.is_revealed = False
        return super().take()
