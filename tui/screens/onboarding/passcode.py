"""The step that asks for a name and a passcode."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core.api import MAX_NAME_SIZE
from tui.language import N_, tr
from tui.screens.onboarding.step import Step
from tui.text.sanitize import kept_name
from tui.widgets.flat_button import FlatButton
from tui.widgets.hints import Hints
from tui.widgets.new_passcode import NewPasscode
from tui.widgets.notice import Notice
from tui.widgets.prompt_walk import PromptWalk
from tui.widgets.secret_field import PasscodeField
from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult


class NameAndPasscode(NamedTuple):
    """What the step answers. Its repr says nothing."""

    name: str
    passcode: str

    def __repr__(self) -> str:
        return "NameAndPasscode(…)"


class ChoosePasscode(Step[NameAndPasscode], PromptWalk):
    """Name, passcode, passcode again."""

    heading = N_("Name and passcode")
    hints = (("Enter", N_("next")), ("Tab", N_("next field")), ("Esc", N_("back")))
    secret_hints = (("Enter", N_("next")), ("Ctrl+T", N_("show the passcode")), ("Esc", N_("back")))

    def __init__(self, name: str = "", complaint: str = "", refused: str = "") -> None:
        super().__init__()
        self._person = name
        self._complaint = complaint
        self._refused = refused  # the passcode that the complaint is about

    def compose(self) -> ComposeResult:
        """Build the fields."""
        with Horizontal(classes="row"):
            yield Label(tr("Name"), classes="label")
            yield TextField(self._person, placeholder=tr("optional"), id="person")
        yield Static(
            tr("Only people whom you invite or greet will see it. You can change it later."), classes="text faint"
        )
        yield Static(
            tr(
                "The passcode opens your account on this device. Long beats odd: four or five words that do not "
                "belong together are good. Where this system can keep it, you type it once in 20 hours, and after a lock."
            ),
            classes="text gap",
        )
        yield NewPasscode(classes="gap")
        yield Static(
            tr(
                "Nobody can reset a forgotten passcode. Only the eighteen words, which belong to the account, "
                "get you back in."
            ),
            classes="text gap",
        )
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Go on"), id="go-on")

    def on_mount(self) -> None:
        """Start with the name, or where the complaint is."""
        if self._complaint:
            new = self.query_one(NewPasscode)
            new.put_back(self._refused)
            self._refused = ""
            self._say(self._complaint, new.first)
        else:
            self.query_one("#person").focus()

    def on_descendant_focus(self) -> None:
        """Say what the keys do in the field."""
        is_secret = isinstance(self.screen.focused, PasscodeField)
        self.screen.query_one(Hints).show_keys(*(self.secret_hints if is_secret else self.hints))

    def _say(self, complaint: str, field: Input) -> None:
        self.screen.query_one("#notice", Notice).say(complaint, "bad", about=field)
        field.focus()

    @property
    def _typed_name(self) -> str:
        return kept_name(self.query_one("#person", TextField).value)

    @on(Input.Submitted, "#person")
    def _named(self) -> None:
        self.query_one(NewPasscode).focus_first()

    @on(Input.Changed, "#person")
    def _renamed(self) -> None:
        self.query_one(NewPasscode).own_words = (self._typed_name, "sottovoce")

    @on(NewPasscode.Finished)
    @on(FlatButton.Pressed, "#go-on")
    def _finished(self) -> None:
        new = self.query_one(NewPasscode)
        name = self._typed_name
        if len(name.encode()) > MAX_NAME_SIZE:
            self._say(
                tr("The name is too long: at most {size} bytes.").format(size=MAX_NAME_SIZE),
                self.query_one("#person", TextField),
            )
        elif complaint := new.complaint():
            self._say(complaint, new.fault)
        else:
            self.answer(NameAndPasscode(name, new.take()))
