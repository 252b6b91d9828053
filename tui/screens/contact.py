"""A contact: who it is, whether one compared codes, its devices, what both let each other see, and what can be done.

What is done by the screen behind it (a new name, devices, blocking, removing) closes this one with its command's id.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core import api
from tui.app_port import app_of
from tui.language import N_, told, tr, tr_n
from tui.screens.compare import CompareScreen
from tui.screens.contact_page import ContactPage
from tui.screens.mute import MuteScreen
from tui.screens.once import once
from tui.text.sanitize import clean_line, clean_name
from tui.widgets.identity import IdentityView
from tui.widgets.menu import Menu
from tui.words.contacts import KEYS_OVERDUE, own_name_of, short_name
from tui.words.errors import explain
from tui.words.people import compared_words, devices_words, sees_words, view_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

# What the screen behind does: its command's id, and the line here.
BEHIND: Final = {
    "people.rename": N_("Call them something else"),
    "people.block": N_("Block them"),
    "people.unblock": N_("Unblock them"),
    "people.delete-conversation": N_("Delete what was said"),
    "people.remove": N_("Remove them"),
}


class ContactScreen(ContactPage[str]):
    """Shows one contact. Dismisses with the id of a command that the screen behind is to carry out."""

    DEFAULT_CSS = """
    ContactScreen {
        & IdentityView { margin: 0 0 1 0; }
        & #odd { width: 1fr; height: auto; text-style: bold; color: $text-warning; }
        & Menu { margin-top: 1; max-height: 8; }
        &.-roomy Menu { max-height: 10; }
        &.-short Menu, &.-short IdentityView { margin: 0; }
        &:ansi #odd { color: ansi_default; }
    }
    """
    heading = N_("Contact")
    hints = (("↑↓", N_("choose")), ("Enter", N_("do")), ("Esc", N_("back")))

    _facts = ""

    def clear_caches(self) -> None:
        """Forget what was said of them, too."""
        super().clear_caches()
        self._facts = ""

    def compose_body(self) -> ComposeResult:
        """Yield what is known, then what can be done."""
        yield IdentityView(self._identity)
        yield Static("", id="odd")
        yield Static("", id="facts", classes="text")
        yield Menu(id="acts")

    def on_mount(self) -> None:
        """Read what is known."""
        self.query_one(Menu).focus()
        self.reload()

    def concerns(self, event: api.Event) -> bool:
        """Tell whether an event is about the contact, or about its conversation."""
        if isinstance(event, api.ContactPresence):
            return event.identity == self._identity
        return isinstance(event, api.ConversationChanged) or super().concerns(event)

    # --- showing ------------------------------------------------------------------------------------------------------

    def show_contact(self, contact: api.Contact) -> None:
        """Show what is known, and what can be done."""
        app, own = app_of(self), own_name_of(contact)
        self.entitle(clean_name(contact.name))
        odd = [clean_line(told(contact.warning_said, contact.warning_text))] if contact.warning_text else []
        odd += [tr(KEYS_OVERDUE)] if contact.rekey_overdue else []
        odd += [tr("You blocked them: nothing comes and nothing goes.")] if contact.blocked else []
        self.query_one("#odd", Static).update(Content("\n".join(f"! {each}" for each in odd)))
        self.query_one("#odd").display = bool(odd)
        facts = [tr("They call themselves {own_name}.").format(own_name=own)] if own else []
        facts += [
            compared_words(contact),
            devices_words(contact),
            sees_words(contact, app.now(), app.calendar),
            view_words(contact, app.now(), app.calendar),
        ]
        self._facts = "\n".join(each for each in facts if each)
        self.query_one("#facts", Static).update(Content(self._facts))
        self._count_pins(contact)
        self.query_one(Menu).show([Option(Content(line), id=act) for act, line in acts_of(contact).items()])

    @work(exclusive=True, group="pins")
    async def _count_pins(self, contact: api.Contact) -> None:
        """Say how many messages are pinned there, where any is."""
        listing = api.MessageList(conversation=contact.conversation, limit=api.MAX_PAGE, pinned=True)
        with suppress(api.ApiError):  # the page is whole without the number
            if pinned := len(await self.client.call(listing)):
                said = tr_n(
                    "{count} pinned message: /pins shows it.", "{count} pinned messages: /pins lists them.", pinned
                )
                self.query_one("#facts", Static).update(Content(f"{self._facts}\n{said}"))

    @on(OptionList.OptionHighlighted)
    def _bring_up(self, message: OptionList.OptionHighlighted) -> None:
        if message.option_index:
            message.option_list.scroll_visible(animate=False)

    # --- doing --------------------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        act, contact = message.option.id or "", self._contact
        if contact is None:
            return
        if act in BEHIND:
            self.dismiss(act)
        elif act == "devices":
            from tui.screens.devices import DevicesScreen

            self.app.push_screen(DevicesScreen(self.client, contact.identity))
        elif act == "compare":
            self.app.push_screen(CompareScreen(self.client, contact))
        elif act == "mute":
            self._mute(contact)
        else:
            self._toggle(contact, act)

    def _mute(self, contact: api.Contact) -> None:
        if contact.muted_until is not None:
            self._change(api.ConversationSet(conversation=contact.conversation, muted_until=0))
            return

        def chosen(until: int | None) -> None:
            if until is not None:
                self._change(api.ConversationSet(conversation=contact.conversation, muted_until=until))

        self.app.push_screen(MuteScreen(short_name(contact.name), app_of(self).now()), chosen)

    def _toggle(self, contact: api.Contact, act: str) -> None:
        to = {
            "pin": api.ConversationSet(conversation=contact.conversation, pinned=not contact.pinned),
            "archive": api.ConversationSet(conversation=contact.conversation, archived=not contact.archived),
            "unread": api.ConversationSet(conversation=contact.conversation, unread=not contact.marked_unread),
        }
        self._change(to[act])

    @once("change")
    async def _change(self, command: api.ConversationSet) -> None:
        try:
            await self.client.call(command)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")


def acts_of(contact: api.Contact) -> dict[str, str]:
    """Return what can be done with a contact, by id, in the order of the list."""
    compare = tr("Compare the security code again") if contact.verified else tr("Compare the security code with theirs")
    block = "people.unblock" if contact.blocked else "people.block"
    return {
        "compare": compare,
        "devices": tr("Look at their devices"),
        "people.rename": tr(BEHIND["people.rename"]),
        "mute": tr("Mute no longer") if contact.muted_until is not None else tr("Mute"),
        "pin": tr("Pin no longer") if contact.pinned else tr("Pin to the top of the list"),
        "archive": tr("Take out of the archive") if contact.archived else tr("Archive"),
        "unread": tr("Mark as read") if contact.marked_unread else tr("Mark as unread"),
        block: tr(BEHIND[block]),
        "people.delete-conversation": tr(BEHIND["people.delete-conversation"]),
        "people.remove": tr(BEHIND["people.remove"]),
    }
