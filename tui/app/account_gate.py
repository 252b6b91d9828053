"""Opens the account's screens, and takes all of them away when the account is locked.

    first frame -> lock or onboarding -> main screen -> (a key, idleness, the core) -> lock -> ...

Locking removes the screens first and tells the core then: nothing is in view, however long the core takes.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from core import api
from tui.app.deferred_faults import DeferredFaults
from tui.app_port import AppPort
from tui.screens.content import ContentScreen, ShowsNotices

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from tui.screens.main import MainScreen

# Seconds that the reason for a lock is shown when the owner did not ask for the lock.
WHY_LOCKED = 120.0
# What onboarding may be dismissed with to have a page opened at once, by its name.
FIRST_PAGES = frozenset({"invite", "add"})


class AccountGate:
    """Opens the account's screens, and locks them.

    ``load_pages`` is awaited before any screen but the lock; ``open_page`` opens a page by its name.
    """

    def __init__(
        self,
        app: App[Any],
        port: AppPort,
        load_pages: Callable[[], Awaitable[None]],
        open_page: Callable[[str], None],
    ) -> None:
        self._app = app
        self._port = port
        self._load_pages = load_pages
        self._open_page = open_page
        self.locked = True
        self.main: MainScreen | None = None
        """The conversations, while the account is open."""
        self._identity = ""  # whose the last conversation is
        self._last_key = time.monotonic()
        self._idle_timer: Timer | None = None

    # --- opening ------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Find out whose account this is and show the screen for it."""
        try:
            info = await self._port.client.call(api.AccountGet())
            if not info.exists:
                await self._show_onboarding()
                return
            if info.locked:
                await self._port.client.call(api.AccountUnlock())
        except api.ApiError as error:
            if error.kind in {api.Kind.PASSCODE_NEEDED, api.Kind.LOCKED, api.Kind.SLOW_DOWN}:
                await self._show_lock()
            elif error.kind is api.Kind.NO_ACCOUNT:
                await self._show_onboarding()
            else:
                self._port.tell_error(error)
            return
        await self._enter()

    async def _show_lock(self) -> None:
        from tui.screens.lock import LockScreen

        await self._show(LockScreen(self._port.client))

    async def _show_onboarding(self) -> None:
        from tui.screens.onboarding import OnboardingScreen

        await self._load_pages()
        await self._show(OnboardingScreen(self._port.client))

    async def _show(self, screen: Screen[Any]) -> None:
        """Show the lock or the onboarding as the only screen; when it is dismissed the account is entered."""

        def entered(first: object) -> None:
            self._app.run_worker(self._enter(first), group="opening", exclusive=True)

        await self._app.push_screen(screen, entered)

    async def _enter(self, first: object = None) -> None:
        """Show the conversations of the opened account, and over them the page that a newcomer chose to open ``first``."""
        from tui.screens.main import MainScreen

        await self._load_pages()
        client = self._port.client
        try:
            settings, info = await client.call(api.SettingsGet()), await client.call(api.AccountGet())
        except api.ApiError as error:
            self._port.tell_error(error)
            return
        if info.identity != self._identity:  # another profile's passcode: nothing of the former one is to be seen
            self._identity, self._port.last_conversation = info.identity, settings.last_conversation or None
        self.locked = False
        self._last_key = time.monotonic()
        await self._port.apply_settings(settings)
        self._port.notices.opened()
        self.main = MainScreen(client)
        await self._app.push_screen(self.main)
        if first in FIRST_PAGES:
            self._open_page(str(first))

    # --- locking ------------------------------------------------------------------------------------------------------

    async def lock_now(self) -> None:
        """Hide everything, then tell the core; it keeps receiving. Raises what a screen's hook raised once both are done."""
        if self.locked:
            return
        try:
            await self._hide()
        finally:
            await self._lock_core()

    async def _lock_core(self) -> None:
        try:
            await self._port.client.call(api.AccountLock(keep_receiving=True))
        except api.ApiError as error:
            if error.kind is not api.Kind.LOCKED:
                self._port.tell_error(error)

    def locked_by_core(self, why: str) -> None:
        """Hide everything: the core has locked the account."""
        if not self.locked:
            self.locked = True
            self._port.notices.locked()
            self._app.run_worker(self._hide(why), group="locking")

    async def removed(self, said: str) -> None:
        """Hide everything, and begin anew: the account is gone. ``said``: what is left of it."""
        self._identity, self._port.last_conversation = "", None
        await self._hide(said, is_fault=False, then=self._show_onboarding)

    async def _hide(
        self, why: str = "", *, is_fault: bool = True, then: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Remove every screen that held content, and show the lock, or what ``then`` shows.

        A fault in the hook of one screen keeps no other screen in view: it is raised at the end.
        """
        self.locked = True
        self.main = None
        self._port.notices.locked()
        holding = self._app.screen_stack[1:]
        faults = DeferredFaults()
        with self._app.batch_update():
            for screen in reversed(holding):
                with faults.caught():
                    if isinstance(screen, ContentScreen):
                        screen.clear_caches()
                with faults.caught():
                    if isinstance(screen, ShowsNotices):
                        screen.clear_notice()
                await self._app.pop_screen()
            await (then or self._show_lock)()
        with faults.caught():
            await save_work(holding)
        self._clear_caches()
        if why:
            self._app.notify(why, severity="error" if is_fault else "information", timeout=WHY_LOCKED, markup=False)
        faults.raise_first()

    def _clear_caches(self) -> None:
        """Forget every text that some cache still holds."""
        from tui.text.caches import forget_texts

        self._app.clear_notifications()
        self._port.calendar.forget()
        forget_texts()

    # --- idleness -----------------------------------------------------------------------------------------------------

    def note_input(self) -> None:
        """A key was pressed, or the mouse was used."""
        self._last_key = time.monotonic()

    def watch_idleness(self) -> None:
        """Lock when the time without a key is over, else look again when it could be."""
        if self._idle_timer is not None:
            self._idle_timer.stop()
        lock_after = self._port.settings.lock_after
        if self.locked or not lock_after:
            return
        left = lock_after - (time.monotonic() - self._last_key)
        if left <= 0:
            self._app.run_worker(self.lock_now(), group="locking")
        else:
            self._idle_timer = self._app.set_timer(left, self.watch_idleness)


async def save_work(screens: list[Screen[Any]]) -> None:
    """Let every screen save what was written on it; raises the first fault of a screen after all have tried."""
    faults = DeferredFaults()
    for screen in screens:
        if isinstance(screen, ContentScreen):
            with faults.caught():
                await screen.save_work()
    faults.raise_first()
