"""Compares the security code of a contact: read aloud to each other, or a picture of the other's code, or its digits pasted.

Both sides see the same sixty digits if and only if nobody stands between them. Devices change nothing in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from core import api
from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.widgets.flat_button import FlatButton
from tui.widgets.qr_view import QrView
from tui.widgets.text_field import TextField
from tui.words.contacts import short_name
from tui.words.errors import explain
from tui.words.people import code_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

# Endings by which what is given is taken for the path of a picture.
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


class CompareScreen(Page[None], NothingUnsaved):
    """Shows the code; takes that it is the same, or that it is not any longer."""

    DEFAULT_CSS = """
    CompareScreen {
        & #digits { width: 1fr; height: auto; text-style: bold; text-align: center; margin: 1 0; }
        & .buttons { height: 1; }
        &.-short #digits { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("ctrl+r", "show_code", "QR code", id="compare.code"),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    heading = N_("Security code")
    hints = (("←→", N_("choose")), ("Enter", N_("do")), ("Ctrl+R", N_("QR code")), ("Esc", N_("back")))
    given_hints = (("Enter", N_("compare it")), ("Ctrl+R", N_("QR code")), ("Esc", N_("back")))

    def __init__(self, client: api.Client, contact: api.Contact) -> None:
        super().__init__(client)
        self._contact: api.Contact | None = contact
        self._name = short_name(contact.name)
        self._qr = ""

    def compose_body(self) -> ComposeResult:
        """Yield the code, and ways to compare it."""
        how = tr(
            "Call {name}, or meet: each reads six groups aloud, and the other follows on their own screen. If all "
            "are the same, nobody stands between you. It stays the same when one of you gets another device."
        ).format(name=self._name)
        yield Static(Content(how), id="how", classes="text")
        yield Static("", id="digits")
        yield QrView(ascii_only=app_of(self).profile.glyphs == "ascii")
        yield TextField(placeholder=tr("or the path of a picture of their code, or their digits"), id="given")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Later"), id="later")
            yield FlatButton(tr("They are the same"), id="same")
            yield FlatButton(tr("Compared no longer"), id="undo")

    def on_mount(self) -> None:
        """Ask for the code; a first Enter changes nothing."""
        is_verified = self._contact is not None and self._contact.verified
        self.query_one("#undo").display = is_verified
        self.query_one("#same").display = not is_verified
        self.query_one("#later").focus()
        self._read()

    def on_descendant_focus(self) -> None:
        """Say what the keys do here."""
        self.show_keys(*(self.given_hints if isinstance(self.focused, TextField) else self.hints))

    def clear_caches(self) -> None:
        """Forget whom it is about."""
        self._contact, self._name = None, ""
        self.query_one("#digits", Static).update("")
        self.query_one(QrView).text = ""
        self._qr = ""
        for field in self.query(TextField):
            with field.prevent(Input.Changed):
                field.clear()

    @once("read")
    async def _read(self) -> None:
        if self._contact is None:
            return
        try:
            code = await self.client.call(api.ContactCode(identity=self._contact.identity))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self._qr = code.qr
        is_narrow = self.has_class("-bare") or self.has_class("-narrow")
        self.query_one("#digits", Static).update(Content("\n".join(code_lines(code.digits, 3 if is_narrow else 4))))

    def action_show_code(self) -> None:
        """Show the QR code for the other's camera, or take it away."""
        view = self.query_one(QrView)
        view.text = "" if view.text else self._qr
        for part in ("#how", "#digits"):  # in 24 rows there is room for one of the two
            self.query_one(part).display = not view.text

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        if message.button.id == "later":
            self.dismiss(None)
        else:
            self._verify(verified=message.button.id == "same")

    @on(Input.Submitted, "#given")
    def _given(self) -> None:
        given = self.query_one("#given", TextField).value.strip()
        if given.lower().endswith(_PICTURES):
            self._verify(verified=True, image=given)
        elif given:
            self._verify(verified=True, code=given)

    @once("verify")
    async def _verify(self, *, verified: bool, code: str = "", image: str = "") -> None:
        if self._contact is None:
            return
        command = api.ContactVerify(identity=self._contact.identity, verified=verified, code=code, image=image)
        try:
            await self.client.call(command)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        compared, undone = (
            tr("You compared {name}'s code: it is them."),
            tr("The code of {name} is to be compared again."),
        )
        app_of(self).tell((compared if verified else undone).format(name=self._name))
        self.dismiss(None)
