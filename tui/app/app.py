"""The application object that Textual runs; its parts have one concern each.

    appearance     colours and signs
    account_gate   locked or open, and what is shown of the account
    app_commands   from a key, a slash command or the palette to what carries it out
    key_order      keys one at a time
    key_choice     which key means what
    notifier       that something came, and the window's title
    faults         what is told of a fault

Here are what Textual asks of an app and what screens may ask of it (``tui.app_port``). The first frame is drawn before the
core is even started: opening an account reads the disk and may take a second, and the screen never waits. Screens are
imported once it is drawn, for the same reason.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.app import App, ScreenStackError
from textual.binding import BindingsMap
from textual.content import Content
from textual.drivers.linux_driver import LinuxDriver

from core import api
from tui.app import faults
from tui.app.account_gate import AccountGate, save_work
from tui.app.app_commands import AppCommands
from tui.app.appearance import Appearance
from tui.app.key_choice import KeyChoice
from tui.app.key_order import KeyOrder, KeyPassed
from tui.app.notifier import Notifier
from tui.config.local import Local
from tui.host.leaving import Leaving
from tui.keys.commands import REGISTRY
from tui.keys.handlers import CarriesCommands, Handlers
from tui.keys.keymap import bindings
from tui.keys.legacy_keys import teach_alt_keys
from tui.keys.registry import CommandSpec, Context, Registry, Scope
from tui.language import told, tr_n
from tui.look.profile import STILL, TerminalProfile
from tui.look.themes import VARIABLE_DEFAULTS
from tui.messages import CoreCrashed, CoreEvents, EventsMissed, EventsReady
from tui.notices.decision import Incoming
from tui.screens.content import ShowsNotices
from tui.screens.opening import OpeningScreen
from tui.terminal.channel import Channel
from tui.terminal.damage import Damage
from tui.terminal.handing_over import handing_over
from tui.terminal.memory_folder import remove_left
from tui.terminal.noise import forgive_noise
from tui.terminal.window_title import RESTORE, keeping_title
from tui.text.anchors import anchoring
from tui.words.errors import explain
from tui.words.format import Calendar, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType
    from textual.app import SystemCommand
    from textual.filter import LineFilter
    from textual.screen import Screen

    from tui.app_port import Severity
    from tui.core_port import CorePort
    from tui.look.glyphs import Glyphs
    from tui.look.pens import Pens
    from tui.start_invitation import StartInvitation


# Seconds that unsaved work gets when the program ends; the file takes a few ms, or hangs.
SAVING = 2.0
NO_FILES: Final = Local()
BELL_ONLY: Final = Channel()


def unix_ms() -> int:
    """Return the present moment, ms of Unix time."""
    return time.time_ns() // 1_000_000


class SottovoceApp(App[None], CarriesCommands, inherit_bindings=False):
    """The terminal client around one core. Implements ``tui.app_port.AppPort``."""

    TITLE = "sottovoce"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual's; ours is ``tui.screens.palette``
    BINDINGS = bindings(REGISTRY.of_scope(Scope.APP))
    NOTIFICATION_TIMEOUT: ClassVar[float] = 4.0

    def __init__(
        self,
        client: CorePort,
        profile: TerminalProfile = STILL,
        *,
        clock: Clock = unix_ms,
        calendar: Calendar | None = None,
        start_invitation: StartInvitation | None = None,
        is_throwaway: bool = False,
        local: Local = NO_FILES,
        channel: Channel = BELL_ONLY,
    ) -> None:
        """``local``: what this machine's files say; ``channel``: how the terminal shows notices."""
        teach_alt_keys()
        forgive_noise()
        driver = handing_over(anchoring(self.get_driver_class()))
        super().__init__(
            keeping_title(driver) if local.machine.title else driver, ansi_color=True if profile.no_color else None
        )
        self.features = frozenset()
        self.client = client
        self.calendar = calendar or Calendar()
        self.last_conversation: str | None = None
        self.start_invitation = start_invitation
        self.is_throwaway = is_throwaway
        self._clock = clock
        self._leaving: Leaving | None = None  # on a real terminal
        self._damage = Damage()
        self._keys = KeyOrder(self, super().on_event)
        self._appearance = Appearance(self, self, profile, local.folder)
        self._gate = AccountGate(self, self, self._load_pages, self.open_page)
        self.notices = Notifier(self, self, local.machine, channel, self._shown_conversation)
        self._farewell = RESTORE if local.machine.title else ""
        self._wrong = local.wrong
        self._commands = AppCommands(self, self, self._gate, self._bind, self._learn_keys)
        self.keys = KeyChoice(self, self._commands.registry, self._keys, local.keys, local.folder)
        self.handlers = self._commands.handlers
        self.handlers.add(self._appearance.handlers())
        self.handlers.add(
            Handlers({"view.redraw": self._redraw, "app.lock": self.lock_now, "app.suspend": self._suspend_locked})
        )

    # --- what screens ask (``AppPort``) ---------------------------------------------------------------------------------

    @property
    def runs_on(self) -> bool:
        """Whether the core goes on when the client is left."""
        return self.client.runs_on

    @property
    def profile(self) -> TerminalProfile:
        """What the terminal can do, with the settings laid over it."""
        return self._appearance.profile

    @property
    def settings(self) -> api.Settings:
        """The stored settings."""
        return self._appearance.settings

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return self._appearance.glyphs

    @property
    def pens(self) -> Pens:
        """What lines are drawn with."""
        return self._appearance.pens

    @property
    def theme_names(self) -> tuple[str, ...]:
        """What themes can be chosen."""
        return self._appearance.theme_names

    @property
    def registry(self) -> Registry:
        """All commands."""
        return self._commands.registry

    def now(self) -> int:
        """Return the present moment, ms of Unix time."""
        return self._clock()

    async def apply_settings(self, settings: api.Settings) -> None:
        """Draw by new settings at once."""
        self._appearance.draw_by_settings(settings)
        self._gate.watch_idleness()
        self.keys.apply(settings)

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence: where the top screen shows notices, else as a toast."""
        try:
            screen = self.screen
        except ScreenStackError:
            return
        if isinstance(screen, ShowsNotices):
            screen.show_notice(Content(text), severity)
        else:
            self.notify(text, severity=severity, markup=False)

    def tell_error(self, error: api.ApiError) -> None:
        """Explain a refused command."""
        self.tell(str(explain(error)), "error")

    def jumped(self, why: str) -> None:
        """Note that the place changed without the person's doing: the next Enter is not meant for the new place."""
        self._keys.jumps.came(why)

    def command_context(self) -> Context:
        """Return what commands make sense now."""
        return self._commands.context()

    async def run_command(self, spec: CommandSpec, argument: str = "") -> None:
        """Carry out a command of the registry, wherever its handler is."""
        await self._commands.run(spec, argument)

    def open_page(self, name: str) -> None:
        """Open a page by the slash name of its command."""
        self._commands.open_page(name)

    def tell_wrong_files(self) -> None:
        """Say what in this machine's files is not used; once."""
        wrong = [*self._wrong, *self.keys.take_wrong()]
        self._wrong = ()
        if wrong:
            more = tr_n("({count} more like it.)", "({count} more like it.)", len(wrong) - 1) if len(wrong) > 1 else ""
            self.tell(f"{wrong[0]} {more}".rstrip(), "warning")

    def visit_editor(
        self, text: str, saved: Callable[[str], None], came_back: Callable[[str | None], None]
    ) -> Callable[[], None]:
        """Open a text in the person's editor; return what ends that early."""
        from tui.app.editor_visit import EditorVisit

        visit = EditorVisit(self, saved, self._gate.note_input)
        self.run_worker(visit.make(text, came_back, self.tell, self._take_back), group="editor")
        return visit.end

    def _take_back(self) -> None:
        """Draw everything anew where another program wrote."""
        self._damage.forget()
        self.notices.title_lost()
        self.refresh(layout=True)

    def account_removed(self, said: str) -> None:
        """Take everything away and show the onboarding."""
        self.run_worker(self._gate.removed(said), group="locking")

    def lock_now(self) -> None:
        """Begin to lock: hide everything, then tell the core; it keeps receiving."""
        self.run_worker(self._gate.lock_now(), group="locking")

    def _shown_conversation(self) -> str | None:
        """Return the conversation in front, if one is."""
        main = self._gate.main
        return main.navigation.current if main is not None and main.is_current else None

    # --- commands -----------------------------------------------------------------------------------------------------

    def _bind(self, spec: CommandSpec) -> None:
        """Let the keys of a command work that was found after the app was made."""
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bindings([spec]))])

    def _learn_keys(self) -> None:
        """Let the person's own keys count for commands that were found after the app was made."""
        self.keys.learn()

    def _redraw(self) -> None:
        """Draw everything anew, for a terminal that something else wrote on."""
        self.refresh(layout=True)

    async def _suspend_locked(self) -> None:
        """Lock, then give the terminal back to the shell: a conversation must not stay on it."""
        await self._gate.lock_now()
        self.action_suspend_process()

    # --- input --------------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Note the time of each input on its way in, and hand keys over in order."""
        self.notices.note_input(event)
        if isinstance(event, events.InputEvent):
            self._gate.note_input()
        elif isinstance(event, events.Resize):  # it comes, too, when the program is back from having been stopped
            self._damage.forget()
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._keys.read(event)
        else:
            await super().on_event(event)

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Hand over the next key."""
        await self._keys.passed(message)

    # --- the core -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Start the core once the first frame is out."""
        self.call_after_refresh(self._begin)
        if not self.is_headless:
            attributes = self._driver.attrs_before if isinstance(self._driver, LinuxDriver) else None
            self._leaving = Leaving(self.exit, self.client.shut, attributes, self._farewell)

    def _begin(self) -> None:
        self.client.start(self._wake, self._core_crashed)
        self.run_worker(self._open(), group="opening", exclusive=True)

    async def _open(self) -> None:
        if not self.is_headless:
            await asyncio.to_thread(remove_left)  # texts that were in an editor when the program was killed
        if not self.client.runs_on:
            await self._load_pages()  # while the core opens, in its thread
        await self._gate.open()
        self.call_after_refresh(self._load_pages)  # else behind the lock

    async def _load_pages(self) -> None:
        await self._commands.load_pages()

    def _wake(self) -> None:
        self.post_message(EventsReady())

    def _core_crashed(self, report: str) -> None:
        self.post_message(CoreCrashed(report))

    async def on_events_ready(self) -> None:
        """Hand the core's events to every open screen."""
        batch = self.client.take_events()
        for event in batch.events:
            if isinstance(event, api.AccountLocked):
                self._gate.locked_by_core(told(event.said, event.reason))
            if isinstance(event, api.SomethingArrived):
                self.notices.heard(Incoming())
        for screen in self.screen_stack:
            screen.post_message(CoreEvents(batch.events))
            if batch.missed:
                screen.post_message(EventsMissed())

    async def on_core_crashed(self, message: CoreCrashed) -> None:
        """Say that the core stopped: a frozen program would be worse."""
        from tui.screens.crashed import CrashedScreen

        await self.push_screen(CrashedScreen(message.report))

    # --- the end ------------------------------------------------------------------------------------------------------

    async def on_exit_app(self) -> None:
        """Save what is being written before anything is taken away, and from then on leave in bounded time.

        It comes by key, by a signal, or because the terminal is gone.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(SAVING):
                await save_work(self.screen_stack)
        if self._leaving is not None:
            self._leaving.hurry()

    async def on_unmount(self) -> None:
        """Stop the core before the terminal is given back."""
        await self.client.stop()

    def has_left(self) -> None:
        """Note that the program left in time."""
        if self._leaving is not None:
            self._leaving.done()

    # --- faults -------------------------------------------------------------------------------------------------------

    def panic(self, *renderables: RenderableType) -> None:
        """Leave the program; of a fault in Textual's own threads only the places in the code are printed."""
        if self._leaving is not None:
            self._leaving.hurry()
        super().panic(*(faults.without_values(each) for each in renderables))

    def _handle_exception(self, error: Exception) -> None:
        if not faults.is_missed_on_the_way_out(error, leaving=self._exit):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave after a fault in the screens, telling where but no values."""
        self.panic(faults.report_of(self._exception))

    # --- what else Textual asks -----------------------------------------------------------------------------------------

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write only what differs from what stands there."""
        super()._display(screen, self._damage.narrowed(screen, renderable))

    def get_default_screen(self) -> OpeningScreen:
        """Return what is drawn before anything is known."""
        return OpeningScreen()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer none of Textual's: one of them would write the conversation to a file."""
        return ()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Give colours of the palette of 256 their numbers back, last of all."""
        filters = super().get_line_filters()
        return [*filters, *self._appearance.exact] if self._appearance.exact else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give built-in themes the variables that only ours define."""
        return VARIABLE_DEFAULTS
