"""The first step: says in three sentences what sottovoce is, and offers to create or restore an account.

Where nothing on the machine names a language that there is (``LANG=C``), the other ones are offered by their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.app_port import app_of
from tui.language import LANGUAGES, N_, language, tr
from tui.screens.onboarding.step import Step
from tui.widgets.flat_button import FlatButton

if TYPE_CHECKING:
    from textual.app import ComposeResult

Way = Literal["create", "restore", "language"]

LINES = (
    N_("A messenger without servers. What you write is sealed on this device and opened only on the device it is for."),
    N_("It travels through other people's devices, which cannot read it and cannot tell who writes to whom."),
    N_("There is nothing to register: no phone number, no e-mail, and nobody who could shut you out."),
)


class Welcome(Step[Way]):
    """Create or restore."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    Welcome {
        #name { text-style: bold; margin-bottom: 1; }
        .line { width: 1fr; height: auto; margin-bottom: 1; }
        FlatButton { margin-bottom: 1; }
    }
    .-short Welcome .line { margin-bottom: 0; }
    .-short Welcome #name, .-short Welcome .-last { display: none; }
    .-short Welcome FlatButton { margin-bottom: 0; }
    """
    BINDINGS = [
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    heading = N_("Welcome")
    hints = (("↑↓", N_("choose")), ("Enter", N_("go on")), ("Ctrl+Q", N_("quit")))

    language = ""
    """The code of the language that was chosen, with the answer "language"."""

    def compose(self) -> ComposeResult:
        """Build three sentences and two buttons."""
        yield Static(Content(tr("sottovoce, in a low voice")), id="name")
        for line in LINES:
            yield Static(Content(tr(line)), classes="line -last" if line is LINES[-1] else "line")
        with Vertical(classes="buttons"):
            yield FlatButton(tr("Create an account"), id="create")
            yield FlatButton(tr("Restore one from its eighteen words"), id="restore")

            if app_of(self).profile.offers_languages:
                for code, own_name in LANGUAGES.items():
                    if code != language():
                        yield FlatButton(own_name, id=f"speak-{code}")

    def on_mount(self) -> None:
        """Offer what most people want."""
        self.query_one("#create").focus()

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        message.stop()
        pressed = message.button.id or ""
        if pressed.startswith("speak-"):
            self.language = pressed.removeprefix("speak-")
            self.answer("language")
        else:
            self.answer("restore" if pressed == "restore" else "create")

    def go_back(self) -> None:
        """There is nothing before the beginning."""
