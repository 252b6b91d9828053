"""Takes a command from a key, a slash line or the palette to its handler, and handles the commands of the app itself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import App

from tui.app.account_gate import AccountGate
from tui.app_port import AppPort
from tui.keys.commands import REGISTRY
from tui.keys.handlers import CarriesCommands, Handlers
from tui.keys.registry import CommandSpec, Context, Registry, Scope, When
from tui.language import N_, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.keys.palette import Choice
    from tui.screens.page import Page


# What is added to the question whether to quit: where the core runs on, and where it does not.
GOES_ON: Final = N_("It goes on receiving. `sottovoce core --stop` ends that.")
ENDS: Final = N_("Nothing is received meanwhile. Started with --detach, it goes on.")


class AppCommands:
    """Knows all commands, and carries out those that open something.

    ``bind`` lets the keys of a command work; ``all_bound`` is called when all commands are known.
    """

    def __init__(
        self,
        app: App[Any],
        port: AppPort,
        gate: AccountGate,
        bind: Callable[[CommandSpec], None],
        all_bound: Callable[[], None],
    ) -> None:
        self._app = app
        self._port = port
        self._gate = gate
        self._bind = bind
        self._all_bound = all_bound
        self.registry = Registry(REGISTRY)
        self.handlers = Handlers(
            {"app.palette": self._open_palette, "app.question": self._help, "app.quit": self._ask_quit},
            {"app.help": self._help},
        )
        self._pages: dict[str, tuple[CommandSpec, type[Page[Any]]]] = {}
        self._loading = asyncio.Lock()

    async def load_pages(self) -> None:
        """Find the screens that commands open, one at a turn of the loop, unless they are found."""
        async with self._loading:
            if self._pages:
                return
            from tui.screens.catalogue import load_pages

            for spec, page in load_pages():
                self._pages[spec.slash] = (spec, page)
                self.registry.register(spec)
                self.handlers.add(Handlers({spec.id: partial(self.open_page, spec.slash)}))
                self._bind(spec)
                await asyncio.sleep(0)
            self._all_bound()

    def context(self) -> Context:
        """Return what commands make sense now."""
        main = self._gate.main
        return Context(locked=self._gate.locked, in_chat=main is not None and main.navigation.current is not None)

    async def run(self, spec: CommandSpec, argument: str = "") -> None:
        """Carry out a command of the registry, wherever its handler is."""
        if not self.context().allows(spec):
            self._port.tell(tr("{title}: not now.").format(title=tr(spec.title)), "warning")
        elif spec.scope is Scope.APP:
            await self.handlers.run(spec.id, argument)
        elif self._gate.main is not None:
            main = self._gate.main
            carrier: CarriesCommands = main.panes.writing.composer if spec.scope is Scope.COMPOSER else main
            await carrier.handlers.run(spec.id, argument)

    def open_page(self, name: str) -> None:
        """Open a page by the slash name of its command; one that leads to a conversation opens it."""
        spec, page = self._pages[name]
        if self._gate.locked and spec.when is not When.ANYTIME:
            return
        if any(isinstance(screen, page) for screen in self._app.screen_stack):
            return

        def opened(conversation: object) -> None:
            main = self._gate.main
            if isinstance(conversation, str) and main is not None:
                self._app.run_worker(main.conversations.open(conversation))

        self._app.push_screen(page(self._port.client), opened)

    def _open_palette(self) -> None:
        """Offer all that can be done now; the same key closes it."""
        from tui.screens.palette import PaletteScreen

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self._app.run_worker(self.run(*choice), group="commands")

        if isinstance(self._app.screen, PaletteScreen):
            self._app.screen.dismiss(None)
        else:
            self._app.push_screen(PaletteScreen(self.registry.available(self.context())), chosen)

    def _help(self, topic: str = "") -> None:
        """Explain the keys and commands that work at present; those about ``topic`` only, if one is given."""
        from tui.screens.help import HelpScreen

        if not any(isinstance(screen, HelpScreen) for screen in self._app.screen_stack):
            self._app.push_screen(HelpScreen(self.registry, self.context(), topic))

    def _ask_quit(self) -> None:
        """Leave, once asked."""
        from tui.screens.confirm import ConfirmScreen

        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if sure:
                self._app.exit()

        if not isinstance(self._app.screen, ConfirmScreen):
            detail = GOES_ON if self._port.runs_on else "" if self._port.is_throwaway else ENDS
            self._app.push_screen(ConfirmScreen(tr("Quit sottovoce?"), tr(detail)), answered)
