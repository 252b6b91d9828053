"""The page of greetings from strangers: who they say they are, what they wrote, and whether to accept them.

Nothing of a stranger is shown but a name, one text and an identity, all sanitised; nothing is fetched, no link is live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core import api
from tui.app_port import app_of
from tui.keys.commands import PEOPLE
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, told, tr
from tui.messages import CoreEvent
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.text.sanitize import clean_line, clean_name, clean_text, fit, pad
from tui.widgets.flat_button import FlatButton
from tui.widgets.identity import IdentityView
from tui.widgets.menu import Menu
from tui.words.durations import since
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

EMPTY = (
    N_("Nobody is waiting."),
    N_(
        "Whoever uses one of your invitations appears here with a few words. They see nothing of you, not even whether "
        "you are there, until you accept."
    ),
)
# Cells of a name in the list.
_NAME = 24


class GreetingsScreen(Page[str], NothingUnsaved):
    """Dismisses with the id of the conversation that an accepted greeting opens, or None."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    GreetingsScreen {
        Menu { max-height: 6; }
        #about { height: auto; width: 1fr; margin-top: 1; border-top: solid $quiet; padding-top: 0; }
        #text { width: 1fr; height: auto; margin: 1 0; padding: 0 2; }
        #warning { width: 1fr; height: auto; text-style: bold; color: $text-warning; }
        #empty { height: auto; width: 1fr; display: none; }
        &.-empty #empty { display: block; }
        &.-empty #about, &.-empty Menu { display: none; }
        &.-short Menu { max-height: 3; }
        &.-short #text { margin: 0; }
        &.-short #about { margin-top: 0; }
        &:ansi #about { border-top: solid ansi_default; }
        &:ansi #warning { color: ansi_default; }
    }
    .ascii GreetingsScreen #about { border-top: ascii $quiet; }
    """
    BINDINGS = [
        Binding("a", "accept", "Accept", id="greetings.accept"),
        Binding("r,delete", "reject", "Reject", id="greetings.reject"),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    opened_by = CommandSpec(
        id="people.greetings", group=PEOPLE, scope=Scope.APP, title=N_("Greetings"),
        help=N_("People who used your invitation and wait for an answer."),
        keys="alt+g",
        slash="greetings", after="people.add",
        synonyms=N_("requests strangers accept reject pending answer"),
    )  # fmt: skip
    heading = N_("Greetings")
    hints = (
        ("↑↓", N_("choose")),
        ("Enter", N_("go to the answers")),
        ("a", N_("accept")),
        ("r", N_("reject")),
        ("Esc", N_("back")),
    )
    button_hints = (
        ("↑↓", N_("choose")),
        ("Enter", N_("do")),
        ("a", N_("accept")),
        ("r", N_("reject")),
        ("Esc", N_("back")),
    )

    def __init__(self, client: api.Client) -> None:
        super().__init__(client)
        self._greetings: list[api.Greeting] = []

    def compose_body(self) -> ComposeResult:
        """Yield list, details and the empty state."""
        with Vertical(id="empty"):
            yield Static(Content(tr(EMPTY[0])), classes="text")
            yield Static(Content(tr(EMPTY[1])), classes="text faint gap")
        yield Menu(id="greetings")
        with Vertical(id="about"):
            yield Static("", id="who", classes="text")
            yield IdentityView()
            yield Static("", id="warning")
            yield Static("", id="text")
            with Horizontal(classes="buttons"):
                yield FlatButton(tr("Accept"), id="accept")
                yield FlatButton(tr("Reject"), id="reject")

    def on_mount(self) -> None:
        """Read the list."""
        self.query_one(Menu).focus()
        self._reload()

    def on_core_event(self, message: CoreEvent) -> None:
        """Show a stranger who has just greeted."""
        if isinstance(message.event, api.GreetingReceived):
            self._reload()

    def clear_caches(self) -> None:
        """Forget what was read."""
        self._greetings = []

    @work(exclusive=True, group="reload")
    async def _reload(self) -> None:
        try:
            greetings = await self.client.call(api.GreetingList())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self._greetings = greetings
        self.set_class(not greetings, "-empty")
        self._show_keys()
        now, ellipsis = app_of(self).now(), app_of(self).glyphs.ellipsis
        self.query_one(Menu).show(
            [
                Option(
                    Content(f"{pad(clean_name(each.name), _NAME, ellipsis)}  {since(each.received_at, now)}"),
                    id=each.id,
                )
                for each in greetings
            ]
        )
        self._show_chosen()

    def on_descendant_focus(self) -> None:
        """Say what Enter does here: at the buttons it answers."""
        self._show_keys()

    def _show_keys(self) -> None:
        hints = self.button_hints if isinstance(self.focused, FlatButton) else self.hints
        self.show_keys(*(hints if self._greetings else hints[-1:]))

    @property
    def _chosen(self) -> api.Greeting | None:
        chosen = self.query_one(Menu).chosen_id
        return next((greeting for greeting in self._greetings if greeting.id == chosen), None)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        greeting = self._chosen
        if greeting is None:
            return
        who = clean_name(greeting.name)
        if greeting.note:
            who = tr("{name}, by your invitation '{note}'").format(name=who, note=clean_line(greeting.note))
        self.query_one("#who", Static).update(Content(who))
        self.query_one(IdentityView).show(greeting.identity)
        self.query_one("#text", Static).update(Content(clean_text(greeting.text) or tr("(no words)")))
        warning = warning_about(greeting)
        self.query_one("#warning", Static).update(Content(warning))
        self.query_one("#warning").display = bool(warning)

    @on(OptionList.OptionSelected)
    def _to_buttons(self) -> None:
        self.query_one("#accept").focus()

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        if message.button.id == "accept":
            self.action_accept()
        else:
            self.action_reject()

    @once("answer")
    async def action_accept(self) -> None:
        """Accept the greeting."""
        greeting = self._chosen
        if greeting is None:
            return
        try:
            accepted = await self.client.call(api.GreetingAccept(id=greeting.id))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            self._reload()
        else:
            self.dismiss(accepted.conversation)

    @once("answer")
    async def action_reject(self) -> None:
        """Reject the greeting."""
        greeting = self._chosen
        if greeting is None:
            return
        question = ConfirmScreen(
            tr("Reject {name}?").format(name=fit(clean_name(greeting.name), _NAME)),
            tr("The greeting is deleted. They are not told, and cannot tell it from no answer."),
            yes=tr("Reject"),
            no=tr("Keep"),
        )
        if not await self.app.push_screen_wait(question):
            return
        try:
            await self.client.call(api.GreetingReject(id=greeting.id))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        else:
            self.notice.say(tr("Rejected."))
        self.query_one(Menu).focus()
        self._reload()


def warning_about(greeting: api.Greeting) -> str:
    """Return what is odd about a greeting, or nothing."""
    odd: list[str] = []
    if greeting.known:
        odd.append(
            "! " + tr("You know this identity: it writes from a new device. Ask your contact whether that is so.")
        )
    if greeting.warning_text:
        warning = clean_line(told(greeting.warning_said, greeting.warning_text))
        odd.append("! " + tr("{warning} Compare the identity.").format(warning=warning))
    return "\n".join(odd)
