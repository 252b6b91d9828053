"""The last step: shows the new identity, and what to do first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.onboarding.step import Step
from tui.widgets.flat_button import FlatButton
from tui.widgets.identity import IdentityView

if TYPE_CHECKING:
    from textual.app import ComposeResult

First = Literal["invite", "add", "look"]


class Ready(Step[First]):
    """The identity and three ways on."""

    BINDINGS = [
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    heading = N_("Ready")
    hints = (("↑↓", N_("choose")), ("Enter", N_("go on")))

    def __init__(self, identity: str, *, restored: bool) -> None:
        super().__init__()
        self._identity = identity
        self._restored = restored

    def compose(self) -> ComposeResult:
        """Build the identity and the buttons."""
        if self._restored:
            text = tr("Your account is back. This is its identity; compare it if you have noted it:")
        else:
            text = tr(
                "This is your identity. It is no secret. That you are you, a contact sees by your security code (/verify)."
            )
        yield Static(Content(text), classes="text")
        yield IdentityView(self._identity)
        yield Static(
            Content(tr("Nobody can find you here by name. Your first step: invite someone, or add a contact.")),
            classes="text gap",
        )
        ways = [FlatButton(tr("Invite someone"), id="invite"), FlatButton(self._add_label(), id="add")]
        if app_of(self).start_invitation is not None:
            ways.reverse()  # what most people want comes first: to use an invitation that is there, else to make one
        with Vertical(classes="buttons"):
            yield from ways
            yield FlatButton(tr("Look around first"), id="look")

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query(FlatButton).first().focus()

    def _add_label(self) -> str:
        start_invitation = app_of(self).start_invitation
        if start_invitation is None:
            return tr("Add a contact by their invitation")
        return tr("Greet {name}, whose invitation is ready").format(name=start_invitation.name)

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        message.stop()
        if message.button.id == "invite":
            self.answer("invite")
        else:
            self.answer("add" if message.button.id == "add" else "look")

    def go_back(self) -> None:
        """The account is made: going back means looking around."""
        self.answer("look")
