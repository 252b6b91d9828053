"""The application: which screen is shown when, colours and signs, locking, and the way from a key to a command.

The first frame is drawn before the core is even started: opening an account reads the disk and may take a second, and the
screen never waits. Screens are imported by name when first shown, for the same reason.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ScreenStackError
from textual.content import Content

from core import api
from tui.app.appearance import LooksApp
from tui.app.key_order import KeyOrder, KeyPassed
from tui.core_port import CorePort
from tui.keys.commands import REGISTRY
from tui.keys.keymap import bindings, enter_breaks_line
from tui.keys.legacy_keys import teach_alt_keys
from tui.keys.registry import CommandSpec, Context, Scope
from tui.look.profile import STILL, TerminalProfile
from tui.messages import CoreCrashed, CoreEvent, EventsMissed, EventsReady
from tui.screen_names import is_room, make_screen
from tui.screens.content import ContentScreen, ShowsNotices
from tui.screens.opening import OpeningScreen
from tui.terminal.noise import forgive_noise
from tui.text.anchors import anchoring
from tui.words.errors import explain
from tui.words.format import Calendar, Clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import SystemCommand
    from textual.screen import Screen
    from textual.timer import Timer

    from tui.app_port import Severity
    from tui.keys.palette import Choice
    from tui.start_invitation import StartInvitation


# Seconds that unsaved work gets when the program ends; the file takes a few ms, or hangs.
SAVING = 2.0


# Seconds that is shown why the account was locked when nobody asked for it.
WHY_LOCKED = 120.0


def unix_ms() -> int:
    """Return the present moment, ms of Unix time."""
    return time.time_ns() // 1_000_000


class SottovoceApp(LooksApp[None], inherit_bindings=False):
    """The terminal client around one core."""

    TITLE = "sottovoce"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual's; ours is ``tui.screens.palette``
    BINDINGS = bindings(REGISTRY, Scope.APP)
    NOTIFICATION_TIMEOUT: ClassVar[float] = 4.0

    def __init__(
        self,
        client: api.Client,
        profile: TerminalProfile = STILL,
        *,
        clock: Clock = unix_ms,
        calendar: Calendar | None = None,
        start_invitation: StartInvitation | None = None,
    ) -> None:
        teach_alt_keys()
        forgive_noise()
        super().__init__(anchoring(self.get_driver_class()), ansi_color=True if profile.no_color else None)
        self.features = frozenset()
        self.client = client
        self.profile = profile
        self.settings = api.Settings()
        self.calendar = calendar or Calendar()
        self.last_conversation: str | None = None
        self._identity = ""  # whose that conversation is
        self.start_invitation = start_invitation
        self._clock = clock
        self._locked = True
        self._last_key = time.monotonic()
        self._idle_timer: Timer | None = None
        self._keys = KeyOrder(self, super().on_event)
        self.begin_looks(profile)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Return the present moment, ms of Unix time."""
        return self._clock()

    def get_default_screen(self) -> OpeningScreen:
        """Return what is drawn before anything is known."""
        return OpeningScreen()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer none of Textual's: one of them would write the conversation to a file."""
        return ()

    async def apply_settings(self, settings: api.Settings) -> None:
        """Draw by new settings at once."""
        self.draw_by_settings(settings)
        self._watch_idleness()
        self.set_keymap({} if settings.enter_sends else enter_breaks_line())

    def action_redraw(self) -> None:
        """Draw everything anew, for a terminal that something else wrote on."""
        self.refresh(layout=True)

    # --- opening ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Start the core once the first frame is out."""
        self.call_after_refresh(self._begin)
        if not self.is_headless:
            self.watch_leaving(self.client.shut if isinstance(self.client, CorePort) else None)

    def _begin(self) -> None:
        if isinstance(self.client, CorePort):
            self.client.start(self._wake, self._core_crashed)
        self.run_worker(self._open(), group="opening", exclusive=True)

    async def _open(self) -> None:
        """Find out whose account this is and show the screen for it."""
        try:
            info = await self.client.call(api.AccountGet())
            if not info.exists:
                await self._show_gate("onboarding")
                return
            if info.locked:
                await self.client.call(api.AccountUnlock())
        except api.ApiError as error:
            if error.kind in {api.Kind.PASSCODE_NEEDED, api.Kind.LOCKED, api.Kind.SLOW_DOWN}:
                await self._show_gate("lock")
            elif error.kind is api.Kind.NO_ACCOUNT:
                await self._show_gate("onboarding")
            else:
                self.tell_error(error)
            return
        await self._enter()

    async def _show_gate(self, name: str) -> None:
        """Show the lock or the onboarding, on top of nothing else; leaving it leads in."""

        def entered(first: object) -> None:
            self.run_worker(self._enter(first), group="opening", exclusive=True)

        await self.push_screen(make_screen(name, self.client), entered)

    async def _enter(self, first: object = None) -> None:
        """The account is open: show the conversations, and on them what a newcomer chose to do ``first``."""
        try:
            settings, info = await self.client.call(api.SettingsGet()), await self.client.call(api.AccountGet())
        except api.ApiError as error:
            self.tell_error(error)
            return
        if info.identity != self._identity:  # another profile's passcode: nothing of the former one is to be seen
            self._identity, self.last_conversation = info.identity, None
        self._locked = False
        self._last_key = time.monotonic()
        await self.apply_settings(settings)
        await self.push_screen(make_screen("main", self.client))
        if first in {"invite", "add"}:
            self.action_show(str(first))

    # --- locking ------------------------------------------------------------------------------------------------------

    async def action_lock_now(self) -> None:
        """Hide everything, then tell the core; it keeps receiving."""
        self.run_worker(self._lock_now(), group="locking")

    async def _lock_now(self) -> None:
        if self._locked:
            return
        await self._hide()
        try:
            await self.client.call(api.AccountLock(keep_receiving=True))
        except api.ApiError as error:
            if error.kind is not api.Kind.LOCKED:
                self.tell_error(error)

    async def _hide(self, why: str = "") -> None:
        """Remove every screen that held content, and put the lock there: what is gone cannot be seen."""
        self._locked = True
        holding = self.screen_stack[1:]
        with self.batch_update():
            for screen in reversed(holding):
                if isinstance(screen, ContentScreen):
                    screen.clear_caches()
                if isinstance(screen, ShowsNotices):
                    screen.clear_notice()
                await self.pop_screen()
            await self._show_gate("lock")
        for screen in holding:
            if isinstance(screen, ContentScreen):
                await screen.save_work()
        self.clear_caches()
        if why:
            self.notify(why, severity="error", timeout=WHY_LOCKED, markup=False)

    def clear_caches(self) -> None:
        """Forget every text that some cache still holds."""
        from tui.text.caches import forget_texts

        self.clear_notifications()
        self.calendar.forget()
        forget_texts()

    def _watch_idleness(self) -> None:
        """Lock when the time without a key is over, else look again when it could be."""
        if self._idle_timer is not None:
            self._idle_timer.stop()
        if self._locked or not self.settings.lock_after:
            return
        left = self.settings.lock_after - (time.monotonic() - self._last_key)
        if left <= 0:
            self.run_worker(self._lock_now(), group="locking")
        else:
            self._idle_timer = self.set_timer(left, self._watch_idleness)

    async def on_event(self, event: events.Event) -> None:
        """Note the time of each input on its way in, and hand keys over in order."""
        if isinstance(event, events.InputEvent):
            self._last_key = time.monotonic()
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._keys.read(event)
        else:
            await super().on_event(event)

    def jumped(self, why: str) -> None:
        """Note that the person is somewhere else without having asked for it: the next Enter is not meant for it."""
        self._keys.jumps.came(why)

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Let the next key in."""
        await self._keys.passed(message)

    async def action_suspend_locked(self) -> None:
        """Give the shell back its terminal; what it shows then must not be a conversation."""
        await self._lock_now()
        self.action_suspend_process()

    # --- commands -----------------------------------------------------------------------------------------------------

    def command_context(self) -> Context:
        """Return what commands make sense now."""
        main = self._main()
        return Context(locked=self._locked, in_chat=bool(main is not None and getattr(main, "conversation_id", None)))

    def _main(self) -> Screen[Any] | None:
        return next((screen for screen in self.screen_stack if screen.id == "main"), None)

    async def run_command(self, spec: CommandSpec, argument: str = "") -> None:
        """Carry out a command of the registry, wherever its action lives."""
        if not self.command_context().allows(spec):
            self.tell(f"{spec.title}: not now.", "warning")
            return
        target = self if spec.scope is Scope.APP else self._main()
        action = spec.action
        if spec.argument and (argument or spec.needs_argument):
            action = f"{action}({argument!r})"
        await self.run_action(action, target)

    def action_show(self, name: str) -> None:
        """Open a screen by its short name; one that leads to a conversation opens it."""
        if (self._locked and name != "network") or any(is_room(screen, name) for screen in self.screen_stack):
            return

        def opened(conversation: object) -> None:
            main = self._main()
            if isinstance(conversation, str) and main is not None:
                self.run_worker(main.open_conversation(conversation))  # type: ignore[attr-defined]  # by name only

        self.push_screen(make_screen(name, self.client), opened)

    def action_palette(self) -> None:
        """Offer all that can be done now; the same key closes it."""
        from tui.screens.palette import PaletteScreen

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self.run_worker(self.run_command(*choice), group="commands")

        if isinstance(self.screen, PaletteScreen):
            self.screen.dismiss(None)
        else:
            self.push_screen(PaletteScreen(self.command_context()), chosen)

    def action_help(self, topic: str = "") -> None:
        """Explain the keys and commands of the place one is in."""
        from importlib import import_module

        if any(type(screen).__name__ == "HelpScreen" for screen in self.screen_stack):
            return
        help_screen = import_module("tui.screens.help").HelpScreen
        self.push_screen(help_screen(REGISTRY, self.command_context()))

    def action_ask_quit(self) -> None:
        """Leave, once asked."""

        def answered(sure: object) -> None:
            if sure:
                self.exit()

        confirm = importlib.import_module("tui.screens.confirm").ConfirmScreen
        if not isinstance(self.screen, confirm):
            self.push_screen(confirm("Quit sottovoce?"), answered)

    # --- telling ------------------------------------------------------------------------------------------------------

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence: in the top screen's status line if it has one, else as a toast."""
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

    # --- the core -----------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self.post_message(EventsReady())

    def _core_crashed(self, report: str) -> None:
        self.post_message(CoreCrashed(report))

    async def on_events_ready(self) -> None:
        """Hand the core's events to every open screen."""
        if not isinstance(self.client, CorePort):
            return
        batch = self.client.take_events()
        for event in batch.events:
            self.deliver(event)
        if batch.missed:
            for screen in self.screen_stack:
                screen.post_message(EventsMissed())

    def deliver(self, event: api.Event) -> None:
        """Post one event to every open screen."""
        if isinstance(event, api.AccountLocked) and not self._locked:
            self._locked = True
            self.run_worker(self._hide(event.reason), group="locking")
        for screen in self.screen_stack:
            screen.post_message(CoreEvent(event))

    async def on_core_crashed(self, message: CoreCrashed) -> None:
        """Say that the core stopped: a frozen program would be worse."""
        from tui.screens.crashed import CrashedScreen

        await self.push_screen(CrashedScreen(message.report))

    async def on_exit_app(self) -> None:
        """Save what is being written before anything is taken away: by key, by a signal, or because the terminal is gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SAVING):
                for screen in self.screen_stack:
                    if isinstance(screen, ContentScreen):
                        await screen.save_work()

    async def on_unmount(self) -> None:
        """Stop the core before the terminal is given back."""
        if isinstance(self.client, CorePort):
            await self.client.stop()
