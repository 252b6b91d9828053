"""The page that uses an invitation: a link, or a picture of its QR code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static, TextArea

from core import api
from core.pictures.reader import PICTURE_SUFFIXES
from tui.app_port import app_of
from tui.keys.commands import PEOPLE
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, told, tr
from tui.screens.content import NothingUnsaved
from tui.screens.inviter import Inviter
from tui.screens.page import Page
from tui.terminal.clipboard_reading import read_clipboard, request_for
from tui.text.qr_reading import UnreadablePicture, read_codes
from tui.widgets.flat_button import FlatButton
from tui.widgets.link_field import LinkField
from tui.widgets.path_field import PathField
from tui.widgets.small_editor import SmallEditor
from tui.widgets.text_field import TextField
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widget import Widget

    from tui.widgets.notice import Kind

# Where the sentence about an error in general does not say what to do here.
HERE = {
    api.Kind.NO_NETWORK: N_(
        "No other node can be reached just now, so the invitation cannot be found. Try again later; the Network screen "
        "says more."
    ),
    api.Kind.TOO_LONG: N_("The greeting is too long: at most {size} bytes."),
    api.Kind.INVITE_NOT_FOUND: N_(
        "Nobody in the network holds this invitation. It may be over, or so new that it has not got around yet: try "
        "again in a minute."
    ),
}

# Seconds without a change of the invitation until it is asked who made it: one typed by a terminal comes in many pieces.
PAUSE: Final = 0.15

_INSTEAD: Final = N_(
    "The terminal does not answer. If it asks you, allow it; else paste the link, or name the picture's file."
)
# Why there is nothing from the clipboard, by what became of the question, and what to do instead.
CLIPBOARD: Final = {
    "waiting": _INSTEAD,
    "answering": _INSTEAD,
    "refused": N_("The terminal does not give its clipboard: paste the link, or name the picture's file."),
    "nothing": N_("There is neither a picture nor a text in the clipboard."),
    "too-large": N_("There is too much in the clipboard: cut the picture down to the code, or name its file."),
}


class AddContactScreen(Page[str], NothingUnsaved):
    """Dismisses with the id of the new conversation, or None. ``given``: a text with an invitation to begin with."""

    DEFAULT_CSS = """
    AddContactScreen #count { width: 1fr; }
    """
    opened_by = CommandSpec(
        id="people.add", group=PEOPLE, scope=Scope.APP, title=N_("Add someone"),
        help=N_("Use an invitation that you were given."),
        slash="add", after="people.invite",
        synonyms=N_("invitation link qr code scan contact new friend join paste"),
    )  # fmt: skip
    heading = N_("Add a contact")
    hints = (("Tab", N_("next")), ("Enter", N_("go on")), ("Ctrl+V", N_("clipboard")), ("Esc", N_("back")))
    greeting_hints = (("Tab", N_("next")), ("Enter", N_("go on")), ("Esc", N_("back")))
    BINDINGS = [Binding("ctrl+v", "take_clipboard", "Clipboard", priority=True, id="add.clipboard")]

    def __init__(self, client: api.Client, given: str = "") -> None:
        super().__init__(client)
        self._given = given
        self._told_of: str | None = None
        self._pause: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the fields."""
        yield Static(
            tr(
                "Paste the invitation you were given, with the mail or chat around it if you like; or name a picture of its "
                "QR code, such as a photo or a screenshot."
            ),
            classes="text faint",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("Invitation"), classes="label")
            yield LinkField(placeholder="SOTTOVOCE:...", id="link")
        yield Inviter(self.client, lambda error: _here(error.kind) or str(explain(error)))
        with Horizontal(classes="row"):
            yield Label(tr("or picture"), classes="label")
            yield PathField(suffixes=PICTURE_SUFFIXES, placeholder="~/invitation.png", id="picture")
        with Horizontal(classes="row gap"):
            yield Label(tr("Greeting"), classes="label")
            yield SmallEditor(
                limit=api.MAX_GREETING_SIZE, placeholder=tr("Say who you are; they decide by this."), id="greeting"
            )
        with Horizontal(classes="row"):
            yield Label("", classes="label")
            yield Static("", id="count", classes="faint")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Send greeting"), id="send")

    def on_mount(self) -> None:
        """Start with the link, as the first field, or with the greeting when an invitation was there already."""
        if self._given:
            self._take_given()
        elif (start_invitation := app_of(self).start_invitation) is not None:
            self.query_one(LinkField).value = start_invitation.link
            self._tell_of_link(
                tr("{name}'s invitation is in its place. Say hello, then Tab and Enter send it.").format(
                    name=start_invitation.name
                ),
                "good",
            )
            self.query_one(SmallEditor).focus()
        self._show_count()

    def _take_given(self) -> None:
        """Put the invitation that a message had into its place."""
        from core.session.invitation_lookup import is_whole  # with much of the core

        field = self.query_one(LinkField)
        field.take(self._given)
        self._given = ""
        if is_whole(field.link):
            self.query_one(SmallEditor).focus()
            self._tell_of_link(tr("The invitation is in its place. Say hello, then Tab and Enter send it."), "good")
        else:
            field.focus()
            self._ask_for_the_rest()

    def clear_caches(self) -> None:
        """Forget the invitation and the greeting."""
        self._given = ""
        self.clear_fields()
        self.query_one(Inviter).look("")

    def _tell_of_link(self, text: str, kind: Kind, *, about: Widget | None = None) -> None:
        """Say something that holds as long as the invitation is the one that is there now."""
        self._told_of = self.query_one(LinkField).value
        self.notice.say(text, kind, about=about)

    @on(Input.Changed, "#link")
    def _link_changed(self) -> None:
        """Take down what was said of another invitation, and ask who made this one."""
        told_of = self._told_of
        if told_of is not None and self.query_one(LinkField).value != told_of:
            self._told_of = None
            self.notice.clear()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._look_who)

    def _look_who(self, *, again: bool = False) -> None:
        from core.session.invitation_lookup import is_whole

        link = self.query_one(LinkField).link
        self.query_one(Inviter).look(link if is_whole(link) else "", again=again)

    @on(FlatButton.Pressed, "#to-known")
    def _to_known(self) -> None:
        self.dismiss(self.query_one(Inviter).known)

    @on(TextArea.Changed)
    def _show_count(self) -> None:
        self.query_one("#count", Static).update(Content(self.query_one(SmallEditor).count), layout=False)

    @on(TextField.Submitted, "#link")
    def _linked(self) -> None:
        self._look_who(again=True)
        self.query_one(SmallEditor).focus()

    @on(LinkField.Unfinished)
    def _ask_for_the_rest(self) -> None:
        field = self.query_one(LinkField)
        self._tell_of_link(
            tr("There is no whole invitation here yet: paste or type the rest of it."), "bad", about=field
        )

    @on(LinkField.PictureGiven)
    def _take_picture(self, event: LinkField.PictureGiven) -> None:
        self.query_one(PathField).value = event.path
        self._read_picture()

    @on(TextField.Submitted, "#picture")
    def _pictured(self) -> None:
        field = self.query_one(PathField)
        from core.session.invitation_lookup import is_whole, shown_links  # with much of the core

        if is_whole(link := shown_links(field.value)):  # pasted one field too low
            field.value, self.query_one(LinkField).value = "", link
            self.query_one(SmallEditor).focus()
        elif field.value.strip():
            self._read_picture()

    def on_descendant_focus(self) -> None:
        """Say what the keys do here: in the greeting Ctrl+V is the editor's."""
        self.show_keys(*(self.greeting_hints if isinstance(self.focused, TextArea) else self.hints))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Ctrl+V to the greeting while that is written."""
        if action == "take_clipboard" and isinstance(self.focused, TextArea):
            return False
        return super().check_action(action, parameters)

    def ask_terminal(self, sequence: str) -> None:
        """Write a question to the terminal, which answers by what its keyboard sends."""
        driver = self.app._driver  # pyright: ignore[reportPrivateUsage]  # as Textual's own copying does
        if driver is not None:
            driver.write(sequence)

    @work(exclusive=True)
    async def action_take_clipboard(self) -> None:
        """Ask the terminal for a picture or a text in its clipboard."""
        self.notice.say(tr("Asking the terminal for its clipboard"), "working")
        found = await read_clipboard(
            self.ask_terminal, request_for(os.environ), lambda: self.notice.say(tr(CLIPBOARD["waiting"]), "bad")
        )
        if found.state == "picture":
            await self._read_codes(found.picture)
        elif found.state == "text":
            self.query_one(LinkField).take(found.text)
            self.query_one(LinkField).focus()
            self._tell_of_link(tr("The terminal gave a text."), "good")
        else:
            self.notice.say(tr(CLIPBOARD[found.state]), "bad")

    @work(exclusive=True)
    async def _read_picture(self) -> None:
        await self._read_codes(self.query_one(PathField).path)

    async def _read_codes(self, picture: Path | bytes) -> None:
        """Put the link that a picture holds into the field above."""
        self.notice.say(tr("Reading the picture"), "working")
        try:
            codes = await read_codes(picture)
        except UnreadablePicture as error:
            self.notice.say(told(error.said), "bad", about=self.query_one(PathField))
            return
        from core.session.invitation_lookup import is_whole, shown_links

        links = shown_links("\n".join(codes))
        if not is_whole(links):
            field = self.query_one(PathField)
            self.notice.say(tr("There is a QR code in the picture, but it is no invitation."), "bad", about=field)
            return
        self.query_one(LinkField).value = links
        self.query_one(LinkField).cursor_position = 0
        self._tell_of_link(
            tr("The picture holds an invitation; it is in the field above. Now say who you are.")
            if " " not in links
            else tr(
                "The picture holds several invitations; the first that is open counts. They are in the field above. "
                "Now say who you are."
            ),
            "good",
        )
        self.query_one(SmallEditor).focus()

    @on(FlatButton.Pressed, "#send")
    def _send(self) -> None:
        if self._is_working:
            return
        link, editor = self.query_one(LinkField), self.query_one(SmallEditor)
        if not link.link and self.query_one(PathField).value.strip():
            self._read_picture()
        elif not link.link:
            self._tell_of_link(tr("Paste an invitation first."), "bad", about=link)
            link.focus()
        elif editor.size_in_bytes > editor.limit:
            self.notice.say(_here(api.Kind.TOO_LONG), "bad", about=editor)
            editor.focus()
        else:
            self._greet(api.ContactAdd(link=link.link, greeting=editor.text.strip()))

    @property
    def _is_working(self) -> bool:
        return any(worker.group == "greet" and not worker.is_finished for worker in self.workers)

    @work(exclusive=True, group="greet")
    async def _greet(self, command: api.ContactAdd) -> None:
        self.query_one(Inviter).drop_refusal()
        self.notice.say(tr("Looking for the invitation in the network. Esc cancels."), "working")
        try:
            added = await self.client.call(command)
        except api.ApiError as error:
            field = self.query_one(SmallEditor if error.kind is api.Kind.TOO_LONG else LinkField)
            self._tell_of_link(_here(error.kind) or str(explain(error)), "bad", about=field)
            field.focus()
            return
        app_of(self).start_invitation = None
        self.dismiss(added.conversation)

    def action_leave(self) -> None:
        """Cancel what is under way, else go back."""
        if self._is_working:
            self.workers.cancel_group(self, "greet")
            self.notice.say(tr("Cancelled."))
        else:
            self.dismiss(None)


def _here(kind: api.Kind) -> str:
    return tr(HERE.get(kind, "")).format(size=api.MAX_GREETING_SIZE)
