"""Keys one at a time, for people who type faster than the line carries.

Textual hands each key to whatever has the focus when it *arrives*, while the key before it may still be on its way up from
a widget to the binding that will move the focus: over a slow line ``Down Enter`` then presses the button above the one that
was meant, and a word lands in the field of the word before. Here a key waits until the one before has done its work.

How one knows: queues are first in, first out, so a message posted behind a key, which bubbles up like it, reaches the app
after it. What the key's handlers posted meanwhile comes behind that message, hence several rounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.timer import Timer

# A key may post a message, whose handler posts one, whose handler moves the focus by way of the app's queue.
ROUNDS = 4
# Seconds until a key is handed over though nothing came back: its widget may be gone.
PATIENCE = 1.0
# Keys held back at most; more than that is no typing, and goes on as it comes.
MAX_HELD = 4096


class KeyPassed(Message):
    """Whatever came before this has been done."""

    def __init__(self, serial: int, rounds: int) -> None:
        super().__init__()
        self.serial = serial
        self.rounds = rounds


class KeyOrder:
    """Holds keys and pastes back while another is on its way."""

    def __init__(self, app: App[Any], hand_over: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_over = hand_over
        self._held: deque[events.Event] = deque()
        self._serial = 0  # of the key on its way
        self._busy = False
        self._timer: Timer | None = None

    async def take(self, event: events.Event) -> None:
        """Hand a key over now, or once the one before has done its work."""
        if self._busy and len(self._held) < MAX_HELD:
            self._held.append(event)
            if self._timer is None:
                self._timer = self._app.set_timer(PATIENCE, self._give_up)
        else:
            await self._send(event)

    async def _send(self, event: events.Event) -> None:
        self._busy = True
        self._serial += 1
        receiver = self._receiver()
        await self._hand_over(event)
        self._follow(receiver, ROUNDS)

    def _receiver(self) -> MessagePump:
        if not self._app.screen_stack:
            return self._app  # it is closing, with a key still on its way
        return self._app.focused or self._app.screen

    def _follow(self, receiver: MessagePump, rounds: int) -> None:
        if not receiver.post_message(KeyPassed(self._serial, rounds)):
            self._app.post_message(KeyPassed(self._serial, 0))

    async def passed(self, message: KeyPassed) -> None:
        """Note that a round is over."""
        if message.serial != self._serial:
            return
        if message.rounds > 1:
            self._follow(self._receiver(), message.rounds - 1)
        else:
            await self._next()

    async def _next(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._busy = False
        if self._held:
            event = self._held.popleft()
            if self._held:
                self._timer = self._app.set_timer(PATIENCE, self._give_up)
            await self._send(event)

    async def _give_up(self) -> None:
        self._timer = None
        self._serial += 1  # whatever still comes back is about a key of the past
        await self._next()
