"""A contact's devices: which of them are known, since when, and whether new messages go to them.

A thief with a contact's eighteen words can make a device that looks like the contact's. So a device that no known device
vouches for waits here to be confirmed or refused; either answer is asked for once more, with what it means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core import api
from tui.app_port import app_of
from tui.language import N_, told, tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.contact_page import ContactPage
from tui.screens.once import once
from tui.text.sanitize import clean_line, clean_name, pad
from tui.widgets.flat_button import FlatButton
from tui.widgets.identity import IdentityView
from tui.widgets.menu import Menu
from tui.words.contacts import (
    KEYS_OVERDUE,
    STATE_WORDS,
    device_name,
    key_words,
    own_name_of,
    served_words,
    short_name,
    thief_words,
    trust_words,
)
from tui.words.errors import explain
from tui.words.format import moment

if TYPE_CHECKING:
    from textual.app import ComposeResult

# Cells of a device's name and of its state in the list.
_NAME, _STATE = 16, 10


class DevicesScreen(ContactPage[None]):
    """Shows one contact's devices; an unknown one can be confirmed or refused."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    DevicesScreen {
        IdentityView { margin: 0 0 0 2; }
        Menu { max-height: 6; margin-top: 1; }
        #odd { width: 1fr; height: auto; text-style: bold; color: $text-warning; }
        #about { height: auto; width: 1fr; border-top: solid $quiet; }
        #key { text-style: bold; margin-left: 2; }
        #answers { height: 1; width: 1fr; margin-top: 1; }
        &.-short Menu { max-height: 3; margin-top: 0; }
        &.-short #answers, &.-narrow #answers { margin-top: 0; }
        &:ansi #about { border-top: solid ansi_default; }
        &:ansi #odd { color: ansi_default; }
    }
    .ascii DevicesScreen #about { border-top: ascii $quiet; }
    """
    BINDINGS = [
        Binding("c", "confirm_device", "Confirm", id="devices.confirm"),
        Binding("r", "refuse_device", "Refuse", id="devices.refuse"),
    ]
    heading = N_("Devices")

    def compose_body(self) -> ComposeResult:
        """Yield the contact, the list and what is known of the chosen device."""
        yield IdentityView(self._identity)
        yield Static("", id="who", classes="text")
        yield Static("", id="odd")
        yield Menu(id="devices")
        with Vertical(id="about"):
            yield Static("", id="key", classes="text")
            yield Static("", id="trust", classes="text")
            with Horizontal(id="answers"):
                yield FlatButton(tr("Confirm"), id="confirm")
                yield FlatButton(tr("Refuse"), id="refuse")

    def on_mount(self) -> None:
        """Read what is known."""
        self.query_one("#about").display = False
        self.query_one(Menu).focus()
        self.reload()

    # --- showing ------------------------------------------------------------------------------------------------------

    def show_none(self) -> None:
        """Show no devices."""
        self.query_one(Menu).show([])
        self._show_chosen()

    def show_contact(self, contact: api.Contact) -> None:
        """Show the devices, and what is odd."""
        own = own_name_of(contact)
        self.entitle(tr("Devices of {name}").format(name=clean_name(contact.name)))
        self.query_one("#who", Static).update(Content(tr("They call themselves {own_name}.").format(own_name=own)))
        self.query_one("#who").display = bool(own)
        odd = [clean_line(told(contact.warning_said, contact.warning_text))] if contact.warning_text else []
        odd += [tr(KEYS_OVERDUE)] if contact.rekey_overdue else []
        odd += [tr("No device of theirs is known yet.")] if not contact.devices else []
        self.query_one("#odd", Static).update(Content("\n".join(f"! {each}" for each in odd)))
        self.query_one("#odd").display = bool(odd)
        self.query_one(Menu).show([Option(self._line(device), id=device.id) for device in contact.devices])
        self._show_chosen()

    def _line(self, device: api.ContactDevice) -> Content:
        app = app_of(self)
        name = pad(device_name(device), _NAME, app.glyphs.ellipsis)
        served = tr("written to") if device.served else tr("not written to")
        return Content(f"{name}  {pad(tr(STATE_WORDS[device.state]), _STATE, app.glyphs.ellipsis)}{served}")

    @property
    def _chosen(self) -> api.ContactDevice | None:
        chosen = self.query_one(Menu).chosen_id
        devices = self._contact.devices if self._contact is not None else ()
        return next((device for device in devices if device.id == chosen), None)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        contact, device = self._contact, self._chosen
        self.query_one("#about").display = device is not None
        is_open = device is not None and device.state == "unknown"
        self.query_one("#answers").display = is_open
        asking = (("c", N_("confirm")), ("r", N_("refuse"))) if is_open else ()
        self.show_keys(("↑↓", N_("choose")), *asking, ("Esc", N_("back")))
        if contact is None or device is None:
            return
        app = app_of(self)
        since = moment(device.since, app.now(), app.calendar)
        self.query_one("#key", Static).update(Content(key_words(device)))
        said = tr("Here since {moment}. {trust} {served}").format(
            moment=since, trust=trust_words(device, contact), served=served_words(device, contact)
        )
        self.query_one("#trust", Static).update(Content(said))

    # --- answering ----------------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected)
    def _to_buttons(self) -> None:
        if (device := self._chosen) is not None and device.state == "unknown":
            self.query_one("#confirm").focus()

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        if message.button.id == "confirm":
            self.action_confirm_device()
        else:
            self.action_refuse_device()

    def action_confirm_device(self) -> None:
        """Say that the device is theirs."""
        self._answer(accept=True)

    def action_refuse_device(self) -> None:
        """Say that the device is not theirs."""
        self._answer(accept=False)

    @once("answer")
    async def _answer(self, *, accept: bool) -> None:
        contact, device = self._contact, self._chosen
        if contact is None or device is None or device.state != "unknown":
            return
        if not await self.app.push_screen_wait(question_about(contact, accept=accept)):
            return
        command = api.ContactConfirmDevice(identity=contact.identity, device=device.id, accept=accept)
        try:
            await self.client.call(command)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        else:
            confirmed, refused = tr("Confirmed: it gets what you write."), tr("Refused: it is not heard any more.")
            self.notice.say(confirmed if accept else refused)
        self.query_one(Menu).focus()
        self.reload()


def question_about(contact: api.Contact, *, accept: bool) -> ConfirmScreen:
    """Return the question that stands before an answer about an unknown device."""
    name = short_name(contact.name)
    if accept:
        detail = tr(
            "{thief} Ask {name} by another way before you confirm. Once confirmed, it is as good as those you knew before: "
            "it gets what you write, and may bring in others."
        )
        question, yes = tr("Confirm this device of {name}?").format(name=name), tr("Confirm")
    else:
        detail = tr(
            "{thief} Ask {name} by another way before you refuse. Once refused, it is never heard again, and gets nothing "
            "that you write."
        )
        question, yes = tr("Refuse this device?"), tr("Refuse")
    return ConfirmScreen(question, detail.format(thief=thief_words(contact), name=name), yes=yes, no=tr("Not now"))
