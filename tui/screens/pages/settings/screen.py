"""The settings page. Each change is drawn and stored at once; there is nothing to save and nothing to lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from core import api
from tui.app_port import app_of
from tui.keys.commands import APP, THEME_NAMES
from tui.keys.keymap import key_names
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, tr
from tui.messages import SettingsChanged
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.screens.pages.settings.passcode import ChangePasscodeScreen
from tui.screens.pages.settings.rows import ABOUT, ENTER_MEANS, GROUPS, ROWS, groups, offered
from tui.text.sanitize import kept_name
from tui.widgets.choice import Choice
from tui.widgets.flat_button import FlatButton
from tui.widgets.identity import IdentityView
from tui.widgets.text_field import TextField
from tui.words.errors import explain
from tui.words.network import size_words

if TYPE_CHECKING:
    from textual.app import ComposeResult


class SettingsScreen(Page[None], NothingUnsaved):
    """A row for each setting, then what concerns the account."""

    DEFAULT_CSS = """
    SettingsScreen {
        #meaning { height: 2; width: 1fr; margin: 1 2 0 2; color: $soft; }
        .heading { color: $bright; text-style: bold; width: 1fr; margin-top: 1; }
        .-first { margin-top: 0; }
        &.-roomy .row { margin-bottom: 0; }
        &.-roomy #meaning { margin: 1 4 0 4; }
        &.-narrow #meaning { margin: 0 1; }
        &:ansi #meaning { color: ansi_default; }
        &.-short #meaning { height: 1; margin-top: 0; }
        &.-short .heading { margin-top: 0; }
    }
    """
    BINDINGS = [
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
    ]
    opened_by = CommandSpec(
        id="app.settings", group=APP, scope=Scope.APP, title=N_("Settings"),
        help=N_("Colours, keys, locking, notifications."),
        slash="settings", after="app.lock",
        synonyms=N_(
            "preferences options configure config setup theme colours colors notifications name account profile password "
            "passcode hiding"
        ),
    )  # fmt: skip
    heading = N_("Settings")
    hints = (("↑↓", N_("move")), ("←→", N_("change")), ("Esc", N_("back")))
    name_hints = (("↑↓", N_("move")), ("Enter", N_("keep the name")), ("Esc", N_("back")))
    button_hints = (("←→↑↓", N_("move")), ("Enter", N_("do")), ("Esc", N_("back")))

    def __init__(self, client: api.Client) -> None:
        super().__init__(client)
        self._settings = api.Settings()
        self._person = self._identity = ""
        self._hour: tuple[int, int] | None = None  # bytes out and in

    def compose_body(self) -> ComposeResult:
        """Yield the rows."""
        stored = msgspec.structs.asdict(self._settings)
        for heading, fields in groups():
            yield Static(tr(heading), classes="heading" if heading != GROUPS[0][0] else "heading -first")
            for field in fields:
                label = tr(ROWS[field][0])
                with Horizontal(classes="row"):
                    yield Label(label, classes="label")
                    yield Choice([*offered(field), *self._own_themes(field)], stored[field], id=field)
            if "keys" in fields:
                with Horizontal(classes="buttons"):
                    yield FlatButton(tr("Keys"), id="open-keys")
        yield Static(tr("Your account"), classes="heading")
        with Horizontal(classes="row"):
            yield Label(tr("Name"), classes="label")
            yield TextField(id="person")
        yield IdentityView()
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Change passcode"), id="passcode")
            yield FlatButton(tr("Show my words"), id="words")
            yield FlatButton(tr("Lock now"), id="lock")
            yield FlatButton(tr("Log out"), id="logout")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Export"), id="export-all")
            yield FlatButton(tr("Import"), id="import")
            yield FlatButton(tr("Remove this account"), id="wipe")

    def compose_foot(self) -> ComposeResult:
        """Yield what the row under the cursor means: in sight, wherever that is."""
        yield Static("", id="meaning")

    def _own_themes(self, field: str) -> list[tuple[str, object]]:
        """Return the person's own themes, which a file each makes."""
        names = app_of(self).theme_names if field == "theme" else ()
        return [(name, name) for name in names if name not in THEME_NAMES]

    @on(SettingsChanged)
    async def _speak_anew(self, message: SettingsChanged) -> None:
        """In another language all rows are made anew; the cursor stays where it is."""
        if message.language:
            focused = self.focused.id if self.focused is not None else None
            unsaved = self.query_one("#person", TextField).value
            self._settings = app_of(self).settings
            await self.recompose()
            self.query_one("#person", TextField).value = unsaved
            self.query_one(IdentityView).show(self._identity)
            self.query_one(f"#{focused or 'theme'}").focus()

    def on_mount(self) -> None:
        """Read what is stored."""
        self.query(Choice).first().focus()
        self._load()

    def clear_caches(self) -> None:
        """Forget the name."""
        self._person = self._identity = ""
        self.clear_fields()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        try:
            self._settings = await self.client.call(api.SettingsGet())
            info = await self.client.call(api.AccountGet())
            network = await self.client.call(api.NetworkStatusGet())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self._hour = network.hour_out, network.hour_in
        stored = msgspec.structs.asdict(self._settings)
        for field in ROWS:
            self.query_one(f"#{field}", Choice).choose(stored[field])
        self._person = info.name
        self.query_one("#person", TextField).value = info.name
        self._identity = info.identity
        self.query_one(IdentityView).show(info.identity)

    def on_descendant_focus(self) -> None:
        """Say what the row under the cursor means, and what the keys do there."""
        if isinstance(self.focused, Choice):
            self.show_keys(*self.hints)
        else:
            self.show_keys(*(self.name_hints if isinstance(self.focused, TextField) else self.button_hints))
        focused = self.focused.id if self.focused is not None else None
        row = ROWS.get(focused or "")
        cost = ""
        if focused == "enter_sends":
            self._say_enter()
            return
        if focused == "pace" and self._hour is not None:
            out, into = map(size_words, self._hour)
            cost = " " + tr("Last hour: {out} out, {into} in.").format(out=out, into=into)
        self.query_one("#meaning", Static).update(
            Content(tr(row[2]) + cost if row else tr(ABOUT.get(focused or "", "")))
        )

    def _say_enter(self) -> None:
        """Say which key does what Enter does not."""
        command, said = ENTER_MEANS[self._settings.enter_sends]
        names = key_names(app_of(self).registry.get(command))
        self.query_one("#meaning", Static).update(Content(tr(said).format(key=(*names, tr("no key"))[0])))

    # --- settings -----------------------------------------------------------------------------------------------------

    @on(Choice.Changed)
    def _changed(self, message: Choice.Changed) -> None:
        choice = message.choice
        self._store({str(choice.id): choice.value})

    @work(exclusive=True, group="store")
    async def _store(self, changed: dict[str, Any]) -> None:
        """Draw by the new settings first, then store what changed."""
        self._settings = msgspec.structs.replace(self._settings, **changed)
        await app_of(self).apply_settings(self._settings)
        if "enter_sends" in changed:
            self._say_enter()
        try:
            await self.client.call(api.SettingsSet(settings=changed))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")

    # --- account ------------------------------------------------------------------------------------------------------

    @on(Input.Submitted, "#person")
    def _named(self) -> None:
        name = kept_name(self.query_one("#person", TextField).value)
        if len(name.encode()) > api.MAX_NAME_SIZE:
            self.notice.say(
                tr("The name is too long: at most {size} bytes.").format(size=api.MAX_NAME_SIZE),
                "bad",
                about=self.focused,
            )
        elif name != self._person:
            self._rename(name)

    @work(exclusive=True, group="rename")
    async def _rename(self, name: str) -> None:
        try:
            await self.client.call(api.AccountRename(name=name))
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        else:
            self._person = name
            self.notice.say(tr("Your name is changed. Contacts keep the one they know."), "good")

    @on(FlatButton.Pressed, "#open-keys")
    def _open_keys(self) -> None:
        app_of(self).open_page("keys")

    @on(FlatButton.Pressed, "#passcode")
    def _ask_passcode(self) -> None:
        def changed(done: object) -> None:
            if done:
                self.notice.say(tr("Your passcode is changed."), "good")

        self.app.push_screen(ChangePasscodeScreen(self.client), changed)

    @on(FlatButton.Pressed, "#words")
    @on(FlatButton.Pressed, "#export-all")
    @on(FlatButton.Pressed, "#import")
    @on(FlatButton.Pressed, "#wipe")
    def _open_page(self, message: FlatButton.Pressed) -> None:
        app_of(self).open_page(str(message.button.id))

    @on(FlatButton.Pressed, "#lock")
    def _lock(self) -> None:
        app_of(self).lock_now()

    @on(FlatButton.Pressed, "#logout")
    @once("logout")
    async def _log_out(self) -> None:
        question = ConfirmScreen(
            tr("Log out?"),
            tr("The passcode is asked next time, and no messages come in until then. Nothing is deleted."),
            yes=tr("Log out"),
            no=tr("Stay"),
        )
        if not await self.app.push_screen_wait(question):
            return
        try:
            await self.client.call(api.AccountLogout())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        else:
            app_of(self).lock_now()
