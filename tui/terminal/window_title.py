"""The window's title: the program's name and a count, and afterwards what stood there before.

The title of before is put on the terminal's stack when the screen is taken over and taken off when it is given back, also
for a suspension, before which the screen is locked and the title neutral. A terminal without such a stack is left with an
empty title rather than a count that no program renews.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.driver import Driver

from tui.terminal.sequences import NAME, POP_TITLE, PUSH_TITLE, title

# What gives the title back.
RESTORE: Final = title("") + POP_TITLE
# Above it the count says no more than that there are many.
MAX_COUNT: Final = 999


def words_of(unread: int) -> str:
    """Return the title: the name, and how many messages are unread if any."""
    if unread <= 0:
        return NAME
    return f"({unread if unread <= MAX_COUNT else f'{MAX_COUNT}+'}) {NAME}"


class WindowTitle:
    """What the title says; written only when that changes. ``write`` sends it to the terminal."""

    def __init__(self, write: Callable[[str], None], *, wanted: bool = True) -> None:
        self._write = write
        self._wanted = wanted
        self._said = NAME  # what the driver begins with

    def show(self, unread: int) -> None:
        """Say how many messages are unread; 0 is the neutral title."""
        said = words_of(unread)
        if self._wanted and said != self._said:
            self._said = said
            self._write(title(said))

    def lost(self) -> None:
        """The driver began with the neutral title again."""
        self._said = NAME


def keeping_title(driver: type[Driver]) -> type[Driver]:
    """Return a driver of Textual's that begins with the neutral title, and gives back the one of before."""

    def start(self: Driver) -> None:
        driver.start_application_mode(self)
        self.write(PUSH_TITLE + title(NAME))

    def stop(self: Driver) -> None:
        self.write(RESTORE)
        driver.stop_application_mode(self)

    return type("KeepingTitle", (driver,), {"start_application_mode": start, "stop_application_mode": stop})
