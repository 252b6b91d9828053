"""The page that makes an invitation and lists those made before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from core import api
from tui.app_port import app_of
from tui.keys.commands import PEOPLE
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, tr, tr_in
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.screens.pages.invite.code import InviteCodeScreen, state_words
from tui.text.cells import width_of
from tui.text.sanitize import clean_line
from tui.widgets.choice import Choice
from tui.widgets.flat_button import FlatButton
from tui.widgets.menu import Menu
from tui.widgets.text_field import TextField
from tui.words.durations import until
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

_HOUR, _DAY = 3600, 86400
EXPIRIES = [
    (N_("1 hour"), _HOUR), (N_("1 day"), _DAY), (N_("1 week"), 7 * _DAY),
    (N_("30 days"), 30 * _DAY), (N_("90 days"), 90 * _DAY),
]  # fmt: skip
USES: list[tuple[str, int | None]] = [("1", 1), ("5", 5), (N_("unlimited"), None)]
# Longest note to oneself, in characters: one line of the list.
MAX_NOTE = 40
# Seconds between looks at the list: a greeting may use an invitation up while it is shown.
_REFRESH = 5.0


class InviteScreen(Page[None], NothingUnsaved):
    """A form for a new invitation above the list of those made before."""

    DEFAULT_CSS = """
    InviteScreen Menu { height: auto; max-height: 100%; }
    """
    BINDINGS = [
        Binding("r,delete", "revoke", "Revoke", id="invite.revoke"),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    opened_by = CommandSpec(
        id="people.invite", group=PEOPLE, scope=Scope.APP, title=N_("Invite someone"),
        help=N_("Make an invitation as a link and a QR code."),
        slash="invite", after="go.list",
        synonyms=N_("invitation link qr code share contact new friend person greet"),
    )  # fmt: skip
    heading = N_("Invite someone")
    hints = (("↑↓", N_("move")), ("←→", N_("choose")), ("Enter", N_("create")), ("Esc", N_("back")))
    note_hints = (("↑↓", N_("move")), ("Enter", N_("create")), ("Esc", N_("back")))
    list_hints = (
        ("↑↓", N_("move")),
        ("Enter", N_("show")),
        ("r", N_("revoke")),
        ("Tab", N_("to the form")),
        ("Esc", N_("back")),
    )

    at_list: ClassVar[bool] = False
    """Whether it opens at the list rather than at the form."""

    def __init__(self, client: api.Client) -> None:
        super().__init__(client)
        self._goes_to_list = self.at_list
        self._invites: list[api.Invite] = []

    def compose_body(self) -> ComposeResult:
        """Yield form and list."""
        yield Static(
            tr(
                "Nobody can find you or write to you without an invitation. Give one to each person, "
                "by a way you trust: on paper, face to face, or through another messenger."
            ),
            classes="text faint tall-only",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("Ends after"), classes="label")
            yield Choice([(tr(name), seconds) for name, seconds in EXPIRIES], 7 * _DAY, id="expiry")
        with Horizontal(classes="row"):
            yield Label(tr("Uses"), classes="label")
            yield Choice([(tr(name), uses) for name, uses in USES], 1, id="uses")
        with Horizontal(classes="row"):
            yield Label(tr("Note"), classes="label")
            yield TextField(placeholder=tr("for yourself, such as a name"), max_length=MAX_NOTE, id="note")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Create invitation"), id="create")
        yield Static("", id="yours", classes="text gap")
        yield Menu(id="invites")

    def on_mount(self) -> None:
        """Start at the first question, with the list fresh."""
        self.query_one("#expiry").focus()
        self._reload()
        self.set_interval(_REFRESH, self._reload)

    def clear_caches(self) -> None:
        """Forget the invitations and the note."""
        self._invites = []
        self.clear_fields()

    def on_screen_resume(self) -> None:
        """Look again after coming back from a code."""
        self._reload()

    def on_descendant_focus(self) -> None:
        """Say what the keys do here."""
        if isinstance(self.focused, Choice):
            self.show_keys(*self.hints)
        else:
            self.show_keys(*(self.list_hints if isinstance(self.focused, Menu) else self.note_hints))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Revoke only in the list: elsewhere the letter means nothing."""
        return isinstance(self.focused, Menu) if action == "revoke" else super().check_action(action, parameters)

    @on(FlatButton.Pressed, "#create")
    @on(TextField.Submitted, "#note")
    @on(Choice.Submitted)
    def _asked(self) -> None:
        self._create()

    @once("create")
    async def _create(self) -> None:
        note = clean_line(self.query_one("#note", TextField).value)
        expiry: Choice[int] = self.query_one("#expiry", Choice)
        uses: Choice[int | None] = self.query_one("#uses", Choice)
        self.notice.say(tr("Leaving the invitation with other nodes"), "working")
        command = api.InviteCreate(expires_in=expiry.value, max_uses=uses.value, note=note)
        try:
            created = await self.client.call(command)
            self._invites = await self.client.call(api.InviteList())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self.notice.clear()
        self.query_one("#note", TextField).clear()
        self._show_list()
        self._open_code(created.id)

    @work(exclusive=True, group="reload")
    async def _reload(self) -> None:
        try:
            invites = await self.client.call(api.InviteList())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self._invites = invites
        self._show_list()

    def _show_list(self) -> None:
        """Rewrite the rows, keeping the chosen one."""
        self.query_one("#yours", Static).update(
            Content(tr("Your invitations") if self._invites else tr("You have made no invitation yet."))
        )
        narrow = self.size.width < 60
        now = app_of(self).now()
        self.query_one(Menu).show([Option(_row(invite, now, narrow=narrow), id=invite.id) for invite in self._invites])
        if self._goes_to_list and self._invites:
            self._goes_to_list = False
            self.query_one(Menu).focus()

    @on(OptionList.OptionSelected, "#invites")
    def _selected(self, message: OptionList.OptionSelected) -> None:
        self._open_code(message.option.id or "")

    def _open_code(self, invite_id: str) -> None:
        invite = self._find(invite_id)
        if invite is None:
            return
        if invite.state != "open":
            self.notice.say(_over(invite))
            return
        self.notice.clear()

        def shown(wants_to_answer: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if wants_to_answer:
                self.dismiss(None)
                app_of(self).open_page("greetings")

        self.app.push_screen(InviteCodeScreen(self.client, invite), shown)

    def _find(self, invite_id: str | None) -> api.Invite | None:
        return next((invite for invite in self._invites if invite.id == invite_id), None)

    @once("revoke")
    async def action_revoke(self) -> None:
        """Make the chosen invitation dead."""
        invite = self._find(self.query_one(Menu).chosen_id)
        if invite is None or invite.state != "open":
            self.notice.say(tr("Choose an open invitation in the list to revoke it."))
            return
        question = ConfirmScreen(
            tr("Revoke this invitation?"),
            tr("Nobody can use it afterwards. People you met through it stay."),
            yes=tr("Revoke"),
            no=tr("Keep"),
        )
        if not await self.app.push_screen_wait(question):
            return
        try:
            await self.client.call(api.InviteRevoke(id=invite.id))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        else:
            self.notice.say(tr("Revoked."), "good")
        self._reload()


class YourInvitesScreen(InviteScreen):
    """The same page, at its list: for those who look for an invitation they made, to show or to revoke it."""

    opened_by = CommandSpec(
        id="people.invitations", group=PEOPLE, scope=Scope.APP, title=N_("Your invitations"),
        help=N_("The invitations you made: show one again, or revoke it."),
        slash="invitations", after="people.invite",
        synonyms=N_("revoke cancel withdraw invites links end delete used"),
    )  # fmt: skip
    at_list = True


def _row(invite: api.Invite, now: int, *, narrow: bool) -> Content:
    """Return one line: state, end, uses, copies, note."""
    state = tr_in("state of an invitation", "over") if invite.state == "expired" else state_words(invite)
    uses = f"{invite.uses}/{invite.max_uses}" if invite.max_uses else f"{invite.uses}"
    ends = tr("ends {when}").format(when=until(invite.expires_at, now)) if invite.state == "open" else ""
    copies = tr("{count} copies").format(count=invite.copies) if invite.state == "open" else ""
    columns = [(state, 8), (ends, 16), (tr("{uses} used").format(uses=uses), 10)]
    if not narrow:
        columns.append((copies, 10))
    filled = "".join(text + " " * (width - width_of(text)) for text, width in columns)
    return Content(filled + clean_line(invite.note))


def _over(invite: api.Invite) -> str:
    """Return why an invitation that is not open is not shown."""
    if invite.state == "used":
        return tr("This invitation is used; nobody can use it any more.")
    if invite.state == "revoked":
        return tr("This invitation is revoked; nobody can use it any more.")
    return tr("This invitation is expired; nobody can use it any more.")
