"""Asks how long a conversation shall make no noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.sheet import Sheet
from tui.widgets.edges import UpperEdge
from tui.widgets.menu import Menu

if TYPE_CHECKING:
    from textual.app import ComposeResult

_HOUR_MS: Final = 3_600_000
# The year 2400: as good as for ever, and a time like any other.
FOR_EVER: Final = 13_569_465_600_000
# What is on offer, and how long it lasts in milliseconds; None: for ever.
TIMES: Final[dict[str, int | None]] = {
    N_("1 hour"): _HOUR_MS,
    N_("8 hours"): 8 * _HOUR_MS,
    N_("1 day"): 24 * _HOUR_MS,
    N_("1 week"): 7 * 24 * _HOUR_MS,
    N_("until you say otherwise"): None,
}


def muted_until(duration: int | None, now: int) -> int:
    """Return until when what is muted now for a duration stays so, milliseconds."""
    return FOR_EVER if duration is None else now + duration


class MuteScreen(Sheet[int], NothingUnsaved):
    """Dismisses with the time until when, in milliseconds, or None."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back", show=False)]
    heading = N_("Mute")
    keys = (("↑↓", N_("choose")), ("Enter", N_("mute")), ("Esc", N_("back")))

    def __init__(self, name: str, now: int) -> None:
        super().__init__()
        self._name = name
        self._now = now

    def compose_sheet(self) -> ComposeResult:
        """Yield the times."""
        yield Menu(*(Option(tr(label), id=str(number)) for number, label in enumerate(TIMES)))

    def on_mount(self) -> None:
        """Start in the list."""
        self.show_heading(tr("Mute {name}").format(name=self._name))
        self.query_one(Menu).focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        duration = list(TIMES.values())[int(message.option.id or 0)]
        self.dismiss(muted_until(duration, self._now))

    def clear_caches(self) -> None:
        """Forget whom it is about."""
        self._name = ""
        for edge in self.query(UpperEdge):
            edge.say(tr(self.heading))
