"""What becomes of a fault in the screens: the program leaves and tells where it happened, never a value.

Leaving has a deadline (``tui.host.leaving``).

One kind is no fault. A screen may be taken away while it is still being opened, by the lock, by the end of the program or
by a key that was pressed at once. Textual then mounts nothing into it but calls its handlers all the same, and they look
for widgets that will never be there. Whoever is on the way out misses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from rich.traceback import Traceback
from textual._context import active_message_pump
from textual.app import App, ReturnType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import WorkerFailed, get_current_worker

from core import crash
from tui.host.leaving import Leaving

if TYPE_CHECKING:
    from rich.console import RenderableType


class FaultsApp(App[ReturnType], inherit_bindings=False):
    """An app whose faults end in where they happened, and that ends."""

    _leaving: Leaving | None = None  # on a real terminal

    def watch_leaving(self, shut: Callable[[], None] | None) -> None:
        """From here on leave when the terminal does, and in bounded time; ``shut`` ends the core from any thread."""
        self._leaving = Leaving(self.exit, shut, getattr(self._driver, "attrs_before", None))

    async def on_exit_app(self) -> None:
        """From here on there is a deadline."""
        if self._leaving is not None:
            self._leaving.hurry()

    def has_left(self) -> None:
        """The deadline was kept."""
        if self._leaving is not None:
            self._leaving.done()

    def panic(self, *renderables: RenderableType) -> None:
        """Leave; of what Textual's own threads say of their faults only where it was."""
        if self._leaving is not None:
            self._leaving.hurry()
        super().panic(*(_without_values(each) for each in renderables))

    def _handle_exception(self, error: Exception) -> None:
        where: MessagePump | None
        if isinstance(error, WorkerFailed):
            missed, where = error.error, get_current_worker().node
        else:
            missed, where = error, active_message_pump.get()
        if isinstance(missed, NoMatches) and (self._exit or _is_leaving(where)):
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave after a fault in the screens, telling where but no values."""
        fault = self._exception
        self.panic(Text(crash.report(fault) if fault is not None else "stopped"))


def _without_values(said: RenderableType) -> RenderableType:
    if not isinstance(said, Traceback):
        return said
    stacks = said.trace.stacks
    places = [f"  {crash.module_of(frame.filename)}:{frame.lineno} {frame.name}" for frame in stacks[0].frames]
    return Text("\n".join([stacks[0].exc_type, *places]))


def _is_leaving(pump: MessagePump | None) -> bool:
    """Return whether ``pump`` or what it lies in is being taken away."""
    return isinstance(pump, DOMNode) and any(
        node._closing or node._pruning  # pyright: ignore[reportPrivateUsage]  # Textual says it nowhere else
        for node in pump.ancestors_with_self
    )
