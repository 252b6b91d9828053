"""One step of the first run: a column of widgets that is asked once and answers once."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from textual.containers import Vertical

A = TypeVar("A")


class Step(Vertical, Generic[A]):
    """A question. ``answered`` gives the answer, or None when the person went back."""

    DEFAULT_CSS = """
    Step { width: 1fr; height: auto; }
    """
    heading: str = ""
    """The title, marked by ``N_`` as are the words of ``hints``."""
    hints: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[A | None] = asyncio.get_running_loop().create_future()

    async def answered(self) -> A | None:
        """Wait for the answer."""
        return await self._answer

    def answer(self, value: A | None) -> None:
        """Answer, the first time only."""
        if not self._answer.done():
            self._answer.set_result(value)

    def go_back(self) -> None:
        """Esc was pressed: return to the step before."""
        self.answer(None)
