"""What becomes of a fault in the screens: the program leaves and tells where it happened, never a value.

One kind is no fault. A screen may be taken away while it is still being opened, by the lock, by the end of the program or
by a key that was pressed at once. Textual then mounts nothing into it but calls its handlers all the same, and they look
for widgets that will never be there. Whoever is on the way out misses nothing.
"""

from __future__ import annotations

from rich.text import Text
from textual._context import active_message_pump
from textual.app import App, ReturnType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import WorkerFailed, get_current_worker

from core import crash


class FaultsApp(App[ReturnType], inherit_bindings=False):
    """An app whose faults end in where they happened."""

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


def _is_leaving(pump: MessagePump | None) -> bool:
    """Return whether ``pump`` or what it lies in is being taken away."""
    return isinstance(pump, DOMNode) and any(
        node._closing or node._pruning  # pyright: ignore[reportPrivateUsage]  # Textual says it nowhere else
        for node in pump.ancestors_with_self
    )
