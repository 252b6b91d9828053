"""Handling of faults in the screens: the program leaves and tells where the fault happened, never a value.

One kind is no fault. A screen may be taken away while it is still being opened, by the lock, by the end of the program or
by a key that was pressed at once. Textual then mounts nothing into it but calls its handlers all the same, and they look
for widgets that will never be there. A widget that is missed on a screen being taken away is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual._context import active_message_pump
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import WorkerFailed, get_current_worker

from core import crash

if TYPE_CHECKING:
    from rich.console import RenderableType


def is_missed_on_the_way_out(error: Exception, *, leaving: bool) -> bool:
    """Whether ``error`` is only that a widget is not there, on a screen or in a program (``leaving``) that goes away."""
    where: MessagePump | None
    if isinstance(error, WorkerFailed):
        missed, where = error.error, get_current_worker().node
    else:
        missed, where = error, active_message_pump.get()
    return isinstance(missed, NoMatches) and (leaving or _is_leaving(where))


def _is_leaving(pump: MessagePump | None) -> bool:
    """Return whether ``pump`` or what it lies in is being taken away."""
    return isinstance(pump, DOMNode) and any(
        node._closing or node._pruning  # pyright: ignore[reportPrivateUsage]  # Textual says it nowhere else
        for node in pump.ancestors_with_self
    )


def report_of(fault: BaseException | None) -> Text:
    """Return the report of a fault in the screens: the places in the code, no values."""
    return Text(crash.report(fault) if fault is not None else "stopped")


def without_values(said: RenderableType) -> RenderableType:
    """Return a fault's report by Textual's own threads; a traceback is cut down to the places in the code."""
    from rich.traceback import Traceback  # with all that colours source, which no start should wait for

    if not isinstance(said, Traceback):
        return said
    stacks = said.trace.stacks
    places = [f"  {crash.module_of(frame.filename)}:{frame.lineno} {frame.name}" for frame in stacks[0].frames]
    return Text("\n".join([stacks[0].exc_type, *places]))
