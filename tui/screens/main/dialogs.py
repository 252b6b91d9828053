"""Opens questions and other screens over the main one, and acts on their results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts, Work

R = TypeVar("R")


class Dialogs:
    """Opens them, and does what their answer asks for."""

    def __init__(self, app: App[Any], attempts: Attempts) -> None:
        self._app = app
        self._attempts = attempts

    def show(self, screen: Screen[R], then: Callable[[R | None], object] | None = None) -> None:
        """Show a screen; ``then`` is given what it is dismissed with."""

        def dismissed(result: R | None) -> None:
            if then is not None:
                then(result)

        self._app.push_screen(screen, dismissed)

    def ask(self, question: ConfirmScreen, then: Callable[[], Work]) -> None:
        """Ask, and attempt what ``then`` gives if the answer is yes."""

        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if sure:
                self._attempts.begin(then())

        self.show(question, answered)
