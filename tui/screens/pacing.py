"""Limits how often work is done: at once, and once more after a pause if it was asked for in between."""

from __future__ import annotations

from collections.abc import Callable

from textual.dom import DOMNode
from textual.message_pump import MessagePump


class Pacer:
    """Calls ``work`` at the first ``go`` and then at most once every ``pause`` seconds."""

    def __init__(
        self, owner: MessagePump | DOMNode, pause: float, work: Callable[[], None], *, trailing: bool = True
    ) -> None:
        self._owner = owner
        self._pause = pause
        self._work = work
        self._trailing = trailing
        self._resting = False
        self._asked = False

    def go(self) -> None:
        """Do it now, or when the pause is over."""
        if self._resting:
            self._asked = True
            return
        self._resting = True
        self._asked = False
        self._owner.set_timer(self._pause, self._rested)
        self._work()

    def _rested(self) -> None:
        self._resting = False
        if self._asked and self._trailing:
            self.go()
